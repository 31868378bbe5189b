// <copy-button for="id"> or <copy-button value="…">: copies, says so, and selects the text where copying is not allowed.
const SHOWN = 2000;

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy());
  }

  get source() {
    return document.getElementById(this.getAttribute("for"));
  }

  get value() {
    return this.getAttribute("value") ?? this.source?.textContent ?? "";
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

  say(state) {
    const text = this.querySelector("[data-text]");
    this.label ??= text?.textContent;
    this.dataset.state = state;
    this.querySelector("[role=status]").textContent = this.dataset[state];
    if (text && state === "copied") text.textContent = this.dataset.copied;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      delete this.dataset.state;
      this.querySelector("[role=status]").textContent = "";
      if (text) text.textContent = this.label;
    }, SHOWN);
  }
}

customElements.define("copy-button", CopyButton);
