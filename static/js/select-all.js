// A table's "select all" box, and how many rows are chosen. Both live in the form around the table. Where the form keeps
// what was chosen, it is kept for this tab: over pages, searches and visits to other pages, until it is done or cleared.
const KEPT = "chosen";
const KEEPING = "form[data-keeps-chosen]";

function rows(form) {
  return [...form.querySelectorAll("tbody .table__check input")];
}

function kept() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(KEPT)) ?? []);
  } catch {
    return new Set(); // storage is switched off, or somebody wrote something else there
  }
}

function keep(chosen) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...chosen]));
  } catch {
    // what is chosen counts on this page alone
  }
}

// What was chosen on other pages is sent with what is chosen on this one.
function carry(form, elsewhere) {
  for (const field of form.querySelectorAll("[data-elsewhere]")) field.remove();
  for (const value of elsewhere) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "client", value });
    field.dataset.elsewhere = "";
    form.append(field);
  }
}

function update(form) {
  const boxes = rows(form);
  const chosen = boxes.filter((box) => box.checked).length;
  const number = chosen + form.querySelectorAll("[data-elsewhere]").length;
  for (const output of form.querySelectorAll("[data-chosen]")) {
    const tooMany = number > Number(output.dataset.most ?? Infinity);
    output.textContent = output.dataset[tooMany ? "tooMany" : "chosen"].replace("{number}", number);
    for (const button of form.querySelectorAll("[formaction]")) button.disabled = tooMany;
  }
  const all = form.querySelector("[data-select-all]");
  if (!all) return;
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
}

function restore(form) {
  if (form.matches(KEEPING)) {
    const elsewhere = kept();
    for (const box of rows(form)) if (elsewhere.delete(box.value)) box.checked = true;
    carry(form, elsewhere);
  }
  update(form);
}

function note(form) {
  if (form.matches(KEEPING)) {
    const chosen = kept();
    for (const box of rows(form)) chosen[box.checked ? "add" : "delete"](box.value);
    keep(chosen);
  }
  update(form);
}

function restoreAll() {
  for (const form of document.querySelectorAll("form:has(tbody .table__check)")) restore(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form:has(tbody .table__check)");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) for (const box of rows(form)) box.checked = event.target.checked;
  note(form);
});
document.addEventListener("click", (event) => {
  const form = event.target.closest?.("[data-select-none]")?.closest("form");
  if (!form) return;
  for (const box of rows(form)) box.checked = false;
  carry(form, []);
  if (form.matches(KEEPING)) keep([]);
  update(form);
});
// What something was done with is chosen no longer.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (requestConfig.verb !== "post" || xhr.status >= 300) return;
  const chosen = kept();
  const done = [...(requestConfig.elt.querySelectorAll?.("[name=client]") ?? [])];
  if (done.filter((field) => chosen.delete(field.value)).length) keep(chosen);
});
document.addEventListener("htmx:afterSwap", restoreAll);
restoreAll();
