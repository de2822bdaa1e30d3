"use strict";
// Enhances pages that work without it: live fragments, copy buttons, a filter for long lists, and buttons that cannot be pressed twice.

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

// A search field over a list that is there already.
for (const filter of document.querySelectorAll("[data-filter]")) {
  const items = [...document.querySelectorAll(`${filter.dataset.filter} > li`)];
  filter.hidden = false;
  const input = filter.querySelector("input");
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
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
