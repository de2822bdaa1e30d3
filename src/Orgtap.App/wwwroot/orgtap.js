"use strict";
// Enhances pages that work without it: live fragments, copy buttons, dialogs, boxes that are kept at once, search while typing, and buttons that cannot be pressed twice.

// Live fragments. The server sends elements with an id; each is put in the place of the one that is there. Text and attributes are
// changed in place, so that focus, selection, open menus and scroll positions stay.
function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) {
    from.replaceWith(to.cloneNode(true));
    return;
  }
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) return;
  for (const { name } of [...from.attributes]) {
    // Whether details are open is the reader's choice.
    if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  const before = [...from.childNodes];
  const after = [...to.childNodes];
  after.forEach((child, index) => {
    if (index < before.length) morph(before[index], child);
    else from.append(child.cloneNode(true));
  });
  for (const surplus of before.slice(after.length)) surplus.remove();
}

function patch(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const element of template.content.children) {
    const target = element.id && document.getElementById(element.id);
    if (target) morph(target, element);
  }
}

// Where the server cannot be reached, the page says so, and when it can be reached again it says nothing more.
const waiting = new Set();
function showAway(who, away) {
  if (away) waiting.add(who); else waiting.delete(who);
  const notice = document.getElementById("away");
  if (waiting.size === 0) { notice?.remove(); return; }
  if (notice) return;
  const fresh = document.createElement("p");
  fresh.id = "away";
  fresh.className = "away";
  fresh.setAttribute("role", "status");
  fresh.textContent = "Orgtap cannot be reached at the moment. This page goes on by itself once it answers; what you ticked is kept then.";
  (document.querySelector("dialog[open] .dialog-head") ?? document.querySelector("main")).append(fresh);
}

for (const place of document.querySelectorAll("[data-live]")) {
  const events = new EventSource(place.dataset.live);
  // The browser tries again by itself.
  events.addEventListener("error", () => showAway(events, true));
  events.addEventListener("open", () => showAway(events, false));
  events.addEventListener("patch", event => { patch(event.data); showCopies(); });
  events.addEventListener("end", () => {
    events.close();
    showAway(events, false);
    for (const element of document.querySelectorAll('[data-while="running"]')) element.remove();
  });
  // A page that is left must not hold one of the few connections a browser allows.
  addEventListener("pagehide", () => events.close(), { once: true });
}
addEventListener("pageshow", event => { if (event.persisted && document.querySelector("[data-live]")) location.reload(); });

// Copy buttons; hidden in the markup, because without script they could do nothing.
const said = document.createElement("p");
said.className = "hidden-visually";
said.setAttribute("role", "status");
function showCopies() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}
document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button || button.dataset.copied) return;
  if (!said.isConnected) document.querySelector("main").append(said);
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.lastChild;
  const word = label.data;
  button.dataset.copied = "yes";
  said.textContent = label.data = "Copied";
  setTimeout(() => { label.data = word; said.textContent = ""; delete button.dataset.copied; }, 2000);
});
showCopies();

// A box that is neither ticked nor empty: the server says so, only the script can show it.
function showMixed() {
  for (const box of document.querySelectorAll("input[data-mixed]")) box.indeterminate = true;
}
showMixed();

// Dialogs come open in the page, over what they belong to; as modal ones they keep the focus, and Escape follows their close link.
for (const dialog of document.querySelectorAll("dialog[data-modal][open]")) {
  dialog.open = false;
  // Its first button is the one that closes it: not where somebody who opened it wants to be.
  dialog.showModal();
  if (!dialog.querySelector("[autofocus]")) {
    dialog.tabIndex = -1;
    dialog.focus();
  }
  for (const behind of document.querySelectorAll(".app[inert]")) behind.inert = false;
  dialog.addEventListener("cancel", event => { event.preventDefault(); location.assign(dialog.dataset.modal); });
}

// Menus by keyboard: opened, the first item has the focus; arrows, Home and End move it. Escape and the way back to the button are the browser's.
for (const menu of document.querySelectorAll(".menu[popover]")) {
  const items = () => [...menu.querySelectorAll("a[href], button:not(:disabled)")];
  menu.addEventListener("toggle", event => { if (event.newState === "open") items()[0]?.focus(); });
  menu.addEventListener("keydown", event => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined || all.length === 0) return;
    event.preventDefault();
    all[(next + all.length) % all.length].focus();
  });
}

// Forms whose changes would be lost: what was changed is counted at the foot, and leaving asks first.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  const fields = [...form.elements].filter(field => field.name && field.type !== "hidden" && field.type !== "submit");
  const valueOf = field => field.type === "checkbox" || field.type === "radio" ? field.checked : field.value;
  const before = new Map(fields.map(field => [field, valueOf(field)]));
  const state = form.querySelector("[data-changes]");
  const idle = state.textContent;
  let leaving = false;
  const changed = () => form.dataset.unsaved === "yes" || fields.some(field => valueOf(field) !== before.get(field));
  const show = () => {
    const count = new Set(fields.filter(field => valueOf(field) !== before.get(field)).map(field => field.name)).size;
    state.textContent = count === 0 && !changed() ? idle : count <= 1 ? "1 change not saved" : count + " changes not saved";
    form.dataset.changed = changed();
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", () => { leaving = true; });
  for (const link of form.querySelectorAll("a[data-discard]")) link.addEventListener("click", () => { leaving = true; });
  for (const link of form.querySelectorAll("a[href]:not([data-discard])"))
    link.addEventListener("click", event => { if (changed()) { event.preventDefault(); refuse(); } });
  const refuse = () => { state.textContent = "Changes are not saved. Save or discard them first."; form.querySelector("[data-discard]").focus(); };
  form.closest("dialog")?.addEventListener("cancel", event => { if (changed()) { event.preventDefault(); event.stopImmediatePropagation(); refuse(); } }, true);
  addEventListener("beforeunload", event => { if (!leaving && changed()) event.preventDefault(); });
  show();
}

async function fetchHtml(address, options) {
  const answer = await fetch(address, { headers: { "X-Fragment": "1" }, ...options });
  if (answer.redirected) { location.assign(answer.url); return; }
  if (answer.status >= 500) throw new TypeError("The server failed.");
  patch(await answer.text());
  showMixed();
}

// Tried until the server answers, seldom enough not to be a burden when it comes back.
async function untilAnswered(work) {
  for (let pause = 500; ; pause = Math.min(pause * 2, 3000)) {
    try {
      await work();
      showAway(work, false);
      return;
    } catch (failure) {
      if (!(failure instanceof TypeError)) throw failure;
      showAway(work, true);
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }
}

// Boxes that are kept as soon as they are ticked, one after the other, so that a later one never overtakes an earlier one.
let unkept = 0;
addEventListener("beforeunload", event => { if (unkept > 0) event.preventDefault(); });
for (const form of document.querySelectorAll("form[data-boxes]")) {
  let before = Promise.resolve();
  form.addEventListener("change", event => {
    const box = event.target;
    if (!box.matches("input[data-box]")) return;
    const body = new URLSearchParams({ box: box.value, on: box.checked, "form-token": form.elements["form-token"].value });
    for (const open of form.querySelectorAll("details[open]")) body.append("open", open.closest("li").id.slice("pick-".length));
    unkept++;
    before = before.then(() => untilAnswered(() => fetchHtml(form.dataset.boxes, { method: "POST", body }))).then(() => { unkept--; }, () => { unkept = 0; location.reload(); });
  });
}

// Fields of a table are fetched when it is opened.
document.addEventListener("toggle", event => {
  const details = event.target;
  const address = details.open && details.dataset?.fields;
  if (!address) return;
  delete details.dataset.fields;
  details.querySelector(".pick-fields").innerHTML = '<p class="full row mute"><span class="spin" aria-hidden="true"></span>Loading the fields…</p>';
  fetchHtml(address).catch(() => location.assign(location.pathname + "?open=" + encodeURIComponent(address.split("/").pop())));
}, true);

// Search while typing.
for (const input of document.querySelectorAll("input[data-search]")) {
  let wait, running;
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      running?.abort();
      running = new AbortController();
      const address = input.dataset.search + "&q=" + encodeURIComponent(input.value.trim());
      history.replaceState(null, "", address);
      const open = [...document.querySelectorAll(".pick details[open]")].map(each => "&open=" + each.closest("li").id.slice("pick-".length));
      fetchHtml(address + open.join(""), { signal: running.signal }).catch(() => {});
    }, 150);
  });
  // Enter in a search field must not save the form around it.
  input.addEventListener("keydown", event => { if (event.key === "Enter") event.preventDefault(); });
}

// What was sent once is not sent again.
for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", event => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});
