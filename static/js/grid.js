/* The grid of a weekly sheet: keyboard only, names and words by pinyin, a block pasted from Excel.
   Markup: templates/weekly/sheet.html. What a cell says is its text alone; the server reads it. */

const OFFERED = 12;

class Grid {
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.form = table.closest("form");
    this.list = document.getElementById("grid-list");
    this.most = Number(table.dataset.most);
    this.names = JSON.parse(table.dataset.names);
    this.words = JSON.parse(table.dataset.words);
    this.columns = this.cells(this.lines()[0]).map((cell) => cell.dataset.column);
    this.offers = [];
    this.active = -1;
    this.listen();
    const first = this.body.querySelector('[aria-invalid="true"]') || this.firstEmpty(this.lines()[0]);
    first.focus();
  }

  lines() { return [...this.body.querySelectorAll("[data-line]")]; }
  cells(line) { return [...line.querySelectorAll(".grid__cell")]; }
  firstEmpty(line) { return this.cells(line).find((cell) => !cell.value) || this.cells(line)[0]; }

  listen() {
    this.body.addEventListener("input", (event) => this.offer(event.target));
    this.body.addEventListener("focusin", (event) => {
      event.target.select?.();
      if (event.target.dataset.column !== "child" && !event.target.value) this.offer(event.target);
    });
    this.body.addEventListener("focusout", (event) => this.leave(event.target));
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("paste", (event) => this.paste(event));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-index]");
      if (option) this.take(this.at, Number(option.dataset.index));
    });
    this.table.parentElement.addEventListener("scroll", () => this.hide());
  }

  /* What may stand in a column, as [text, letters, hint, own]; nothing where any text may. */
  known(column) { return column === "child" ? this.names : this.words[column] || []; }

  offer(cell) {
    this.at = cell;
    const known = this.known(cell.dataset.column);
    const typed = cell.value.toLowerCase().replaceAll(/\s/g, "");
    if (!known.length || (cell.dataset.column === "child" && !typed) || this.several(cell)) return this.hide();
    const ranked = known.map((one, place) => [rank(one, typed), place, one]).filter(([near]) => near < 3);
    ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.offers = ranked.slice(0, OFFERED).map(([, , one]) => one);
    const best = typed ? ranked.filter(([near]) => near === ranked[0][0]) : [];
    const own = best.filter(([, , one]) => one[3]);
    // Nobody is proposed whom the letters only happen to fit: the wrong child would be saved.
    const sure = best.length === 1 || own.length === 1;
    const place = sure ? this.offers.indexOf((own.length === 1 ? own : best)[0][2]) : -1;
    this.show(cell, place);
  }

  /* A cell of several words is typed by first characters; the list would be in the way. */
  several(cell) { return cell.dataset.column.endsWith("-aspects") && cell.value.length > 0; }

  show(cell, place) {
    this.list.textContent = "";
    this.offers.forEach(([text, , hint], index) => {
      const item = document.createElement("li");
      item.className = "picker__option";
      item.id = `grid-option-${index}`;
      item.dataset.index = String(index);
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.append(text);
      if (hint) {
        const note = document.createElement("span");
        note.className = "picker__hint";
        note.textContent = hint;
        item.append(note);
      }
      this.list.append(item);
    });
    if (!this.offers.length) return this.hide();
    const box = cell.getBoundingClientRect();
    this.list.style.left = `${Math.max(0, Math.min(box.left, window.innerWidth - 200))}px`;
    this.list.style.top = `${box.bottom}px`;
    this.list.hidden = false;
    cell.setAttribute("aria-expanded", "true");
    this.mark(place);
    return undefined;
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((option, i) => option.classList.toggle("is-active", i === index));
    if (index >= 0) this.at.setAttribute("aria-activedescendant", `grid-option-${index}`);
    else this.at?.removeAttribute("aria-activedescendant");
  }

  hide() {
    this.list.hidden = true;
    this.at?.setAttribute?.("aria-expanded", "false");
    this.active = -1;
    this.offers = [];
  }

  take(cell, index) {
    const offer = this.offers[index];
    if (offer) cell.value = offer[0];
    this.hide();
    this.tell(cell);
  }

  tell(cell) { cell.dispatchEvent(new CustomEvent("form-changed", { bubbles: true })); }

  /* Leaving a cell takes what is marked; = says what the line above says. */
  leave(cell) {
    if (cell.value.trim() === "=") {
      cell.value = this.above(cell)?.value || "";
      this.tell(cell);
    } else if (!this.list.hidden && this.active >= 0 && cell === this.at && cell.value) {
      this.take(cell, this.active);
    }
    this.hide();
  }

  above(cell) { return this.beside(cell, -1); }

  beside(cell, step) {
    const lines = this.lines();
    const line = lines[lines.indexOf(cell.closest("[data-line]")) + step];
    return line && this.cells(line)[this.columns.indexOf(cell.dataset.column)];
  }

  key(event) {
    if (event.isComposing) return; // the Chinese input method is still at work
    const cell = event.target;
    const open = !this.list.hidden;
    if (event.key === "Enter") {
      event.preventDefault();
      if (open && this.active >= 0) this.take(cell, this.active);
      if (event.ctrlKey) this.send(cell);
      else if (event.shiftKey) this.firstEmpty(this.following(cell)).focus();
      else this.step(cell);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const down = event.key === "ArrowDown" ? 1 : -1;
      if (open) this.mark(Math.max(0, Math.min(this.offers.length - 1, this.active + down)));
      else this.beside(cell, down)?.focus();
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      this.hide();
    }
  }

  send(cell) {
    this.leave(cell);
    this.form.requestSubmit();
  }

  step(cell) {
    const cells = this.cells(cell.closest("[data-line]"));
    const next = cells[cells.indexOf(cell) + 1];
    (next || this.firstEmpty(this.following(cell))).focus();
  }

  /* The line below; a new one is added under the last. */
  following(cell) {
    const line = cell.closest("[data-line]");
    const lines = this.lines();
    return lines[lines.indexOf(line) + 1] || this.add() || line;
  }

  add() {
    const lines = this.lines();
    if (lines.length >= this.most) return null;
    const number = lines.length;
    const line = lines[number - 1].cloneNode(true);
    line.querySelector("th").textContent = String(number + 1);
    for (const cell of this.cells(line)) {
      cell.value = "";
      cell.name = cell.id = `cell-${number}-${cell.dataset.column}`;
      cell.removeAttribute("aria-invalid");
      cell.removeAttribute("aria-describedby");
      cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/\d+/, String(number + 1)));
    }
    this.body.append(line);
    return line;
  }

  /* A block of cells from Excel goes in from here to the right and down; its headings are left out. */
  paste(event) {
    const text = event.clipboardData.getData("text/plain").replaceAll("\r\n", "\n").replace(/\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    const block = text.split("\n").map((line) => line.split("\t"));
    if (block[0][0].trim() === "学生") block.shift();
    const from = this.columns.indexOf(event.target.dataset.column);
    let line = event.target.closest("[data-line]");
    for (const said of block) {
      if (!line) break;
      const cells = this.cells(line);
      said.forEach((value, place) => {
        if (cells[from + place]) cells[from + place].value = value.trim();
      });
      line = this.following(cells[0]) === line ? null : this.following(cells[0]);
    }
    this.hide();
    this.tell(event.target);
  }
}

/* How near a text is: 0 the whole, 1 its beginning, 2 somewhere, 3 not at all. */
function rank([text, letters], typed) {
  if (!typed) return 1;
  const keys = letters.split(" ");
  if (text === typed || keys.includes(typed)) return 0;
  if (text.startsWith(typed) || keys.some((key) => key.startsWith(typed))) return 1;
  return text.includes(typed) || keys.some((key) => key.includes(typed)) ? 2 : 3;
}

document.querySelectorAll("[data-grid]").forEach((table) => new Grid(table));
