/* The search box proposes names while one types. Markup: form[data-suggest] with one search input.
   The URL answers {"results": [{"text", "hint", "url"}]}. Nothing is chosen beforehand: Enter searches
   for what stands in the box unless somebody went to a name with the arrow keys. */

const WAIT = 180; // milliseconds after the last key

class Suggest {
  constructor(form) {
    this.url = form.dataset.suggest;
    this.text = form.querySelector("input[type=search]");
    this.list = document.createElement("ul");
    this.list.id = "top-suggest";
    this.list.className = "top__suggest";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "可能要找的人");
    form.append(this.list);
    this.active = -1;
    this.asked = 0;
    this.text.setAttribute("role", "combobox");
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-controls", this.list.id);
    this.text.setAttribute("aria-expanded", "false");
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-url]");
      if (item) window.location.assign(item.dataset.url);
    });
    // mousedown would take the focus away and close the list before the click arrives.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), WAIT);
  }

  async look() {
    const turn = (this.asked += 1);
    const query = this.text.value.trim();
    if (!query) return this.close();
    try {
      const address = new URL(this.url, window.location.href);
      address.searchParams.set("q", query);
      const answer = await fetch(address.href, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      // An older answer arriving late, or one for a box that was left.
      if (turn === this.asked && document.activeElement === this.text) this.show(found.results);
    } catch (problem) {
      if (turn === this.asked) this.close(); // the form itself still searches
    }
    return undefined;
  }

  show(results) {
    this.list.textContent = "";
    results.forEach((result, index) => {
      const item = document.createElement("li");
      item.id = `top-suggest-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.url = result.url;
      item.textContent = result.text;
      const hint = document.createElement("span");
      hint.textContent = result.hint;
      item.append(hint);
      this.list.append(item);
    });
    this.list.hidden = !results.length;
    this.text.setAttribute("aria-expanded", String(results.length > 0));
    this.mark(-1);
  }

  close() {
    this.asked += 1;
    this.list.hidden = true;
    this.text.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((item, place) => {
      item.classList.toggle("is-active", place === index);
      item.setAttribute("aria-selected", String(place === index));
    });
    if (index < 0) this.text.removeAttribute("aria-activedescendant");
    else this.text.setAttribute("aria-activedescendant", `top-suggest-${index}`);
  }

  key(event) {
    const count = this.list.hidden ? 0 : this.list.children.length;
    if (event.key === "Escape" && count) {
      event.preventDefault();
      this.close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = this.active + step;
      this.mark(next >= count ? -1 : next < -1 ? count - 1 : next);
    } else if (event.key === "Enter" && this.active >= 0 && count) {
      event.preventDefault();
      window.location.assign(this.list.children[this.active].dataset.url);
    }
  }
}

document.querySelectorAll("form[data-suggest]").forEach((form) => {
  if (form.dataset.suggest) new Suggest(form);
});
