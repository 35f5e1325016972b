// The pad of drawing.py: a canvas, a button, the network's answer in words and as ten bars.
// It sends the drawing to Python after every stroke, and shows what comes back.

const SIDE = 280; // pixels of the drawing, as in drawing.py
const PEN = 24; // width of the line; scaled down to MNIST's size, about two of its pixels
const STEP = 10; // how far a key moves the pen
const PATIENCE = 5000; // milliseconds until a missing answer is mentioned

const MOVES = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1],
};
const HELP =
  "Mouse or finger: draw. Keys: Tab to the black square; arrows, Home, End, Page Up and Page Down " +
  "move the pen; Space puts it down or lifts it; Delete clears.";

function add(parent, tag, properties = {}, attributes = {}) {
  const element = parent.appendChild(Object.assign(document.createElement(tag), properties));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function render({ model, el }) {
  el.classList.add("dlcourse-pad");
  el.setAttribute("data-lm-suppress-shortcuts", "true"); // the arrows are ours, not JupyterLab's
  const paper = add(el, "div", { className: "paper" });
  const canvas = add(paper, "canvas", { width: SIDE, height: SIDE, tabIndex: 0 }, {
    role: "application",
    "aria-label": "Pad to draw a digit on. " + HELP,
  });
  const marker = add(paper, "div", { className: "pen" }, { "aria-hidden": "true" });
  const side = add(el, "div", { className: "answer" });
  const says = add(side, "p", {}, { role: "status" });
  const bars = addBars(side);
  const clear = add(side, "button", { type: "button", textContent: "Clear" });
  add(el, "p", { className: "help", textContent: HELP });

  // Without alpha, what is empty or cleared is black.
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  Object.assign(context, { fillStyle: "#fff", strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  const pen = { x: SIDE / 2, y: SIDE / 2, down: false };
  let waiting, pause;

  function moveTo(x, y) {
    const [oldX, oldY] = [pen.x, pen.y];
    pen.x = Math.min(Math.max(x, 0), SIDE);
    pen.y = Math.min(Math.max(y, 0), SIDE);
    if (pen.down) {
      context.beginPath();
      context.moveTo(oldX, oldY);
      context.lineTo(pen.x, pen.y);
      context.stroke();
    }
    marker.style.left = `${(100 * pen.x) / SIDE}%`;
    marker.style.top = `${(100 * pen.y) / SIDE}%`;
  }

  function put(down) {
    pen.down = down;
    marker.classList.toggle("down", down);
    if (!down) return;
    context.beginPath(); // a dot, which a line of no length is not
    context.arc(pen.x, pen.y, PEN / 2, 0, 2 * Math.PI);
    context.fill();
  }

  function send() {
    const colors = context.getImageData(0, 0, SIDE, SIDE).data;
    const gray = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => colors[4 * i]);
    model.set("pixels", new DataView(gray.buffer));
    model.set("drawn", model.get("drawn") + 1);
    model.save_changes();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      says.textContent = "No answer yet: Python is busy with another cell, or has been restarted. " +
        "Wait, or run the cells again.";
    }, PATIENCE);
  }

  function sendSoon() {
    clearTimeout(pause);
    pause = setTimeout(send, 150); // not after each of many keys
  }

  function wipe() {
    put(false);
    context.clearRect(0, 0, SIDE, SIDE);
    send();
  }

  function follow(event) {
    const box = canvas.getBoundingClientRect();
    moveTo(((event.clientX - box.left) * SIDE) / box.width,
      ((event.clientY - box.top) * SIDE) / box.height);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    put(false);
    follow(event);
    put(true);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const step of event.getCoalescedEvents?.() ?? []) follow(step);
    follow(event);
  });
  canvas.addEventListener("lostpointercapture", () => {
    put(false);
    send();
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in MOVES) {
      const [dx, dy] = MOVES[event.key];
      moveTo(pen.x + STEP * dx, pen.y + STEP * dy);
      if (pen.down) sendSoon();
    } else if (event.key === " ") {
      put(!pen.down);
      says.textContent = pen.down ? "Pen down." : "Pen up.";
      sendSoon();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      wipe();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  clear.addEventListener("click", wipe);

  function show() {
    clearTimeout(waiting);
    const { text, percents } = model.get("answer");
    says.textContent = text;
    const highest = Math.max(...percents);
    percents.forEach((percent, digit) => {
      const { row, bar, share } = bars[digit];
      row.classList.toggle("highest", percent > 0 && percent === highest);
      bar.style.width = `${percent}%`;
      share.textContent = `${Math.round(percent)} %`;
    });
  }

  restore(context, model.get("pixels"));
  put(false);
  moveTo(pen.x, pen.y);
  show();
  model.on("change:answer", show);
  return () => {
    clearTimeout(waiting);
    clearTimeout(pause);
    model.off("change:answer", show);
  };
}

// A table, so that a screen reader can step through it: digit, bar (not read), percentage.
function addBars(parent) {
  const table = add(parent, "table");
  add(table, "caption", { textContent: "Probability of each digit" });
  const body = add(table, "tbody");
  return Array.from({ length: 10 }, (_, digit) => {
    const row = add(body, "tr");
    add(row, "th", { scope: "row", textContent: digit });
    const track = add(row, "td", { className: "track" }, { "aria-hidden": "true" });
    return { row, bar: add(track, "div", { className: "bar" }), share: add(row, "td") };
  });
}

function restore(context, pixels) {
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const gray = pixels.getUint8(i);
    image.data.set([gray, gray, gray, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

export default { render };
