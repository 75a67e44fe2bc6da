// While a record is typed: the ones that it looks like, asked of the server, told beside the form. Nothing is blocked.
import { csrf, sessionOver } from "./util.js";

const PAUSE = 500; // ms without a key

customElements.define("similar-rows", class extends HTMLElement {
  #abort = new AbortController();
  #asked = null;
  #timer = 0;
  #last = "";

  connectedCallback() {
    const form = this.closest("form");
    const prefix = this.dataset.prefix ? `${this.dataset.prefix}-` : "";
    const names = new Set(this.dataset.fields.split(" ").flatMap((name) => [prefix + name, `${prefix}${name}_text`]));
    this.#last = this.#values(form, names).toString(); // what is there already was judged when it was saved
    for (const type of ["input", "change"]) {
      form.addEventListener(type, (event) => {
        if (!names.has(event.target.name)) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#ask(form, names), PAUSE);
      }, { signal: this.#abort.signal });
    }
    if (prefix) this.#ask(form, names, true); // the dialog opens with what was typed in the search
  }

  disconnectedCallback() {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  #values(form, names) {
    return new URLSearchParams([...new FormData(form)].filter(([name, value]) => names.has(name) && typeof value === "string"));
  }

  async #ask(form, names, first = false) {
    const data = this.#values(form, names);
    if (data.toString() === this.#last && !first) return;
    this.#last = data.toString();
    data.set("_row", form.elements._row?.value ?? "");
    if (this.dataset.prefix) data.set("_prefix", this.dataset.prefix);
    this.#asked?.abort();
    this.#asked = new AbortController();
    try {
      const answer = await fetch(this.dataset.url, { method: "POST", headers: csrf, body: data, signal: this.#asked.signal });
      if (answer.ok && !sessionOver(answer)) this.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") this.replaceChildren(); // offline: a help that fails is no obstacle
    }
  }
});
