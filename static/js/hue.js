// The slider of the brand's colour: the page shows the hue while it moves. What is kept is what the form sends.
const slider = document.querySelector('input[type="range"][name="hue"]');
slider?.addEventListener("input", () => document.documentElement.style.setProperty("--h", slider.value));
