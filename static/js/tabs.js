// Tabs that do not fit scroll sideways: the one that is open is scrolled into sight, also after a part of the page has
// been fetched anew.
function show(root) {
  for (const tab of root.querySelectorAll?.(".tabs__link[aria-current]") ?? []) {
    const bar = tab.parentElement;
    bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
  }
}

show(document);
document.body.addEventListener("htmx:afterSettle", (event) => show(event.target));
