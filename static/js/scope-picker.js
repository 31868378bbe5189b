// <scope-picker>: searches the tree of scopes, and shows that a parent's children come with it.
class ScopePicker extends HTMLElement {
  connectedCallback() {
    this.search = this.querySelector("[data-search]");
    this.search.addEventListener("input", () => this.filter());
    this.search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    this.addEventListener("change", () => this.update());
    this.update();
  }

  get items() {
    return [...this.querySelectorAll("[data-scope]")];
  }

  // Parents come before their children, so one pass from the top is enough.
  update() {
    for (const item of this.items) {
      const box = item.querySelector("input");
      const parent = item.parentElement.closest("[data-scope]")?.querySelector("input");
      const included = Boolean(parent?.checked);
      if (included && !box.disabled) box.dataset.own = box.checked ? "yes" : "no";
      if (!included && box.disabled) box.checked = box.dataset.own === "yes";
      if (included) box.checked = true;
      box.disabled = included;
      item.querySelector("[data-note]").textContent = included ? `${this.dataset.included} ${parent.value}` : "";
    }
    const chosen = this.querySelectorAll("input:checked:not(:disabled)").length;
    this.querySelector("[data-count]").textContent = this.dataset.chosen.replace("{number}", chosen);
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (item) => `${item.textContent} ${item.closest("[data-group]").dataset.words ?? ""}`.toLowerCase();
    const matches = (item) => words.every((word) => text(item).includes(word));
    for (const item of this.items)
      item.hidden = !matches(item) && !item.parentElement.closest("[data-scope]:not([hidden])");
    for (const group of this.querySelectorAll("[data-group]"))
      group.hidden = !group.querySelector("[data-scope]:not([hidden])");
    this.querySelector("[data-nothing]").hidden = Boolean(this.querySelector("[data-scope]:not([hidden])"));
  }
}

customElements.define("scope-picker", ScopePicker);
