/* The picker: type a name or pinyin, choose from a list. Markup: macro picker in layout/macros/field.html.
   The URL answers {"results": [{"id", "text", "hint"}], "sure"}: sure, when the first is the one meant.
   data-multiple keeps several choices as chips. */

import { Lookup } from "./lookup.js";

let pickers = 0;

class Picker extends Lookup {
  constructor(root) {
    super(root.querySelector(".picker__text"), root.querySelector(".picker__list"), root.dataset.pickerUrl);
    this.root = root;
    this.name = root.dataset.name;
    this.multiple = "multiple" in root.dataset;
    this.chosen = root.querySelector("[data-picker-chosen]");
    this.clear = root.querySelector("[data-picker-clear]");
    this.word = this.text.value; // what stands in the box when nothing is being typed
    this.results = [];
    this.number = (pickers += 1);
    this.listen();
  }

  listen() {
    this.text.addEventListener("focus", () => this.text.select());
    this.text.parentElement.addEventListener("click", (event) => {
      if (!event.target.closest("button")) this.text.focus();
    });
    this.text.addEventListener("click", () => this.list.hidden && this.look());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[data-index]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.clear.addEventListener("click", () => {
      this.setSingle("", "");
      this.text.focus();
    });
    this.chosen.addEventListener("click", (event) => {
      const button = event.target.closest(".chip__remove");
      if (!button) return;
      button.closest("[data-picker-chip]").remove();
      this.tell();
      this.text.focus();
    });
  }

  query() {
    const typed = super.query();
    return !this.multiple && typed === this.word ? "" : typed;
  }

  answered(found) {
    this.show(found.results || [], found.message || "没有找到，换一个字试试", found.sure);
  }

  failed() {
    this.show([], "现在查不到，请检查网络后再试");
  }

  show(results, emptyWord, sure = false) {
    this.results = results;
    this.list.textContent = "";
    results.forEach((result, index) => this.list.append(this.option(result, index)));
    if (!results.length) {
      const note = document.createElement("li");
      note.className = "picker__note";
      note.setAttribute("role", "option");
      note.setAttribute("aria-disabled", "true");
      note.textContent = emptyWord;
      this.list.append(note);
    }
    this.open();
    // A name that the letters only happen to fit is never proposed: one Enter would take it.
    this.mark(sure && this.text.value.trim() !== this.word ? 0 : -1);
  }

  option(result, index) {
    const item = document.createElement("li");
    item.className = "picker__option";
    item.id = `picker-${this.number}-${index}`;
    item.dataset.index = String(index);
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", this.ids().includes(String(result.id)) ? "true" : "false");
    const word = document.createElement("span");
    word.textContent = result.text;
    item.append(word);
    if (result.hint) {
      const hint = document.createElement("span");
      hint.className = "picker__hint";
      hint.textContent = result.hint;
      item.append(hint);
    }
    return item;
  }

  key(event) {
    const last = this.results.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) this.look();
      else if (event.key === "ArrowDown") this.mark(this.active >= last ? 0 : this.active + 1);
      else this.mark(this.active <= 0 ? last : this.active - 1);
    } else if (event.key === "Enter") {
      // Enter never sends the form from here: the name may still be half typed.
      event.preventDefault();
      if (!this.list.hidden && this.active >= 0) this.choose(this.active);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.hide();
    } else if (event.key === "Backspace" && this.multiple && !this.text.value) {
      const chips = this.chosen.querySelectorAll("[data-picker-chip]");
      if (chips.length) {
        chips[chips.length - 1].remove();
        this.tell();
      }
    }
  }

  choose(index) {
    const result = this.results[index];
    if (!result) return;
    this.forget();
    if (this.multiple) {
      if (!this.ids().includes(String(result.id))) this.chosen.append(this.chip(result));
      this.text.value = "";
      this.word = "";
      this.tell();
      this.hide();
    } else {
      this.setSingle(String(result.id), result.text);
    }
  }

  chip(result) {
    const chip = document.createElement("span");
    chip.className = "chip chip--accent";
    chip.setAttribute("data-picker-chip", "");
    chip.append(result.text);
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = this.name;
    input.value = String(result.id);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "chip__remove";
    remove.setAttribute("aria-label", `去掉${result.text}`);
    remove.textContent = "×";
    chip.append(input, remove);
    return chip;
  }

  setSingle(id, text) {
    this.chosen.querySelector("input").value = id;
    this.text.value = text;
    this.word = text;
    this.clear.hidden = !id;
    this.hide();
    this.tell();
  }

  ids() {
    return [...this.chosen.querySelectorAll("input[type=hidden]")].map((input) => input.value);
  }

  /* Leaving the box: half-typed text is never taken for a choice. */
  left() {
    if (this.root.contains(document.activeElement)) return;
    this.forget();
    if (!this.multiple && !this.text.value.trim() && this.word) this.setSingle("", "");
    this.text.value = this.word;
    this.hide();
  }

  /* Tells the page: "form-changed" for the guard, "picked" for whoever depends on the choice. */
  tell() {
    this.root.dispatchEvent(new CustomEvent("form-changed", { bubbles: true }));
    this.root.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { ids: this.ids(), text: this.word } }));
  }
}

/* Sets up every picker below root that is not set up yet; a new line says "line-added". */
function setUpPickers(root = document) {
  root.querySelectorAll("[data-picker]").forEach((element) => {
    if (element.dataset.ready || element.closest("template")) return;
    element.dataset.ready = "1";
    new Picker(element);
  });
}

setUpPickers();
document.addEventListener("line-added", (event) => setUpPickers(event.target));
