// Receptive fields: the box of pixels that a unit can see, and how strongly it depends on each of them.

import { pad, tensor } from "./page/nn.js";
import { Picture, SPAN, baseline, element, put, svg } from "./page/draw.js";
import { phrase } from "./page/phrase.js";

// data.images: (images, 1 or 3, H, W) in [0, 1]. data.layers: [{name, shape, size, jump, start, rows, columns,
// gradients}]. Along each axis, the box of a unit starts at the pixel `start + unit * jump` and is `size` long;
// `shape` counts the units; and gradients (rows, columns, H, W) were measured for the units in these rows and columns.
export function receptiveFields(demo, data) {
  const [count, depth, ...whole] = data.images.shape, layers = Object.fromEntries(data.layers.map(each => [each.name, each]));
  // The frame is as wide as the boxes of any layer reach: the picture keeps its size while they grow.
  const margin = Math.max(...data.layers.map(each => marginOf(each, whole)));
  const images = Array.from({ length: count }, (_, k) => framed(part(data.images, depth == 3 ? 3 : 2, k), margin));
  const last = data.layers[data.layers.length - 1], middle = last.shape.map(length => Math.floor(length / 2));
  const layer = demo.choice("layer", phrase("Layer"), { options: Object.keys(layers), value: last.name });
  const row = demo.slider("row", phrase("Row"), { min: 0, max: last.shape[0] - 1, value: middle[0] });
  const column = demo.slider("column", phrase("Column"), { min: 0, max: last.shape[1] - 1, value: middle[1] });
  const image = demo.slider("image", phrase("Picture"), { min: 0, max: count - 1, value: 0 });
  image.enabled = count > 1;
  demo.layout({
    wide: '"image measured" minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr)',
    narrow: '"image measured" auto / minmax(0, 1fr) minmax(0, 1fr)',
  });
  const choose = (r, c) => {
    [row.value, column.value] = [r, c];
    demo.redraw();
  };
  layer.input.addEventListener("input", () => [row, column].forEach((slider, axis) => {
    const { shape } = layers[layer.value];
    slider.range(0, shape[axis] - 1);
    slider.value = Math.floor(shape[axis] / 2); // a unit in a corner would see mostly padding
  }), { capture: true }); // before it is drawn
  const look = (r, c) => choose(...unitAt(layers[layer.value], [r - margin, c - margin]));
  const pressed = { press: true, point: look };
  const units = new UnitMap(demo.form, { ...pressed, point: choose, key: [phrase("outside"), phrase("inside")], grid: true, alt: phrase("The units of the layer") });
  units.node.style = "width: 11em; justify-self: center";
  units.view.style.aspectRatio = "var(--aspect, 1)"; // beside the controls nothing else gives it a height
  const picture = demo.picture({ ...pressed, area: "image", colors: depth == 3 ? "color" : "grey", alt: phrase("The picture, with the box that the unit sees") });
  const measured = demo.picture({ ...pressed, area: "measured", colors: "heat", key: [phrase("gradient 0"), phrase("largest")], alt: phrase("The measured gradient of a unit with respect to each pixel") });
  demo.legend([["window", phrase("the unit, and the box that it sees")], ["second", phrase("a unit whose gradient was measured")]]);
  picture.node.append(element("div", { class: "key" }, data.title)); // as high as the key beside it
  for (const shown of [picture, measured]) shade(shown, margin, whole);

  return () => {
    const now = layers[layer.value], places = [now.rows, now.columns];
    const unit = [row.range(0, now.shape[0] - 1), column.range(0, now.shape[1] - 1)];
    const nearest = places.map((list, axis) => nearestOf(list, unit[axis]));
    const other = places.map((list, axis) => list[nearest[axis]]), same = other.join() == unit.join();
    const inside = insideOf(now, whole), [share, otherShare] = [unit, other].map(([r, c]) => inside[0][r] * inside[1][c]);
    const gradient = part(now.gradients, 2, nearest[0] * now.columns.length + nearest[1]);
    const [top, left] = cornerOf(now, unit), [height, width] = now.size, seen = Math.round(otherShare * height * width);

    const drawnUnits = units.show(...inside);
    units.title = phrase("({unit}) of {shape}", { unit: unit.join(", "), shape: now.shape.join("×") });
    units.choose(unit, ...places);
    picture.title = phrase("{layer} sees {size}", { layer: now.name, size: now.size.join("×") });
    picture.mark("box", top + margin, left + margin, height, width);
    measured.title = same ? phrase("and listens to") : phrase("measured: ({unit})", { unit: other.join(", ") });
    measured.hide(same ? "second" : "window");
    const kind = same ? "window" : "second";
    measured.mark(kind, ...cornerOf(now, other).map(pixel => pixel + margin), height, width, kind);
    const where = share == 1 ? phrase("The whole box lies in the picture.")
      : phrase("{percent} % of the box lies outside: it sees only padding there.", { percent: Math.round(100 * (1 - share)) });
    const half = halfOf(gradient), whence = same ? phrase("Half of the gradient comes from {half} of {seen} pixels.", { half, seen })
      : phrase("Half of the gradient of ({unit}) comes from {half} of {seen} pixels.", { unit: other.join(", "), half, seen });
    demo.say(`${where} ${whence}`);
    return {
      units: drawnUnits,
      image: picture.show(images[image.value]),
      measured: measured.show(framed(gradient, margin)),
      box: { shape: [4], data: Int32Array.of(top, left, height, width) },
    };
  };
}

// The first pixel of a unit's box, along each axis; negative ones lie in the padding.
function cornerOf({ start, jump }, unit) {
  return unit.map((place, axis) => start[axis] + place * jump[axis]);
}

// The unit whose box has its middle nearest to a pixel.
function unitAt({ start, jump, size, shape }, pixel) {
  return pixel.map((place, axis) => {
    const unit = Math.round((place - start[axis] - (size[axis] - 1) / 2) / jump[axis]);
    return Math.min(Math.max(unit, 0), shape[axis] - 1);
  });
}

// How far boxes of a layer reach beyond the picture: as wide a frame around it shows them all.
function marginOf(layer, whole) {
  const [first, last] = [cornerOf(layer, [0, 0]), cornerOf(layer, layer.shape.map(length => length - 1))];
  return Math.max(0, ...first.map(pixel => -pixel), ...last.map((pixel, axis) => pixel + layer.size[axis] - whole[axis]));
}

// The part of a unit's box that lies in the picture, along each axis: for each row of units, and for each column.
function insideOf(layer, whole) {
  return layer.shape.map((length, axis) => Float32Array.from({ length }, (_, place) => {
    const from = layer.start[axis] + place * layer.jump[axis], to = from + layer.size[axis];
    return Math.max(0, Math.min(to, whole[axis]) - Math.max(from, 0)) / layer.size[axis];
  }));
}

// The units of a layer in grey. Each one's share is that of its row times that of its column, so a dark bar over each row
// and each column shows it. They take no canvas: where one changes its size, the browser layers its whole page anew.
class UnitMap extends Picture {
  constructor(parent, options) {
    super(parent, options);
    this.canvas.remove();
  }

  show(down, across) {
    const [rows, columns] = [down.length, across.length], units = tensor([rows, columns]), shares = [down, across].join(";");
    units.data.forEach((_, i) => (units.data[i] = down[Math.floor(i / columns)] * across[i % columns]));
    if (this.shares == shares) return units;
    this.shares = shares;
    this.scale(rows, columns);
    const { unit } = this, height = unit * rows, bar = (attributes, d) => svg("path", { d, ...attributes });
    this.entries.replaceChildren(
      bar({ fill: "#fff" }, `M0 0h${SPAN}v${height}h${-SPAN}z`),
      ...Array.from(down, (share, r) => bar({ "fill-opacity": 1 - share }, `M0 ${unit * r}h${SPAN}v${unit}h${-SPAN}z`)),
      ...Array.from(across, (share, c) => bar({ "fill-opacity": 1 - share }, `M${unit * c} 0v${height}h${unit}v${-height}z`)),
    );
    return units;
  }

  // Outline a unit, and put a dot on those in some rows and columns.
  choose([row, column], rows, columns) {
    const { unit } = this, dots = this.keep("dots", () => svg("path", { style: "fill: none; stroke: var(--second); stroke-linecap: round; stroke-linejoin: round" }));
    const d = rows.flatMap(r => columns.map(c => `M${unit * (c + 0.5)} ${unit * (r + 0.5)}h0`)).join(""); // lines of no length
    put(dots, { d, "stroke-width": 0.4 * unit + 0.012 * SPAN });
    this.mark("unit", row, column);
  }
}

function nearestOf(places, wanted) {
  const distances = places.map(place => Math.abs(place - wanted));
  return distances.indexOf(Math.min(...distances));
}

// Part k of a tensor that is made of parts with `axes` axes.
function part({ shape, data }, axes, k) {
  const own = shape.slice(-axes), size = own.reduce((a, b) => a * b);
  return tensor(own, data.subarray(k * size, (k + 1) * size));
}

// A picture, (H, W) or (3, H, W), with a frame of holes around it.
function framed(picture, margin) {
  const [rows, columns] = picture.shape.slice(-2), planes = picture.data.length / (rows * columns);
  const padded = Array.from({ length: planes }, (_, c) => pad(part(picture, 2, c), Array(4).fill(margin), NaN));
  const data = new Float32Array(planes * padded[0].data.length);
  padded.forEach((plane, c) => data.set(plane.data, c * plane.data.length));
  return tensor([...picture.shape.slice(0, -2), ...padded[0].shape], data);
}

// Colour the frame around the picture, and name it where there is room.
function shade(picture, margin, [rows, columns]) {
  const unit = SPAN / (columns + 2 * margin), [height, inner, across, wide] = [rows + 2 * margin, rows, columns, margin].map(length => unit * length);
  const d = `M0 0h${SPAN}v${height}h${-SPAN}zM${wide} ${wide}v${inner}h${across}v${-inner}z`, size = 0.055 * SPAN;
  picture.marks.append(svg("path", { d, style: "fill: #8a96a355", "fill-rule": "evenodd" }));
  if (wide > 0.08 * SPAN)
    picture.marks.append(svg("text", { x: SPAN / 2, y: baseline(wide / 2, size), "font-size": size, style: "fill: var(--ink)" }, phrase("outside")));
}

// How few pixels add up to half of all.
function halfOf(gradient) {
  const sorted = Float64Array.from(gradient.data).sort().reverse(), total = sorted.reduce((a, b) => a + b, 0);
  let [sum, pixels] = [0, 0];
  while (sum < total / 2) sum += sorted[pixels++];
  return pixels;
}
