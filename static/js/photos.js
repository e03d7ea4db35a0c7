// Photos on a form: each is shrunk, sent on its own with progress and retry, captioned, removable.
//
// <div data-photo-upload data-upload-url data-token data-register data-record>
//   <input type="file" accept="image/*" multiple>
//   <select data-photo-evidence>   what the next photos are: photo, sign-in sheet … (may be left out)
// </div>
//
// Sends POST data-upload-url, multipart {file, token, register, record, evidence}; expects 200 with
// JSON {id, thumb, url[, taken_at][, notice]} or 4xx with JSON {error}. Fields added to the surrounding form:
//   upload_token            ties photos sent before the record is saved
//   photo-<id>-<element>    the six caption elements, see ELEMENTS
//   photo_removed           one per photo taken out again
//   photo_cards             JSON for this script alone, to show the photos again from a draft
//
// A form that outbox.js keeps asks "photos-unsent" for what has not arrived (a list in detail, of
// promises) and tells "form-kept" once that is on the phone too.

import { sendPhoto } from "./photo-send.js";
import { prepare } from "./shrink.js";

const ELEMENTS = [
  ["occasion", "事由", "text", 80],
  ["taken_at", "时间", "datetime-local"],
  ["place", "地点", "text", 60],
  ["people", "人物", "text", 120],
  ["background", "背景", "text", 120],
  ["photographer", "摄影者", "text", 40],
];
const RETRY_DELAYS = [2000, 6000, 15000];

class PhotoUpload {
  constructor(root) {
    this.root = root;
    this.form = root.closest("form");
    this.inputs = Array.from(root.querySelectorAll("input[type=file]")); // Gallery, and camera.
    [this.input] = this.inputs;
    for (const input of this.inputs) {
      input.removeAttribute("name"); // The photos travel on their own, not with the form.
      input.addEventListener("change", () => this.choose(input));
    }
    this.delays = (root.dataset.retryDelays || "").split(",").filter(Boolean).map(Number);
    if (!this.delays.length) this.delays = RETRY_DELAYS;
    this.cards = [];
    this.running = false;
    this.submitter = null;
    this.list = element("ul", "photo-cards");
    this.notice = element("p", "photo-notice");
    this.notice.setAttribute("role", "status");
    root.append(this.list, this.notice);
    this.token = this.hidden("upload_token", root.dataset.token || randomToken());
    this.memory = this.hidden("photo_cards", "[]");
    this.form.addEventListener("submit", (event) => this.hold(event), true);
    this.form.addEventListener("draft-restore", () => this.restore());
    this.form.addEventListener("photos-unsent", (event) => event.detail.push(...this.packed()));
    this.form.addEventListener("form-kept", () => this.unsent().forEach((card) => this.drop(card)));
    window.addEventListener("online", () => this.retryUnsent());
    window.addEventListener("beforeunload", (event) => {
      if (!this.waiting().length) return;
      event.preventDefault();
      event.returnValue = ""; // Browsers before 2023 ask only then.
    });
    this.restore();
  }

  hidden(name, value) {
    let field = this.form.querySelector(`input[type=hidden][name="${name}"]`);
    if (!field) {
      field = element("input");
      field.type = "hidden";
      field.name = name;
      this.form.append(field);
    }
    field.value = field.value || value;
    return field;
  }

  choose(input) {
    for (const file of Array.from(input.files)) this.add(new PhotoCard(this, file));
    input.value = ""; // Choosing the same photo again counts as a change.
    this.work();
  }

  evidence() {
    const chosen = this.root.querySelector("[data-photo-evidence]");
    return chosen ? chosen.value : "";
  }

  add(card) {
    this.cards.push(card);
    this.list.append(card.node);
  }

  drop(card) {
    card.state = "removed";
    card.node.remove();
    this.cards = this.cards.filter((one) => one !== card);
  }

  has(id, but) {
    return this.cards.some((card) => card !== but && card.saved && card.saved.id === id);
  }

  waiting() {
    return this.cards.filter((card) => card.state === "waiting" || card.state === "sending");
  }

  failed() {
    return this.cards.filter((card) => card.state === "failed");
  }

  /** Photos that may still be sent; what the school has refused is none of them. */
  unsent() {
    return [...this.waiting(), ...this.failed().filter((card) => !card.refused)];
  }

  packed() {
    const unsent = this.unsent();
    for (const card of this.waiting()) card.abandon();
    return unsent.map((card) => card.pack());
  }

  /** Whether the form may go on at once: its photos are kept on the phone with it. */
  isKept() {
    const kept = this.form.dataset.outbox !== undefined && window.indexedDB;
    const refused = this.failed().some((card) => card.refused);
    return kept && !refused && !(this.waiting().length && navigator.onLine);
  }

  async work() {
    if (this.running) return;
    this.running = true;
    this.say("");
    let card = this.waiting()[0];
    while (card) {
      await card.send(this.delays);
      [card] = this.waiting();
    }
    this.running = false;
    this.settle();
  }

  retryUnsent() {
    for (const card of this.failed()) if (card.again) card.queue();
    this.work();
  }

  /** Hold the form back while photos are on their way; it goes on by itself when all are there. */
  hold(event) {
    if (this.released || this.form.dataset.passed || !(this.waiting().length || this.failed().length)) return;
    if (this.isKept()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.held = true;
    this.submitter = event.submitter || this.form.querySelector("[type=submit]");
    if (this.waiting().length) this.say(`还有 ${this.waiting().length} 张照片在上传，传完自动保存`, true);
    else this.settle();
  }

  settle() {
    if (this.waiting().length) return;
    const failed = this.failed().length;
    if (failed) {
      const refused = this.failed().every((card) => card.refused);
      const advice = refused ? "请移除后另选" : "可点“重试”";
      this.say(`有 ${failed} 张照片没有传上去，${advice}，其余内容不受影响`, this.held);
    } else if (this.held) {
      this.proceed();
    }
  }

  proceed() {
    this.released = true;
    this.held = false;
    this.say("");
    this.submitter.click();
    this.released = false;
  }

  say(text, offerSaving = false) {
    this.notice.textContent = text;
    if (!offerSaving) return;
    const save = button("photo-save-anyway", "不等照片，先保存", () => {
      for (const card of this.waiting()) card.abandon();
      this.proceed();
    });
    this.notice.append(" ", save);
    // Who pressed save looks at the save bar and must see why nothing was saved.
    this.notice.scrollIntoView({ block: "center" });
  }

  /** Keep in the form what a draft needs to show the photos again. */
  remember() {
    const known = this.cards.filter((card) => card.saved).map((card) => card.saved);
    const removed = this.removedFields().map((field) => field.value);
    const gone = removed.map((id) => ({ id, removed: true }));
    this.memory.value = JSON.stringify([...known, ...gone]);
    this.memory.dispatchEvent(new Event("change", { bubbles: true }));
  }

  removedFields() {
    return Array.from(this.form.querySelectorAll("input[name=photo_removed]"));
  }

  markRemoved(id) {
    const field = element("input");
    field.type = "hidden";
    field.name = "photo_removed";
    field.dataset.noDraft = ""; // It comes back through photo_cards.
    field.value = id;
    this.form.append(field);
  }

  restore() {
    let known;
    try {
      known = JSON.parse(this.memory.value || "[]");
    } catch {
      known = [];
    }
    for (const card of this.cards.filter((one) => one.saved)) card.node.remove();
    this.cards = this.cards.filter((one) => !one.saved);
    for (const field of this.removedFields()) field.remove();
    for (const photo of known) {
      if (photo.removed) this.markRemoved(photo.id);
      else this.add(new PhotoCard(this, null, photo));
    }
  }
}

class PhotoCard {
  constructor(upload, file, saved = null) {
    this.upload = upload;
    this.file = file;
    this.saved = saved;
    this.build();
    if (saved) this.finish(saved);
    else this.queue();
  }

  build() {
    this.node = element("li", "photo-card");
    this.picture = element("div", "photo-picture");
    this.status = element("p", "photo-state");
    this.status.setAttribute("aria-live", "polite");
    this.bar = element("progress");
    this.bar.max = 100;
    this.bar.setAttribute("aria-label", "上传进度");
    this.retry = button("photo-retry", "重试", () => {
      this.queue();
      this.upload.work();
    });
    this.remove = button("photo-remove", "移除", () => this.takeOut());
    this.captions = captionFields();
    const { picture, status, bar, retry, remove, captions } = this;
    this.node.append(picture, status, bar, retry, remove, captions.node);
  }

  show(state, text) {
    this.state = state;
    this.node.dataset.state = state;
    this.status.textContent = text;
    this.retry.hidden = state !== "failed" || Boolean(this.refused);
    this.bar.hidden = state !== "sending";
  }

  queue() {
    this.evidence = this.evidence || this.upload.evidence();
    this.show("waiting", "等待上传");
  }

  async send(delays) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.ready();
        if (this.state !== "waiting" && this.state !== "sending") return;
        this.show("sending", "正在上传");
        const answer = await this.post();
        if (this.state !== "removed") this.finish(answer);
        return;
      } catch (error) {
        if (this.state !== "sending") return; // Taken out or given up meanwhile.
        this.again = error.again;
        this.refused = error.refused;
        if (!error.again || attempt >= delays.length) {
          this.show("failed", error.message);
          return;
        }
        this.show("sending", `网络不稳，第 ${attempt + 2} 次尝试`);
        await pause(delays[attempt]);
        if (this.state !== "sending") return;
      }
    }
  }

  async ready() {
    if (this.prepared) return;
    this.status.textContent = "正在处理";
    // A phone short of memory may fail to redraw a photo that it can still send.
    const asItIs = { blob: this.file, preview: null };
    this.prepared = await prepare(this.file).catch(() => asItIs);
    if (this.prepared.preview) this.picture.replaceChildren(this.prepared.preview);
    else this.picture.textContent = this.file.name;
  }

  post() {
    const { uploadUrl, register, record } = this.upload.root.dataset;
    const body = new FormData();
    body.append("token", this.upload.token.value);
    body.append("register", register || "");
    body.append("record", record || "");
    body.append("evidence", this.evidence);
    body.append("file", this.prepared.blob, this.file.name);
    return new Promise((done, fail) => {
      this.request = sendPhoto(uploadUrl, body, (event) => this.progress(event), done, fail);
    });
  }

  progress(event) {
    if (!event.lengthComputable || this.state !== "sending") return;
    const percent = Math.floor((event.loaded / event.total) * 100);
    this.bar.value = percent;
    this.status.textContent = percent < 100 ? `正在上传 ${percent}%` : "正在保存";
  }

  finish(answer) {
    if (this.upload.has(answer.id, this)) {
      this.upload.drop(this);
      this.upload.say("有一张照片选了两次，只留一张");
      return;
    }
    const { id, thumb, url, captions } = answer;
    this.saved = { id, thumb, url, captions };
    // A photo that does not say when: the moment of its record, to be put right.
    this.captions.name(id, answer.taken_at || this.upload.root.dataset.day, captions);
    if (!this.picture.firstChild || !this.prepared || !this.prepared.preview) {
      const picture = element("img");
      picture.src = thumb;
      picture.alt = "已上传的照片";
      picture.loading = "lazy";
      this.picture.replaceChildren(picture);
    }
    this.file = null;
    this.prepared = null;
    this.show("done", "已上传");
    if (answer.notice) this.warn(answer.notice);
    if (this.upload.cards.includes(this)) this.upload.remember();
  }

  warn(text) {
    const note = element("p", "photo-warning");
    note.textContent = text;
    this.status.after(note);
  }

  /** What the phone keeps of a photo: its bytes (some browsers cannot keep a Blob) and its words. */
  async pack() {
    await this.ready();
    const { uploadUrl, register, record, day } = this.upload.root.dataset;
    const { blob } = this.prepared;
    return {
      url: uploadUrl,
      sent: {
        token: this.upload.token.value,
        register: register || "",
        record: record || "",
        evidence: this.evidence,
      },
      name: this.file.name,
      type: blob.type,
      bytes: await blob.arrayBuffer(),
      day: day || "",
      captions: this.captions.values(),
    };
  }

  abandon() {
    this.again = true;
    this.show("failed", "还没有上传");
    if (this.request) this.request.abort();
  }

  takeOut() {
    if (this.request) this.request.abort();
    this.upload.drop(this);
    if (this.saved) this.upload.markRemoved(this.saved.id);
    this.upload.remember();
    this.upload.settle();
    this.upload.input.focus();
  }
}

function captionFields() {
  const node = element("details", "photo-caption");
  const title = element("summary");
  title.textContent = "照片说明";
  node.append(title);
  const fields = ELEMENTS.map(([key, label, type, limit]) => {
    const line = element("label");
    const field = element("input");
    field.type = type;
    if (limit) field.maxLength = limit;
    line.append(label, field);
    node.append(line);
    return [key, field];
  });
  return {
    node,
    values: () => Object.fromEntries(fields.map(([key, field]) => [key, field.value])),
    name(id, takenAt, said = {}) {
      for (const [key, field] of fields) {
        field.name = `photo-${id}-${key}`;
        if (said[key]) field.value = said[key];
        if (key === "taken_at" && takenAt && !field.value) field.value = takenAt.slice(0, 16);
      }
    },
  };
}

function randomToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs a secure context.
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function element(tag, className = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  return node;
}

function button(className, text, act) {
  const node = element("button", className);
  node.type = "button";
  node.textContent = text;
  node.addEventListener("click", act);
  return node;
}

for (const root of document.querySelectorAll("[data-photo-upload]")) new PhotoUpload(root);
