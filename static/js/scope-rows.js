// <scope-rows>: the scopes of an API, a group of inputs each. Rows are added and removed; the form carries what is left.
class ScopeRows extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector("[data-rows]");
    this.pattern = this.blank(this.all.at(-1));
    this.next = this.all.length;
    // Empty rows are for pages without a script; the last of an empty list stays, to be filled in.
    for (const row of this.all.slice(1).reverse()) if (!this.isFilled(row)) row.remove();
    if (this.all.length > 1 && !this.isFilled(this.all[0])) this.all[0].remove();
    for (const row of this.all) this.arm(row);
    this.querySelector("[data-add]").addEventListener("click", () => this.add());
    this.count();
  }

  get all() {
    return [...this.rows.querySelectorAll("[data-row]")];
  }

  isFilled(row) {
    return [...row.querySelectorAll("input")].some((input) =>
      input.type === "checkbox" ? input.checked : input.value,
    );
  }

  blank(row) {
    const copy = row.cloneNode(true);
    for (const error of copy.querySelectorAll(".field__error")) error.remove();
    for (const input of copy.querySelectorAll("input")) {
      input.removeAttribute("checked");
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
      if (input.type === "text") input.setAttribute("value", "");
    }
    return copy;
  }

  add() {
    const row = this.pattern.cloneNode(true);
    for (const input of row.querySelectorAll("input")) input.name = input.name.replace(/-\d+-/, `-${this.next}-`);
    this.next += 1;
    this.arm(row);
    this.rows.append(row);
    this.count();
    row.querySelector("input").focus();
  }

  arm(row) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small button--quiet";
    button.textContent = this.dataset.remove;
    button.addEventListener("click", () => {
      row.remove();
      this.count();
      this.querySelector("[data-said]").textContent = `${this.dataset.removed}: ${row.querySelector("input").value}`;
      this.querySelector("[data-add]").focus();
      this.dispatchEvent(new Event("input", { bubbles: true }));
    });
    row.lastElementChild.append(button);
  }

  // Which of them each is, for people who hear the page.
  count() {
    const label = this.pattern.getAttribute("aria-label");
    for (const [at, row] of this.all.entries()) {
      row.setAttribute("aria-label", label.replace(/\d+/, at + 1));
      row.querySelector("button").setAttribute("aria-label", `${this.dataset.remove} ${at + 1}`);
    }
  }
}

customElements.define("scope-rows", ScopeRows);
