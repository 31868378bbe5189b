// The one dialog: opens when content has been swapped in, asks before typed text or a secret is lost, and forgets all of it on closing.
const dialog = document.getElementById("dialog");
const content = document.getElementById("dialog-content");
let opener = null;
let dirty = false;

function question() {
  const asked = content.querySelector("[data-confirm-close]");
  return asked ? asked.dataset.confirmClose : dirty && dialog.dataset.discard;
}

function mayClose() {
  const text = question();
  return !text || confirm(text);
}

function forget() {
  content.replaceChildren();
  dirty = false;
}

function show() {
  if (!content.firstElementChild) return;
  const reopened = dialog.open;
  if (!reopened) {
    for (const told of document.querySelectorAll("#messages :is(.notice--success, .notice--info)")) told.remove();
    dialog.showModal();
  }
  const first = faulty() ?? content.querySelector("[autofocus]");
  if (first) first.focus();
  else if (reopened || !content.querySelector("form:not([method=dialog])"))
    document.getElementById("dialog-title")?.focus();
  else (firstField() ?? document.getElementById("dialog-title"))?.focus();
}

// Where to mend what the server has refused: the sentence above the form, or the first field that can be seen.
function faulty() {
  return [...content.querySelectorAll("[aria-invalid=true]:enabled, .form-errors")].find((place) =>
    place.checkVisibility(),
  );
}

// A field that can be seen at once: going to one further down would scroll away what stands above it.
function firstField() {
  const body = content.querySelector(".dialog__body");
  const field = body?.querySelector(":is(input, select, textarea):not([type=hidden], :disabled)");
  return field && field.getBoundingClientRect().bottom <= body.getBoundingClientRect().bottom ? field : null;
}

// A menu item is gone once its menu is closed: the focus goes back to the button that opened the menu. A link inside
// the dialog goes with it.
function remember(link) {
  if (dialog.contains(link)) return;
  const menu = link.closest("[popover]");
  opener = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : link;
}

// Where the person was: the list around it may have been fetched anew meanwhile, or be without it. A link there is known
// by where it leads.
function goBack() {
  const address = opener?.getAttribute("href");
  const same = opener?.id ? `#${CSS.escape(opener.id)}` : address && `[href="${CSS.escape(address)}"]`;
  const place = opener?.isConnected ? opener : same && document.querySelector(same);
  (place?.checkVisibility() ? place : document.getElementById("main"))?.focus();
}

if (dialog) {
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("[data-dialog]");
      if (!link) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey)
        event.stopPropagation(); // a new tab was asked for
      else if (link.matches("[data-leaves]") && !mayClose()) {
        event.preventDefault();
        event.stopPropagation();
      } else remember(link);
    },
    true,
  );
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== content) return;
    const refused = event.detail.requestConfig.verb === "post" && event.detail.xhr.status === 422;
    dirty = refused || Boolean(content.querySelector("[data-typed]")); // refused or carried along, it is what the person typed
    show();
  });
  document.addEventListener("dialog:close", () => dialog.close());
  content.addEventListener("input", (event) => (dirty ||= !event.target.closest("[data-search]")));
  // "Done" leads to where the person is already: what stands behind has fetched itself anew, and the place is kept.
  content.addEventListener("click", (event) => {
    const link = event.target.closest("a:not([data-dialog], [download])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.href !== location.href.split("#")[0]) return;
    event.preventDefault();
    dialog.close();
  });
  // Chromium lets a page keep a dialog open only once between two clicks: a key that is taken never gets that far.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || !question()) return;
    event.preventDefault();
    if (mayClose()) dialog.close();
  });
  dialog.addEventListener("cancel", (event) => event.target === dialog && !mayClose() && event.preventDefault());
  dialog.addEventListener("mousedown", (event) => event.target === dialog && mayClose() && dialog.close());
  dialog.addEventListener("close", () => {
    forget();
    goBack();
  });
  window.addEventListener("pagehide", forget);
}
