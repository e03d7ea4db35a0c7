// Keeps what is saved without network until it has been sent, once.
//
// <form data-outbox="谈心记录">              asks the school before it is sent; kept when nobody answers
// <form data-outbox=… data-outbox-always>   always kept first, then sent: the page stays as it is
// <meta name="account" content="7">         whose entries are shown and sent
//
// Photos that have not arrived are kept with their entry (photos.js gives them) and sent before it.
// An entry has an id from getRandomValues, sent as `sent_as`; the school writes it once however
// often it arrives. Before sending, GET /outbox/ticket says who is signed in and gives the CSRF token.
// No service worker: at the school's plain address browsers offer none.

import { readForm } from "./form-state.js";
import { sendPhoto } from "./photo-send.js";

const DATABASE = "school-outbox";
const STORE = "entries";
const PATIENCE = 6000; // milliseconds until a silent school counts as no network
const AGAIN = 20000; // milliseconds between attempts while something waits
const AWAY = "没有网络";
const FINAL = [403, 404, 409, 413, 422]; // What the school refuses for good; to be put right by hand.

const meta = document.querySelector('meta[name="account"]');
const account = meta ? meta.content : "";
const box = document.createElement("aside");
const sent = [];
let waiting = [];
let sending = false;
let trouble = "";
let progress = "";

function openDatabase() {
  return new Promise((done, fail) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

/** Run one request on the store; resolves once the transaction is written. */
async function onStore(mode, act) {
  const database = await openDatabase();
  try {
    return await new Promise((done, fail) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request.result);
      transaction.onerror = () => fail(transaction.error);
      transaction.onabort = () => fail(transaction.error);
    });
  } finally {
    database.close();
  }
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs a secure context.
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Ask over the network with patience; rejects when nobody answers in time. */
async function request(address, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), options.patience || PATIENCE);
  try {
    const headers = { Accept: "application/json" };
    return await fetch(address, { ...options, headers, credentials: "same-origin", signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

function isJson(answer) {
  return (answer.headers.get("Content-Type") || "").includes("json");
}

/** Return the ticket, or throw a sentence that says why nothing can be sent now. */
async function ticket() {
  let answer;
  try {
    answer = await request("/outbox/ticket");
  } catch {
    throw AWAY;
  }
  if (answer.status === 401) throw "登录已过期，请先登录";
  if (!answer.ok || !isJson(answer)) throw "学校的服务器现在不能收";
  const said = await answer.json();
  if (said.account !== account) throw "现在登录的是别的账号，请先登录";
  return said;
}

/* ---- a form is saved ------------------------------------------------------------------------- */

async function hand(form, submitter) {
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  try {
    const photos = await unsentPhotos(form);
    if (form.dataset.outboxAlways === undefined && !photos.length) {
      try {
        const { csrf } = await ticket();
        const field = form.querySelector('input[name="csrf_token"]');
        if (field) field.value = csrf;
        go(form, submitter);
        return;
      } catch (reason) {
        if (typeof reason !== "string") throw reason;
        trouble = reason;
      }
    }
    await keep(form, photos);
  } finally {
    delete form.dataset.asking;
  }
}

function go(form, submitter) {
  form.dataset.passed = "1";
  const button = submitter || form.querySelector("[type=submit]");
  button.click();
  delete form.dataset.passed;
}

function unsentPhotos(form) {
  const asked = new CustomEvent("photos-unsent", { detail: [] });
  form.dispatchEvent(asked);
  return Promise.all(asked.detail);
}

/** Return the label of the first required field that says nothing. */
function firstMissing(form) {
  for (const field of form.querySelectorAll(".field")) {
    if (!field.querySelector(".field__mark--required") || field.hidden) continue;
    const inputs = Array.from(field.querySelectorAll("[name]"));
    const says = inputs.some((one) =>
      one.type === "checkbox" || one.type === "radio" ? one.checked : one.value.trim() !== "",
    );
    if (says) continue;
    const shown = field.querySelector("input:not([type=hidden]), select, textarea");
    if (shown) shown.focus();
    return field.querySelector(".field__label").firstChild.textContent.trim();
  }
  return "";
}

/** What the entry is about, in words: the child and the topic or the day. */
function told(form) {
  const parts = [];
  for (const chip of form.querySelectorAll("[data-picker-chip]")) parts.push(chip.firstChild.textContent);
  for (const select of form.querySelectorAll("select[name=child]")) {
    parts.push(...Array.from(select.selectedOptions, (option) => option.text));
  }
  const text = form.querySelector('[name="topic"], [type="datetime-local"], [type="date"]');
  if (text) parts.push(text.value.replace("T", " "));
  return parts.filter(Boolean).join(" · ");
}

/** The register's own form with the child of this one in it: there the child is no list. */
function openedAt(form) {
  const child = form.querySelector("select[name=child]");
  return `${form.getAttribute("action")}?child=${child ? child.value : ""}`;
}

async function keep(form, photos) {
  const missing = firstMissing(form);
  if (missing) {
    trouble = `还没有留下：请先填“${missing}”`;
    show();
    return;
  }
  const fields = Array.from(new FormData(form)).filter(
    ([name, value]) => typeof value === "string" && name !== "csrf_token",
  );
  const entry = {
    id: randomId(),
    account,
    at: Date.now(),
    action: form.getAttribute("action"),
    title: form.dataset.outbox,
    told: told(form),
    key: form.dataset.draftKey || form.dataset.reopenKey || "",
    page: form.dataset.outboxAlways === undefined ? window.location.href : openedAt(form),
    fields,
    photos,
    draft: readForm(form).filter((one) => !one.chosen || form.dataset.outboxAlways === undefined),
    error: "",
  };
  try {
    await onStore("readwrite", (store) => store.put(entry));
  } catch {
    trouble = "这台手机存不下：请不要关闭这一页，等有网络再按一次保存";
    show();
    return;
  }
  form.dispatchEvent(new Event("form-kept", { bubbles: true }));
  const once = form.querySelector('input[name="once"]');
  if (once) once.value = randomId();
  if (form.dataset.outboxAlways !== undefined) form.reset();
  else form.hidden = true;
  await look();
  box.scrollIntoView({ block: "start" });
  if (form.dataset.outboxAlways !== undefined || photos.length) send();
}

/* ---- sending ------------------------------------------------------------------------------------ */

async function send(all = false) {
  if (sending) return;
  await look();
  const ready = waiting.filter((entry) => all || !entry.error);
  if (!ready.length) return;
  sending = true;
  trouble = "";
  try {
    const { csrf } = await ticket();
    for (const entry of ready) await post(entry, csrf);
  } catch (reason) {
    if (typeof reason !== "string") throw reason;
    trouble = reason;
  } finally {
    sending = false;
    await look();
  }
}

async function post(entry, csrf) {
  while (entry.photos && entry.photos.length) await sendFirstPhoto(entry, csrf);
  const body = new URLSearchParams([...entry.fields, ["sent_as", entry.id], ["csrf_token", csrf]]);
  let answer;
  try {
    answer = await request(entry.action, { method: "POST", body, patience: 30000 });
  } catch {
    throw AWAY;
  }
  if (answer.status === 401) throw "登录已过期，请先登录";
  if (!isJson(answer) || (!answer.ok && !FINAL.includes(answer.status))) throw "学校的服务器现在不能收";
  const said = await answer.json();
  if (answer.ok) {
    await onStore("readwrite", (store) => store.delete(entry.id));
    sent.push({ ...entry, url: said.url, photo: said.photo_url });
  } else {
    await onStore("readwrite", (store) => store.put({ ...entry, error: said.message }));
  }
}

/** Send the first photo of an entry and note it there: what has arrived is not sent again. */
async function sendFirstPhoto(entry, csrf) {
  const [photo, ...rest] = entry.photos;
  progress = `正在送照片，还有 ${entry.photos.length} 张`;
  show();
  try {
    const answer = await arrived(photo, csrf);
    noteArrived(entry, photo, answer);
  } catch (error) {
    if (!error.refused) throw error.message;
    entry.refused = [...(entry.refused || []), error.message];
  } finally {
    progress = "";
  }
  entry.photos = rest;
  await onStore("readwrite", (store) => store.put(entry));
}

function arrived(photo, csrf) {
  const body = new FormData();
  for (const [name, value] of Object.entries(photo.sent)) body.append(name, value);
  body.append("file", new Blob([photo.bytes], { type: photo.type }), photo.name);
  return new Promise((done, fail) => sendPhoto(photo.url, body, null, done, fail, csrf));
}

/** Give the entry the photo's captions, and its draft the card they stand on. */
function noteArrived(entry, photo, { id, thumb, url, taken_at: takenAt }) {
  const captions = { ...photo.captions };
  captions.taken_at = captions.taken_at || (takenAt || photo.day).slice(0, 16);
  for (const [key, value] of Object.entries(captions)) entry.fields.push([`photo-${id}-${key}`, value]);
  const memory = entry.draft.find((one) => one.name === "photo_cards");
  if (!memory) return;
  memory.value = JSON.stringify([...JSON.parse(memory.value || "[]"), { id, thumb, url, captions }]);
}

/** Put an entry back into its form, to be put right there; until it is saved it is that form's draft. */
function reopen(entry) {
  const opening = indexedDB.open("school-drafts", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("drafts", { keyPath: "key" });
  opening.onsuccess = () => {
    const transaction = opening.result.transaction("drafts", "readwrite");
    transaction.objectStore("drafts").put({ key: entry.key, at: Date.now(), fields: entry.draft });
    transaction.oncomplete = async () => {
      await onStore("readwrite", (store) => store.delete(entry.id));
      waiting = [];
      window.location.href = entry.page;
    };
  };
}

/* ---- what is shown ------------------------------------------------------------------------------- */

async function look() {
  const every = await onStore("readonly", (store) => store.getAll());
  waiting = every.filter((entry) => entry.account === account);
  show();
}

function element(tag, text, className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

function button(text, act, kind = "") {
  const node = element("button", text, `button ${kind}`);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

function linkTo(text, address) {
  const node = element("a", text);
  node.href = address;
  return node;
}

function show() {
  box.hidden = !waiting.length && !sent.length && !trouble;
  box.replaceChildren();
  if (box.hidden) return;
  if (waiting.length) {
    box.append(element("strong", `未送出 ${waiting.length} 条`));
    const why = progress || trouble;
    box.append(element("p", `${why ? `${why}。` : ""}已留在这台手机上，有网络时自动送出，只记一次。`));
  } else if (trouble) {
    box.append(element("p", trouble));
  }
  const list = document.createElement("ul");
  for (const entry of waiting) list.append(lineOf(entry));
  for (const entry of sent) {
    const line = element("li", `已送出：${entry.title} ${entry.told} `);
    line.append(linkTo("查看", entry.url));
    if (entry.photo) line.append(" ", linkTo("补照片", entry.photo));
    for (const why of entry.refused || []) {
      line.append(element("p", `有一张照片没有收下：${why}`, "field__error"));
    }
    list.append(line);
  }
  box.append(list);
  if (waiting.length) {
    box.append(button("现在送出", () => send(true), "button--primary"));
    if (trouble.includes("登录")) {
      const here = window.location.pathname + window.location.search;
      box.append(" ", linkTo("去登录", `/sign-in?next=${encodeURIComponent(here)}`));
    }
  }
}

function lineOf(entry) {
  const photos = (entry.photos || []).length;
  const line = element("li", `${entry.title} ${entry.told}${photos ? ` · 照片 ${photos} 张` : ""}`);
  if (!entry.error) return line;
  line.append(element("p", entry.error, "field__error"));
  if (entry.key) line.append(button("打开来改", () => reopen(entry)));
  line.append(
    button("不要了", async () => {
      if (!window.confirm("这一条还没有送出，确定不要了吗？")) return;
      await onStore("readwrite", (store) => store.delete(entry.id));
      await look();
    }),
  );
  return line;
}

function start() {
  const content = document.getElementById("content");
  if (!content || !account) return;
  box.className = "outbox";
  box.setAttribute("role", "status");
  box.setAttribute("aria-label", "未送出的记录");
  box.hidden = true;
  content.prepend(box);
  // On the body: after the photos' own hold at the form, before the frame's at the document.
  document.body.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.dataset.outbox === undefined || form.dataset.passed) return;
    if (event.submitter && event.submitter.hasAttribute("formaction")) return;
    event.preventDefault();
    hand(form, event.submitter);
  });
  document.addEventListener(
    "submit",
    (event) => {
      const leaves = event.target.dataset.signOut !== undefined && waiting.length;
      if (!leaves) return;
      const asked = `还有 ${waiting.length} 条没有送出，退出后要您自己再登录才会送出。现在退出吗？`;
      if (window.confirm(asked)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  window.addEventListener("beforeunload", (event) => {
    const stays = document.querySelector("form[data-outbox-always]");
    if (!stays && (!waiting.length || navigator.onLine)) return;
    event.preventDefault();
    event.returnValue = "还有没送出的记录";
  });
  window.addEventListener("online", () => send());
  document.addEventListener("visibilitychange", () => document.hidden || send());
  setInterval(() => waiting.length && send(), AGAIN);
  send();
}

if (window.indexedDB) start();
