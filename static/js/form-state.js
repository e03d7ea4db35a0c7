// What stands in a form, field by field, as drafts and the outbox keep it.

const NEVER_KEPT_TYPES = ["password", "file", "submit", "button", "reset", "image"];

function isKept(field) {
  return (
    field.name &&
    field.name !== "csrf_token" &&
    !NEVER_KEPT_TYPES.includes(field.type) &&
    field.tagName !== "FIELDSET" &&
    field.dataset.noDraft === undefined
  );
}

/** Pair each kept field with its place among the fields of its name. */
export function placedFields(form) {
  const seen = new Map();
  return Array.from(form.elements).filter(isKept).map((field) => {
    const nth = seen.get(field.name) || 0;
    seen.set(field.name, nth + 1);
    return { field, name: field.name, nth };
  });
}

export function readForm(form) {
  return placedFields(form).map(({ field, name, nth }) => {
    if (field.type === "checkbox" || field.type === "radio") return { name, nth, on: field.checked };
    if (field.tagName === "SELECT") {
      const chosen = Array.from(field.selectedOptions, (option) => [option.value, option.text]);
      return { name, nth, chosen };
    }
    return { name, nth, value: field.value };
  });
}
