// A field that finds a row of another list: an ARIA combobox. Without it, the text alone is enough to the server.
class LookUp extends HTMLElement {
  connectedCallback() {
    [this.key, this.input] = this.querySelectorAll("input");
    this.list = this.querySelector('[role="listbox"]');
    this.input.addEventListener("input", () => {
      this.key.value = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 120);
    });
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the focus stays in the field
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
      this.draw((await answer.json()).results);
    } catch (error) {
      if (error.name !== "AbortError") this.draw([], this.dataset.failed);
    }
  }

  draw(rows, words = this.dataset.none) {
    const options = rows.map((row, rank) => {
      const option = document.createElement("div");
      const title = document.createElement("span");
      const hint = document.createElement("small");
      option.id = `${this.list.id}_${rank}`;
      option.role = "option";
      option.ariaSelected = "false";
      option.dataset.pk = row.pk;
      title.className = "grow";
      title.textContent = option.dataset.title = row.title;
      hint.textContent = row.subtitle;
      option.append(title, hint);
      return option;
    });
    if (!options.length) {
      const none = document.createElement("div");
      none.role = "option";
      none.ariaDisabled = "true";
      none.className = "faint";
      none.textContent = words;
      options.push(none);
    }
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.input.ariaExpanded = "true";
    this.select(options[0]);
  }

  get options() {
    return [...this.list.querySelectorAll("[data-pk]")];
  }

  select(option) {
    this.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    if (!option?.id) return this.input.removeAttribute("aria-activedescendant");
    option.ariaSelected = "true";
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(option) {
    if (!option.dataset.pk) return;
    this.key.value = option.dataset.pk;
    this.input.value = option.dataset.title;
    this.close();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    clearTimeout(this.timer);
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
