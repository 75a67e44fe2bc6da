// The mapping of a file's columns: what the server would refuse is said while one chooses.
class ImportColumns extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.update());
    this.update();
  }

  get choices() {
    return [...this.querySelectorAll('select[name^="target-"]')];
  }

  update() {
    const taken = new Map();
    for (const choice of this.choices) if (choice.value) taken.set(choice.value, (taken.get(choice.value) ?? 0) + 1);
    for (const choice of this.choices) {
      const row = choice.closest("tr");
      const twice = taken.get(choice.value) > 1;
      row.classList.toggle("left-out", !choice.value);
      row.querySelector(".guess").hidden = choice.value !== choice.dataset.guess; // a guess that was changed is one no more
      row.querySelector(".twice").hidden = !twice || Boolean(row.querySelector(".errorlist:not(.twice)"));
      choice.setAttribute("aria-invalid", String(twice));
    }
    if (taken.has("full_name")) for (const name of ["first_name", "last_name"]) taken.set(name, 1);
    // Rows are recognised by what some column gives.
    const keys = document.querySelector("[data-keys]");
    for (const option of keys?.options ?? []) {
      const needs = option.dataset.needs?.split(" ") ?? [];
      option.disabled = !needs.every((name) => taken.has(name));
    }
    if (keys?.selectedOptions[0]?.disabled) keys.value = [...keys.options].find((option) => option.value && !option.disabled)?.value ?? "";
  }
}
customElements.define("import-columns", ImportColumns);
