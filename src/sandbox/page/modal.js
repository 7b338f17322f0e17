// Modals: shown over the page, filled in, submitted and closed; what is being typed survives what the app changes meanwhile.
"use strict";

const modal = find("#modal");
let opener = null;
let waiting = null;

// Shows the modal as the server draws it. In one that is open already only the blocks that differ are renewed; the field
// that has the focus keeps it, with its text and caret.
function draw(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector("form");
  const shown = modal.querySelector("form");
  if (!fresh) {
    if (!shown) return;
    // A field that is taken away while it has the focus would keep the keyboard.
    const back = opener;
    opener = null;
    if (modal.contains(document.activeElement)) document.activeElement.blur();
    if (modal.open) modal.close();
    modal.replaceChildren();
    document.activeElement?.blur();
    requestAnimationFrame(() => back?.focus());
    return;
  }
  if (shown?.id === fresh.id && modal.open) {
    const active = modal.contains(document.activeElement) ? document.activeElement : null;
    const kept = active && { id: active.id, value: active.value, start: active.selectionStart, end: active.selectionEnd };
    shown.querySelector("header").replaceWith(fresh.querySelector("header"));
    // What can be pressed there may have the focus.
    const [below, footer] = [shown, fresh].map((form) => form.querySelector("footer"));
    if (below.outerHTML !== footer.outerHTML) below.replaceWith(footer);
    renew(shown.querySelector(".blocks"), fresh.querySelector(".blocks").innerHTML);
    const again = kept?.id && document.getElementById(kept.id);
    if (again && again !== document.activeElement) again.focus({ preventScroll: true });
    if (again && typeof kept.start === "number") {
      if (again.value !== kept.value) again.value = kept.value;
      again.setSelectionRange(kept.start, kept.end);
    }
    if (shown.dataset.asked) modal.querySelector(".wrong")?.scrollIntoView({ block: "center" });
    delete shown.dataset.asked;
    return;
  }
  modal.replaceChildren(fresh);
  localise(fresh);
  for (const child of fresh.querySelector(".blocks").children) child.source = child.outerHTML;
  if (!modal.open) {
    opener = document.activeElement;
    modal.showModal();
  }
  (fresh.querySelector("[data-fill]") ?? fresh.querySelector("footer button"))?.focus({ preventScroll: true });
}

changes.addEventListener("modal", (event) => draw(event.data));
if (modal.firstElementChild) draw(modal.innerHTML);

const block = (field) => field.closest("[data-block]").dataset.block;

// What a field holds, as the emulator takes it.
function held(field) {
  const kind = field.dataset.fill;
  if (kind === "many") {
    return [...field.closest("[data-block]").querySelectorAll("[data-fill]:checked")].map((one) => one.value);
  }
  return field.value || null;
}

async function filled(field) {
  await post("/fill", { block: block(field), held: JSON.stringify(held(field)) });
}

modal.addEventListener("change", (event) => {
  const field = event.target;
  if (field.dataset.fill && !["text", "external"].includes(field.dataset.fill)) filled(field);
});

modal.addEventListener("input", (event) => {
  const field = event.target;
  if (field.dataset.fill === "external") return offer(field);
  if (field.dataset.fill !== "text") return;
  if (waiting && waiting.id !== field.id) handOver();
  clearTimeout(waiting?.timer);
  waiting = { id: field.id, timer: setTimeout(handOver, 250) };
});

// Hands over the text that was typed last.
async function handOver() {
  const field = waiting && document.getElementById(waiting.id);
  clearTimeout(waiting?.timer);
  waiting = null;
  if (field) await filled(field);
}

// ---- a menu that asks for its entries ----

const listOf = (field) => document.getElementById(field.getAttribute("aria-controls"));

async function offer(field) {
  const typed = field.value;
  const answer = await fetch("/suggest", { method: "POST", body: new URLSearchParams({ ...who, block: block(field), typed }) });
  const live = document.getElementById(field.id);
  if (!live || live.value !== typed) return;
  const list = listOf(live);
  const entries = answer.ok ? await answer.json() : [];
  list.replaceChildren(...entries.map(([text, value], place) => {
    const entry = document.createElement("li");
    entry.setAttribute("role", "option");
    entry.id = `${list.id}-${place}`;
    entry.dataset.value = value;
    entry.textContent = text;
    return entry;
  }));
  if (!entries.length) list.innerHTML = "<li class=none>No dataset like that. Type owner/name.</li>";
  list.hidden = false;
  live.setAttribute("aria-expanded", "true");
  mark(live, list.querySelector("[role=option]"));
}

function mark(field, entry) {
  for (const other of listOf(field).children) other.setAttribute("aria-selected", other === entry);
  if (entry) {
    field.setAttribute("aria-activedescendant", entry.id);
    entry.scrollIntoView({ block: "nearest" });
  }
}

function shut(field) {
  listOf(field).hidden = true;
  field.setAttribute("aria-expanded", "false");
}

async function choose(field, entry) {
  field.value = entry.textContent;
  shut(field);
  await post("/fill", { block: block(field), held: JSON.stringify(entry.dataset.value) });
}

modal.addEventListener("focusin", (event) => {
  if (event.target.dataset.fill === "external" && listOf(event.target).hidden && !event.target.value) offer(event.target);
});
modal.addEventListener("focusout", (event) => {
  if (event.target.dataset.fill === "external" && event.target.isConnected) shut(event.target);
});
modal.addEventListener("mousedown", (event) => {
  const entry = event.target.closest("[role=option]");
  if (!entry) return;
  event.preventDefault();
  choose(entry.closest(".combobox").querySelector("input"), entry);
});

modal.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.dataset.fill !== "external") return;
  const list = listOf(field);
  const entries = [...list.querySelectorAll("[role=option]")];
  const at = entries.findIndex((entry) => entry.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" && list.hidden) {
    event.preventDefault();
    offer(field);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    mark(field, entries.at((at + (event.key === "ArrowDown" ? 1 : -1) + entries.length) % entries.length));
  } else if (event.key === "Enter" && !list.hidden && entries[at]) {
    event.preventDefault();
    choose(field, entries[at]);
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    shut(field);
  }
});

// ---- submitting and closing ----

modal.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  await handOver();
  form.dataset.asked = "yes";
  const { ok, line } = await post("/submit", {});
  const empty = !ok && line.match(/input `(.+)` is empty/);
  if (empty) {
    const field = document.getElementById(`in-${empty[1]}`) ?? modal.querySelector(`[data-block="${empty[1]}"] input`);
    field?.focus();
    const note = document.createElement("p");
    note.className = "error";
    note.setAttribute("role", "alert");
    note.textContent = "Please fill in this field.";
    const place = modal.querySelector(`[data-block="${empty[1]}"]`);
    place?.querySelector(".error")?.remove();
    place?.append(note);
    notice("");
  }
});

modal.addEventListener("cancel", (event) => {
  event.preventDefault();
  post("/close", {});
});
modal.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) post("/close", {});
});
