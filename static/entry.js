// The entry grid: finding a thing by name, and warning before typed text is lost. The page
// works without this file.
(function () {
  "use strict";

  document.querySelectorAll(".find[hidden]").forEach(function (find) { find.hidden = false; });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-add]");
    if (!button) return;
    var list = document.getElementById(button.closest("[data-list]").dataset.list);
    var names = list.value.split("\n").map(function (name) { return name.trim(); }).filter(Boolean);
    if (names.indexOf(button.dataset.add) < 0) names.push(button.dataset.add);
    list.value = names.join("\n");
    list.dispatchEvent(new Event("change", { bubbles: true }));
    list.focus();
  });

  var changed = false;
  document.addEventListener("change", function (event) { if (event.target.form) changed = true; });
  document.addEventListener("submit", function () { changed = false; });
  window.addEventListener("beforeunload", function (event) {
    if (changed) event.preventDefault();
  });
})();
