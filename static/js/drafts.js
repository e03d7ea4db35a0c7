// Keeps what was typed in a form until it is saved: a phone's browser may be closed at any moment.
//
// <form data-draft-key="12:home-visit:new">   the key names user, register and record
// <form data-no-draft>, <input data-no-draft> never kept; sealed forms are marked so
// <meta name="draft-saved" content="key">     the record was saved: forget its draft
// <meta name="drafts-clear">                  signed out: forget all drafts
// <form data-sign-out>                        all drafts are forgotten before it is sent
//
// Before values are put back the form gets the event "draft-restore" with detail.fields, so that
// other scripts can make the lines and photo cards the values belong to.
// IndexedDB is used because at the school's address browsers offer neither service workers nor
// other features of a secure context.

import { placedFields, readForm } from "./form-state.js";

const DATABASE = "school-drafts";
const STORE = "drafts";
const SAVE_DELAY = 400;
const KEPT_DAYS = 30;
const NOT_COMPARED = ["upload_token", "version"];
const PHOTO_FIELDS = ["upload_token", "photo_cards"]; // The photo cards are made from these.

let signingOut = false;

function openDatabase() {
  return new Promise((done, fail) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

/** Run one request on the store and return its result once the transaction is written. */
function onStore(database, mode, act) {
  return new Promise((done, fail) => {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => done(request.result);
    transaction.onerror = () => fail(transaction.error);
    transaction.onabort = () => fail(transaction.error);
  });
}

async function forgetOld(database) {
  const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
  const drafts = await onStore(database, "readonly", (store) => store.getAll());
  for (const draft of drafts.filter((one) => one.at < oldest)) {
    await onStore(database, "readwrite", (store) => store.delete(draft.key));
  }
}

/** Put values back and return how many found no field. */
function fillForm(form, fields) {
  write(form, fields.filter((one) => PHOTO_FIELDS.includes(one.name)));
  form.dispatchEvent(new CustomEvent("draft-restore", { detail: { fields } }));
  return write(form, fields);
}

function write(form, fields) {
  const places = new Map();
  for (const { field, name, nth } of placedFields(form)) places.set(`${name}\n${nth}`, field);
  let lost = 0;
  for (const kept of fields) {
    const field = places.get(`${kept.name}\n${kept.nth}`);
    if (field) writeField(field, kept);
    else lost += 1;
  }
  return lost;
}

function writeField(field, kept) {
  if (kept.on !== undefined) field.checked = kept.on;
  else if (kept.chosen) chooseOptions(field, kept.chosen);
  else field.value = kept.value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function chooseOptions(field, chosen) {
  const values = chosen.map(([value]) => value);
  const offered = Array.from(field.options, (option) => option.value);
  for (const [value, text] of chosen) {
    if (!offered.includes(value)) field.add(new Option(text, value)); // A picker loads on demand.
  }
  for (const option of field.options) option.selected = values.includes(option.value);
}

function comparable(fields) {
  return JSON.stringify(fields.filter((one) => !NOT_COMPARED.includes(one.name)));
}

class FormDraft {
  constructor(form, database) {
    this.form = form;
    this.database = database;
    this.key = form.dataset.draftKey;
    this.initial = readForm(form);
    this.timer = null;
  }

  async start() {
    const draft = await onStore(this.database, "readonly", (store) => store.get(this.key));
    if (draft && comparable(draft.fields) !== comparable(this.initial)) {
      const lost = fillForm(this.form, draft.fields);
      this.showBar(lost);
    }
    for (const kind of ["input", "change"]) {
      this.form.addEventListener(kind, () => this.saveSoon());
    }
    this.form.addEventListener("form-kept", () => this.forget()); // It stands in the outbox now.
    document.addEventListener("visibilitychange", () => this.saveNow());
    window.addEventListener("pagehide", () => this.saveNow());
  }

  saveSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.saveNow(), SAVE_DELAY);
    this.changed = true;
  }

  saveNow() {
    if (!this.changed || signingOut) return;
    clearTimeout(this.timer);
    this.changed = false;
    const fields = readForm(this.form);
    const same = comparable(fields) === comparable(this.initial);
    const draft = { key: this.key, at: Date.now(), fields };
    unlessUnavailable(
      onStore(this.database, "readwrite", (store) => (same ? store.delete(this.key) : store.put(draft))),
    );
  }

  showBar(lost) {
    const bar = document.createElement("div");
    bar.className = "draft-bar";
    bar.setAttribute("role", "status");
    const note = lost ? `（有 ${lost} 项没能放回，请核对）` : "";
    const discard = document.createElement("button");
    discard.type = "button";
    discard.textContent = "放弃";
    discard.addEventListener("click", () => this.discard(bar));
    bar.append(`已恢复上次未保存的内容${note} · `, discard);
    this.form.prepend(bar);
  }

  async discard(bar) {
    fillForm(this.form, this.initial);
    bar.remove();
    await this.forget();
  }

  async forget() {
    clearTimeout(this.timer);
    this.changed = false;
    await unlessUnavailable(
      onStore(this.database, "readwrite", (store) => store.delete(this.key)),
    );
  }
}

/** A browser without room or in private mode keeps no drafts; the form itself works all the same. */
async function unlessUnavailable(work) {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function clearOnSignOut(database) {
  for (const form of document.querySelectorAll("form[data-sign-out]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      signingOut = true; // Or leaving the page would keep a draft again.
      await unlessUnavailable(onStore(database, "readwrite", (store) => store.clear()));
      form.submit();
    });
  }
}

async function start() {
  if (!window.indexedDB) return;
  const database = await openDatabase();
  clearOnSignOut(database);
  if (document.querySelector('meta[name="drafts-clear"]')) {
    await onStore(database, "readwrite", (store) => store.clear());
  }
  for (const meta of document.querySelectorAll('meta[name="draft-saved"]')) {
    await onStore(database, "readwrite", (store) => store.delete(meta.content));
  }
  await forgetOld(database);
  for (const form of document.querySelectorAll("form[data-draft-key]:not([data-no-draft])")) {
    await new FormDraft(form, database).start();
  }
}

// DOMContentLoaded comes after all modules ran, so the photo cards listen before values come back.
if (document.readyState === "complete") unlessUnavailable(start());
else document.addEventListener("DOMContentLoaded", () => unlessUnavailable(start()));
