// A board of deals: cards dragged with mouse, pen and touch (SortableJS), and the same moves by the keyboard and by a menu.
import "../vendor/sortable.js";
import { csrf, sessionOver, toast, words } from "./util.js";

customElements.define("kanban-board", class extends HTMLElement {
  connectedCallback() {
    if (this.ready || !("writes" in this.dataset)) return; // htmx morphs this element in place
    this.ready = true;
    this.dataset.ready = "";
    this.saving = Promise.resolve();
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.click(event));
    this.closest("data-list").addEventListener("htmx:after:settle", () => this.settled());
    this.watch();
  }

  get lists() {
    return [...this.querySelectorAll(".col > .cards-scroll > .cards")];
  }

  watch() {
    for (const list of this.lists) {
      if (self.Sortable.get(list)) continue;
      self.Sortable.create(list, {
        group: "deals", animation: 120, delay: 220, delayOnTouchOnly: true, touchStartThreshold: 6, filter: "[data-move]", preventOnFilter: false,
        ghostClass: "ghost", dragClass: "drag", forceFallback: true, fallbackOnBody: true, scroll: true, bubbleScroll: true,
        onStart: ({ item }) => {
          this.classList.add("dragging");
          this.undo = this.mark(item);
        },
        onEnd: (event) => {
          this.classList.remove("dragging");
          if (event.from !== event.to || event.oldIndex !== event.newIndex) this.save(event.item, this.undo);
        },
      });
    }
  }

  /** Cards that « Voir plus » brought join their column's own list. */
  settled() {
    for (const more of this.querySelectorAll("ol[data-more]")) {
      const list = this.querySelector(`#${more.dataset.more}`);
      const first = more.firstElementChild;
      for (const card of [...more.children]) if (!this.querySelector(`.cards:not([data-more]) > #${card.id}`)) list.append(card);
      more.remove();
      if (document.activeElement === document.body) first?.focus();
    }
    this.watch();
  }

  say(key, card) {
    const list = card.parentElement;
    const live = this.querySelector("[data-live]");
    live.textContent = live.dataset[key]
      .replace("{name}", card.querySelector("a").textContent)
      .replace("{column}", list.closest(".col").querySelector("h2").textContent.trim())
      .replace("{i}", [...list.children].indexOf(card) + 1)
      .replace("{n}", list.children.length);
  }

  /** What puts a card back where it is now. */
  mark(card) {
    const list = card.parentElement;
    const next = card.nextElementSibling;
    return () => list.insertBefore(card, next?.parentElement === list ? next : null);
  }

  place(card, list, index) {
    const rest = [...list.children].filter((other) => other !== card);
    list.insertBefore(card, rest[index] ?? null);
  }

  // ── Menu ───────────────────────────────────────────────────────────
  click(event) {
    const opener = event.target.closest("[data-move]");
    const target = event.target.closest("[data-to]");
    const menu = this.querySelector("#move-menu");
    if (opener) {
      this.card = opener.closest(".card");
      const here = this.card.closest(".col").dataset.stage;
      for (const button of menu.querySelectorAll("button")) button.toggleAttribute("aria-current", button.dataset.to === here);
      menu.showPopover({ source: opener });
      menu.querySelector("button").focus();
    } else if (target) {
      menu.hidePopover();
      const undo = this.mark(this.card);
      this.place(this.card, this.querySelector(`#cards-${target.dataset.to}`), 0);
      this.card.focus();
      this.save(this.card, undo);
    }
  }

  // ── Keyboard ───────────────────────────────────────────────────────
  key(event) {
    const menu = event.target.closest("#move-menu");
    if (menu) return this.walk(event, menu);
    const card = event.target.closest(".card");
    if (!card || event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const held = card === this.held;
    if (event.key === " " && held) this.release("dropped", (undo) => this.save(card, undo));
    else if (event.key === " ") this.hold(card);
    else if (event.key === "Escape" && held) this.release("cancelled", (undo) => undo());
    else if (side || step) this.step(card, held, side, step);
    else if (event.key === "Enter") card.querySelector("a").click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  walk(event, menu) {
    const buttons = [...menu.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length].focus();
  }

  hold(card) {
    this.held = card;
    this.back = this.mark(card);
    card.classList.add("grabbed");
    this.say("grabbed", card);
  }

  release(word, end) {
    const card = this.held;
    card.classList.remove("grabbed");
    this.held = null;
    end(this.back);
    card.focus();
    this.say(word, card);
  }

  step(card, held, side, step) {
    const lists = this.lists;
    const list = card.parentElement;
    const index = [...list.children].indexOf(card);
    const aside = lists[lists.indexOf(list) + (side ?? 0)];
    if (held) {
      if (step) this.place(card, list, Math.max(0, index + step));
      else if (aside) this.place(card, aside, index);
      card.focus();
      card.scrollIntoView({ block: "nearest", inline: "nearest" });
      this.say("moved", card);
    } else {
      const next = step ? list.children[index + step] : aside?.children[Math.min(index, aside.children.length - 1)];
      next?.focus();
    }
  }

  // ── Saving ─────────────────────────────────────────────────────────
  save(card, undo) {
    const around = (other) => (other?.matches(".card") ? other.dataset.id : "");
    const move = {
      stage: card.closest(".col").dataset.stage, above: around(card.previousElementSibling), below: around(card.nextElementSibling), fetch: "1",
    };
    this.saving = this.saving.then(() => this.send(card, move, undo)); // one after the other, in the order of the gestures
  }

  async send(card, move, undo) {
    try {
      const url = `${this.dataset.base}${card.dataset.id}/stage/?${this.dataset.query}`;
      const answer = await fetch(url, { method: "POST", headers: csrf, body: new URLSearchParams(move) });
      if (sessionOver(answer)) return location.reload();
      if (!answer.ok) {
        undo();
        return toast({ 403: words.forbidden, 404: words.gone }[answer.status] ?? words.failed, "danger");
      }
      const { totals, open, ask, said } = await answer.json();
      if (ask) {
        undo();
        return this.closest("data-list").open(ask);
      }
      for (const [stage, [count, total]] of Object.entries(totals)) {
        const column = this.querySelector(`.col[data-stage="${stage}"]`);
        column.querySelector("[data-count]").textContent = count;
        column.querySelector("[data-total]").textContent = total;
      }
      document.querySelectorAll("#board-sum b").forEach((figure, place) => (figure.textContent = open[place]));
      if (said) toast(said);
    } catch {
      undo();
      toast(navigator.onLine ? words.failed : words.offline, "danger");
    }
  }
});
