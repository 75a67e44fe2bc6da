// What is typed in a form is kept on the server every few seconds, and when the page is left. Never files, never silently back.
import { csrf, sessionOver, words } from "./util.js";

const WAIT = 2500;
const BEACON = 60000; // bytes that the browser still sends when a page goes

for (const form of document.querySelectorAll("form[data-draft]")) {
  const state = form.querySelector("[data-draft-state]");
  let timer, sending, changed = form.hasAttribute("data-unsaved") && !location.search.includes("draft=");

  const body = () => {
    const all = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
    return new URLSearchParams(all);
  };
  const send = (leaving = false) => {
    clearTimeout(timer);
    timer = undefined;
    if (!changed || form.hasAttribute("data-sent")) return;
    const content = body();
    if (leaving && String(content).length > BEACON) return;
    changed = false;
    sending = fetch(form.dataset.draft, { method: "POST", headers: csrf, body: content, keepalive: leaving })
      .then((answer) => (sessionOver(answer) ? { problem: words.signedOut, lost: true } : answer.ok ? answer.json() : {}))
      .then(({ at, problem, lost }) => {
        if (state && (at || problem)) state.textContent = problem || `${form.dataset.kept} ${at}`;
        if (lost || (!at && !problem)) changed = true;
      })
      .catch(() => { changed = true; }); // offline: the next change tries again
  };
  const later = () => {
    changed = true;
    timer ??= setTimeout(send, WAIT);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send(true);
  });
  addEventListener("pagehide", () => send(true));
  if (changed) later();
}
