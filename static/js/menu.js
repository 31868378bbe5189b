// Menus work without this: it adds the arrow keys, and closes a menu once something in it has been chosen.
const ITEMS = ".menu__item:not(:disabled)";

// <fetched-menu> around a link to a page with choices: a button in the link's place that opens them as a menu. They are
// fetched each time, for what can be done changes.
class FetchedMenu extends HTMLElement {
  connectedCallback() {
    const link = this.querySelector("a");
    if (!link) return;
    const button = document.createElement("button");
    button.type = "button";
    button.id = link.pathname.slice(1).replaceAll("/", "-"); // the same in a list that has been fetched anew
    for (const name of ["class", "aria-label"]) button.setAttribute(name, link.getAttribute(name));
    button.append(...link.childNodes);
    const menu = document.createElement("div");
    menu.id = `${button.id}-choices`;
    menu.className = "menu";
    menu.popover = "auto";
    button.setAttribute("popovertarget", menu.id);
    menu.addEventListener("beforetoggle", (event) => event.newState === "open" && menu.replaceChildren());
    menu.addEventListener("toggle", (event) => event.newState === "open" && this.fill(menu, link.href));
    this.replaceChildren(button, menu);
  }

  async fill(menu, address) {
    await htmx.ajax("GET", address, { source: this, target: menu, swap: "innerHTML" }).catch(() => {});
    if (!menu.matches(":popover-open")) return;
    const first = menu.querySelector(ITEMS);
    if (first) first.focus();
    else menu.hidePopover();
  }
}

customElements.define("fetched-menu", FetchedMenu);

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
  if (item?.matches("[data-dialog]")) item.closest("[popover]")?.hidePopover();
});
