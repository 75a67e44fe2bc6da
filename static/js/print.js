// The page made for paper opens the browser's own dialog at once, and again on demand.
document.querySelector("[data-print]").addEventListener("click", () => print());
print();
