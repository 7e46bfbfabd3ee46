/* Before the first paint: without a chosen theme the page follows the system. */
(function () {
  "use strict";
  var root = document.documentElement, dark = window.matchMedia("(prefers-color-scheme: dark)");
  root.setAttribute("data-js", "");
  if (root.hasAttribute("data-bs-theme")) return;
  function follow() { root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light"); }
  follow();
  dark.addEventListener("change", follow);
})();
