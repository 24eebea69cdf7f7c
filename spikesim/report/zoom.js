"use strict";
// Raster and rates over one view of time and neurons, drawn anew whenever the view changes.
// Times are from the start of the run on; the axis adds it.
const run = JSON.parse(document.getElementById("data").textContent);
const raster = document.getElementById("raster"), rates = document.getElementById("rates");
const LEFT = 110, RIGHT = 12, TOP = 8, BOTTOM = 34, INK = "#333", FAINT = "#e4e4e4";
const LINES = 150; // steps of a rate across the page

const unpack = (text) =>
  new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
for (const p of run.populations) for (const key of ["t", "y", "rate"]) p[key] = unpack(p[key]);

const whole = { t0: 0, t1: run.duration, y0: 0, y1: 1 };
let view = { ...whole };

// The canvas at the screen's resolution, empty, with its size in CSS pixels.
function blank(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.font = "12px system-ui, sans-serif";
  return { pen, width, height, across: width - LEFT - RIGHT, down: height - TOP - BOTTOM };
}

const x = (t, size) => LEFT + (t - view.t0) / (view.t1 - view.t0) * size.across;

// Round numbers from a to b, about `count` of them.
function ticks(a, b, count) {
  const rough = (b - a) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const found = [];
  for (let k = Math.ceil(a / step); k * step <= b; k++) found.push(Number((k * step).toPrecision(10)));
  return found;
}

// Index of the first of sorted values that is above t.
function after(values, t) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > t) high = middle; else low = middle + 1;
  }
  return low;
}

function timeAxis(size, title) {
  const { pen, height } = size, base = height - BOTTOM;
  pen.strokeStyle = pen.fillStyle = INK;
  pen.beginPath();
  pen.moveTo(LEFT, base); pen.lineTo(LEFT + size.across, base);
  for (const t of ticks(run.start + view.t0, run.start + view.t1, 8)) {
    const place = x(t - run.start, size);
    pen.moveTo(place, base); pen.lineTo(place, base + 4);
    if (title) { pen.textAlign = "center"; pen.fillText(t, place, base + 16); }
  }
  pen.stroke();
  pen.textAlign = "center";
  if (title) pen.fillText(title, LEFT + size.across / 2, base + 30);
}

function clip(size, draw) {
  size.pen.save();
  size.pen.beginPath();
  size.pen.rect(LEFT, TOP, size.across, size.down);
  size.pen.clip();
  draw();
  size.pen.restore();
}

function drawRaster() {
  const size = blank(raster), { pen } = size;
  const y = (place) => TOP + (place - view.y0) / (view.y1 - view.y0) * size.down;
  const ranges = run.populations.map((p) => [after(p.t, view.t0), after(p.t, view.t1)]);
  const shown = ranges.reduce((sum, [a, b]) => sum + b - a, 0) * (view.y1 - view.y0);
  const dot = Math.min(3.5, Math.max(1, Math.sqrt(0.16 * size.across * size.down / (shown + 1))));
  clip(size, () => run.populations.forEach((p, k) => {
    pen.fillStyle = FAINT;
    if (k) pen.fillRect(LEFT, y(p.top) - 1, size.across, 1);
    pen.fillStyle = p.colour;
    for (let n = ranges[k][0]; n < ranges[k][1]; n++) {
      if (p.y[n] >= view.y0 && p.y[n] <= view.y1)
        pen.fillRect(x(p.t[n], size) - dot / 2, y(p.y[n]) - dot / 2, dot, dot);
    }
  }));
  if (run.populations.every((p) => !p.t.length)) {
    pen.textAlign = "center";
    pen.fillStyle = INK;
    pen.fillText("no spikes", LEFT + size.across / 2, TOP + size.down / 2);
  }
  pen.textAlign = "right";
  for (const p of run.populations) {
    const top = Math.max(p.top, view.y0), bottom = Math.min(p.top + p.height, view.y1);
    pen.fillStyle = p.colour;
    if (bottom > top) pen.fillText(`${p.name} (${p.neurons})`, LEFT - 8, y((top + bottom) / 2) + 4, LEFT - 10);
  }
  timeAxis(size, "");
}

function drawRates() {
  const size = blank(rates), { pen } = size;
  const first = Math.floor(view.t0 / run.bin), last = Math.ceil(view.t1 / run.bin);
  const group = Math.max(1, Math.round((last - first) / LINES));
  const lines = run.populations.map((p) => {
    const found = [];
    for (let n = first - first % group; n < Math.min(last, p.rate.length); n += group) {
      const part = p.rate.subarray(n, n + group);
      found.push([n * run.bin, part.reduce((sum, r) => sum + r, 0) / part.length]);
    }
    return found;
  });
  const most = (Math.max(0, ...lines.flat().map((one) => one[1])) || 1) * 1.05;
  const y = (rate) => TOP + (1 - rate / most) * size.down;
  pen.textAlign = "right";
  pen.fillStyle = INK;
  for (const rate of ticks(0, most, 4)) pen.fillText(rate, LEFT - 8, y(rate) + 4);
  pen.textAlign = "left";
  pen.fillText("spikes/s", 0, TOP + 10);
  clip(size, () => lines.forEach((line, k) => {
    pen.strokeStyle = run.populations[k].colour;
    pen.lineWidth = 1.2;
    pen.beginPath();
    for (const [t, rate] of line) {
      pen.lineTo(x(t, size), y(rate));
      pen.lineTo(x(Math.min(t + group * run.bin, run.duration), size), y(rate));
    }
    pen.stroke();
  }));
  timeAxis(size, "time (ms)");
}

let waiting = false;
function show(t0, t1, y0 = view.y0, y1 = view.y1) {
  const span = Math.min(whole.t1, Math.max(t1 - t0, 4 * run.bin)), rows = Math.min(1, Math.max(y1 - y0, 1e-4));
  const start = Math.max(0, Math.min(t0, whole.t1 - span)), top = Math.max(0, Math.min(y0, 1 - rows));
  view = { t0: start, t1: start + span, y0: top, y1: top + rows };
  document.body.dataset.view = [view.t0, view.t1, view.y0, view.y1].join(" ");
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; drawRaster(); drawRates(); });
}

// Zoom by a factor about a point: parts of the way across and down.
function zoom(factor, across = 0.5, down = null) {
  const t = view.t0 + across * (view.t1 - view.t0);
  if (down === null) return show(t - (t - view.t0) * factor, t + (view.t1 - t) * factor);
  const y = view.y0 + down * (view.y1 - view.y0);
  show(view.t0, view.t1, y - (y - view.y0) * factor, y + (view.y1 - y) * factor);
}

for (const canvas of [raster, rates]) {
  const part = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT),
            (event.clientY - box.top - TOP) / (box.height - TOP - BOTTOM)];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [across, down] = part(event);
    const factor = 1.0015 ** (event.deltaY || event.deltaX);
    zoom(factor, across, event.shiftKey && canvas === raster ? down : null);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const box = canvas.getBoundingClientRect();
    const t = event.movementX / (box.width - LEFT - RIGHT) * (view.t1 - view.t0);
    const y = canvas === raster ? event.movementY / box.height * (view.y1 - view.y0) : 0;
    show(view.t0 - t, view.t1 - t, view.y0 - y, view.y1 - y);
  });
  canvas.addEventListener("dblclick", () => show(0, whole.t1, 0, 1));
}
document.getElementById("closer").onclick = () => zoom(0.5);
document.getElementById("wider").onclick = () => zoom(2);
document.getElementById("all").onclick = () => show(0, whole.t1, 0, 1);
window.addEventListener("resize", () => show(view.t0, view.t1));
show(0, whole.t1);
