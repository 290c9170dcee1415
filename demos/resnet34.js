// ResNet-34 as a diagram that is built up block by block: a row for each size of feature map, a column on a phone.

import { baseline, element, svg } from "./page/draw.js";
import { phrase } from "./page/phrase.js";

const COLORS = ["#e8eef2", "#cfe3ea", "#a9cfdc", "#f6dcb8", "#efc08a", "#f0cfd2"]; // of the rows
const LINE = "fill: none; stroke: var(--second); stroke-width: 2.5px";

// data.steps: [{layers: [{does, stride, shape, parameters, field}], shortcut}], see resnet34.py; data.image: rows.
export function resnet34(demo, data) {
  const { steps } = data, learning = steps.flatMap(step => step.layers).filter(layer => layer.parameters).length;
  const names = namesOf(steps), million = count => (count / 1e6).toFixed(2);
  const step = demo.player("step", phrase("Built up to"), { frames: steps.length, value: steps.length - 1, interval: 900, text: k => names[k] });
  demo.layout({ top: true, wide: '"network" minmax(0, 1fr) / minmax(0, 1fr)', narrow: '"network" auto / minmax(0, 1fr)' });
  const diagram = new Diagram(demo.stage, steps, k => {
    step.stop();
    step.go(k);
  });
  new ResizeObserver(() => demo.redraw()).observe(diagram.view);
  demo.legend([["window", phrase("added last")]]);
  const swatch = dashes => svg("svg", { viewBox: "0 0 32 14", width: "2.2em", height: "1em", "aria-hidden": "true" },
    svg("path", { d: "M2 13C2 -2 30 -2 30 13", style: LINE, "stroke-dasharray": dashes }));
  demo.key.append(
    element("span", {}, swatch(), phrase("shortcut: adds the block’s input")),
    element("span", {}, swatch("5 3"), phrase("through a 1×1 convolution, stride 2")),
    element("span", {}, phrase("/2: stride 2")),
  );

  return () => {
    const k = step.value, built = steps.slice(0, k + 1), { layers } = built[k], last = layers[layers.length - 1];
    const all = built.flatMap(each => each.layers), count = all.filter(layer => layer.parameters).length;
    const parameters = all.reduce((total, layer) => total + layer.parameters, 0) + built.reduce((total, each) => total + each.shortcut, 0);
    const said = { count, learning, millions: million(parameters), field: last.field };
    demo.say(last.field > data.image
      ? phrase("{count} of {learning} layers · {millions} million parameters · a unit sees {field} × {field} pixels, more than the image has", said)
      : phrase("{count} of {learning} layers · {millions} million parameters · a unit sees {field} × {field} pixels", said));
    diagram.show(k);
    const numbers = (shape, values) => ({ shape, data: Int32Array.from(values.flat()) });
    const boxes = steps.flatMap((each, i) => each.layers.map(layer => [...sizes(layer), layer.stride, i <= k]));
    const blocks = steps.map((each, i) => [each.shortcut, i]).filter(([shortcut]) => shortcut !== null);
    return {
      layers: numbers([], [count]),
      parameters: numbers([], [parameters]),
      field: numbers([], [last.field]),
      boxes: numbers([boxes.length, 5], boxes), // channels, rows, columns, stride, whether it is built
      shortcuts: numbers([blocks.length, 2], blocks.map(([shortcut, i]) => [shortcut > 0, i <= k])), // whether dashed, built
    };
  };
}

// [channels, rows, columns] of what a layer gives.
function sizes({ shape: [channels, rows = 1, columns = 1] }) {
  return [channels, rows, columns];
}

function namesOf(steps) {
  const blocks = steps.filter(step => step.shortcut !== null);
  return steps.map(step => (step.shortcut === null ? step.layers[0].does
    : phrase("block {number} of {count}", { number: blocks.indexOf(step) + 1, count: blocks.length })));
}

// The diagram, in pixels of the screen: its letters are as large as the page's.
class Diagram {
  constructor(parent, steps, choose) {
    const alt = phrase("ResNet-34, built up to the chosen step");
    this.drawing = svg("svg", { role: "img", "aria-label": alt, style: "pointer-events: auto; cursor: pointer" });
    this.view = element("div", { class: "view" }, this.drawing);
    parent.append(element("figure", { style: "grid-area: network" }, element("figcaption", {}, phrase("ResNet-34, by channels × rows × columns")), this.view));
    this.drawing.addEventListener("click", event => {
      const group = event.target.closest("[data-step]");
      if (group) choose(Number(group.dataset.step));
    });
    Object.assign(this, { steps, groups: [], size: "" });
  }

  show(k) {
    this.fit();
    this.groups.forEach((group, i) => {
      group.style.opacity = i <= k ? 1 : 0.2;
      for (const box of group.querySelectorAll(".box")) {
        box.style.stroke = i == k ? "var(--window)" : "#22303c";
        box.style.strokeWidth = i == k ? "3px" : "1px";
      }
    });
  }

  // Draw anew if the place for it has changed; while the page hides it, it has none.
  fit() {
    const em = parseFloat(getComputedStyle(this.view).fontSize), { clientWidth } = this.view;
    const upright = clientWidth < 45 * em, width = Math.max(clientWidth, 23.5 * em); // on a smaller phone it shrinks
    this.view.style.setProperty("--aspect", width / ((upright ? 30 : 22) * em)); // heeded on a phone, where nothing else gives a height
    const height = (this.view.clientHeight * width) / clientWidth, size = `${width} ${height}`;
    if (!clientWidth || !height || size == this.size) return;
    this.size = size;
    this.drawing.setAttribute("viewBox", `0 0 ${size}`);
    const { labels, places } = layOut(this.steps, width, height, em, upright);
    this.groups = places.map(drawStep);
    this.drawing.replaceChildren(...labels.map(drawText), ...this.groups);
  }
}

// Where everything is, in pixels. Steps lie along lanes, one for each size of feature map; u is the way along a lane
// and v the way across it. Lanes are rows, and columns if `upright`.
function layOut(steps, width, height, em, upright) {
  const roomy = width > 57 * em, font = (roomy ? 0.95 : 0.87) * em; // 13 pixels at least
  const point = (u, v) => (upright ? [v, u] : [u, v]);
  const laneOf = lanesOf(steps), lanes = Math.max(...laneOf.flat()) + 1;
  const head = upright ? 3.2 * em : 8.5 * font; // for the sizes
  const pitch = (upright ? width : height) / lanes, ends = Array(lanes).fill(head);
  const blocks = ends.map((_, lane) => steps.filter((step, k) => step.shortcut !== null && laneOf[k][0] == lane).length);
  const cell = ((upright ? height : width) - head - 0.7 * em) / Math.max(...blocks);
  const gap = (roomy ? 0.5 : 0.4) * font, radius = (roomy ? 0.52 : 0.45) * font, rise = (upright ? 0.7 : 0.8) * em;
  const thick = upright ? pitch - rise - 0.5 * em : Math.min(2.3 * em, 0.52 * pitch); // of a box, across its lane
  const middle = lane => pitch * lane + rise + (pitch - rise) / 2 - (upright ? 0 : 0.1 * em);
  const long = (upright ? 4.1 : roomy ? 9.8 : 9) * font; // a box with a layer's name
  let before = null;
  const places = steps.map((step, k) => {
    const lane = laneOf[k][0], v = middle(lane), start = ends[lane], isBlock = step.shortcut !== null;
    const end = start + (isBlock ? cell : gap + long), plus = end - radius;
    const room = isBlock ? cell - 1.9 * gap - 2 * radius : long;
    const lines = step.layers.map(layer => linesOf(layer, isBlock, upright));
    const shares = lines.map(([line]) => (isBlock && !upright ? line.length + 1.5 : 1)), total = shares.reduce((a, b) => a + b);
    let u = start + gap;
    const boxes = lines.map((text, i) => {
      const length = (room * shares[i]) / total, [x, y] = point(u, v - thick / 2), [w, h] = point(length, thick);
      u += length + 0.25 * gap;
      return { x, y, w, h, font, color: COLORS[lane % COLORS.length], lines: text };
    });
    // The way in: along the lane, or from the end of the lane before, behind its boxes, to the start of this one.
    const turn = before && before.v + (pitch - rise) / 2;
    const way = before && before.lane != lane
      ? [[before.u, before.v], [before.u + 0.4 * em, before.v], [before.u + 0.4 * em, turn], [head - 0.6 * em, turn], [head - 0.6 * em, v]]
      : [[start - (before ? 0 : 0.6 * em), v]];
    const line = rounded([...way, [end, v]].map(at => point(...at)), 0.4 * em);
    const peak = (thick / 2 + rise) / 0.75; // a cubic curve rises to three quarters of its handles
    const handles = [[start, v], [start, v - peak], [plus, v - peak], [plus, v - radius]].map(at => point(...at).join(" "));
    const [x, y] = point(start, v - thick / 2 - rise), [w, h] = point(end - start, thick + rise);
    before = { u: end, v, lane };
    ends[lane] = end;
    return {
      boxes, line, target: { x, y, w, h },
      arc: isBlock ? `M${handles[0]}C${handles.slice(1).join(" ")}` : null, dashed: step.shortcut > 0,
      plus: isBlock ? { at: point(plus, v), radius } : null,
    };
  });
  const labels = ends.map((_, lane) => {
    const { shape } = steps.flatMap(step => step.layers)[laneOf.flat().indexOf(lane)], [x, y] = point(head - 1.2 * font, middle(lane));
    return upright ? { x, y: 0.9 * em, font, lines: [shape[0], shape.slice(1).join("×")] } : { x, y, font: roomy ? em : font, lines: [shape.join("×")], end: true };
  });
  return { labels, places };
}

// For each step, the lane of each of its layers: layers whose feature maps are of one size share it.
function lanesOf(steps) {
  const areas = [];
  return steps.map(step => step.layers.map(layer => {
    const [, rows, columns] = sizes(layer), area = rows * columns;
    if (!areas.includes(area)) areas.push(area);
    return areas.indexOf(area);
  }));
}

// What stands in a box: "conv 7×7 /2", in a block without the word, and on a phone a word a line.
function linesOf({ does, stride, shape }, isBlock, upright) {
  const [, name, window] = does.match(/^(.*?) ?(\d+×\d+)?$/);
  const size = (window ?? String(shape[0])) + (stride > 1 ? `\u2009/${stride}` : "");
  return isBlock ? [size] : upright ? [...name.split(" "), size] : [`${name} ${size}`];
}

// A path through points with round corners.
function rounded(points, radius) {
  const toward = ([x, y], [u, v]) => {
    const length = Math.hypot(u - x, v - y), part = Math.min(radius, length / 2) / (length || 1);
    return `${x + (u - x) * part} ${y + (v - y) * part}`;
  };
  const corners = points.slice(1, -1).map((at, i) => `L${toward(at, points[i])}Q${at.join(" ")} ${toward(at, points[i + 2])}`);
  return `M${points[0].join(" ")}${corners.join("")}L${points[points.length - 1].join(" ")}`;
}

function drawStep({ boxes, line, target, arc, dashed, plus }, k) {
  const { x, y, w, h } = target, group = svg("g", { "data-step": k });
  group.append(svg("rect", { x, y, width: w, height: h, style: "fill: transparent; stroke: none" }));
  group.append(svg("path", { d: line, style: "fill: none; stroke: #8a96a3; stroke-width: 2px" }));
  if (arc) group.append(svg("path", { d: arc, style: LINE, "stroke-dasharray": dashed ? "6 4" : null }));
  for (const box of boxes) {
    const place = { x: box.x, y: box.y, width: box.w, height: box.h, rx: 4, class: "box", style: `fill: ${box.color}` };
    group.append(svg("rect", place), drawText({ x: box.x + box.w / 2, y: box.y + box.h / 2, font: box.font, lines: box.lines, dark: true }));
  }
  if (plus) {
    const { at: [u, v], radius } = plus, arm = 0.55 * radius;
    group.append(svg("circle", { cx: u, cy: v, r: radius, style: "fill: var(--paper); stroke: var(--second); stroke-width: 2px" }));
    group.append(svg("path", { d: `M${u - arm} ${v}h${2 * arm}M${u} ${v - arm}v${2 * arm}`, style: LINE }));
  }
  return group;
}

// Lines of text around (x, y), or to the left of it.
function drawText({ x, y, font, lines, dark = false, end = false }) {
  const style = `${dark ? "" : "fill: var(--ink);"}${end ? "text-anchor: end" : ""}`;
  const text = svg("text", { "font-size": font, class: dark ? "dark" : null, style });
  const at = i => baseline(y + (i - (lines.length - 1) / 2) * 1.2 * font, font);
  lines.forEach((line, i) => text.append(svg("tspan", { x, y: at(i) }, String(line))));
  return text;
}
