// The calendar of activities: an entry dragged to another day or hour, or moved there by the keyboard.
import { csrf, sessionOver, toast, words } from "./util.js";

const NEAR = 6; // pixels that a press may tremble before it is a drag
const HOLD = 350; // milliseconds that a finger stays before it lifts an entry: until then it scrolls
const MORNING = 7; // the hour at which a day opens
const STEP = 30; // minutes of an arrow key
const pad = (number) => String(number).padStart(2, "0");

customElements.define("activity-calendar", class extends HTMLElement {
  connectedCallback() {
    if (this.ready) return; // htmx morphs this element in place
    this.ready = true;
    this.dataset.ready = "";
    this.showNow();
    if (!("writes" in this.dataset)) return;
    this.addEventListener("pointerdown", (event) => this.press(event));
    // A finger that has lifted an entry neither scrolls nor opens the menu of its link.
    this.addEventListener("touchmove", (event) => this.ghost && event.preventDefault(), { passive: false });
    this.addEventListener("contextmenu", (event) => this.touched && event.preventDefault());
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("dblclick", (event) => this.create(event));
    this.addEventListener("click", (event) => this.dragged && event.preventDefault(), true);
    this.addEventListener("focusout", ({ target }) => target === this.held && this.release("cancelled"));
  }

  /** Opens at the morning, or at the hour of an earlier entry, with today's column in sight. */
  showNow() {
    const wrap = this.querySelector(".hours-wrap");
    if (!wrap) return;
    const hour = (wrap.querySelector(".grid").clientHeight / Number(this.dataset.quarters)) * 4;
    const tops = [...wrap.querySelectorAll(".grid .entry")].map((entry) => Math.floor(entry.offsetTop / hour));
    wrap.scrollTop = Math.min(MORNING - Number(this.dataset.first), ...tops) * hour;
    const today = wrap.querySelector(".today");
    if (today && today.offsetLeft + today.offsetWidth > wrap.clientWidth) wrap.scrollLeft = today.offsetLeft - wrap.querySelector(".corner").offsetWidth;
  }

  // ── Pointer ────────────────────────────────────────────────────────
  press(event) {
    const entry = event.target.closest(".entry");
    this.dragged = false;
    if (!entry || event.button !== 0 || this.ghost) return;
    const box = entry.getBoundingClientRect();
    this.touched = event.pointerType === "touch";
    const start = { x: event.clientX, y: event.clientY, within: event.clientY - box.top, held: !this.touched };
    const stop = new AbortController();
    const follow = { signal: stop.signal };
    if (this.touched) {
      const holding = setTimeout(() => {
        start.held = true;
        this.drag(event, entry, start, stop);
      }, HOLD);
      stop.signal.addEventListener("abort", () => clearTimeout(holding));
    }
    document.addEventListener("pointermove", (move) => this.drag(move, entry, start, stop), follow);
    document.addEventListener("pointerup", (up) => this.drop(up, entry, start, stop), follow);
    document.addEventListener("pointercancel", () => this.end(entry, stop), follow);
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.end(entry, stop), follow);
  }

  drag(event, entry, start, stop) {
    const near = Math.hypot(event.clientX - start.x, event.clientY - start.y) < NEAR;
    if (!start.held) return near || this.end(entry, stop); // the finger scrolls
    if (!this.ghost && near && !this.touched) return;
    if (!this.ghost) {
      this.dragged = true;
      this.ghost = entry.cloneNode(true);
      this.ghost.className = entry.className.replace(/\b(?:q|h|lane|of)\d+\b/g, "");
      this.ghost.classList.add("entry-ghost");
      this.append(this.ghost);
      entry.classList.add("lifted");
      getSelection()?.removeAllRanges();
    }
    this.ghost.style.translate = `${event.clientX + 8}px ${event.clientY - start.within}px`;
    const day = this.dayAt(event);
    for (const other of this.querySelectorAll(".over")) if (other !== day) other.classList.remove("over");
    day?.classList.add("over");
  }

  dayAt({ clientX, clientY }) {
    return document.elementsFromPoint(clientX, clientY).map((element) => element.closest("[data-day]:not(.entry)")).find(Boolean);
  }

  drop(event, entry, start, stop) {
    const day = this.ghost && this.dayAt(event);
    this.end(entry, stop);
    if (!day || !this.contains(day)) return;
    const quarters = this.quartersAt(day, event.clientY, start.within);
    const minute = quarters === null ? "" : Math.min(Math.max(Number(this.dataset.first) * 60 + Math.round(quarters) * 15, 0), 1425);
    if (day.dataset.day !== entry.dataset.day || (minute !== "" && minute !== Number(entry.dataset.minute))) this.save(entry, day.dataset.day, minute);
  }

  /** Quarters of an hour from the first hour shown to a height, or to so much above it; null where there are no hours. */
  quartersAt(day, height, above = 0) {
    const box = day.querySelector("[data-grid]")?.getBoundingClientRect();
    if (!box || height < Math.max(box.top, day.querySelector(".untimed").getBoundingClientRect().bottom)) return null;
    return ((height - above - box.top) / box.height) * Number(this.dataset.quarters);
  }

  /** A double press where nothing is begins an activity there, at that half hour; where there are no hours, at nine. */
  create(event) {
    const day = this.dayAt(event);
    if (!day || !this.contains(day) || event.target.closest("a, button, .entry")) return;
    const quarters = this.quartersAt(day, event.clientY);
    const minute = quarters === null ? 540 : Number(this.dataset.first) * 60 + Math.floor((quarters * 15) / STEP) * STEP;
    location.assign(`${this.dataset.base}new/?due_at=${day.dataset.day}T${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`);
  }

  end(entry, stop) {
    stop.abort();
    this.ghost?.remove();
    this.ghost = null;
    entry.classList.remove("lifted");
    for (const day of this.querySelectorAll(".over")) day.classList.remove("over");
    setTimeout(() => { this.dragged = this.touched = false; }); // after the click that ends the drag
  }

  // ── Keyboard ───────────────────────────────────────────────────────
  key(event) {
    const entry = event.target.closest(".entry");
    if (!entry || event.ctrlKey || event.metaKey || event.altKey) return;
    const held = entry === this.held;
    const month = this.dataset.span === "month";
    const days = { ArrowLeft: -1, ArrowRight: 1, ...(month ? { ArrowUp: -7, ArrowDown: 7 } : {}) }[event.key];
    const minutes = month ? 0 : { ArrowUp: -STEP, ArrowDown: STEP }[event.key];
    if (event.key === " " && !held) this.hold(entry);
    else if (event.key === " ") this.put();
    else if (event.key === "Escape" && held) this.release("cancelled");
    else if (held && (days || minutes)) this.shift(days ?? 0, minutes ?? 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  hold(entry) {
    this.held = entry;
    this.at = new Date(`${entry.dataset.day}T00:00`);
    this.at.setMinutes(Number(entry.dataset.minute));
    this.changedHour = false;
    entry.classList.add("grabbed");
    this.say("grabbed");
  }

  shift(days, minutes) {
    this.at.setDate(this.at.getDate() + days);
    if (minutes) {
      const [hour, rest] = [this.at.getHours() * 60 + this.at.getMinutes(), this.at];
      rest.setHours(0, Math.min(Math.max(hour + minutes, 0), 1410));
      this.changedHour = true;
    }
    for (const day of this.querySelectorAll("[data-day]:not(.entry)")) day.classList.toggle("over", day.dataset.day === this.day);
    this.say("moved");
  }

  get day() {
    return `${this.at.getFullYear()}-${pad(this.at.getMonth() + 1)}-${pad(this.at.getDate())}`;
  }

  say(word) {
    const day = this.at.toLocaleDateString(this.dataset.locale, { weekday: "long", day: "numeric", month: "long" });
    this.querySelector("[data-live]").textContent = this.dataset[word]
      .replace("{name}", this.held.querySelector(".subject").textContent)
      .replace("{day}", day)
      .replace("{hour}", `${this.at.getHours()}\u00a0h\u00a0${pad(this.at.getMinutes())}`);
  }

  put() {
    const entry = this.held;
    const minute = this.changedHour ? this.at.getHours() * 60 + this.at.getMinutes() : "";
    const day = this.day;
    this.release("dropped");
    this.save(entry, day, minute);
  }

  release(word) {
    const entry = this.held;
    if (!entry) return;
    this.say(word);
    this.held = null;
    entry.classList.remove("grabbed");
    for (const day of this.querySelectorAll(".over")) day.classList.remove("over");
  }

  // ── Saving ─────────────────────────────────────────────────────────
  /** The server moves it, then the page is asked for anew: places and lanes are its business. */
  async save(entry, day, minute) {
    const { id } = entry.dataset;
    try {
      const answer = await fetch(`${this.dataset.base}${id}/time/`, { method: "POST", headers: csrf, body: new URLSearchParams({ day, minute }) });
      if (sessionOver(answer)) return location.reload();
      if (!answer.ok) return toast({ 403: words.forbidden, 404: words.gone }[answer.status] ?? words.failed, "danger");
      const { said } = await answer.json();
      await this.refresh();
      this.querySelector(`.entry[data-id="${id}"]`)?.focus();
      toast(said);
    } catch {
      toast(navigator.onLine ? words.failed : words.offline, "danger");
    }
  }

  async refresh() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("activity-calendar");
    if (!fresh) return location.reload();
    const { scrollTop: top, scrollLeft: left } = this.querySelector(".hours-wrap") ?? {};
    this.replaceChildren(...fresh.childNodes);
    this.querySelector(".hours-wrap")?.scrollTo({ top, left, behavior: "instant" });
  }
});
