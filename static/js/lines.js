/* Child lines in a form: added from the section's template, removed in place.
   A kept line is only marked (it posts <prefix>-remove=1) and can be taken back; a new one goes away. */

function setUpLines(section) {
  const rows = section.querySelector("[data-lines-rows]");
  const template = section.querySelector("template");
  const changed = () => section.dispatchEvent(new CustomEvent("form-changed", { bubbles: true }));

  const add = () => {
    const number = Number(section.dataset.next || 0);
    section.dataset.next = String(number + 1);
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replace(/__i__/g, String(number));
    const row = holder.firstElementChild;
    rows.append(row);
    row.dispatchEvent(new CustomEvent("line-added", { bubbles: true }));
    const first = row.querySelector("input:not([type=hidden]), select, textarea");
    if (first) first.focus();
    changed();
  };

  const remove = (row) => {
    const flag = row.querySelector("[data-line-removed]");
    if (!flag) {
      row.remove();
    } else {
      const away = flag.value !== "1";
      flag.value = away ? "1" : "";
      row.classList.toggle("is-removed", away);
      const button = row.querySelector("[data-line-remove]");
      const word = away ? "还是留下这一行" : "去掉这一行";
      button.setAttribute("aria-label", word);
      button.title = word;
      button.setAttribute("aria-pressed", String(away));
    }
    changed();
  };

  section.addEventListener("click", (event) => {
    if (event.target.closest("[data-line-add]")) add();
    const button = event.target.closest("[data-line-remove]");
    if (button) remove(button.closest("[data-line]"));
  });
}

document.querySelectorAll("[data-lines]").forEach(setUpLines);
