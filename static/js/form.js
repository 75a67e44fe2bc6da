// Forms: the summary of errors takes the focus, nothing is sent twice, unsaved work asks before it is left.
import { toast } from "./util.js";

document.querySelector("[data-error-summary]:not(.specimens *)")?.focus();

let unsaved = Boolean(document.querySelector("form[data-unsaved]"));
for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    if (event.target.closest("form[data-guard]")) unsaved = true;
  });
}

// The server refuses more than 5 MB: said here, where nothing is lost yet.
const LIMIT = 5 * 1024 * 1024;
const tooLarge = (form) => form.dataset.tooLarge
  && new Blob([...new FormData(form)].map(([, value]) => (typeof value === "string" ? encodeURIComponent(value) : ""))).size > LIMIT;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.matches("[data-sent]")) return event.preventDefault();
  if (tooLarge(form)) {
    event.preventDefault();
    return toast(form.dataset.tooLarge, "danger");
  }
  unsaved = false;
  form.toggleAttribute("data-sent", true);
  event.submitter?.setAttribute("aria-busy", "true");
});
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
});
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
addEventListener("pageshow", () => { // back from the next page: the form can be sent again
  for (const form of document.querySelectorAll("[data-sent]")) form.removeAttribute("data-sent");
  for (const button of document.querySelectorAll('[aria-busy="true"]')) button.removeAttribute("aria-busy");
});

// The place where a file is dropped says which file it holds.
const unit = (name) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: name, maximumFractionDigits: 1 });
const weight = (bytes) => (bytes < 1e6 ? unit("kilobyte").format(bytes / 1e3) : unit("megabyte").format(bytes / 1e6));
for (const zone of document.querySelectorAll(".dropzone")) {
  const input = zone.querySelector("input");
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, () => zone.classList.add("over"));
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  input.addEventListener("change", () => {
    const [file] = input.files;
    zone.classList.toggle("filled", Boolean(file));
    if (file) zone.querySelector("[data-file-name]").textContent = `${file.name} (${weight(file.size)})`;
  });
}
