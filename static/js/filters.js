/* The filter panel, and fields shown only when another field has a certain value
   (data-show-if="manner=入户|校内"; several conditions are joined by "&"; "!=" is understood). */

function setUpPanel(button) {
  const panel = document.getElementById(button.dataset.filtersToggle);
  if (!panel) return;
  button.setAttribute("aria-expanded", String(!panel.hidden));
  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    const first = panel.querySelector("select, input:not([type=hidden])");
    if (!panel.hidden && first) first.focus();
  });
}

/* Empty filters are left out of the address, so that it stays short enough to be passed on. */
function setUpShortAddress(form) {
  form.addEventListener("submit", () => {
    form.querySelectorAll("input[name], select[name]").forEach((input) => {
      if (input.value === "") input.disabled = true;
    });
  });
}

/* ---- conditional fields --------------------------------------------------------------------- */

/* Field names inside a line share the line's prefix: lines-visitors-0-role looks for lines-visitors-0-kind. */
function controlsNamed(form, name, near) {
  const own = near.querySelector("[name]");
  const prefix = own ? own.name.replace(/[^-]*$/, "") : "";
  const all = [...form.elements];
  const close = prefix ? all.filter((input) => input.name === prefix + name) : [];
  return close.length ? close : all.filter((input) => input.name === name);
}

function valuesOf(controls) {
  const values = [];
  controls.forEach((input) => {
    if (input.type === "checkbox" || input.type === "radio") {
      if (input.checked) values.push(input.value);
    } else if (input.multiple && input.options) {
      [...input.selectedOptions].forEach((option) => values.push(option.value));
    } else {
      values.push(input.value);
    }
  });
  return values;
}

function holds(condition, form, near) {
  const parts = condition.match(/^\s*([^=!]+?)\s*(!?=)\s*(.*?)\s*$/);
  if (!parts) return true;
  const wanted = parts[3].split("|");
  const found = valuesOf(controlsNamed(form, parts[1], near)).some((value) => wanted.includes(value));
  return parts[2] === "=" ? found : !found;
}

/* A hidden field is disabled too, so that what it held is not posted. */
function paint(root = document) {
  root.querySelectorAll("[data-show-if]").forEach((box) => {
    const form = box.closest("form");
    if (!form) return;
    const shown = box.dataset.showIf.split("&").every((condition) => holds(condition, form, box));
    box.hidden = !shown;
    box.querySelectorAll("input, select, textarea").forEach((input) => {
      if (!shown && !input.disabled) {
        input.disabled = true;
        input.dataset.hiddenField = "1";
      } else if (shown && input.dataset.hiddenField) {
        input.disabled = false;
        delete input.dataset.hiddenField;
      }
    });
  });
}

document.querySelectorAll("[data-filters-toggle]").forEach(setUpPanel);
document.querySelectorAll("form[data-filters]").forEach(setUpShortAddress);
paint();
["change", "input", "line-added", "picked"].forEach((kind) => document.addEventListener(kind, () => paint()));
