// Keys for people who work in the queue all day: j and k move, Enter opens, x chooses;
// b and s lead to what is done with several. In a case a takes it, n notes, e escalates, f is for misfires, c closes, q goes back. No
// key alone changes anything: it opens the form, Enter on the button or Ctrl+Enter
// in the text sends it. Without this script everything is a click.
"use strict";

const rows = [...document.querySelectorAll("[data-row]")];

function step(by) {
  const here = rows.indexOf(document.activeElement.closest("tr")?.querySelector("[data-row]"));
  const next = rows[here < 0 ? 0 : Math.min(Math.max(here + by, 0), rows.length - 1)];
  if (next) {
    next.focus();
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && typing) {
    typing.blur();
    return;
  }
  if (typing && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    typing.form.requestSubmit();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
    return;
  }
  if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
    return;
  }
  if (event.key === "x") {
    document.activeElement.closest("tr")?.querySelector("[name=pick]")?.click();
    return;
  }
  if (/^[a-z]$/.test(event.key)) {
    const target = document.querySelector(`[data-key="${event.key}"]`);
    if (target) {
      const form = target.closest("details");
      if (form) {
        form.open = true;
      }
      if (target.matches("a")) {
        target.click();
        return;
      }
      target.focus();
      event.preventDefault();
    }
  }
});
