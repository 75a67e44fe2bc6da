// The dialog in which a combobox creates a row: the server's small form, in a <dialog> outside the form that is open.
import { csrf, sessionOver, toast, words } from "./util.js";

const read = async (answer) => {
  if (!answer.ok || sessionOver(answer)) throw new Error(String(answer.status));
  return answer.json();
};

/** Asks for what is missing; resolves to {pk, title}, or null when the person gives up. */
export function create(url, text) {
  const dialog = document.createElement("dialog");
  dialog.className = "quick";
  dialog.setAttribute("aria-labelledby", "quick-title");
  document.body.append(dialog);
  return new Promise((resolve) => {
    let made = null;
    const draw = (html) => {
      dialog.innerHTML = html;
      if (!dialog.open) dialog.showModal();
      const summary = dialog.querySelector("[data-error-summary]");
      (summary ?? dialog.querySelector(".fields :is(input:not([type=hidden]), select, textarea)"))?.focus();
    };
    const fail = () => {
      toast(navigator.onLine ? words.failed : words.offline, "danger");
      if (!dialog.open) dialog.dispatchEvent(new Event("close"));
    };
    dialog.addEventListener("click", (event) => {
      if (event.target.closest("[data-close]")) dialog.close();
    });
    dialog.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = dialog.querySelector("[type=submit]");
      if (button.ariaBusy === "true") return;
      button.ariaBusy = "true";
      try {
        const answer = await read(await fetch(url, { method: "POST", headers: csrf, body: new FormData(event.target) }));
        if (answer.html) return draw(answer.html);
        made = answer;
        toast(answer.said);
        dialog.close();
      } catch {
        button.ariaBusy = "false";
        fail();
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(made);
    });
    fetch(`${url}?${new URLSearchParams({ text })}`).then(read).then(({ html }) => draw(html), fail);
  });
}
