// The table of contents of the API's documentation: what is typed leaves only the lines that hold every word of it.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

class DocsFilter extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("[data-search]");
    this.open = new Set(this.querySelectorAll("details[open]"));
    this.field.addEventListener("input", () => this.filter());
    // On a phone it stands above the page: a link leads to what is beneath.
    this.addEventListener("click", (event) => {
      const nav = this.closest("[popover]");
      if (event.target.closest("a") && nav.matches(":popover-open")) nav.hidePopover();
    });
  }

  filter() {
    const words = fold(this.field.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const section of this.querySelectorAll("section")) {
      for (const group of section.querySelectorAll("details")) {
        const own = fold(group.querySelector("summary").textContent);
        const shown = this.lines(group, words, own);
        group.hidden = shown === 0;
        group.open = words.length ? shown > 0 : this.open.has(group);
      }
      const plain = [...section.children].find((child) => child.matches("ul"));
      if (plain) this.lines(plain, words, "");
      const some = section.querySelectorAll("li:not([hidden])").length;
      section.hidden = some === 0;
      found += some;
    }
    this.querySelector("[data-none]").hidden = found > 0;
  }

  lines(place, words, above) {
    let shown = 0;
    for (const line of place.querySelectorAll("li")) {
      const text = `${above} ${fold(line.textContent)}`;
      line.hidden = !words.every((word) => text.includes(word));
      shown += line.hidden ? 0 : 1;
    }
    return shown;
  }
}
customElements.define("docs-filter", DocsFilter);
