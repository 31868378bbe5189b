// After a form in a page was refused: the focus goes to where to mend it. The dialog does so itself (dialog.js).
document.addEventListener("htmx:afterSettle", (event) => {
  const place = document.getElementById(event.detail.target.id);
  if (event.detail.xhr?.status !== 422 || !place || place.closest("dialog")) return;
  const wrong = [...place.querySelectorAll("[aria-invalid=true]:enabled, .form-errors")];
  wrong.find((found) => found.checkVisibility())?.focus();
});
