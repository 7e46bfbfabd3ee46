/* Comfort only: every page and form works without this file. */
(function () {
  "use strict";
  var root = document.documentElement;

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except) menu.removeAttribute("open");
    });
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details.menu"));
  });

  document.addEventListener("keydown", function (event) {
    var open = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && open) {
      open.removeAttribute("open");
      open.querySelector("summary").focus();
    }
    var typing = event.target.closest("input, textarea, select, [contenteditable]");
    var search = document.getElementById("top-q");
    if (event.key === "/" && !typing && search && search.offsetParent) {
      event.preventDefault();
      search.focus();
    }
  });

  /* An opened switcher is there to type in. */
  document.addEventListener("toggle", function (event) {
    var input = event.target.open && event.target.matches("details.switch") && event.target.querySelector("input:not([type=hidden])");
    if (input) input.focus();
  }, true);

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    var body = new FormData(form, event.submitter);
    root.setAttribute("data-bs-theme", event.submitter.value);
    fetch(form.action, { method: "POST", body: body, redirect: "manual" });
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim()).then(function () {
      button.setAttribute("data-done", "");
    });
  });

  /* After a swap with errors the first bad field has the focus. */
  document.addEventListener("htmx:afterSwap", function (event) {
    var bad = event.target.querySelector && event.target.querySelector("[aria-invalid=true]");
    if (bad) bad.focus();
  });

  /* A failed request says so in place; what was typed and shown stays. */
  function failed() {
    var place = document.getElementById("messages"), text = document.body.dataset.failed;
    if (!place || !text || place.querySelector("[data-net]")) return;
    var box = document.createElement("div");
    box.className = "ban neg sl mb";
    box.setAttribute("role", "alert");
    box.setAttribute("data-net", "");
    box.textContent = text;
    place.append(box);
  }
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:afterOnLoad", function () {
    var old = document.querySelector("[data-net]");
    if (old) old.remove();
  });
})();
