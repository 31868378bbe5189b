// A table's "select all" box, and the number of chosen rows. Both live in the form around the table.
function rows(form) {
  return [...form.querySelectorAll("tbody .table__check input")];
}

function update(form) {
  const boxes = rows(form);
  const chosen = boxes.filter((box) => box.checked).length;
  for (const output of form.querySelectorAll("[data-chosen]")) {
    output.textContent = output.dataset.chosen.replace("{number}", chosen);
  }
  const all = form.querySelector("[data-select-all]");
  if (!all) return;
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
}

function updateAll() {
  for (const form of document.querySelectorAll("form:has(tbody .table__check)")) update(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form:has(tbody .table__check)");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) for (const box of rows(form)) box.checked = event.target.checked;
  update(form);
});
document.addEventListener("click", (event) => {
  const form = event.target.closest?.("[data-select-none]")?.closest("form");
  if (!form) return;
  for (const box of rows(form)) box.checked = false;
  update(form);
});
document.addEventListener("htmx:afterSwap", updateAll);
updateAll();
