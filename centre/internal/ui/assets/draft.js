// What somebody writes is not lost when it does not arrive: because the session is over, the line is cut, a photo is too
// large, or the page was left. Texts of forms stay in this tab until they were sent or the tab is closed, and come back
// into their form, for the same person only. Without this script a form is as it was.
"use strict";

(() => {
  const place = "otasuke drafts";
  const most = 20; // forms; the oldest goes
  const { who = "", failed } = document.body.dataset;

  function load() {
    try {
      return JSON.parse(sessionStorage.getItem(place)) ?? {};
    } catch {
      return {};
    }
  }
  function save(all) {
    try {
      sessionStorage.setItem(place, JSON.stringify(all));
    } catch {
      // The browser keeps nothing for pages, or no more.
    }
  }

  // key is a form's own among those of all pages: "said" is only what was done last.
  const query = new URLSearchParams(location.search);
  query.delete("said");
  function key(form) {
    const same = [...document.forms].filter((f) => f.getAttribute("action") === form.getAttribute("action"));
    return [location.pathname, query, form.getAttribute("action"), same.indexOf(form)].join(" ");
  }
  const written = (form) => form.querySelector("textarea:not([readonly])") !== null;
  const texts = (form) => [...form.elements].filter((e) => e.name && e.autocomplete !== "one-time-code" &&
    e.matches("textarea:not([readonly]), input:not([type]), input[type=text], input[type=tel], input[type=email], input[type=url]"));

  function remember(form) {
    const all = load();
    const fields = texts(form).filter((e) => e.value !== e.defaultValue).map((e) => [e.name, e.defaultValue, e.value]);
    const k = key(form);
    delete all[k]; // to the end of the order
    if (fields.length > 0) {
      all[k] = { who, fields };
    }
    for (const old of Object.keys(all).slice(0, -most)) {
      delete all[old];
    }
    save(all);
  }

  // settle judges what was sent last: it arrived when its answer is this page, and this page is not about a failure.
  function settle(all) {
    const [how] = performance.getEntriesByType("navigation");
    const arrived = failed === undefined && how?.type === "navigate" && document.referrer.startsWith(location.origin + "/");
    let kept = false;
    for (const [k, draft] of Object.entries(all)) {
      if (who && draft.who && draft.who !== who || draft.sent && arrived) {
        delete all[k];
      } else if (draft.sent) {
        delete draft.sent;
        kept = true;
      }
    }
    return kept;
  }

  function restore(form, draft) {
    const back = texts(form).filter((e) => {
      const [, before, now] = draft.fields.find(([name]) => name === e.name) ?? [];
      if (now === undefined || e.value !== before) {
        return false; // it says something else meanwhile
      }
      e.value = now;
      return true;
    });
    if (back.length === 0) {
      return false;
    }
    const folded = form.closest("details");
    if (folded) {
      folded.open = true;
    }
    const note = document.querySelector("template[data-draft-note]").content.firstElementChild.cloneNode(true);
    note.querySelector("button").addEventListener("click", () => {
      for (const e of back) {
        e.value = e.defaultValue;
      }
      remember(form);
      note.remove();
      back[0].focus();
    });
    form.prepend(note);
    return true;
  }

  const all = load();
  const kept = settle(all);
  for (const form of document.forms) {
    const k = key(form);
    if (written(form) && all[k] && !restore(form, all[k])) {
      delete all[k];
    }
  }
  save(all);
  for (const say of document.querySelectorAll("[data-draft-kept]")) {
    say.hidden = !kept;
  }

  addEventListener("pageshow", (event) => {
    if (event.persisted) { // as it was left, with what was written: that was not answered, or it would not be kept
      const drafts = load();
      for (const draft of Object.values(drafts)) {
        delete draft.sent;
      }
      save(drafts);
    }
  });
  document.addEventListener("input", (event) => {
    const { form } = event.target;
    if (form && written(form)) {
      remember(form);
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-draft-forget]")) {
      save({});
      return;
    }
    const drafts = load();
    const draft = drafts[key(event.target)];
    if (draft) {
      draft.sent = true;
      save(drafts);
    }
  });
})();
