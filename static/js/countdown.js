/* The clock of an incident: counts each data-deadline down, then up, by the server's time.
   data-now on the box is the server's moment when the page was made; the device's own clock may be
   wrong, so only the time passed since then is taken from it. Both are naive Beijing time. */

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

function follow(box) {
  const served = seconds(box.dataset.now);
  const opened = performance.now();
  const timers = [...box.querySelectorAll("[data-deadline]")];
  const turn = () => {
    const now = served + Math.floor((performance.now() - opened) / 1000);
    for (const timer of timers) {
      const left = Math.round(seconds(timer.dataset.deadline) - now);
      timer.textContent = left >= 0 ? `还剩 ${spoken(left)}` : `已超 ${spoken(-left)}`;
      timer.toggleAttribute("data-over", left < 0);
    }
  };
  turn();
  if (timers.length) setInterval(turn, TURN);
}

document.querySelectorAll("[data-clock]").forEach(follow);

/* A page kept by the phone while it slept is made anew: others may have told somebody meanwhile. */
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
