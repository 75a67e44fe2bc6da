// The list: j and k walk the rows, x ticks one; a selection outlives paging, sorting and filtering; small forms about
// the list (a view, the columns, many rows at once) open in a dialog, and are pages of their own without this module.
import { csrf, sessionOver, toast, words } from "./util.js";

class DataList extends HTMLElement {
  chosen = new Set();

  connectedCallback() {
    if (this.ready) return; // htmx morphs this element in place
    this.ready = true;
    document.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("change", (event) => this.change(event), true);
    this.addEventListener("toggle", (event) => this.toggled(event), true);
    this.addEventListener("submit", (event) => this.submit(event), true);
    this.addEventListener("htmx:after:settle", () => this.settled());
    addEventListener("pageshow", () => this.restore());
    this.restore();
    this.count();
  }

  get boxes() {
    return [...this.querySelectorAll('input[name="ids"]')];
  }

  get bar() {
    return this.querySelector(".bulkbar");
  }

  // ── Selection ──────────────────────────────────────────────────────
  click(event) {
    const box = event.target.closest('.table input[name="ids"]');
    if (box && event.shiftKey && this.last) {
      const all = this.boxes;
      const [from, to] = [all.indexOf(this.last), all.indexOf(box)].sort((a, b) => a - b);
      for (const each of all.slice(Math.max(from, 0), to + 1)) this.note(each, box.checked);
      this.draw();
    }
    if (box) this.last = box;
    if (event.target.closest("[data-bulk-clear]")) {
      this.chosen.clear();
      this.bar.elements.all.checked = false;
      this.draw();
    }
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.open(link.href);
    }
    if (event.target.closest("[data-dialog-close]") && event.target.closest("dialog")) {
      event.preventDefault();
      this.dialog.close();
    }
  }

  change(event) {
    const box = event.target;
    if (box.matches("[data-check-all]")) for (const each of this.boxes) this.note(each, box.checked);
    else if (box.name === "ids") this.note(box, box.checked);
    else if (!box.closest(".bulkbar, dialog")) return;
    event.stopPropagation(); // a tick is no filter
    const field = box.closest(".bulk-field");
    if (field && !box.matches("[data-tick]")) field.querySelector("[data-tick]").checked = true;
    this.draw();
  }

  note(box, on) {
    if (on) this.chosen.add(box.value);
    else this.chosen.delete(box.value);
  }

  restore() {
    for (const box of this.boxes) if (box.checked) this.chosen.add(box.value); // ticked before this module was there, or kept by the browser
    this.draw();
  }

  draw() {
    const bar = this.bar;
    if (!bar) return;
    const boxes = this.boxes;
    const all = bar.elements.all;
    if (this.chosen.size === 0) all.checked = false;
    for (const box of boxes) box.checked = this.chosen.has(box.value);
    const on = boxes.filter((box) => box.checked).length;
    const head = this.querySelector("[data-check-all]");
    head.checked = on > 0 && on === boxes.length;
    head.indeterminate = on > 0 && on < boxes.length;
    bar.classList.toggle("on", this.chosen.size > 0);
    this.classList.toggle("all-rows", all.checked);
    bar.querySelector("output").value = all.checked ? all.closest("label").dataset.total : this.chosen.size;
  }

  /** The rows of other pages go along with those of this one. */
  submit(event) {
    if (event.target.matches(".bulkbar")) {
      event.preventDefault();
      const data = new FormData(event.target, event.submitter);
      data.delete("ids");
      data.append("ids", [...this.chosen].join(","));
      this.open(event.target.getAttribute("action"), data); // its buttons are named "action" too
    } else if (event.target.closest("dialog") && event.submitter?.matches('[name="up"], [name="down"]')) {
      event.preventDefault();
      this.move(event.submitter);
    } else if (event.target.closest("dialog") && "within" in event.target.dataset) {
      event.preventDefault();
      this.send(event.target, event.submitter);
    } else if (event.target.closest("dialog") && event.target.dataset.sends) {
      // The answer is a file: the page stays, so it says what happens. (Closed at once, the form would not be sent.)
      setTimeout(() => this.dialog.close());
      toast(event.target.dataset.sends);
    }
  }

  // ── Dialog ─────────────────────────────────────────────────────────
  get dialog() {
    return this.querySelector("dialog.sheet");
  }

  /** Shows in the dialog what the server answers; a page that is no form (nothing left to do) is gone to. */
  async open(url, body, sent) {
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial", ...(body ? csrf : {}) };
    try {
      const answer = await fetch(url, { method: body ? "POST" : "GET", headers, body });
      const next = body && answer.headers.get("HX-Redirect");
      if (answer.redirected || next) return location.assign(next || answer.url);
      if (sent && answer.status === 401) return sent.submit(); // as a page, the server keeps what was typed
      if (sessionOver(answer)) return location.reload();
      if (!answer.ok && answer.status !== 422) return toast(answer.status === 403 ? words.forbidden : words.failed, "danger");
      this.dialog.querySelector(".sheet-body").innerHTML = await answer.text();
    } catch {
      return toast(navigator.onLine ? words.failed : words.offline, "danger");
    }
    const form = this.dialog.querySelector("form");
    if (!form) return location.reload();
    this.dialog.querySelector("h2").textContent = form.dataset.title;
    if (form.querySelector("look-up")) import("./lookup.js");
    if (!this.dialog.open) this.dialog.showModal();
    (form.querySelector("[data-error-summary]") ?? form.querySelector("[autofocus], input:not([type=hidden]), select, textarea, button"))?.focus();
  }

  /** What is refused is told in the dialog. */
  async send(form, submitter) {
    if ("sent" in form.dataset) return;
    form.dataset.sent = "";
    await this.open(form.action, new FormData(form, submitter), form);
    delete form.dataset.sent;
  }

  /** A column one place up or down; the arrow keeps the focus, or the other one at an end. */
  move(button) {
    const item = button.closest("li");
    const other = button.name === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (button.name === "up") other.before(item);
    else other.after(item);
    const end = item.matches(":first-child") ? "down" : item.matches(":last-child") ? "up" : button.name;
    item.querySelector(`[name="${end}"]`).focus();
  }

  // ── Facets ─────────────────────────────────────────────────────────
  /** The counts of a facet are asked for when its menu opens. */
  async toggled(event) {
    const menu = event.target;
    if (event.newState !== "open" || !menu.dataset?.counts) return;
    try {
      const answer = await fetch(menu.dataset.counts);
      if (!answer.ok || answer.status === 204) return;
      const counts = await answer.json();
      for (const label of menu.querySelectorAll("label"))
        label.querySelector(".count").textContent = counts[label.querySelector("input").value] ?? "0";
    } catch {
      // the options are there without their counts
    }
  }

  /** The tabs that the page left without a figure: all in one request, once. */
  async count() {
    const nav = this.querySelector(".tabs:has([data-view])");
    if (!nav) return;
    const counts = await fetch(nav.dataset.counts).then((answer) => (answer.ok && !sessionOver(answer) ? answer.json() : {})).catch(() => ({}));
    for (const tab of this.querySelectorAll("[data-view]")) tab.textContent = counts[tab.dataset.view] ?? "";
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
