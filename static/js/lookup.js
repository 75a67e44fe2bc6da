// A field that finds a row of another list: an ARIA combobox. Without it, the text alone is enough to the server.
// With data-create its last option creates the row that is missing.
class LookUp extends HTMLElement {
  connectedCallback() {
    [this.key, this.input] = this.querySelectorAll("input");
    this.list = this.querySelector('[role="listbox"]');
    this.status = this.querySelector('[role="status"]');
    this.input.addEventListener("input", () => {
      this.key.value = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 120);
    });
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) this.choose(option);
    });
  }

  async load() {
    const q = this.input.value.trim();
    this.abort?.abort();
    if (!q) return this.close();
    this.abort = new AbortController();
    try {
      const answer = await fetch(`${this.dataset.url}?${new URLSearchParams({ q })}`, { signal: this.abort.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const { results } = await answer.json();
      if (document.activeElement === this.input) this.draw(results);
    } catch (error) {
      if (error.name !== "AbortError") this.draw([], this.dataset.failed);
    }
  }

  option(title, hint = "", css = "grow") {
    const option = document.createElement("div");
    const name = document.createElement("span");
    const more = document.createElement("small");
    option.role = "option";
    option.ariaSelected = "false";
    name.className = css;
    name.textContent = title;
    more.textContent = hint;
    option.append(name, more);
    return option;
  }

  draw(rows, words = this.dataset.none) {
    const options = rows.map((row) => {
      const option = this.option(row.title, row.subtitle);
      option.dataset.pk = row.pk;
      option.dataset.title = row.title;
      return option;
    });
    if (!options.length) {
      const none = this.option(words, "", "grow faint");
      none.ariaDisabled = "true";
      options.push(none);
    }
    this.status.textContent = options[0].dataset.pk ? "" : words;
    const text = this.input.value.trim();
    if (this.dataset.create) {
      const add = this.option(this.dataset.createLabel.replace("%s", text));
      add.dataset.add = text;
      add.classList.add("create");
      options.push(add);
    }
    options.forEach((option, rank) => { option.id = `${this.list.id}_${rank}`; });
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.input.ariaExpanded = "true";
    this.select(this.options[0]);
    this.list.scrollIntoView({ block: "nearest" }); // all of it, though the field be at the bottom
  }

  get options() {
    return [...this.list.querySelectorAll("[data-pk], [data-add]")];
  }

  select(option) {
    this.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.ariaSelected = "true";
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(option) {
    if (option.dataset.add !== undefined) return this.create(option.dataset.add);
    if (option.dataset.pk) this.take(option.dataset.pk, option.dataset.title);
  }

  take(pk, title) {
    this.key.value = pk;
    this.input.value = title;
    this.close();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async create(text) {
    this.close();
    const { create } = await import("./quick.js");
    const made = await create(this.dataset.create, text);
    if (made) this.take(made.pk, made.title);
    this.input.focus();
  }

  close() {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const all = this.options;
    const here = all.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (this.list.hidden) {
      if (event.key === "ArrowDown" && this.input.value) this.load();
      return;
    }
    if (step && all.length) this.select(all[(here + step + all.length) % all.length]);
    else if (event.key === "Enter" && all[here]) this.choose(all[here]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}
customElements.define("look-up", LookUp);
