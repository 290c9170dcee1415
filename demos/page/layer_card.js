// A layer of a network as a card: its name, and all its feature maps in one picture that can be pointed at.

import { MAPS, element, extent, short, svg, write } from "./draw.js";
import { Mosaic } from "./mosaic.js";
import { solid } from "./windows.js";
import { phrase } from "./phrase.js";

const FOLDED = 0.24, UNFOLDED = 0.6; // width of the maps' picture by its height, about
const COLUMN = 16; // units of a vector that stand in one column

export class LayerCard {
  // open(): the heading was pressed. point(unit, pressed): a pixel was pointed at or pressed; null: the pointer has left.
  constructor(parent, { name, title, words, shape, open, point }) {
    Object.assign(this, { shape, inSight: true, late: false });
    this.heading = element("button", { type: "button", title: `${name}: ${words}`, "data-lm-suppress-shortcuts": "true" }, title);
    this.heading.addEventListener("click", open);
    this.canvas = element("canvas", { role: "img", "aria-label": phrase("The maps of {name}", { name }) });
    this.boxes = ["seen", "read", "unit"].map(kind => svg("path", { class: kind }));
    this.marks = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "xMidYMin" }, extent(), ...this.boxes);
    this.view = element("div", { class: "view pointed" }, this.canvas, this.marks);
    this.words = element("span", { class: "words" }, words);
    this.foot = element("span", { class: "foot" }, shape.join("×"));
    this.node = element("div", { class: "layer" }, this.heading, this.words, this.view, this.foot);
    parent.append(this.node);
    this.view.addEventListener("pointermove", event => point(this.unitAt(event), false));
    this.view.addEventListener("pointerleave", () => point(null, false));
    this.view.addEventListener("click", event => point(this.unitAt(event), true));
  }

  // values: (C, H, W) or a vector. byMap: colours reach to the strongest entry of each map, else of the layer.
  // sorted: the strongest maps come first; current: this is the layer that is chosen.
  show(values, { unfolded, byMap, sorted, current }) {
    this.node.classList.toggle("current", current);
    if (this.values == values && this.unfolded == unfolded && this.byMap == byMap && this.sorted == sorted) return;
    const [count, rows, columns] = solid(values.shape), size = rows * columns;
    if (this.unfolded != unfolded || this.mosaic?.count != count) {
      this.node.classList.toggle("unfolded", unfolded);
      this.mosaic = new Mosaic(count, rows, columns, across(count, rows, columns, unfolded ? UNFOLDED : FOLDED));
      const down = Math.ceil(count / this.mosaic.across), { gap } = this.mosaic;
      const [height, width] = [down * (rows + gap) - gap, this.mosaic.across * (columns + gap) - gap];
      Object.assign(this.canvas, { width, height });
      this.marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.node.style.setProperty("--aspect", width / height);
      this.pixels = new ImageData(width, height);
      this.placed = "";
    }
    Object.assign(this, { values, unfolded, byMap, sorted });
    const strengths = Array.from({ length: count }, (_, k) => strongest(values.data, k * size, size));
    this.order = Array.from(strengths.keys());
    if (sorted) this.order.sort((a, b) => strengths[b] - strengths[a]);
    this.limit = Math.max(...strengths) || 1;
    this.limits = byMap && size > 1 ? strengths : null; // a vector has no maps
    this.paint();
    const sizes = this.shape.join("×"), kept = count < this.shape[0] ? phrase("{count} of {sizes}", { count, sizes }) : sizes;
    if (unfolded) write(this.foot, kept + (byMap && size > 1 ? "" : `, ±${short(this.limit)}`));
  }

  // Whether the card is in the window of its row: one that is not is painted when it comes in.
  see(inSight) {
    this.inSight = inSight;
    if (this.late) this.paint();
  }

  paint() {
    this.late = !this.inSight;
    if (this.late) return;
    const { rows, columns } = this.mosaic, words = new Uint32Array(this.pixels.data.buffer), { width } = this.canvas;
    const { data } = this.values, colors = MAPS.signed;
    this.order.forEach((channel, k) => {
      const [top, left] = this.mosaic.place(k), scale = 127.5 / ((this.limits ? this.limits[channel] : this.limit) || 1);
      for (let r = 0, i = channel * rows * columns; r < rows; r++) {
        for (let o = (top + r) * width + left, end = o + columns; o < end; o++, i++) {
          const x = 127.5 + scale * data[i]; // 0 to 255, for NaN neither
          words[o] = x >= 0 && x <= 255.5 ? colors[x | 0] : x < 0 ? colors[0] : x > 0 ? colors[255] : 0;
        }
      }
    });
    this.canvas.getContext("2d").putImageData(this.pixels, 0, 0);
  }

  // The unit, (channel, row, column), under a pointer; null where there is none.
  unitAt(event) {
    const box = this.canvas.getBoundingClientRect(), { width, height } = this.canvas, scale = Math.min(box.width / width, box.height / height);
    const row = Math.floor((event.clientY - box.top) / scale);
    const column = Math.floor((event.clientX - box.left - (box.width - scale * width) / 2) / scale);
    const k = row >= 0 && column >= 0 && row < height && column < width ? this.mosaic.at(row, column) : undefined;
    if (k === undefined) return null;
    const [top, left] = this.mosaic.place(k), { rows, columns } = this.mosaic;
    return row - top < rows && column - left < columns ? [this.order[k], row - top, column - left] : null;
  }

  // Outline boxes, or nothing for null: the unit itself, what it reads, and what it sees of the image.
  mark({ unit = null, read = null, seen = null }) {
    const paths = [seen, read, unit].map(box => (box ? this.outline(box) : "")), all = paths.join("|");
    if (all == this.placed) return;
    this.placed = all;
    paths.forEach((path, k) => this.boxes[k].setAttribute("d", path));
  }

  outline([[first, end], [top, bottom], [left, right]]) {
    const { rows, columns } = this.mosaic, path = [];
    const [r, c] = [Math.max(top, 0), Math.max(left, 0)], [height, width] = [Math.min(bottom, rows) - r, Math.min(right, columns) - c];
    this.order.forEach((channel, k) => {
      if (channel < first || channel >= end) return;
      const [y, x] = this.mosaic.place(k);
      path.push(`M${x + c} ${y + r}h${width}v${height}h${-width}z`);
    });
    return path.join("");
  }
}

function strongest(data, first, size) {
  let most = 0;
  for (let i = first; i < first + size; i++) {
    const strength = Math.abs(data[i]);
    if (strength > most) most = strength;
  }
  return most;
}

// How many maps stand side by side, so that they are largest in a picture of this width by its height.
function across(count, rows, columns, aspect) {
  if (rows * columns == 1 && count <= COLUMN) return 1;
  let [best, largest] = [1, 0];
  for (let n = 1; n <= count; n++) {
    const scale = Math.min(aspect / (n * (columns + 1)), 1 / (Math.ceil(count / n) * (rows + 1)));
    if (scale > 1.001 * largest) [best, largest] = [n, scale];
  }
  return best;
}
