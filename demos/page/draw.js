// Drawing: pixels on a canvas, marks, numbers and small matrices in an SVG, bars as text and boxes.

export function element(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// An invisible line from corner to corner of an SVG in which marks move: what is drawn there then keeps its bounds, and
// the browser paints the marks anew without layering its whole page anew (docs/demos.md).
export const extent = () => svg("line", { class: "extent", x2: "100%", y2: "100%" });

// The y of a text whose digits are to have their middle at a height. The browser's own way, dominant-baseline, is not
// the same in all: Firefox rounds a font's measures, and letters are smaller than 1 where an entry is the unit.
export const baseline = (middle, size) => middle + 0.35 * size;

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Colour maps: 256 colours as bytes in the order of ImageData.
const table = color => {
  const bytes = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) bytes.set([...color(i / 255), 255], 4 * i);
  return new Uint32Array(bytes.buffer);
};

// From blue (negative) over white (zero) to red (positive): RdBu of ColorBrewer (C. Brewer, Apache 2.0).
const SIGNED = [
  [5, 48, 97], [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
  [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43], [103, 0, 31],
];
const blend = (stops, x) => {
  const place = x * (stops.length - 1), i = Math.min(Math.floor(place), stops.length - 2);
  return stops[i].map((value, k) => value + (stops[i + 1][k] - value) * (place - i));
};
export const MAPS = {
  signed: table(x => blend(SIGNED, x)),
  grey: table(x => [255 * x, 255 * x, 255 * x]),
  heat: table(x => blend([[0, 0, 4], [81, 18, 124], [183, 55, 121], [252, 137, 97], [252, 253, 191]], x)),
  pale: table(x => blend([[252, 252, 252], [186, 190, 194]], x)), // grey: blue would be negative
};

// Entries (H, W), or colours (3, H, W) in [0, 1], as ImageData; NaN is transparent.
function colored(values, map, low, high) {
  const [rows, columns] = values.shape.slice(-2), count = rows * columns, pixels = new ImageData(columns, rows);
  if (values.shape.length == 3) {
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = Math.round(255 * values.data[c * count + i]);
      pixels.data[4 * i + 3] = values.data[i] == values.data[i] ? 255 : 0;
    }
    return pixels;
  }
  const words = new Uint32Array(pixels.data.buffer), scale = 255 / (high - low);
  for (let i = 0; i < count; i++) {
    const x = (values.data[i] - low) * scale;
    if (x == x) words[i] = map[x <= 0 ? 0 : x >= 255 ? 255 : Math.round(x)];
  }
  return pixels;
}

// ImageData with `times` x `times` pixels for each.
function enlarged(pixels, times) {
  if (times == 1) return pixels;
  const large = new ImageData(times * pixels.width, times * pixels.height), { width } = large;
  const [from, to] = [pixels, large].map(({ data }) => new Uint32Array(data.buffer));
  for (let i = 0; i < to.length; i++)
    to[i] = from[Math.floor(i / width / times) * pixels.width + Math.floor((i % width) / times)];
  return large;
}

// A number with its sign and two decimals, and plain 0 for what rounds to it.
export function signed(number) {
  return Math.abs(number) < 0.005 ? "0" : (number > 0 ? "+" : "−") + Math.abs(number).toFixed(2);
}

// The same in as few letters as it takes: +2, −0.5, 0.
export function brief(number) {
  return signed(number).replace(/\.00$/, "").replace(/(\.\d)0$/, "$1");
}

export const short = number => String(Number(number.toPrecision(3))).replace("-", "−");

const FEW = 128; // entries: more of them change more slowly in an SVG than on a canvas
// The width of each picture in the coordinates of its marks, so that another number of entries leaves these as they are.
// Chromium takes the bounds of a text, which are in pixels of the screen, for bounds in these coordinates. There are more
// of them than pixels, so that texts do not seem to reach beyond the `extent()`.
export const SPAN = 4000;

// A titled picture: one canvas pixel an entry, enlarged by CSS, and marks and numbers in an SVG, where an entry has the
// side `unit`.
// A matrix of few entries with lines between them stands in the SVG as well, without a canvas: each is a layer of its
// own, which the browser lays upon the others in every frame.
//
// colors: "grey" (0 to 1), "signed" (zero-centred), "heat" (0 to 1), "pale" (under text, 0 to 1), "color" (3, H, W).
// key: whether the range of colours stands below the picture, or the two words that stand at its ends.
// grid: whether lines stand between the entries.
// height: rows of the canvas, about. A smaller picture takes several pixels an entry, so that the canvas keeps its size.
// point(row, column, event): called where a pointer moves over the picture, or is pressed if `press` is set;
// then the picture can be painted on, and a finger does not scroll the page.
export class Picture {
  constructor(parent, { area, title = "", colors = "grey", alt = title, point, press = false, key = colors == "signed", grid = false, height = 0 }) {
    Object.assign(this, { colors, height });
    const image = { role: "img", "aria-label": alt };
    this.canvas = element("canvas", grid ? {} : image);
    this.marks = svg("svg", { "aria-hidden": "true" }, extent());
    this.view = element("div", { class: "view", ...(grid ? image : {}) }, this.canvas, this.marks);
    this.heading = element("figcaption", {}, title);
    this.node = element("figure", { style: area ? `grid-area: ${area}` : null }, this.heading, this.view);
    if (key) {
      const ends = [0, 1].map(k => element("span", {}, key[k] ?? ""));
      if (key === true) this.range = ends;
      this.node.append(element("div", { class: "key", "aria-hidden": "true" }, ends[0], element("i", { class: `${colors}-key` }), ends[1]));
    }
    parent.append(this.node);
    this.entries = this.marks.appendChild(svg("g", { class: "entries" }));
    this.lines = grid ? this.marks.appendChild(svg("path", { class: "grid" })) : null;
    this.named = new Map();
    this.texts = [];
    if (point) this.listen(point, press);
  }

  listen(point, press) {
    this.view.classList.add(press ? "painted" : "pointed");
    const tell = event => {
      const [row, column] = this.locate(event);
      if (row >= 0 && column >= 0 && row < this.rows && column < this.columns) point(row, column, event);
    };
    this.view.addEventListener("pointerdown", event => {
      if (press) this.view.setPointerCapture(event.pointerId);
      tell(event);
    });
    this.view.addEventListener("pointermove", event => (!press || event.buttons) && tell(event));
  }

  // The entry under a pointer: the picture is as large as fits into its box, in the middle.
  locate(event) {
    const box = this.view.getBoundingClientRect();
    const scale = Math.min(box.width / this.columns, box.height / this.rows);
    const left = box.left + (box.width - scale * this.columns) / 2, top = box.top + (box.height - scale * this.rows) / 2;
    return [Math.floor((event.clientY - top) / scale), Math.floor((event.clientX - left) / scale)];
  }

  set title(text) {
    write(this.heading, text);
  }

  // Show (H, W) or (3, H, W). A limit fixes the range of colours; otherwise it is 1, or the strongest signed entry.
  show(values, limit) {
    this.resize(...values.shape.slice(-2));
    const signed = this.colors == "signed";
    this.limit = limit ?? (signed ? largest(values) : 1);
    const ends = signed ? [`−${short(this.limit)}`, `+${short(this.limit)}`] : ["0", short(this.limit)];
    this.range?.forEach((node, k) => write(node, ends[k]));
    this.paint(colored(values, MAPS[this.colors], signed ? -this.limit : 0, this.limit));
    this.values = values;
    return values;
  }

  // Only what differs: a canvas that is painted, even with the same colours, is handed on to the screen anew.
  paint(pixels) {
    const words = new Uint32Array(pixels.data.buffer);
    if (this.painted && words.every((word, i) => word === this.painted[i])) return;
    if (this.few) this.fill(pixels.data);
    else this.canvas.getContext("2d").putImageData(enlarged(pixels, this.canvas.width / this.columns), 0, 0);
    this.painted = words;
  }

  // Colours as bytes, four an entry.
  fill(bytes) {
    [...this.entries.children].forEach((entry, i) => {
      const [red, green, blue, opaque] = bytes.subarray(4 * i, 4 * i + 4);
      put(entry, { fill: opaque ? `rgb(${red} ${green} ${blue})` : "none" });
    });
  }

  resize(rows, columns) {
    if (this.rows == rows && this.columns == columns) return;
    this.scale(rows, columns);
    Object.assign(this, { painted: null, few: this.lines && rows * columns <= FEW });
    const { unit } = this, times = Math.max(1, Math.floor(this.height / rows)); // pixels of the canvas along an entry
    const entry = (_, i) => svg("path", { d: `M${unit * (i % columns)} ${unit * Math.floor(i / columns)}h${unit}v${unit}h${-unit}z` });
    this.entries.replaceChildren(...Array.from({ length: this.few ? rows * columns : 0 }, entry));
    put(this.canvas, { width: times * columns, height: times * rows });
    if (this.few) this.canvas.remove();
    else if (this.view.firstChild != this.canvas) this.view.prepend(this.canvas);
  }

  scale(rows, columns) {
    Object.assign(this, { rows, columns, unit: SPAN / columns });
    Object.assign(this.view.dataset, { rows, columns }); // for tests
    put(this.marks, { viewBox: `0 0 ${SPAN} ${this.unit * rows}` });
    this.view.style.setProperty("--aspect", columns / rows);
    this.lines?.setAttribute("d", lattice(rows, columns, this.unit));
    for (const mark of this.named.values()) if (mark.place) this.lay(mark);
  }

  // Outline rows x columns entries from (row, column) on; kind is a class: "window" (orange) or "second" (teal).
  mark(name, row, column, rows = 1, columns = 1, kind = "window") {
    const rectangle = this.keep(name, () => svg("rect", { class: kind }));
    rectangle.place = { x: column, y: row, width: columns, height: rows };
    if (this.unit) this.lay(rectangle); // else with the first picture
  }

  lay(rectangle) {
    for (const [name, length] of Object.entries(rectangle.place)) put(rectangle, { [name]: this.unit * length });
  }

  hide(name) {
    this.named.get(name)?.remove();
    this.named.delete(name);
  }

  keep(name, make) {
    if (!this.named.has(name)) this.named.set(name, this.marks.appendChild(make()));
    return this.named.get(name);
  }

  // Write a text into each entry, dark on light and light on dark; a second line, if any, below it.
  // size, room: of letters, and of a text of several, in entries.
  write(texts, { size = 0.36, room = 1.45, below } = {}) {
    const count = texts ? texts.length : 0;
    while (this.texts.length > count) this.texts.pop().remove();
    while (this.texts.length < count) this.texts.push(this.marks.appendChild(svg("text")));
    const fit = (size, texts, room) => Math.min(size, room / Math.max(1, ...texts.map(text => text.length)));
    const { unit } = this, fitting = fit(size, texts ?? [], room), fittingBelow = fit(0.8 * size, below ?? [], 1.5);
    const inks = (texts ?? []).map((_, i) => this.ink(i)), now = [this.columns, fitting, fittingBelow, texts, below, inks].join();
    if (now === this.written) return; // most pictures are as they were
    this.written = now;
    this.texts.forEach((node, i) => {
      const row = Math.floor(i / this.columns), column = i % this.columns;
      const at = (middle, size) => ({ x: unit * (column + 0.5), y: unit * baseline(row + middle, size), "font-size": unit * size });
      put(node, { ...at(below ? 0.32 : 0.5, fitting), class: inks[i] });
      const wanted = below ? [texts[i], below[i], fittingBelow].join() : texts[i];
      if (node.written === wanted) return;
      node.written = wanted;
      node.textContent = texts[i];
      if (below) node.append(svg("tspan", at(0.73, fittingBelow), below[i]));
    });
  }

  // Whether dark or light letters can be read on an entry.
  ink(i) {
    const value = this.values.data[i];
    if (value != value) return "hole";
    if (this.colors == "signed") return Math.abs(value) > 0.72 * this.limit ? "light" : "dark";
    if (this.colors == "pale") return "dark";
    return value > 0.5 ? "dark" : "light";
  }
}

// The lines around and between entries of some size, as an SVG path.
function lattice(rows, columns, size) {
  const across = Array.from({ length: rows + 1 }, (_, r) => `M0 ${r * size}h${columns * size}`);
  return [...across, ...Array.from({ length: columns + 1 }, (_, c) => `M${c * size} 0v${rows * size}`)].join("");
}

function largest(values) {
  let most = 0;
  for (const value of values.data) if (Math.abs(value) > most) most = Math.abs(value);
  return most > 0 && Number.isFinite(most) ? most : 1;
}

// Set a text only where it differs: the browser then lays nothing out anew.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Set attributes, likewise.
export function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

// Horizontal bars with a name and a number each, from 0 to `most`, which grows with the values: none is cut. Negative
// ones go to the left of zero. compact: a line each. choose(k): called where a bar is clicked.
export class Bars {
  constructor(parent, { area, title = "", most = 1, format = value => value.toFixed(2), compact = false, choose }) {
    this.heading = element("figcaption", {}, title);
    this.list = element("div", { class: compact ? "bars compact" : "bars" });
    if (choose) {
      this.list.classList.add("pointed");
      this.list.addEventListener("click", event => {
        const k = this.rows.findIndex(({ line }) => line.contains(event.target));
        if (k >= 0) choose(k);
      });
    }
    this.node = element("figure", { style: area ? `grid-area: ${area}` : null }, this.heading, this.list);
    parent.append(this.node);
    Object.assign(this, { most, format, rows: [] });
  }

  set title(text) {
    write(this.heading, text);
  }

  // kinds: a class for each bar, such as "negative"; chosen: the number of the one that is outlined.
  show(names, values, kinds = [], chosen = null) {
    while (this.rows.length > names.length) this.rows.pop().line.remove();
    while (this.rows.length < names.length) {
      const [name, bar, number] = [element("span"), element("i"), element("b")];
      const line = element("div", {}, name, element("span", { class: "track" }, bar), number);
      this.rows.push({ line, name, bar, number });
      this.list.append(line);
    }
    const least = Math.min(0, ...values), length = Math.max(this.most, ...values) - least;
    const share = value => `${((100 * value) / length).toFixed(2)}%`; // no finer: bars of nearly nothing then stay as they are
    names.forEach((text, k) => {
      const { line, name, bar, number } = this.rows[k];
      line.classList.toggle("chosen", k === chosen);
      write(name, text);
      write(number, this.format(values[k]));
      bar.style.width = share(Math.abs(values[k]));
      bar.style.marginLeft = share(Math.min(values[k], 0) - least);
      bar.className = kinds[k] ?? "";
    });
    return { shape: [values.length], data: Float32Array.from(values) };
  }
}
