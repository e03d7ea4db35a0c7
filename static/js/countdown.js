/* The clock of an incident: counts each data-deadline down, then up, by the server's time.
   data-now on the box is the server's moment when the page was made; the device's own clock may be
   wrong, so only the time passed since then is taken from it. Both are naive Beijing time.
   data-clock is the address of the page, where the clock is fetched anew. */

const TURN = 1000;
const UNITS = [
  [86400, "天"],
  [3600, "小时"],
  [60, "分"],
  [1, "秒"],
];

function spoken(seconds) {
  let left = seconds;
  const parts = [];
  for (const [size, unit] of UNITS) {
    const number = Math.floor(left / size);
    left -= number * size;
    if (number || parts.length || size === 1) parts.push(`${number}${unit}`);
  }
  return parts.join("");
}

/* Read as if it were UTC on both sides: only the difference counts. */
const seconds = (text) => Date.parse(`${text}Z`) / 1000;

/* Nothing is counted by ticks: a phone that slept, or a tab in the background, missed them. The
   moment is the server's plus what passed on the device since, which also passes in its sleep. */
function follow(box) {
  let opened, served, timers, asking;

  function begin() {
    served = seconds(box.dataset.now);
    opened = Date.now();
    timers = [...box.querySelectorAll("[data-deadline]")];
    for (const timer of timers) timer.dataset.was = timer.hasAttribute("data-over") ? "over" : "";
  }

  function turn() {
    const now = served + Math.floor((Date.now() - opened) / 1000);
    let crossed = false;
    for (const timer of timers) {
      const left = Math.round(seconds(timer.dataset.deadline) - now);
      timer.textContent = left >= 0 ? `还剩 ${spoken(left)}` : `已超 ${spoken(-left)}`;
      timer.toggleAttribute("data-over", left < 0);
      if (left < 0 && timer.dataset.was !== "over") crossed = true;
    }
    if (crossed) again();
  }

  /* Ask the server anew: its time, how each step stands, and whom others told meanwhile. Only the
     clock is exchanged, what is being typed below stays. Without network the device counts on. */
  async function again() {
    if (asking) return;
    asking = true;
    for (const timer of timers) timer.dataset.was = "over";
    try {
      const answer = await fetch(box.dataset.clock, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = answer.ok && page.querySelector("[data-clock]");
      if (fresh) {
        box.replaceChildren(...fresh.childNodes);
        box.dataset.now = fresh.dataset.now;
        begin();
        turn();
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    } finally {
      asking = false;
    }
  }

  begin();
  turn();
  if (timers.length) setInterval(turn, TURN);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    turn();
    again();
  });
}

document.querySelectorAll("[data-clock]").forEach(follow);

/* A page kept by the phone while it slept is made anew: others may have told somebody meanwhile. */
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
