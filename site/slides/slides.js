// Shows one slide at a time; the arrow keys, Space, Page Up and Down, Home and End lead on.
const slides = [...document.querySelectorAll("section")];
let current = 0;

function show(number, open) {
  current = Math.max(0, Math.min(number, slides.length - 1));
  slides.forEach((slide, at) => slide.classList.toggle("current", at === current));
  const slide = slides[current];
  slide.classList.toggle("open", open || !slide.querySelector(".revealed"));
  document.getElementById("place").textContent = `${current + 1} of ${slides.length}`;
  history.replaceState(null, "", `#${current + 1}`);
  window.scrollTo(0, 0);
  slide.focus({ preventScroll: true });
}

function next() {
  if (!slides[current].classList.contains("open")) {
    slides[current].classList.add("open");
    slides[current].querySelector(".revealed").scrollIntoView({ block: "nearest" });
  } else {
    show(current + 1, false);
  }
}

const back = () => show(current - 1, true);

document.body.classList.add("js");
document.getElementById("next").addEventListener("click", next);
document.getElementById("back").addEventListener("click", back);
document.addEventListener("keydown", (event) => {
  const actions = {
    ArrowRight: next, PageDown: next, " ": next,
    ArrowLeft: back, PageUp: back,
    Home: () => show(0, false), End: () => show(slides.length - 1, true),
  };
  const isButton = event.target instanceof HTMLButtonElement && event.key === " ";
  if (actions[event.key] && !isButton && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    actions[event.key]();
  }
});
window.addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1, false));
show((Number(location.hash.slice(1)) || 1) - 1, false);
