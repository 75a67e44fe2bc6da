// The list: j and k walk the rows, x ticks one; a selection outlives paging, sorting and filtering.
class DataList extends HTMLElement {
  chosen = new Set();

  connectedCallback() {
    if (this.ready) return; // htmx morphs this element in place
    this.ready = true;
    document.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("change", (event) => this.change(event), true);
    this.addEventListener("htmx:after:settle", () => this.settled());
  }

  get boxes() {
    return [...this.querySelectorAll('input[name="ids"]')];
  }

  click(event) {
    const box = event.target.closest('input[name="ids"]');
    if (box && event.shiftKey && this.last) {
      const all = this.boxes;
      const [from, to] = [all.indexOf(this.last), all.indexOf(box)].sort((a, b) => a - b);
      for (const each of all.slice(from, to + 1)) this.note(each, box.checked);
      this.draw();
    }
    if (box) this.last = box;
    if (event.target.closest("[data-bulk-clear]")) {
      this.chosen.clear();
      this.draw();
    }
  }

  change(event) {
    if (event.target.matches("[data-check-all]")) for (const box of this.boxes) this.note(box, event.target.checked);
    else if (event.target.name === "ids") this.note(event.target, event.target.checked);
    else return;
    event.stopPropagation(); // a tick is no filter
    this.draw();
  }

  note(box, on) {
    if (on) this.chosen.add(box.value);
    else this.chosen.delete(box.value);
  }

  draw() {
    const bar = this.querySelector(".bulkbar");
    if (!bar) return;
    const all = this.boxes;
    for (const box of all) box.checked = this.chosen.has(box.value);
    const on = all.filter((box) => box.checked).length;
    const head = this.querySelector("[data-check-all]");
    head.checked = on > 0 && on === all.length;
    head.indeterminate = on > 0 && on < all.length;
    bar.hidden = this.chosen.size === 0;
    bar.querySelector("output").value = this.chosen.size;
  }

  settled() {
    this.draw();
    this.querySelector("#sort-menu:popover-open")?.hidePopover();
    const wrap = this.querySelector(".table-wrap");
    if (wrap) wrap.scrollTop = 0;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    const links = [...this.querySelectorAll("tbody .main > a")];
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    if (event.key === "j") links[Math.min(here + 1, links.length - 1)]?.focus();
    else if (event.key === "k") links[Math.max(here - 1, 0)]?.focus();
    else if (event.key === "x" && here >= 0) links[here].closest("tr").querySelector('input[name="ids"]')?.click();
    else return;
    event.preventDefault();
  }
}
customElements.define("data-list", DataList);
