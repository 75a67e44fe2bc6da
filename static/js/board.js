// The home page being arranged: tiles moved by their arrows or dragged; each move is kept at once.
import "../vendor/sortable.js";
import { csrf, sessionOver, toast, words } from "./util.js";

customElements.define("tile-board", class extends HTMLElement {
  connectedCallback() {
    this.form = document.getElementById("arrange");
    this.board = this.querySelector(".board");
    this.saving = Promise.resolve();
    this.form.addEventListener("submit", (event) => this.move(event));
    self.Sortable.create(this.board, { handle: ".grip", animation: 140, onEnd: ({ item }) => this.moved(item) });
    this.dataset.ready = "";
  }

  move(event) {
    const button = event.submitter;
    if (!button?.matches('[name="up"], [name="down"]')) return; // adding and removing need the server's page
    event.preventDefault();
    const card = button.closest(".card");
    const back = button.name === "up";
    const other = back ? card.previousElementSibling : card.nextElementSibling;
    if (!other) return;
    if (back) other.before(card);
    else other.after(card);
    const end = back ? !card.previousElementSibling : !card.nextElementSibling;
    (end ? card.querySelector(`[name="${back ? "down" : "up"}"]`) : button).focus();
    this.moved(card);
  }

  moved(card) {
    const cards = [...this.board.children];
    this.querySelector("[role=status]").textContent = this.dataset.place
      .replace("{name}", card.querySelector("h2").textContent.trim())
      .replace("{n}", cards.indexOf(card) + 1)
      .replace("{total}", cards.length);
    card.scrollIntoView({ block: "nearest" });
    this.saving = this.saving.then(() => this.keep()); // one after the other: the last order is the one that stays
  }

  async keep() {
    const data = new FormData(this.form);
    data.set("fetch", "1");
    try {
      const answer = await fetch(this.form.action, { method: "POST", headers: csrf, body: data });
      if (sessionOver(answer)) location.reload();
      else if (!answer.ok) toast(words.failed, "danger");
    } catch {
      toast(navigator.onLine ? words.failed : words.offline, "danger");
    }
  }
});
