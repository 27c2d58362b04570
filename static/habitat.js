// Says what htmx leaves unsaid: a request that failed. Everything works without this file.
(function () {
  "use strict";

  function show(text) {
    var box = document.getElementById("messages");
    if (!box) return;
    var line = document.createElement("p");
    line.className = "error";
    line.textContent = text;
    box.replaceChildren(line);
    line.scrollIntoView({ block: "nearest" });
  }

  function words(name) {
    return document.getElementById("messages").dataset[name];
  }

  document.addEventListener("htmx:responseError", function (event) {
    var xhr = event.detail.xhr;
    if (xhr.status === 401) return show(words("signedOut"));
    var said = xhr.getResponseHeader("X-Message");
    show(said ? decodeURIComponent(said) : words("failed"));
  });
  document.addEventListener("htmx:sendError", function () { show(words("offline")); });
  document.addEventListener("htmx:timeout", function () { show(words("offline")); });

  // Menus in the header close when something else is chosen.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
})();
