/* Long work: asks data-progress-url for {"state", "step", "done", "total", "message", "url"} and shows it.
   state: waiting, running, done, failed, cancelled. Slower while nothing moves or the page is hidden. */

const QUICK = 1000;
const SLOW = 5000;
const ENDED = ["done", "failed", "cancelled"];
const WORDS = { waiting: "排队等候", running: "正在进行", done: "做好了", failed: "没有做成", cancelled: "已停下" };

function paint(box, job) {
  const find = (name) => box.querySelector(`[data-progress-${name}]`);
  const bar = find("bar");
  const number = find("number");
  find("step").textContent = job.step || WORDS[job.state] || "";
  if (job.total) {
    bar.max = job.total;
    bar.value = Math.min(job.done || 0, job.total);
    number.textContent = `${job.done || 0} / ${job.total}（${Math.floor((100 * (job.done || 0)) / job.total)}%）`;
  }
  if (job.message) find("message").textContent = job.message;
  if (!ENDED.includes(job.state)) return;
  bar.max = bar.max || 1;
  if (job.state === "done") {
    bar.value = bar.max;
    if (job.total) number.textContent = `${job.total} / ${job.total}（100%）`;
  }
  bar.classList.toggle("is-met", job.state === "done");
  bar.classList.toggle("is-unmet", job.state === "failed");
  find("step").textContent = job.step && job.state !== "done" ? `${WORDS[job.state]}：${job.step}` : WORDS[job.state];
  if (!job.message) find("message").textContent = "";
  const cancel = find("cancel");
  if (cancel) cancel.hidden = true;
  const result = find("result");
  if (result && job.url) {
    result.href = job.url;
    result.hidden = false;
  }
}

function follow(box) {
  let misses = 0;
  let last = "";
  const turn = async () => {
    let wait = QUICK;
    try {
      const answer = await fetch(box.dataset.progressUrl, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        cache: "no-store",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const job = await answer.json();
      paint(box, job);
      if (ENDED.includes(job.state)) {
        box.dispatchEvent(new CustomEvent("progress-ended", { bubbles: true, detail: job }));
        if ("progressGo" in box.dataset && job.state === "done" && job.url) window.location.href = job.url;
        return;
      }
      const now = `${job.step} ${job.done}`;
      misses = 0;
      if (now === last || document.hidden) wait = QUICK * 2;
      last = now;
    } catch (problem) {
      misses += 1;
      wait = SLOW;
      if (misses > 2) {
        box.querySelector("[data-progress-message]").textContent = "暂时连不上主机，工作仍在继续，会自动再试。";
      }
    }
    setTimeout(turn, wait);
  };
  turn();
}

document.querySelectorAll("[data-progress-url]").forEach(follow);
