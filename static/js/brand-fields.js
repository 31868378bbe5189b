// <colour-field>: a text and the browser's picker are two inputs for one value.
class ColourField extends HTMLElement {
  connectedCallback() {
    const [text, picker] = this.querySelectorAll("input");
    picker.addEventListener("input", () => {
      text.value = picker.value;
    });
    text.addEventListener("input", () => {
      const digits = text.value.trim().replace(/^#?/, "#");
      if (/^#[0-9a-f]{6}$/i.test(digits)) picker.value = digits.toLowerCase();
    });
  }
}

// <file-field most="524288" too-large="…">: a file that the server would refuse is not sent, and the reason stands beside
// it: the server does not read one that is much larger.
class FileField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input[type=file]");
    input.addEventListener("change", () => {
      const large = [...input.files].some((file) => file.size > Number(this.getAttribute("most")));
      input.setCustomValidity(large ? this.getAttribute("too-large") : "");
      if (large) input.reportValidity();
    });
  }
}

customElements.define("colour-field", ColourField);
customElements.define("file-field", FileField);
