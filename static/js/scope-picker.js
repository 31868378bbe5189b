// <scope-picker>: groups of scopes to tick, with search, presets and chips of what is ticked. The list is one tab stop:
// the arrow keys, Home and End move in it. A parent's children come with it.
class ScopePicker extends HTMLElement {
  connectedCallback() {
    this.search = this.querySelector("[data-search]");
    this.tree = this.querySelector("[data-tree]");
    this.chips = this.querySelector("[data-chips]");
    this.search.addEventListener("input", () => this.filter());
    this.search.addEventListener("keydown", (event) => this.leaveSearch(event));
    this.tree.addEventListener("change", () => this.update());
    this.tree.addEventListener("keydown", (event) => this.move(event));
    this.tree.addEventListener("focusin", (event) => this.stops.includes(event.target) && this.hold(event.target));
    for (const group of this.groups) group.addEventListener("toggle", () => this.hold());
    for (const button of this.presets) {
      button.type = "button"; // without a script it sends the form
      button.addEventListener("click", () => this.toggle(button));
    }
    this.chips.addEventListener("click", (event) => this.remove(event.target.closest("button")));
    this.chips.addEventListener("keydown", (event) => this.moveChip(event));
    this.update();
    this.hold();
  }

  get groups() {
    return [...this.querySelectorAll("[data-group]")];
  }

  get items() {
    return [...this.querySelectorAll("[data-scope]")];
  }

  get presets() {
    return [...this.querySelectorAll("[data-preset]")];
  }

  get ticked() {
    return [...this.tree.querySelectorAll("input:checked:not(:disabled)")];
  }

  // Where the arrow keys lead: each group that is shown, and each box in it that can be ticked.
  get stops() {
    const all = [...this.tree.querySelectorAll("summary, input:not(:disabled)")];
    return all.filter((stop) => stop.checkVisibility());
  }

  box(name) {
    return this.tree.querySelector(`input[value="${CSS.escape(name)}"]`);
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
    this.querySelector("[data-count]").textContent = this.dataset.chosen.replace("{number}", this.ticked.length);
    for (const group of this.groups) {
      const boxes = [...group.querySelectorAll("input")];
      const number = boxes.filter((box) => box.checked).length;
      const words = this.dataset.of.replace("{number}", number).replace("{total}", boxes.length);
      group.querySelector("[data-part]").textContent = words;
      group.toggleAttribute("data-some", number > 0);
    }
    for (const button of this.presets) button.setAttribute("aria-pressed", this.has(button));
    this.draw();
  }

  has(button) {
    return button.dataset.preset.split(" ").every((name) => this.box(name)?.checked);
  }

  // The boxes of a preset: all ticked, or all cleared if they were.
  toggle(button) {
    const ticked = !this.has(button);
    for (const name of button.dataset.preset.split(" ")) this.tick(this.box(name), ticked);
  }

  tick(box, checked) {
    if (!box || box.disabled || box.checked === checked) return;
    box.checked = checked;
    for (const type of ["input", "change"]) box.dispatchEvent(new Event(type, { bubbles: true }));
  }

  // --- Chips --------------------------------------------------------------------------------------------------------

  draw() {
    this.chips.replaceChildren(
      ...this.ticked.map((box, place) => {
        const [item, chip] = [document.createElement("li"), document.createElement("button")];
        const group = box.closest("[data-group]");
        const shown = box.closest("[data-scope]").querySelector("code").textContent;
        const whose = group.dataset.words ? `${group.querySelector("bdi").textContent}: ` : "";
        Object.assign(chip, { type: "button", className: "scopes__chip", textContent: whose + shown });
        Object.assign(chip, { tabIndex: place ? -1 : 0, value: box.value });
        chip.setAttribute("aria-label", `${this.dataset.remove} ${whose}${shown}`);
        item.append(chip);
        return item;
      }),
    );
  }

  // The focus goes to the chip that takes the place of the one removed.
  remove(chip) {
    if (!chip) return;
    const place = [...this.chips.children].indexOf(chip.parentElement);
    this.tick(this.box(chip.value), false);
    this.focusChip(Math.min(place, this.chips.children.length - 1));
  }

  focusChip(place) {
    const chips = [...this.chips.querySelectorAll("button")];
    for (const [at, chip] of chips.entries()) chip.tabIndex = at === place ? 0 : -1;
    (chips[place] ?? this.search).focus();
  }

  moveChip(event) {
    const place = [...this.chips.children].indexOf(event.target.closest("li"));
    const last = this.chips.children.length - 1;
    const leads = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1 };
    const to = { ...leads, Home: 0, End: last }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") this.remove(event.target.closest("button"));
    else if (to === undefined) return;
    else this.focusChip(Math.max(0, Math.min(to, last)));
    event.preventDefault();
  }

  // --- The one tab stop ---------------------------------------------------------------------------------------------

  // Makes one of the stops the one that Tab leads to; the same as before, while it is shown.
  hold(wanted) {
    const stops = this.stops;
    const held = wanted ?? stops.find((stop) => stop.tabIndex === 0 && stop.dataset.held) ?? stops[0];
    for (const stop of this.tree.querySelectorAll("summary, input")) {
      stop.tabIndex = stop === held ? 0 : -1;
      if (stop === held) stop.dataset.held = "yes";
      else delete stop.dataset.held;
    }
  }

  move(event) {
    const stops = this.stops;
    const place = stops.indexOf(event.target);
    if (place < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      stops[Math.max(0, Math.min(to, stops.length - 1))].focus();
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.fold(event);
    else if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  }

  // As in a tree: right opens a group, left closes it and leads to its name.
  fold(event) {
    const group = event.target.closest("[data-group]");
    event.preventDefault();
    if (event.target.matches("summary")) group.open = event.key === "ArrowRight";
    else if (event.key === "ArrowLeft") group.querySelector("summary").focus();
  }

  // --- Searching ----------------------------------------------------------------------------------------------------

  leaveSearch(event) {
    if (event.key === "Enter") event.preventDefault();
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    this.tree.querySelector("[data-held]")?.focus();
  }

  // What fits is shown in open groups. Without words the groups are as they were before.
  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (item) => `${item.textContent} ${item.closest("[data-group]").dataset.words ?? ""}`.toLowerCase();
    const matches = (item) => words.every((word) => text(item).includes(word));
    for (const item of this.items)
      item.hidden = !matches(item) && !item.parentElement.closest("[data-scope]:not([hidden])");
    for (const group of this.groups) {
      group.hidden = !group.querySelector("[data-scope]:not([hidden])");
      group.dataset.before ??= group.open ? "open" : "closed";
      group.open = words.length ? true : group.dataset.before === "open";
      if (!words.length) delete group.dataset.before;
    }
    this.querySelector("[data-nothing]").hidden = Boolean(this.querySelector("[data-scope]:not([hidden])"));
    this.hold(words.length ? this.stops.find((stop) => stop.matches("input")) : undefined);
  }
}

customElements.define("scope-picker", ScopePicker);
