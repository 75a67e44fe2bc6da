// Custom fields: their order by drag and by arrows, the options of a choice, the preview of the editor.
import { toast, words } from "./util.js";

const list = document.querySelector("form[data-order]");
if (list) order(list);
const editor = document.querySelector("form[data-editor]");
if (editor) edit(editor);

/** Dragged or moved by its arrows, without leaving the page; without this module each arrow sends the form. */
function order(form) {
  const lines = form.querySelector("ol");
  const keep = async () => {
    const data = new FormData(form);
    data.set("fetch", "1");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      if (!answer.ok) throw new Error(String(answer.status));
      toast(form.dataset.order);
    } catch {
      toast(navigator.onLine ? words.failed : words.offline, "danger");
    }
  };
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    const other = button.name === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (button.name === "up") other.before(item);
    else other.after(item);
    const end = item.matches(":first-child") ? "down" : item.matches(":last-child") ? "up" : button.name;
    item.querySelector(`[name="${end}"]`).focus();
    keep();
  }, true);
  const script = document.createElement("script");
  script.src = form.dataset.sortable;
  script.addEventListener("load", () => {
    window.Sortable.create(lines, { handle: ".grip", animation: 120, onUpdate: keep });
    form.dataset.ready = "";
  });
  document.head.append(script);
}

function edit(form) {
  const options = form.querySelector("[data-options]");
  let waiting;
  let asked = 0;
  const preview = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const data = new FormData(form);
      data.set("preview", "1");
      const turn = ++asked;
      const answer = await fetch(location.href, { method: "POST", body: data }).catch(() => null);
      if (answer?.ok && turn === asked) document.querySelector("[data-preview]").innerHTML = await answer.text();
    }, 250);
  };
  form.addEventListener("input", preview);
  form.addEventListener("change", (event) => {
    if (event.target.matches(".swatch-select")) event.target.dataset.c = event.target.value;
    preview();
  });
  options?.addEventListener("click", (event) => {
    const line = event.target.closest(".option-line");
    if (event.target.closest("[data-option-add]")) add(options).focus();
    else if (event.target.closest("[data-option-up]")) {
      line.previousElementSibling?.before(line);
      event.target.closest("[data-option-up]").focus();
    } else if (event.target.closest("[data-option-remove]")) {
      const next = line.nextElementSibling ?? line.previousElementSibling;
      if (options.querySelectorAll(".option-line").length > 1) line.remove();
      else line.querySelector('[name$="_label"]').value = "";
      next?.querySelector("input[type=text], button")?.focus();
    } else return;
    preview();
  });
  options?.addEventListener("keydown", (event) => { // Enter goes on to the next option, and makes it
    if (event.key !== "Enter" || !event.target.matches('[name$="_label"]')) return;
    event.preventDefault();
    const next = event.target.closest(".option-line").nextElementSibling;
    (next?.querySelector('[name$="_label"]') ?? add(options)).focus();
  });
}

/** One more line, a copy of the last one, empty and of the next colour. */
function add(options) {
  const lines = options.querySelectorAll(".option-line");
  const line = lines[lines.length - 1].cloneNode(true);
  const hue = String(lines.length % 8);
  line.querySelector('[name$="_id"]').value = "";
  const colour = line.querySelector('[name$="_hue"]');
  colour.value = hue;
  colour.dataset.c = hue;
  const label = line.querySelector('[name$="_label"]');
  label.value = "";
  label.setAttribute("aria-label", label.getAttribute("aria-label").replace(/\d+/, String(lines.length + 1)));
  const state = line.querySelector('[name$="_state"]');
  state.value = "";
  state.classList.add("unborn");
  lines[lines.length - 1].after(line);
  return label;
}
