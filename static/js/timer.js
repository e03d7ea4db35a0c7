/* How long something runs: counts each data-since up by the server's time, which stands in
   data-timers of the box; only the time passed since then is taken from the device. */

const seconds = (text) => Date.parse(`${text}Z`) / 1000;

function spoken(whole) {
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return minutes ? `${minutes} 分 ${rest} 秒` : `${rest} 秒`;
}

document.querySelectorAll("[data-timers]").forEach((box) => {
  const served = seconds(box.dataset.timers);
  const opened = Date.now();
  function turn() {
    const now = served + Math.floor((Date.now() - opened) / 1000);
    for (const timer of box.querySelectorAll("[data-since]")) {
      timer.textContent = spoken(Math.max(0, Math.floor(now - seconds(timer.dataset.since))));
    }
  }
  turn();
  setInterval(turn, 1000);
});
