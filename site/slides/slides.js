// Shows one slide at a time; the arrow keys, Space, Page Up and Down, Home and End lead on.
const SIZES = [[1, 1], [0.9, 1], [0.8, 1], [0.7, 1], [0.7, 0.9]]; // of text and of code
const LAST_SIZES = [[0.7, 0.8], [0.6, 0.7]]; // the last row of a room reads them no longer
const SHEET = 700; // pixels of a page, A4 or Letter, without its margins: 190 mm, and some to spare
const slides = [...document.querySelectorAll("section")];
const bar = document.querySelector("nav");
let current = 0;

// Returns whether one of the sizes keeps the slide, down to `bottom`, within the room.
function fits(slide, sizes, bottom, room) {
  return sizes.some(([text, code]) => {
    slide.style.setProperty("--text", text);
    slide.style.setProperty("--code", code);
    return bottom() <= room;
  });
}

// Makes a slide as small as the room asks; what is still too much, its figures give.
function squeeze(slide, figures, bottom, room) {
  if (fits(slide, SIZES, bottom, room)) return;
  const surplus = () => (bottom() - room + 1) / figures.length; // heights are rounded
  const canGive = figures.length && figures.every((one) => one.clientHeight > 2 * surplus());
  if (!canGive && fits(slide, LAST_SIZES, bottom, room)) return;
  const given = surplus();
  figures.forEach((one) => { one.style.maxHeight = `${Math.max(one.clientHeight - given, 0)}px`; });
}

// Fits the current slide into the window. Where question, code and answer have no room together,
// the question has the window first, and then the answer comes before the code.
function fit() {
  const slide = slides[current];
  const room = window.innerHeight - bar.offsetHeight;
  const answer = slide.querySelector(".revealed");
  const whole = () => slide.scrollHeight;
  reset(slide);
  if (!answer) {
    squeeze(slide, figuresOf(slide), whole, room);
  } else if (!fits(slide, SIZES, whole, room)) {
    const isOpen = slide.classList.contains("open");
    slide.classList.toggle("answer-first", isOpen);
    const bottom = () => answer.offsetTop + (isOpen ? answer.offsetHeight : 0);
    squeeze(slide, isOpen ? figuresOf(answer) : [], bottom, room);
  }
  window.scrollTo(0, 0);
}

const figuresOf = (part) => [...part.querySelectorAll("img")];

function reset(slide) {
  figuresOf(slide).forEach((figure) => { figure.style.maxHeight = ""; });
  slide.classList.remove("answer-first");
}

// Fits every slide, with its answer, onto a sheet.
function fitOnPaper() {
  document.documentElement.classList.add("paper");
  slides.forEach((slide) => {
    reset(slide);
    squeeze(slide, figuresOf(slide), () => slide.scrollHeight, SHEET);
  });
}

function fitOnScreen() {
  document.documentElement.classList.remove("paper");
  fit();
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
window.addEventListener("beforeprint", fitOnPaper);
window.addEventListener("afterprint", fitOnScreen);
window.addEventListener("load", fit); // figures and formulas have their heights now
window.addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1, false));
show((Number(location.hash.slice(1)) || 1) - 1, false);
