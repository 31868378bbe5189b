// Menus work without this: it adds the arrow keys, and closes a menu once something in it has been chosen.
const ITEMS = ".menu__item:not(:disabled)";

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = document.querySelector(".menu:popover-open");
  if (!step || !menu || !(menu.contains(document.activeElement) || document.activeElement?.matches("[popovertarget]")))
    return;
  const items = [...menu.querySelectorAll(ITEMS)];
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const next = at < 0 && step < 0 ? items.length - 1 : (at + step + items.length) % items.length;
  items[next].focus();
});

document.addEventListener("click", (event) => {
  const item = event.target.closest?.(".menu__item");
  if (item?.matches("[data-dialog]")) item.closest("[popover]").hidePopover();
});
