// "/" goes to the search field of the page, Ctrl+K (or Command+K) to the field that finds everything. Links do the same.
const TYPING = "input, textarea, select, [contenteditable]";
const RESULTS = "#found a";

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("dialog:modal");
  if (event.key === "/" && !open && !event.ctrlKey && !event.metaKey && !event.altKey) {
    if (event.target.matches?.(TYPING)) return;
    const field = document.querySelector("#main input[type=search]");
    if (!field) return find(event);
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !open) {
    find(event);
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest?.(".find")) {
    step(event);
  }
});

function find(event) {
  const link = document.querySelector("[data-find]");
  if (!link) return;
  event.preventDefault();
  link.click();
}

// Down and up walk through what was found; up from the first goes back to the field.
function step(event) {
  const places = [...document.querySelectorAll(RESULTS)];
  const field = event.target.closest(".find").querySelector("input[type=search]");
  const at = places.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  (at < 0 ? field : places[Math.min(at, places.length - 1)])?.focus();
}

// Enter in the field goes to the first place that was found.
document.addEventListener("submit", (event) => {
  if (!event.target.closest(".find")) return;
  const first = document.querySelector(RESULTS);
  if (!first) return;
  event.preventDefault();
  first.click();
});
