/* A box that looks names up while one types: it waits for the last key, asks the server, and hears the
   newest answer alone. The search box on top (suggest.js) and the picker of the forms (picker.js) are
   such boxes: what an answer looks like and what choosing does is theirs. */

const WAIT = 180; // milliseconds after the last key

export class Lookup {
  /* text: the input; list: the listbox below it; url: answers {"results": [...]} to ?q=. */
  constructor(text, list, url) {
    this.text = text;
    this.list = list;
    this.url = url;
    this.active = -1;
    this.asked = 0;
    text.addEventListener("input", () => this.typed());
    text.addEventListener("keydown", (event) => {
      if (!event.isComposing) this.key(event); // else the Chinese input method is still at work
    });
    text.addEventListener("blur", () => setTimeout(() => this.left(), 150));
    // mousedown would take the focus away and close the list before the click arrives.
    list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), WAIT);
  }

  /* What to ask for, or null to ask nothing. */
  query() {
    return this.text.value.trim();
  }

  async look() {
    const turn = (this.asked += 1);
    const query = this.query();
    if (query === null) return this.hide();
    try {
      const address = new URL(this.url, window.location.href);
      address.searchParams.set("q", query);
      const answer = await fetch(address.href, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (turn === this.asked) this.answered(found);
    } catch (problem) {
      if (turn === this.asked) this.failed();
    }
    return undefined;
  }

  /* An answer still on its way must not open the list again. */
  forget() {
    clearTimeout(this.timer);
    this.asked += 1;
  }

  open() {
    this.list.hidden = false;
    this.text.setAttribute("aria-expanded", "true");
  }

  hide() {
    this.list.hidden = true;
    this.text.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  options() {
    return [...this.list.querySelectorAll("[data-index]")];
  }

  mark(index) {
    this.active = index;
    const options = this.options();
    options.forEach((option, place) => option.classList.toggle("is-active", place === index));
    if (index < 0 || !options[index]) {
      this.text.removeAttribute("aria-activedescendant");
      return;
    }
    this.text.setAttribute("aria-activedescendant", options[index].id);
    options[index].scrollIntoView({ block: "nearest" });
  }
}
