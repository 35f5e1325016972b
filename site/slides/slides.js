// Shows one slide at a time; the arrow keys, Space, Page Up and Down, Home and End lead on.
const SIZES = [1, 0.9, 0.8, 0.7]; // of the text; the last row reads no smaller one
const slides = [...document.querySelectorAll("section")];
let current = 0;

// Makes the current slide as small as the window asks. Where question, code and answer have no room
// together, the question has the window first, and then the answer comes before the code.
function fit() {
  const slide = slides[current];
  const answer = slide.querySelector(".revealed");
  const fits = (bottom) => SIZES.some((size) => {
    slide.style.fontSize = size === 1 ? "" : `${size}em`;
    return bottom() <= window.innerHeight;
  });
  const figures = [...slide.querySelectorAll(".revealed img")];
  figures.forEach((figure) => { figure.style.maxHeight = ""; });
  slide.classList.remove("answer-first");
  if (!fits(() => slide.scrollHeight) && answer) {
    const isOpen = slide.classList.contains("open");
    slide.classList.toggle("answer-first", isOpen);
    const bottom = () => answer.offsetTop + (isOpen ? answer.offsetHeight : 0);
    if (!fits(bottom)) { // what is still too much, the figures give
      const surplus = (bottom() - window.innerHeight + 1) / figures.length; // heights are rounded
      figures.forEach((figure) => { figure.style.maxHeight = `${figure.clientHeight - surplus}px`; });
    }
  }
  window.scrollTo(0, 0);
}

function show(number, open) {
  current = Math.max(0, Math.min(number, slides.length - 1));
  slides.forEach((slide, at) => slide.classList.toggle("current", at === current));
  const slide = slides[current];
  slide.classList.toggle("open", open || !slide.querySelector(".revealed"));
  document.getElementById("place").textContent = `${current + 1} of ${slides.length}`;
  history.replaceState(null, "", `#${current + 1}`);
  fit();
  slide.focus({ preventScroll: true });
}

function next() {
  if (!slides[current].classList.contains("open")) {
    slides[current].classList.add("open");
    fit();
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
window.addEventListener("resize", fit);
window.addEventListener("load", fit); // figures and formulas have their heights now
window.addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1, false));
show((Number(location.hash.slice(1)) || 1) - 1, false);
