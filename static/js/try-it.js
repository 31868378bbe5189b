// <try-it>: sends the form to the token endpoint from here, shows the answer and what is inside the tokens. Keeps nothing.
const SHOWN = 12;
const TIMES = new Set(["exp", "iat", "auth_time"]);

function decode(part) {
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

// Seconds since 1970, and the same as people write it.
function moment(seconds) {
  const written = new Date(seconds * 1000).toLocaleString(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "medium",
  });
  return `${seconds} (${written})`;
}

function shorten(key, value) {
  return /_token$/.test(key) && typeof value === "string" && value.length > 3 * SHOWN
    ? `${value.slice(0, SHOWN)}…${value.slice(-SHOWN / 2)}`
    : value;
}

class TryIt extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.result = this.part("result");
    this.tokens = {};
    this.isOurs = true; // whether the token is for this server's own API
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.exchange(new URLSearchParams(new FormData(this.form)));
    });
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.act) this[button.dataset.act]();
      else if (button?.matches("[data-reveal]")) this.reveal(button.getAttribute("aria-pressed") !== "true");
    });
    this.form.elements.resource?.addEventListener("change", ({ target }) => {
      const { scope } = this.form.elements;
      if (scope) scope.value = target.selectedOptions[0].dataset.scope;
    });
    window.addEventListener("pagehide", () => this.forget());
  }

  part(name) {
    return this.querySelector(`[data-${name}]`);
  }

  // How the client proves itself, as typed into the form: for refreshing and revoking too.
  proof(fields) {
    const sent = new URLSearchParams(fields);
    for (const [name, value] of new FormData(this.form)) if (name.startsWith("client_")) sent.append(name, value);
    return sent;
  }

  async exchange(body) {
    const answer = await this.ask("POST", this.form.action, { body });
    if (answer?.access_token) this.tokens = { ...this.tokens, ...answer };
    this.part("tokens").replaceChildren();
    for (const name of ["access_token", "id_token"]) if (answer?.[name]) this.open(name, answer[name]);
    this.offer();
  }

  call() {
    this.ask("GET", this.dataset.api, { headers: { Authorization: `Bearer ${this.tokens.access_token}` } });
  }

  refresh() {
    const resource = this.form.elements.resource?.value;
    const sent = { grant_type: "refresh_token", refresh_token: this.tokens.refresh_token };
    this.exchange(this.proof(resource ? { ...sent, resource } : sent));
  }

  async revoke() {
    const token = this.tokens.refresh_token ?? this.tokens.access_token;
    await this.ask("POST", this.dataset.revoke, { body: this.proof({ token }) });
  }

  async ask(method, address, options) {
    const path = new URL(address, location.href).pathname;
    let [status, tone, text] = ["–", "danger", this.dataset.failed];
    try {
      const response = await fetch(address, {
        method,
        credentials: "omit",
        redirect: "error",
        cache: "no-store",
        ...options,
      });
      text = await response.text();
      status = `${response.status} ${response.statusText}`.trim();
      tone = response.ok ? "success" : "danger";
    } catch {
      // No answer: the sentence above says so.
    }
    this.result.hidden = false;
    this.part("request").textContent = `${method} ${path}`;
    this.part("status").textContent = status;
    this.part("status").className = `badge badge--${tone}`;
    try {
      this.answer = JSON.parse(text);
    } catch {
      this.answer = text;
    }
    this.reveal(false);
    this.result.focus();
    return this.answer;
  }

  reveal(full) {
    const { answer } = this;
    const text = typeof answer === "string" ? answer : JSON.stringify(answer, full ? null : shorten, 2);
    this.part("json").textContent = text;
    const button = this.part("reveal");
    button.hidden = typeof answer === "string" || !Object.keys(answer ?? {}).some((key) => /_token$/.test(key));
    button.setAttribute("aria-pressed", String(full));
    button.textContent = full ? this.dataset.hide : this.dataset.show;
  }

  open(name, token) {
    const copy = this.part("token").content.cloneNode(true);
    copy.querySelector("[data-name]").textContent =
      name === "id_token" ? this.dataset.idToken : this.dataset.accessToken;
    let text = this.dataset.opaque;
    try {
      const [header, claims] = token.split(".").slice(0, 2).map(decode);
      text = JSON.stringify({ header, claims }, null, 2);
      if (name === "access_token") this.explain(copy.querySelector("[data-list]"), header, claims);
      if (name === "id_token" && this.dataset.nonce && claims.nonce !== undefined) {
        const right = claims.nonce === this.dataset.nonce;
        copy.querySelector("[data-note]").textContent = right ? this.dataset.nonceRight : this.dataset.nonceWrong;
      }
    } catch {
      // Opaque to everybody but the server.
    }
    copy.querySelector("[data-claims]").textContent = text;
    this.part("tokens").append(copy);
  }

  // Each part of an access token with a sentence on what it means.
  explain(list, header, claims) {
    this.isOurs = claims.aud === claims.iss;
    const meanings = this.part("meanings").content;
    for (const [key, value] of [...Object.entries(header), ...Object.entries(claims)]) {
      const line = this.part("claim").content.cloneNode(true);
      line.querySelector("[data-claim-name]").textContent = key;
      line.querySelector("[data-claim-value]").textContent = TIMES.has(key) ? moment(value) : String(value);
      const meaning = meanings.querySelector(`[data-of="${CSS.escape(key)}"]`);
      line.querySelector("[data-claim-meaning]").textContent = meaning?.textContent.trim() ?? "";
      list.append(line);
    }
    list.hidden = false;
  }

  offer() {
    this.querySelector("[data-act=revoke]").hidden = !this.tokens.access_token;
    this.querySelector("[data-act=call]").hidden = !this.tokens.access_token || !this.isOurs; // another API's address is not known
    this.querySelector("[data-act=refresh]").hidden = !this.tokens.refresh_token;
  }

  forget() {
    this.tokens = {};
    this.answer = "";
    this.form.reset();
    this.part("tokens").replaceChildren();
    this.part("json").textContent = "";
    this.result.hidden = true;
  }
}

// The code is in the page by now; it need not stay in the address, nor in the history.
if (document.querySelector("try-it") && new URLSearchParams(location.search).has("code")) {
  history.replaceState(null, "", location.pathname);
}

customElements.define("try-it", TryIt);
