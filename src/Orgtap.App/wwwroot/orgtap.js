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

for (const place of document.querySelectorAll("[data-live]")) {
  const events = new EventSource(place.dataset.live);
  events.addEventListener("patch", event => patch(event.data));
  events.addEventListener("end", () => {
    events.close();
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
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  if (!said.isConnected) document.querySelector("main").append(said);
  const label = button.lastChild;
  const word = label.data;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.data = "Copied";
    said.textContent = "Copied";
    setTimeout(() => { label.data = word; said.textContent = ""; }, 2000);
  });
}

// A box that is neither ticked nor empty: the server says so, only the script can show it.
function showMixed() {
  for (const box of document.querySelectorAll("input[data-mixed]")) box.indeterminate = true;
}
showMixed();

// Dialogs come open in the page, over what they belong to; as modal ones they keep the focus, and Escape follows their close link.
for (const dialog of document.querySelectorAll("dialog[data-modal][open]")) {
  dialog.open = false;
  dialog.showModal();
  for (const behind of document.querySelectorAll(".app[inert]")) behind.inert = false;
  dialog.addEventListener("cancel", event => { event.preventDefault(); location.assign(dialog.dataset.modal); });
}

async function fetchHtml(address, options) {
  const answer = await fetch(address, { headers: { "X-Fragment": "1" }, ...options });
  if (answer.redirected) { location.assign(answer.url); return; }
  patch(await answer.text());
  showMixed();
}

// Boxes that are kept as soon as they are ticked, one after the other, so that a later one never overtakes an earlier one.
for (const form of document.querySelectorAll("form[data-boxes]")) {
  let before = Promise.resolve();
  form.addEventListener("change", event => {
    const box = event.target;
    if (!box.matches("input[data-box]")) return;
    const body = new URLSearchParams({ box: box.value, on: box.checked, "form-token": form.elements["form-token"].value });
    for (const open of form.querySelectorAll("details[open]")) body.append("open", open.closest("li").id.slice("pick-".length));
    before = before.then(() => fetchHtml(form.dataset.boxes, { method: "POST", body })).catch(() => location.reload());
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
