// <copy-button for="id"> or <copy-button value="…">: copies, says so, and selects the text where copying is not allowed.
// Where there are many, what is in one stands once, in <template id="copy-pattern">, and one copies the title of what
// stands before it.
const SHOWN = 2000;

class CopyButton extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.fill(document.getElementById("copy-pattern").content.firstElementChild);
    if (!this.querySelector("[role=status]")) {
      const status = document.createElement("span");
      status.className = "visually-hidden";
      status.setAttribute("role", "status");
      this.append(status);
    }
    this.addEventListener("click", () => this.copy());
  }

  get source() {
    return document.getElementById(this.getAttribute("for"));
  }

  get value() {
    const shown = this.source?.textContent ?? this.previousElementSibling?.title;
    return this.getAttribute("value") ?? shown ?? "";
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.value);
      this.say("copied");
    } catch {
      this.select();
      this.say("selected");
    }
  }

  select() {
    if (this.source) getSelection().selectAllChildren(this.source);
  }

  fill(pattern) {
    Object.assign(this.dataset, pattern.dataset);
    this.append(...[...pattern.children].map((child) => child.cloneNode(true)));
  }

  // Its symbol is a tick for as long as it says that it has copied.
  draw(symbol) {
    const use = this.querySelector("use");
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${symbol}`));
  }

  say(state) {
    const [button, text] = ["button", "[data-text]"].map((part) => this.querySelector(part));
    this.label ??= text?.textContent;
    this.name ??= button.getAttribute("aria-label") ?? "";
    this.dataset.state = state;
    this.draw(state === "copied" ? "check" : "copy");
    this.querySelector("[role=status]").textContent = this.dataset[state];
    if (text && state === "copied") {
      text.textContent = this.dataset[state];
      button.removeAttribute("aria-label"); // its name is what it says
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      delete this.dataset.state;
      this.draw("copy");
      this.querySelector("[role=status]").textContent = "";
      if (text) text.textContent = this.label;
      if (this.name) button.setAttribute("aria-label", this.name);
    }, SHOWN);
  }
}

customElements.define("copy-button", CopyButton);
