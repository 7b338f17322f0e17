// The page works by itself as far as reading goes; this sends what is typed and clicked, and shows what changes.
"use strict";

const find = (selector) => document.querySelector(selector);
const log = find("#log");
const box = find("#text");
const who = { user: document.body.dataset.user, channel: document.body.dataset.channel };

// Posts a form and returns the server's one line; a refusal becomes a notice.
async function post(path, fields) {
  try {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ ...who, ...fields }) });
    const line = await answer.text();
    if (path !== "/webhook") notice(line, answer.ok);
    return { ok: answer.ok, line };
  } catch {
    notice("The sandbox does not answer. Is it still running?");
    return { ok: false, line: "no answer" };
  }
}

function notice(line, fine = false) {
  find("#notice").textContent = line;
  find("#notice").classList.toggle("fine", fine);
}

// ---- what changes ----

// Puts fresh children in place of old ones, and leaves alone those that are the same: focus, open menus and what a
// screen reader has read stay.
function renew(parent, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const old = new Map([...parent.children].map((child) => [child.id, child]));
  const fresh = [...template.content.children].map((child) => {
    const known = old.get(child.id);
    const source = child.outerHTML;
    if (known?.source === source) return known;
    child.source = source;
    if (known?.querySelector("details.thread:not([open])")) child.querySelector("details.thread")?.removeAttribute("open");
    localise(child);
    return child;
  });
  const focused = document.activeElement;
  const holder = [...parent.children].find((child) => child.contains(focused));
  for (const child of [...parent.children]) {
    if (!fresh.includes(child)) child.remove();
  }
  fresh.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  if (holder && !fresh.includes(holder)) find(`[id="${focused.id || holder.id}"]`)?.focus();
}

function show(html) {
  const atTheEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  renew(log, html);
  if (atTheEnd) log.scrollTop = log.scrollHeight;
}

const changes = new EventSource("/events?" + new URLSearchParams(who));
changes.addEventListener("log", (event) => show(event.data));
const parts = ["side", "members", "switches", "world"].map((id) => find("#" + id));
for (const part of parts) changes.addEventListener(part.id, (event) => renew(part, event.data));
changes.addEventListener("open", () => notice(""));
changes.addEventListener("error", () => notice("The sandbox does not answer. Trying again…"));

// ---- dates, in the zone of whoever looks ----

const day = { year: "numeric", month: "long", day: "numeric" };
const formats = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: day,
  date_short: { ...day, month: "short" },
  date_long: { ...day, weekday: "long" },
  time: { hour: "2-digit", minute: "2-digit" },
  time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

function date(moment, name) {
  const near = new Intl.RelativeTimeFormat([], { numeric: "auto" });
  if (name === "ago") {
    const minutes = Math.round((moment - Date.now()) / 60000);
    return Math.abs(minutes) < 60 ? near.format(minutes, "minute") : near.format(Math.round(minutes / 60), "hour");
  }
  const plain = name.replace(/_pretty$/, "");
  const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000);
  if (plain !== name && Math.abs(days) <= 1) return near.format(days, "day");
  return formats[plain] ? new Intl.DateTimeFormat([], formats[plain]).format(moment) : `{${name}}`;
}

function localise(part) {
  for (const time of part.querySelectorAll("time[data-format]")) {
    const moment = new Date(time.dateTime);
    time.title = time.title || `${time.textContent} · ${moment.toLocaleString()}`;
    time.textContent = time.dataset.format.replace(/\{(\w+)\}/g, (_, name) => date(moment, name));
  }
}

// ---- what is typed ----

const typed = [];
let back = 0;

function fill(text) {
  if (!box) return;
  box.value = text;
  box.focus();
  box.setSelectionRange(text.length, text.length);
}

find("#composer")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text) return;
  typed.push(text);
  back = 0;
  box.value = "";
  log.scrollTop = log.scrollHeight;
  const { ok } = await post("/type", { text });
  if (!ok && !box.value) box.value = text;
});

box?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    find("#composer").requestSubmit();
  } else if (event.key === "ArrowUp" && (!box.value || back > 0) && back < typed.length) {
    event.preventDefault();
    back += 1;
    fill(typed.at(-back));
  } else if (event.key === "ArrowDown" && back > 0) {
    event.preventDefault();
    back -= 1;
    fill(back ? typed.at(-back) : "");
  }
});

// ---- what is clicked ----

// Asks the question that stands in the button, if one does.
function confirmed(button) {
  const question = button.querySelector("template");
  if (!question) return Promise.resolve(true);
  const dialog = find("#question");
  dialog.firstElementChild.replaceChildren(question.content.cloneNode(true));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

async function act(element, option) {
  if (!(await confirmed(element))) return;
  element.closest("details.overflow")?.removeAttribute("open");
  const ts = element.closest("[data-ts]")?.dataset.ts ?? "";
  const view = element.closest("[data-view]")?.dataset.view ?? "";
  await post("/click", { ts, view, action: element.dataset.action, option });
}

async function send(button) {
  const event = button.dataset.send;
  if (button.ariaBusy) return;
  button.ariaBusy = "true";
  const { line } = await post("/webhook", { event, dataset: find("#dataset").value });
  button.ariaBusy = null;
  const entry = document.createElement("li");
  entry.className = line.startsWith("2") ? "good" : "bad";
  entry.textContent = line;
  find("#outcomes").prepend(entry);
  find("#outcomes").children[5]?.remove();
}

// Works in Segments.ai, or breaks it.
function work({ deed, id, labelset = "", text = "" }) {
  return post("/work", { deed, id, labelset, text: deed === "reply" ? find("#reply").value : text });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  for (const menu of document.querySelectorAll("details.overflow[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
  if (!button) return;
  const { action, option, send: type, fill: text } = button.dataset;
  if (action) act(button, option ?? "");
  if (type) send(button);
  if (text) fill(text);
  if (button.dataset.deed) work(button.dataset);
  if (button.dataset.shortcut !== undefined) post("/shortcut", {});
  if (button.dataset.switch) post("/switch", { switch: button.dataset.switch });
  if (button.id === "tools") {
    const open = document.body.classList.toggle("tools");
    button.setAttribute("aria-expanded", open);
  }
});

// A menu that would end below what is visible opens upwards.
log.addEventListener("toggle", (event) => {
  const menu = event.target.open && event.target.querySelector(".menu");
  if (!menu) return;
  menu.classList.remove("up");
  menu.classList.toggle("up", menu.getBoundingClientRect().bottom > log.getBoundingClientRect().bottom);
}, true);

log.addEventListener("change", (event) => {
  if (event.target.dataset.action) act(event.target, event.target.value);
});

for (const part of [log, ...parts]) {
  for (const child of part.children) child.source = child.outerHTML;
}
localise(log);
log.scrollTop = log.scrollHeight;
