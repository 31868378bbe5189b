// Sends the form that takes an answer to an application. Without this script the person presses its button.
// It runs before the page has loaded, so that the browser keeps no step in its history to go back to.
document.querySelector("form[data-submit-at-once]")?.submit();
