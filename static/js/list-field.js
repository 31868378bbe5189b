// <list-field>: values added one by one. The server says whether a value will do, the form carries what is in the list.
class ListField extends HTMLElement {
  connectedCallback() {
    const [rows, adder] = ["rows", "adder"].map((part) => this.querySelector(`[data-${part}]`));
    this.rows = rows;
    this.adder = adder;
    this.input = adder.querySelector("[data-new]");
    this.reason = adder.querySelector("[data-reason]");
    this.pattern = rows.querySelector("li").cloneNode(true);
    this.label = this.pattern
      .querySelector("input")
      .getAttribute("aria-label")
      .replace(/\s*\d+$/, "");
    for (const row of [...rows.children]) {
      const input = row.querySelector("input");
      if (input.value) this.arm(row);
      else row.remove();
      if (!input.value && input.ariaInvalid) this.inherit(input);
    }
    this.input.name = this.getAttribute("name"); // a value typed but not added is sent all the same
    adder.querySelector("[data-add]").addEventListener("click", () => this.add());
    this.input.addEventListener("input", () => this.refuse(""));
    this.input.addEventListener("paste", (event) => this.paste(event));
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !this.input.value.trim()) return;
      event.preventDefault();
      this.add();
    });
    this.count();
  }

  // What is wrong with a list without rows is said of the input that the next one is typed into.
  inherit(input) {
    this.input.setAttribute("aria-invalid", "true");
    this.input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby")} ${this.reason.id}`);
  }

  // What was said of the list as it was sent.
  forgetError() {
    const error = this.querySelector(`#${this.getAttribute("name")}_error`);
    error?.remove();
    if (error) this.input.setAttribute("aria-describedby", this.reason.id);
  }

  // A one-line input drops line breaks, and with them where one value of a list ends.
  paste(event) {
    const lines = (event.clipboardData?.getData("text") ?? "")
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    this.input.setRangeText(lines.join(" "), this.input.selectionStart, this.input.selectionEnd, "end");
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Several values at once, as in forms/addresses.py: one is added after the other, up to the first that is refused.
  async add() {
    const values = this.input.value
      .trim()
      .split(/[\s,;]+(?=[a-z][a-z0-9+.-]*:\/)/i)
      .map((value) => value.replace(/[,;]+$/, ""));
    while (values.length) {
      await this.addOne(values[0]);
      if (this.reason.textContent) break;
      values.shift();
      if (this.adder.hidden && values.length) break;
    }
    if (values.length) this.input.value = values.join(" ");
  }

  async addOne(value) {
    if (!value) return this.input.focus();
    const known = [...this.rows.querySelectorAll("input")].some((input) => input.value === value);
    const { reason = "", notice = "" } = known ? { reason: this.dataset.duplicate } : await this.check(value);
    this.refuse(reason);
    this.querySelector("[data-notice]").textContent = notice;
    this.input.focus();
    if (reason) return;
    this.forgetError();
    const row = this.pattern.cloneNode(true);
    const input = row.querySelector("input");
    row.querySelector(".field__error")?.remove();
    for (const name of ["aria-invalid", "aria-describedby"]) input.removeAttribute(name);
    input.value = value;
    this.arm(row);
    this.rows.append(row);
    this.input.value = "";
    this.count();
    this.say(this.dataset.added, value);
    if (this.adder.hidden) row.querySelector("button").focus(); // the list is full: nothing more to type
  }

  // What has become of the list, for people who hear the page.
  say(done, value) {
    this.querySelector("[data-said]").textContent = `${done}: ${value}`;
  }

  // Without an answer the value is taken: the form's own check comes later.
  async check(value) {
    if (!this.dataset.checkUrl) return {};
    const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    const body = new URLSearchParams({ name: this.getAttribute("name"), value });
    try {
      const answer = await fetch(this.dataset.checkUrl, { method: "POST", body, headers: token });
      return answer.ok || answer.status === 422 ? await answer.json() : {};
    } catch {
      return {};
    }
  }

  refuse(reason) {
    this.reason.textContent = reason;
    this.input.toggleAttribute("aria-invalid", false);
    if (reason) this.input.setAttribute("aria-invalid", "true");
  }

  arm(row) {
    const button = this.adder.querySelector("[data-add]").cloneNode();
    delete button.dataset.add;
    button.className = "button button--quiet";
    button.textContent = this.dataset.remove;
    button.setAttribute("aria-label", `${this.dataset.remove} ${row.querySelector("input").value}`);
    button.addEventListener("click", () => {
      row.remove();
      this.count();
      this.say(this.dataset.removed, row.querySelector("input").value);
      this.input.focus();
      this.dispatchEvent(new Event("input", { bubbles: true }));
    });
    row.querySelector(".list-field__line").append(button);
  }

  // How many there are, and which of them each is.
  count() {
    for (const [at, input] of this.rows.querySelectorAll("input").entries()) {
      input.setAttribute("aria-label", `${this.label} ${at + 1}`);
    }
    const [have, max] = [this.rows.children.length, Number(this.dataset.max) || Infinity];
    const output = this.querySelector("[data-count]");
    if (output && have) output.textContent = `${have} / ${max}`;
    else if (output) output.textContent = "";
    this.adder.hidden = have >= max;
    this.input.disabled = have >= max;
  }
}

customElements.define("list-field", ListField);
