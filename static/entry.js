// The entry grid saves itself: a cell is sent when it is left, one request at a time, in order.
// What the server has not got stays in this browser, under the id of who typed it, until it has.
// The page works without this file: everything is then saved with the buttons below it.
(function () {
  "use strict";

  const form = document.getElementById("entry");
  if (!form) return;
  const words = form.dataset;
  const person = words.person;
  const shelf = "entry/" + person;
  const cells = new Map();
  const queue = [];
  const VALUE = ".pair input, .pair select, textarea[name$='-things']";
  let busy = null, timer = 0, tries = 0, trouble = "", savedAt = 0, order = 0, leaving = false;
  let keeps = true;

  document.querySelectorAll("[data-scripted]").forEach((one) => { one.hidden = false; });
  document.querySelectorAll("[data-plain]").forEach((one) => { one.hidden = true; });
  document.querySelectorAll(".find[hidden]").forEach((find) => { find.hidden = false; });

  // --- A cell, its fields, and what of it is kept in this browser -------------------------

  // url: where it is saved; changed: typed and not sent since; sent: what was sent and has no
  // answer yet (sent again as it was, so that nothing is stored twice); look: was refused.
  form.querySelectorAll("[data-save]").forEach(function (box) {
    cells.set(box.dataset.line, {
      line: box.dataset.line, url: box.dataset.save, box: box,
      changed: false, sent: null, look: false, again: false, n: 0, said: "",
    });
  });

  function fieldsOf(cell) {
    return Array.from(form.querySelectorAll(`[name^="l${cell.line}-"]`));
  }

  function field(cell, name) {
    return form.elements[`l${cell.line}-${name}`];
  }

  function cellOf(element) {
    const found = element.name && /^l(\d+)-/.exec(element.name);
    return found ? cells.get(found[1]) : undefined;
  }

  function read(cell) {
    return fieldsOf(cell)
      .filter((one) => one.type !== "file" && (one.type !== "checkbox" || one.checked))
      .map((one) => [one.name, one.value]);
  }

  function fill(cell, pairs) {
    fieldsOf(cell).forEach(function (one) {
      const given = pairs.filter((pair) => pair[0] === one.name).map((pair) => pair[1]);
      if (one.type === "checkbox") one.checked = given.includes(one.value);
      else if (one.type !== "file" && given.length) one.value = given[0];
    });
    showState(cell);
  }

  function filesOf(cell) {
    return fieldsOf(cell).filter((one) => one.type === "file" && one.files.length);
  }

  function keep(cell) {
    const kept = { n: cell.n, fields: read(cell), sent: cell.sent };
    try { localStorage.setItem(shelf + cell.url, JSON.stringify(kept)); } catch (error) { keeps = false; }
  }

  function forget(cell) {
    cell.n = 0;
    try { localStorage.removeItem(shelf + cell.url); } catch (error) { keeps = false; }
  }

  function kept(url) {
    try { return JSON.parse(localStorage.getItem(shelf + url)); } catch (error) { return null; }
  }

  // --- What is said -----------------------------------------------------------------------

  function say(cell, text, kind) {
    const place = cell.box.querySelector(".saying");
    if (place) place.textContent = text;
    cell.box.classList.toggle("saved", kind === "saved");
    cell.box.classList.toggle("bad", kind === "bad");
    cell.box.classList.toggle("waiting", kind === "waiting");
  }

  function tell() {
    const place = document.getElementById("saving");
    const looks = Array.from(cells.values()).filter((cell) => cell.look);
    const parts = [];
    if (trouble === "offline") {
      parts.push(words.isOffline);
      if (queue.some((cell) => filesOf(cell).length)) parts.push(words.choose);
    } else if (trouble === "signedOut" || trouble === "otherPerson") {
      parts.push(words[trouble], link(words.login, words.signIn, true));
    } else if (busy) {
      parts.push(words.saving);
    } else if (savedAt && !queue.length && !looks.length) {
      parts.push(words.allSaved);
    }
    if (looks.length) {
      parts.push(`${words.looks} ${looks.length}`);
      parts.push(link("#" + looks[0].box.id, nameOf(looks[0]), false));
    }
    if (!keeps) parts.push(words.notKept);
    const said = parts.map((part) => part.textContent || part).join(" ");
    if ((place.dataset.said || "") === said) return;
    place.dataset.said = said;
    place.replaceChildren(...parts.flatMap((part) => [part, " "]));
  }

  function link(href, text, apart) {
    const made = document.createElement("a");
    made.href = href;
    made.textContent = text;
    if (apart) { made.target = "_blank"; made.rel = "noopener"; }
    return made;
  }

  function nameOf(cell) {
    const value = cell.box.querySelector(VALUE);
    return value ? value.getAttribute("aria-label") : "";
  }

  function sinceSaved() {
    if (!savedAt) return;
    const seconds = Math.round((Date.now() - savedAt) / 1000);
    const told = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
    const ago = seconds < 60 ? told.format(-seconds, "second")
      : told.format(-Math.round(seconds / 60), "minute");
    document.getElementById("ago").textContent = `${words.saved} ${ago}`;
  }
  setInterval(sinceSaved, 4000);

  function clearProblems(cell) {
    fieldsOf(cell).forEach(function (one) {
      one.removeAttribute("aria-invalid");
      if (one.closest(".cell.pair")) one.closest(".cell.pair").classList.remove("bad");
      const message = document.getElementById(one.id + "_error");
      if (message) message.remove();
    });
    cell.box.querySelectorAll(".theirs, .msg, .errorlist").forEach((one) => one.remove());
  }

  function showProblem(cell, problem) {
    const where = document.getElementById(problem.id) || cell.box.querySelector(VALUE);
    const message = document.createElement("p");
    message.className = "msg";
    message.textContent = problem.message;
    if (!where) return cell.box.append(message);
    message.id = where.id + "_error";
    where.setAttribute("aria-invalid", "true");
    where.setAttribute("aria-describedby", message.id);
    const pair = where.closest(".pair");
    if (pair && pair.classList.contains("cell")) { pair.classList.add("bad"); pair.append(message); }
    else (pair || where).after(message);
    if (where.closest("details")) where.closest("details").open = true;
  }

  // --- Sending ----------------------------------------------------------------------------

  function enqueue(cell) {
    if (!cell.changed) return;
    if (queue[0] === cell && cell.sent) cell.again = true;
    else if (!queue.includes(cell)) queue.push(cell);
    if (trouble) say(cell, trouble === "offline" ? words.offline : words.typing, "waiting");
    pump();
  }

  function pump() {
    if (!busy && queue.length && !timer) busy = work().finally(function () { busy = null; tell(); });
    return busy || Promise.resolve();
  }

  async function work() {
    while (queue.length) {
      const cell = queue[0];
      if (!(await send(cell))) return;
      queue.shift();
      if (cell.again) { cell.again = false; queue.push(cell); }
    }
  }

  async function send(cell) {
    if (!cell.sent) { cell.sent = read(cell); cell.changed = false; }
    keep(cell);
    const body = new FormData();
    cell.sent.forEach((pair) => body.append(pair[0], pair[1]));
    filesOf(cell).forEach((one) => body.append(one.name, one.files[0]));
    body.append("person", person);
    say(cell, words.saving, "waiting");
    tell();
    const answer = await ask(cell.url, { method: "POST", body: body });
    if (!answer) return wait(cell, "offline");
    const data = answer.data;
    if (answer.status === 401 || data.code === "csrf_failed") return wait(cell, "signedOut");
    if (data.code === "other_person") return wait(cell, "otherPerson");
    trouble = "";
    tries = 0;
    const sent = cell.sent;
    cell.sent = null;
    clearProblems(cell);
    if (data.status === "saved") saved(cell, data, sent);
    else refused(cell, data);
    Object.entries(data.rest || {}).forEach(function (pair) {
      const place = document.getElementById(pair[0]);
      if (place) place.innerHTML = pair[1];
    });
    return true;
  }

  // The answer with its JSON, or nothing where there was none and it is worth asking again.
  async function ask(url, options) {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 60000);
    try {
      const response = await fetch(url, {
        ...options, signal: stop.signal, credentials: "same-origin",
        headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      });
      if (response.status >= 500 || response.status === 429) return null;
      const data = await response.json().catch(() => ({}));
      return { status: response.status, data: data };
    } catch (error) {
      return null;
    } finally {
      clearTimeout(late);
    }
  }

  function wait(cell, why) {
    trouble = why;
    if (why === "offline") say(cell, navigator.onLine ? words.broken : words.offline, "waiting");
    else say(cell, words.typing, "waiting");
    tries += 1;
    const seconds = why === "offline" ? Math.min(2 ** tries, 60) : 5;
    timer = setTimeout(resume, seconds * 1000);
    return false;
  }

  // Go on where sending stopped: at once where there is a connection and the same person.
  async function resume() {
    if (busy) return;
    clearTimeout(timer);
    timer = 0;
    if (!queue.length) return;
    if (trouble === "signedOut" || trouble === "otherPerson") {
      busy = probe().finally(function () { busy = null; });
      const mine = await busy;
      tell();
      if (!mine) { timer = setTimeout(resume, 5000); return; }
    }
    pump();
  }

  // Who is signed in, and the token to send; true where it is the person of this page.
  async function probe() {
    const first = queue[0] || cells.values().next().value;
    const answer = await ask(first.url, { method: "GET" });
    if (!answer) { trouble = "offline"; return false; }
    if (answer.status === 401) { trouble = "signedOut"; return false; }
    if (answer.data.person !== person) { trouble = "otherPerson"; return false; }
    trouble = "";
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach(function (one) {
      one.value = answer.data.token;
    });
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": answer.data.token }));
    return true;
  }

  ["online", "focus"].forEach((name) => window.addEventListener(name, resume));
  document.addEventListener("visibilitychange", function () { if (!document.hidden) resume(); });

  function saved(cell, data, sent) {
    const same = JSON.stringify(read(cell)) === JSON.stringify(sent);
    const files = data.evidence ? filesOf(cell) : [];
    if ("expected" in cell.box.dataset && field(cell, "version").value === "0" && data.version) {
      const filled = document.getElementById("filled");
      filled.textContent = Number(filled.textContent) + 1;
    }
    field(cell, "version").value = data.version;
    field(cell, "seen").value = data.seen;
    files.forEach(function (one) { one.value = ""; });
    cell.look = false;
    savedAt = Date.now();
    sinceSaved();
    cell.changed = !same; // what was restored after a failed sending was changed until now
    if (!same) { keep(cell); say(cell, words.typing, "waiting"); return; }
    if (data.evidence) cell.box.querySelector(".evidence").innerHTML = data.evidence;
    forget(cell);
    say(cell, words.saved, "saved");
  }

  function refused(cell, data) {
    cell.look = true;
    keep(cell);
    say(cell, words.look, "bad");
    if (data.status === "conflict") {
      cell.theirs = data;
      const version = cell.box.querySelector("input[type=hidden][name$='-seen']");
      version.insertAdjacentHTML("afterend", data.html);
      if (data.code === "version_conflict") return;
    }
    const problems = data.problems && data.problems.length ? data.problems
      : [{ id: "", message: data.message || words.failed }];
    problems.forEach((problem) => showProblem(cell, problem));
  }

  function decide(cell, mine) {
    const theirs = cell.theirs;
    clearProblems(cell);
    cell.look = false;
    if (!mine) {
      fill(cell, Object.entries(theirs.content).flatMap(function (pair) {
        return Array.isArray(pair[1]) ? pair[1].map((one) => [pair[0], one]) : [[pair[0], pair[1]]];
      }));
    }
    field(cell, "version").value = theirs.version;
    field(cell, "seen").value = theirs.seen;
    if (mine) { touch(cell); enqueue(cell); }
    else { cell.changed = false; forget(cell); say(cell, theirs.words, ""); }
    tell();
    cell.box.querySelector(VALUE).focus();
  }

  // --- Typing -----------------------------------------------------------------------------

  function touch(cell) {
    cell.changed = true;
    cell.n = cell.n || Date.now() * 1000 + (order += 1);
    keep(cell);
    if (!queue.includes(cell)) say(cell, words.typing, "waiting");
  }

  function showState(cell) {
    const state = field(cell, "state");
    if (state) cell.box.classList.toggle("unreported", state.value !== "reported");
  }

  // “n/a” and “..” in a value are states; a number undoes them.
  function readState(cell, element) {
    const state = field(cell, "state");
    if (!state || !element.matches(VALUE) || element.tagName === "SELECT") return;
    const typed = element.value.trim().toLowerCase();
    const said = { na: "not_applicable", "n/a": "not_applicable", "..": "not_available" }[typed];
    if (said) { state.value = said; element.value = ""; }
    else if (typed && state.value !== "reported") state.value = "reported";
    showState(cell);
  }

  form.addEventListener("input", function (event) {
    const cell = cellOf(event.target);
    if (cell && event.target.type !== "file") touch(cell);
  });

  form.addEventListener("change", function (event) {
    const element = event.target;
    const cell = cellOf(element);
    if (!cell) return;
    readState(cell, element);
    showState(cell);
    touch(cell);
    // Numbers and texts wait until their cell is left, so that a pair is not sent by halves.
    if (element.matches("select, input[type=checkbox], input[type=file]")) enqueue(cell);
  });

  form.addEventListener("focusout", function (event) {
    const cell = cellOf(event.target);
    const to = event.relatedTarget;
    if (!cell || !cell.changed) return;
    if (to && to.closest("td") === event.target.closest("td")) return;
    enqueue(cell);
  });

  form.addEventListener("click", function (event) {
    const button = event.target.closest("[data-keep], [data-take], [data-add], [data-discard]");
    if (!button) return;
    const cell = cells.get(button.closest("[data-save]").dataset.line);
    if ("keep" in button.dataset) decide(cell, true);
    else if ("take" in button.dataset) decide(cell, false);
    else if ("discard" in button.dataset) { forget(cell); button.closest(".theirs").remove(); }
    else addThing(button);
  });

  function addThing(button) {
    const list = document.getElementById(button.closest("[data-list]").dataset.list);
    const names = list.value.split("\n").map((name) => name.trim()).filter(Boolean);
    if (!names.includes(button.dataset.add)) names.push(button.dataset.add);
    list.value = names.join("\n");
    list.dispatchEvent(new Event("change", { bubbles: true }));
    list.focus();
  }

  // --- Keys -------------------------------------------------------------------------------

  // A value takes one stop of Tab; what hangs on it is opened with F2.
  form.querySelectorAll(".more > summary, .find > summary").forEach((one) => { one.tabIndex = -1; });
  cells.forEach(function (cell) {
    const state = field(cell, "state");
    if (state && cell.box.querySelector(".pair input, textarea")) state.tabIndex = -1;
  });

  function go(element, rows, columns) {
    const own = element.closest("td");
    const inOwn = Array.from(own.querySelectorAll(VALUE));
    const next = columns && inOwn[inOwn.indexOf(element) + columns];
    if (next) return next.focus(), true;
    let row = own.parentNode, place = own.cellIndex;
    while (row) {
      if (rows) row = rows > 0 ? row.nextElementSibling : row.previousElementSibling;
      else place += columns;
      const found = row && row.cells[place];
      if (!found) return false;
      const values = found.querySelectorAll(VALUE);
      if (!values.length) continue;
      const target = values[columns < 0 ? values.length - 1 : 0];
      target.focus();
      if (target.select) target.select();
      return true;
    }
    return false;
  }

  form.addEventListener("keydown", function (event) {
    const element = event.target;
    const cell = cellOf(element);
    if (!cell || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const more = cell.box.querySelector(".more");
    if (event.key === "F2" && more) {
      event.preventDefault();
      more.open = true;
      more.querySelector("select, textarea").focus();
    } else if (event.key === "Escape" && more && more.contains(element)) {
      more.open = false;
      cell.box.querySelector(VALUE).focus();
    } else if (event.key === "Enter" && element.tagName === "INPUT") {
      event.preventDefault(); // never sends the page by accident
      if (!element.matches(VALUE) || !go(element, event.shiftKey ? -1 : 1, 0)) {
        readState(cell, element);
        enqueue(cell);
      }
    } else if (element.matches(VALUE) && element.tagName !== "SELECT" && !event.shiftKey) {
      const first = element.selectionStart === 0 && element.selectionEnd === 0;
      const whole = element.selectionStart === 0 && element.selectionEnd === element.value.length;
      const last = element.selectionStart === element.value.length;
      const list = element.tagName === "TEXTAREA";
      const ahead = document.documentElement.dir === "rtl" ? -1 : 1;
      const moved = {
        ArrowUp: () => (!list || first) && go(element, -1, 0),
        ArrowDown: () => (!list || last) && go(element, 1, 0),
        ArrowLeft: () => (first || whole) && go(element, 0, -ahead),
        ArrowRight: () => (last || whole) && go(element, 0, ahead),
      }[event.key];
      if (moved && moved()) event.preventDefault();
    }
  });

  // --- Sending all, leaving, and coming back ----------------------------------------------

  form.addEventListener("submit", async function (event) {
    if (leaving) return;
    event.preventDefault();
    const button = event.submitter;
    cells.forEach(enqueue);
    if (timer) await resume();
    await pump();
    const mine = await probe();
    if (queue.length || !mine) {
      tell();
      const place = document.getElementById("saving");
      place.prepend(words.notSubmitted + " ");
      place.dataset.said = "";
      if (!timer) timer = setTimeout(resume, 5000);
      return;
    }
    leaving = true;
    form.requestSubmit(button);
  });

  window.addEventListener("pagehide", function () {
    cells.forEach(function (cell) { if (cell.changed) keep(cell); });
  });

  window.addEventListener("beforeunload", function (event) {
    const waits = (cell) => filesOf(cell).length || (!keeps && (cell.changed || queue.includes(cell)));
    if (!leaving && Array.from(cells.values()).some(waits)) event.preventDefault();
  });

  function restore() {
    const found = [];
    cells.forEach(function (cell) {
      const was = kept(cell.url);
      if (was) found.push([cell, was]);
    });
    found.sort((one, other) => one[1].n - other[1].n).forEach(function (pair) {
      const cell = pair[0], was = pair[1];
      if (!field(cell, "version")) return showKept(cell, was);
      fill(cell, was.fields);
      cell.sent = was.sent;
      cell.n = was.n;
      cell.changed = true;
      enqueue(cell);
      if (was.sent && JSON.stringify(was.sent) !== JSON.stringify(was.fields)) cell.again = true;
    });
  }

  // What was typed in a cell that can no longer be changed here.
  function showKept(cell, was) {
    const texts = was.fields.filter((pair) => pair[1] && !/-(version|seen|state|qualifier)$/.test(pair[0]));
    const note = document.createElement("div");
    note.className = "theirs";
    note.textContent = `${words.wasTyped} ${texts.map((pair) => pair[1]).join(", ")} `;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.dataset.discard = "";
    button.textContent = words.throwAway;
    note.append(button);
    cell.box.prepend(note);
  }

  // A page that the browser kept while others were looked at has old versions.
  window.addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });

  restore();
})();
