// Ctrl K: an ARIA combobox. The server renders the options as links; this moves among them.
import { sessionOver } from "./util.js";

class CommandPalette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.list = this.querySelector('[role="listbox"]');
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      if (this.dialog.open) this.dialog.close();
      else this.open();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-palette-open]")) return;
      event.preventDefault();
      this.open();
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog || event.target.closest("[data-palette-close]")) this.dialog.close();
    });
    this.input.addEventListener("input", () => {
      this.pending = true;
      this.enter = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 90);
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointermove", (event) => {
      const option = event.target.closest('a[role="option"]');
      if (option) this.select(option);
    });
  }

  open() {
    document.querySelector("#sidebar:popover-open")?.hidePopover();
    this.input.value = "";
    this.enter = false;
    this.dialog.showModal();
    this.load();
  }

  async load() {
    this.abort?.abort();
    this.abort = new AbortController();
    this.pending = true;
    const url = `${this.dataset.url}?${new URLSearchParams({ q: this.input.value })}`;
    try {
      const answer = await fetch(url, { signal: this.abort.signal, headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
      if (sessionOver(answer)) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      this.list.innerHTML = await answer.text();
      this.pending = false;
      this.options.forEach((option, rank) => (option.id ||= `palette-${rank}`));
      this.select(this.options[0]);
      if (this.enter) this.options[0]?.click(); // Enter came before the answer
    } catch (error) {
      if (error.name === "AbortError") return;
      this.pending = false;
      const words = document.createElement("p");
      Object.assign(words, { className: "palette-none", role: "option", ariaDisabled: "true", ariaSelected: "false" });
      words.textContent = this.dataset.failed;
      this.list.replaceChildren(words);
    }
  }

  get options() {
    return [...this.list.querySelectorAll('a[role="option"]')];
  }

  select(option) {
    this.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    const all = this.options;
    const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.select(all[(here + step + all.length) % all.length]);
    else if (event.key === "Enter" && this.pending) this.enter = true;
    else if (event.key === "Enter") all[here]?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey }));
    else return;
    event.preventDefault();
  }
}
customElements.define("command-palette", CommandPalette);
