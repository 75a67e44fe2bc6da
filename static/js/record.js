// The record: facts changed in place, files dropped on their form, people cited in notes.
import "./lookup.js";

// What cannot be undone asks first.
document.addEventListener("submit", (event) => {
  const words = event.target.dataset.confirm;
  if (!words || confirm(words)) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

// A fact that became a form takes the focus; Escape gives it back; once saved, its pencil has the focus again.
let last = "";
const pencil = () => document.querySelector(`#fact-${CSS.escape(last)} .fact-edit`);

document.addEventListener("htmx:after:swap", () => {
  const form = document.querySelector("form[data-in-place]:not([data-ready])");
  if (form) {
    form.toggleAttribute("data-ready", true);
    last = form.closest(".fact").id.replace("fact-", "");
    const field = form.querySelector("input:not([type=hidden]), select, textarea");
    field?.focus();
    if (field?.type === "text") field.select();
  } else if (last && !document.querySelector("form[data-in-place]")) {
    pencil()?.focus();
    last = "";
  }
  const tags = document.querySelector("#record-tags [autofocus]");
  if (tags) {
    tags.removeAttribute("autofocus");
    tags.focus();
  }
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-in-place]");
  if (!form || event.defaultPrevented) return;
  if (event.key === "Escape") {
    event.preventDefault();
    form.querySelector("[data-cancel]").click();
  } else if (event.key === "Enter" && event.target.matches("textarea") && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

// A file that is too large is told before it travels; files dropped are sent at once.
for (const form of document.querySelectorAll(".file-form")) {
  const input = form.querySelector("input[type=file]");
  const said = form.querySelector("[data-file-error]");
  const fits = () => {
    const large = [...input.files].filter((file) => file.size > Number(form.dataset.max)).map((file) => file.name);
    said.textContent = large.length ? `${large.join(", ")} — ${form.dataset.tooLarge}` : "";
    said.hidden = !large.length;
    return !large.length;
  };
  const region = form.closest(".scroll");
  const zone = form.querySelector(".dropzone");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  region.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  region.addEventListener("dragleave", (event) => {
    if (!region.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  region.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    input.files = event.dataTransfer.files;
    if (fits()) form.requestSubmit();
  });
  input.addEventListener("change", fits);
  form.addEventListener("submit", (event) => {
    if (!fits()) event.preventDefault();
  }, true);
}

// « @ » in a note opens the list of those who may read the record.
class MentionBox extends HTMLElement {
  connectedCallback() {
    this.text = this.querySelector("textarea");
    this.list = this.querySelector('[role="listbox"]');
    this.list.id ||= "mention-list";
    this.text.setAttribute("aria-controls", this.list.id);
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 100);
    });
    this.text.addEventListener("keydown", (event) => this.press(event));
    this.text.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-pk]");
      if (option) this.choose(option);
    });
  }

  /** What is typed after the last @, up to the caret; null when no mention is being written. */
  get typed() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    return before.match(/(?:^|\s)@([\p{L}\p{M}'’-]*(?: [\p{L}\p{M}'’-]*)?)$/u)?.[1] ?? null;
  }

  async load() {
    const q = this.typed;
    this.abort?.abort();
    if (q === null) return this.close();
    this.abort = new AbortController();
    try {
      const answer = await fetch(`${this.dataset.url}?${new URLSearchParams({ q })}`, { signal: this.abort.signal });
      if (answer.ok) this.draw((await answer.json()).results);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  draw(people) {
    if (!people.length) return this.close();
    this.list.replaceChildren(...people.map((person, rank) => {
      const option = document.createElement("div");
      option.id = `${this.list.id}-${rank}`;
      option.role = "option";
      option.ariaSelected = "false";
      option.dataset.pk = person.pk;
      option.textContent = person.title;
      return option;
    }));
    this.list.hidden = false;
    this.select(this.list.firstElementChild);
  }

  select(option) {
    this.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    option.ariaSelected = "true";
    this.text.setAttribute("aria-activedescendant", option.id);
  }

  choose(option) {
    const end = this.text.selectionStart;
    const start = end - this.typed.length;
    this.text.setRangeText(`${option.textContent} `, start, end, "end");
    const key = document.createElement("input");
    Object.assign(key, { type: "hidden", name: "mention", value: option.dataset.pk });
    this.append(key);
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }

  press(event) {
    if (this.list.hidden) return;
    const all = [...this.list.children];
    const here = all.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.select(all[(here + step + all.length) % all.length]);
    else if (event.key === "Enter" || event.key === "Tab") this.choose(all[here]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}
customElements.define("mention-box", MentionBox);
