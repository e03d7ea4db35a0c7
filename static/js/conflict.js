/* Two editors of one record: puts the other's text into the input, mine stays one undo away.
   <button data-take-theirs="field name" data-value='JSON' data-text="what a picker shows"> */

function setInput(input, value) {
  if (input.type === "checkbox" || input.type === "radio") {
    const wanted = Array.isArray(value) ? value : [value === true ? "True" : value];
    input.checked = wanted.includes(input.value);
  } else {
    input.value = value === null ? "" : String(value);
  }
}

function current(inputs) {
  const ticks = inputs.filter((input) => input.type === "checkbox" || input.type === "radio");
  if (!ticks.length) return inputs[0].value;
  return ticks.filter((input) => input.checked).map((input) => input.value);
}

function take(button) {
  const form = button.closest("form");
  const inputs = [...form.elements].filter((input) => input.name === button.dataset.takeTheirs);
  const ticks = inputs.filter((input) => input.type !== "hidden");
  const chosen = ticks.length ? ticks : inputs;
  const mine = current(chosen);
  const value = JSON.parse(button.dataset.value);
  chosen.forEach((input) => setInput(input, value));
  const picker = chosen[0].closest("[data-picker]");
  if (picker) {
    const text = picker.querySelector(".picker__text");
    const was = text.value;
    text.value = button.dataset.text;
    button.dataset.text = was;
  }
  button.dataset.value = JSON.stringify(mine);
  button.textContent = button.textContent === "用别人的" ? "还是用我的" : "用别人的";
  chosen[0].dispatchEvent(new Event("change", { bubbles: true }));
}

/* A chip of what was written lately: <button data-fill="field name">text</button> */
function fill(chip) {
  const input = chip.closest("form").elements[chip.dataset.fill];
  input.value = chip.textContent;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-fill]");
  if (chip) fill(chip);
  const button = event.target.closest("[data-take-theirs]");
  if (button) take(button);
});
