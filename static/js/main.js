import "./copy-button.js";
import "./dialog.js";
import "./list-field.js";
import "./menu.js";
import "./scope-picker.js";
import "./select-all.js";
import "./try-it.js";
import "./dismiss.js";
