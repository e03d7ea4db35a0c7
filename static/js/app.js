/* The frame's behaviour: drawer, drop-down menus, dialogs, confirmations, unsaved changes,
   double submits, row selection. Every part works on the markup alone; pages need no code. */

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/* ---- drawer -------------------------------------------------------------------------------- */

function setUpDrawer() {
  const opener = $("[data-drawer-open]");
  const menu = $("#menu");
  if (!opener || !menu) return;
  let shade = null;
  const close = () => {
    if (!shade) return;
    document.body.classList.remove("has-drawer");
    opener.setAttribute("aria-expanded", "false");
    shade.remove();
    shade = null;
    opener.focus();
  };
  opener.addEventListener("click", () => {
    shade = document.createElement("button");
    shade.type = "button";
    shade.className = "drawer-shade";
    shade.setAttribute("aria-label", "收起菜单");
    shade.addEventListener("click", close);
    document.body.append(shade);
    document.body.classList.add("has-drawer");
    opener.setAttribute("aria-expanded", "true");
    const first = $("a, summary", menu);
    if (first) first.focus();
  });
  $$("[data-drawer-close]").forEach((button) => button.addEventListener("click", close));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
}

/* ---- drop-down menus (details elements) ------------------------------------------------------ */

function setUpDrops() {
  const closeOthers = (except) =>
    $$("details[data-drop][open]").forEach((drop) => {
      if (drop !== except) drop.open = false;
    });
  document.addEventListener("click", (event) => closeOthers(event.target.closest("details[data-drop]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = $("details[data-drop][open]");
    if (!open) return;
    open.open = false;
    $("summary", open).focus();
  });
}

/* The current entry of a long menu is scrolled into sight. */
function showCurrentEntry() {
  const menu = $("#menu");
  const current = menu && $("[aria-current]", menu);
  if (current) menu.scrollTop = Math.max(0, current.offsetTop - menu.clientHeight / 2);
}

/* ---- dialogs --------------------------------------------------------------------------------- */

function setUpDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog && dialog.showModal) dialog.showModal();
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
  });
}

/* Asks a question; resolves to true or false. options: title, yes, no, danger. */
function ask(question, options = {}) {
  const dialog = $("#confirm-dialog");
  if (!dialog || !dialog.showModal) return Promise.resolve(window.confirm(question));
  const yes = $("[data-confirm-yes]", dialog);
  const no = $("[data-confirm-no]", dialog);
  $("[data-confirm-title]", dialog).textContent = options.title || "请确认";
  $("[data-confirm-text]", dialog).textContent = question;
  yes.textContent = options.yes || "确定";
  no.textContent = options.no || "取消";
  yes.classList.toggle("button--danger", Boolean(options.danger));
  yes.classList.toggle("button--primary", !options.danger);
  return new Promise((resolve) => {
    let answer = false;
    yes.onclick = () => {
      answer = true;
      dialog.close();
    };
    no.onclick = () => dialog.close();
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
    no.focus();
  });
}

function setUpConfirmations() {
  document.addEventListener(
    "click",
    (event) => {
      const element = event.target.closest("[data-confirm]");
      if (!element || element.dataset.confirmed) return;
      event.preventDefault();
      event.stopPropagation();
      const data = element.dataset;
      const options = { title: data.confirmTitleWord, yes: data.confirmYesWord, danger: "confirmDanger" in data };
      ask(data.confirm, options).then((agreed) => {
        if (!agreed) return;
        data.confirmed = "1";
        element.click();
        delete data.confirmed;
      });
    },
    true,
  );
}

/* ---- forms: unsaved changes, double submits ---------------------------------------------------- */

let changed = null; // the form with unsaved changes, if any

function markChanged(form) {
  changed = form;
  const note = $("[data-save-note]", form);
  if (note) note.textContent = "有改动还没有保存";
}

const LEAVE = "这一页有改动还没有保存。";
const LOST = "离开后改动就没有了。";
const KEPT = "内容先留在这台设备上，下次打开这张表可以接着填。";

function setUpUnsavedChanges() {
  const guarded = (target) => target.closest && target.closest("form[data-guard]");
  ["input", "change"].forEach((kind) =>
    document.addEventListener(kind, (event) => {
      const form = guarded(event.target);
      if (form) markChanged(form);
    }),
  );
  // Other modules speak by events: they change a form without typing, or have kept it elsewhere (a draft).
  document.addEventListener("form-changed", (event) => {
    const form = guarded(event.target);
    if (form) markChanged(form);
  });
  document.addEventListener("form-kept", () => {
    changed = null;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!changed) return;
    event.preventDefault();
    event.returnValue = LEAVE;
  });
  // WeChat shows no beforeunload question, so links ask for themselves.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const plain = !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!changed || !link || !plain || link.target === "_blank" || link.hasAttribute("download")) return;
    const href = link.getAttribute("href");
    if (href.startsWith("#") || /^(tel|sms|mailto):/.test(href)) return;
    event.preventDefault();
    const kept = changed.dataset.draftKey && changed.dataset.noDraft === undefined && window.indexedDB;
    ask(LEAVE + (kept ? KEPT : LOST), { title: "先不保存就离开？", yes: "离开", no: "留在这里", danger: true }).then((agreed) => {
      if (!agreed) return;
      changed = null;
      window.location.href = link.href;
    });
  });
}

function setUpSubmits() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method.toLowerCase() !== "post") return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "1";
    if (form === changed) changed = null;
    // After this tick, so that the pressed button's own name and value are still posted.
    setTimeout(() => {
      $$("button[type=submit], button:not([type])", form).forEach((button) => button.classList.add("is-busy"));
    });
  });
  // Coming back by the back button shows the page as it was left; it must work again.
  window.addEventListener("pageshow", () =>
    $$("form[data-sending]").forEach((form) => {
      delete form.dataset.sending;
      $$(".is-busy", form).forEach((button) => button.classList.remove("is-busy"));
    }),
  );
}

function goToFirstError() {
  const first = $(".field.has-error input:not([type=hidden]), .field.has-error select, .field.has-error textarea");
  if (first) first.focus();
}

/* ---- chosen ticks, for browsers without :has() --------------------------------------------------- */

function setUpTicks() {
  const paint = (root) =>
    $$(".tick input", root).forEach((input) => input.closest(".tick").classList.toggle("is-chosen", input.checked));
  document.addEventListener("change", (event) => {
    if (event.target.closest(".tick")) paint(event.target.form || document);
  });
  paint(document);
}

/* ---- selecting rows -------------------------------------------------------------------------------- */

function setUpSelection(table) {
  const bar = document.getElementById(table.dataset.bulk);
  const all = $("[data-select-all]", table);
  const boxes = () => $$("[data-select]", table);
  const paint = () => {
    const chosen = boxes().filter((box) => box.checked);
    boxes().forEach((box) => box.closest("tr").classList.toggle("is-chosen", box.checked));
    if (all) {
      all.checked = chosen.length > 0 && chosen.length === boxes().length;
      all.indeterminate = chosen.length > 0 && !all.checked;
    }
    if (!bar) return;
    bar.hidden = chosen.length === 0;
    $("[data-bulk-count]", bar).textContent = String(chosen.length);
  };
  const setAll = (value) => {
    boxes().forEach((box) => {
      box.checked = value;
    });
    paint();
  };
  table.addEventListener("change", (event) => {
    if (event.target === all) setAll(all.checked);
    else if (event.target.matches("[data-select]")) paint();
  });
  if (bar) $$("[data-bulk-none]", bar).forEach((button) => button.addEventListener("click", () => setAll(false)));
  paint();
}

/* ---- printing ---------------------------------------------------------------------------------------- */

function setUpPrinting() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
}

setUpDrawer();
setUpDrops();
showCurrentEntry();
setUpDialogs();
setUpConfirmations();
setUpUnsavedChanges();
setUpSubmits();
setUpTicks();
setUpPrinting();
$$("table[data-bulk]").forEach(setUpSelection);
goToFirstError();
