// What every module needs: the CSRF header, a POST, and a toast.
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const area = document.querySelector(".toasts");

export const csrf = { "X-CSRFToken": token };
export const words = area?.dataset ?? {}; // the server writes the sentences: they are translated there

export const post = (url, data) => fetch(url, { method: "POST", headers: csrf, body: new URLSearchParams(data) });

/** Whether an answer says that nobody is signed in any more: fetch followed the way to the sign-in page, or may. */
export const sessionOver = (answer) => answer.redirected || answer.headers.has("HX-Redirect") || answer.status === 401;

/** Shows a message that leaves by itself; an error stays until it is closed. */
export function toast(text, tone = "good") {
  const model = area?.querySelector("template");
  if (!model) return;
  const box = model.content.cloneNode(true).firstElementChild;
  box.classList.add(tone);
  box.querySelector("p").textContent = text;
  area.append(box);
  watch(box);
}

/** Starts the clock of a toast; the pointer or the focus on it stops the clock. */
export function watch(box) {
  box.querySelector("button.icon-only").addEventListener("click", () => box.remove());
  if (box.matches(".danger, .warn")) return;
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 1500) : box.remove());
  setTimeout(leave, box.querySelector("form") ? 15000 : 6000); // time to undo
}
