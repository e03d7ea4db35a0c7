/* The search box proposes names while one types. Markup: form[data-suggest] with one search input.
   The URL answers {"results": [{"text", "hint", "url"}]}. Nothing is chosen beforehand: Enter searches
   for what stands in the box unless somebody went to a name with the arrow keys. */

import { Lookup } from "./lookup.js";

class Suggest extends Lookup {
  constructor(form) {
    const text = form.querySelector("input[type=search]");
    const list = document.createElement("ul");
    list.id = "top-suggest";
    list.className = "top__suggest";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "可能要找的人");
    form.append(list);
    super(text, list, form.dataset.suggest);
    text.setAttribute("role", "combobox");
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", list.id);
    text.setAttribute("aria-expanded", "false");
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-url]");
      if (item) window.location.assign(item.dataset.url);
    });
  }

  query() {
    return super.query() || null;
  }

  answered(found) {
    if (document.activeElement !== this.text) return; // the box was left
    this.list.textContent = "";
    found.results.forEach((result, index) => {
      const item = document.createElement("li");
      item.id = `top-suggest-${index}`;
      item.setAttribute("role", "option");
      item.dataset.index = String(index);
      item.dataset.url = result.url;
      item.textContent = result.text;
      const hint = document.createElement("span");
      hint.textContent = result.hint;
      item.append(hint);
      this.list.append(item);
    });
    this.mark(-1);
    if (found.results.length) this.open();
    else this.hide();
  }

  failed() {
    this.hide(); // the form itself still searches
  }

  left() {
    this.forget();
    this.hide();
  }

  mark(index) {
    super.mark(index);
    this.options().forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
  }

  key(event) {
    const count = this.list.hidden ? 0 : this.options().length;
    if (event.key === "Escape" && count) {
      event.preventDefault();
      this.left();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      const next = this.active + (event.key === "ArrowDown" ? 1 : -1);
      this.mark(next >= count ? -1 : next < -1 ? count - 1 : next);
    } else if (event.key === "Enter" && this.active >= 0 && count) {
      event.preventDefault();
      window.location.assign(this.options()[this.active].dataset.url);
    }
  }
}

document.querySelectorAll("form[data-suggest]").forEach((form) => {
  if (form.dataset.suggest) new Suggest(form);
});
