import htmx from "../vendor/htmx.js";
import { retell } from "./early.js";
import { csrf, post, toast, watch, words } from "./util.js";
import "./palette.js";
import "./list.js";
import "./form.js";

// What few pages have loads where it is.
const late = [];
if (document.querySelector("look-up")) late.push(import("./lookup.js"));
if (document.querySelector(".record, mention-box, [data-confirm]")) late.push(import("./record.js"));
if (document.querySelector("form[data-draft]")) late.push(import("./draft.js"));
if (document.querySelector("similar-rows, look-up[data-create]")) late.push(import("./similar.js"));
if (document.querySelector("tile-board")) late.push(import("./board.js"));
if (document.querySelector("kanban-board")) late.push(import("./kanban.js"));
if (document.querySelector("activity-calendar")) late.push(import("./calendar.js"));

const root = document.documentElement;

// htmx: our token on every write; words for what went wrong.
let renewed = null; // the renewal of the token under way, which a write awaits
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method === "GET") return;
  ctx.request.body?.delete("csrfmiddlewaretoken"); // the header alone speaks: it can be written at the last moment
  ctx.fetch = async (action, request) => {
    await renewed;
    return fetch(action, { ...request, headers: { ...request.headers, ...csrf } });
  };
});
const FAILURES = { 401: words.signedOut, 403: words.forbidden, 404: words.gone };
document.addEventListener("htmx:response:error", (event) => {
  const { status } = event.detail.ctx.response;
  if (status === 401) awaitReturn();
  if (status !== 422 && status !== 409) toast(FAILURES[status] ?? words.failed, "danger");
});
/** Signed in again in another tab: what was typed here goes with the new token. */
const awaitReturn = () => addEventListener("focus", () => (renewed = renew().catch(awaitReturn)), { once: true });
async function renew() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const token = page.querySelector('meta[name="csrf-token"]')?.content;
  if (!token) return awaitReturn(); // not yet
  csrf["X-CSRFToken"] = token;
  for (const input of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) input.value = token;
}
document.addEventListener("htmx:error", (event) => {
  if (event.detail.error?.name !== "AbortError") toast(navigator.onLine ? words.failed : words.offline, "danger");
});
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone)); // HX-Trigger: {"toast": {text, tone}}

for (const box of document.querySelectorAll(".toasts > .toast")) watch(box);
document.addEventListener("focusin", ({ target }) => { // never under a message; what the pointer presses stays under it
  if (!target.matches(":focus-visible")) return;
  const at = target.getBoundingClientRect(), over = document.querySelector(".toasts").getBoundingClientRect();
  if (over.height && at.right > over.left && at.bottom > over.top && at.top < over.bottom && !target.closest(".toasts")) target.scrollIntoView({ block: "center" });
});
addEventListener("offline", () => toast(words.offline, "warn"));
addEventListener("online", () => toast(words.online));

// Theme and density: a cookie that the server reads back as data-* on <html>.
const prefs = document.querySelector("[data-prefs]")?.dataset.prefs;
function prefer(name, value) {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
  for (const button of document.querySelectorAll(`[data-${name}-choice]`))
    button.setAttribute("aria-pressed", String((button.getAttribute(`data-${name}-choice`) || "") === value));
  if (prefs) post(prefs, { [name]: value, fetch: "1" });
}
document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-choice]");
  const density = event.target.closest("[data-density-toggle]");
  const copy = event.target.closest("[data-copy]");
  if (theme) prefer("theme", theme.dataset.themeChoice);
  if (density) {
    const view = density.closest("data-list[data-density]"); // a view has its own: changed here, it is so until the next page
    if (view) view.dataset.density = view.dataset.density === "compact" ? "comfort" : "compact";
    else prefer("density", root.dataset.density === "compact" ? "" : "compact");
  }
  if (event.target.closest("[data-theme-toggle]")) {
    const dark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    prefer("theme", dark ? "light" : "dark");
  }
  if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => toast(words.copied), () => toast(words.failed, "danger"));
});

// A button of the keyboard's own: "/" goes to the search field of the page.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
  const field = document.querySelector("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
});

// At once: left to itself htmx waits for a timer, which on a busy machine comes seconds after "/" answers; what is typed
// between the two would never be sent. Then what came before all of this.
htmx.process(document.body);
const parsed = new Promise((resolve) => {
  if (document.readyState === "complete") resolve();
  else addEventListener("DOMContentLoaded", resolve, { once: true }); // every module of the page has run by then
});
Promise.allSettled([parsed, ...late]).then(retell);
