// When the server refuses, fails or cannot be reached, the page says so, and keeps what was entered.
const pattern = document.getElementById("failure");

// The server's own words, out of the page that it sent.
function words(answer) {
  const page = new DOMParser().parseFromString(answer, "text/html");
  const [title, text] = ["h1", ".focused__subtitle"].map((part) => page.querySelector(part)?.textContent.trim());
  return title ? { title, text } : pattern.dataset;
}

// A page that stood open while the person signed in elsewhere holds an old token: the answer brings the one that counts.
function renewToken(answer) {
  const token = new DOMParser().parseFromString(answer, "text/html").querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) return;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
}

function forget() {
  for (const notice of document.querySelectorAll("[data-failure]")) notice.remove();
}

function tell({ title, text }) {
  forget();
  const notice = pattern.content.cloneNode(true).querySelector("[data-failure]");
  notice.querySelector("[data-title]").textContent = title;
  notice.querySelector("[data-text]").textContent = text;
  const place = document.querySelector("#dialog[open] .dialog__body") ?? document.getElementById("messages");
  place.prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
}

if (pattern) {
  document.body.addEventListener("htmx:beforeRequest", forget);
  document.body.addEventListener("htmx:responseError", (event) => {
    renewToken(event.detail.xhr.responseText);
    tell(words(event.detail.xhr.responseText));
  });
  document.body.addEventListener("htmx:sendError", () => tell(pattern.dataset));
}
