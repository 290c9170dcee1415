// Predictions: choose a photograph, read the five likeliest classes beside it, and see what the network looks at: the
// evidence for a class, or what it says when a square is covered.

import { element } from "./page/draw.js";
import { phrase } from "./page/phrase.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const SHARP = 100; // pixels: smaller pictures are enlarged without blur
const PLAIN = "photograph", EVIDENCE = "evidence", COVERED = "part covered";
const WAYS = { [PLAIN]: phrase("photograph"), [EVIDENCE]: phrase("evidence"), [COVERED]: phrase("part covered") };
const percent = score => `${(100 * score).toFixed(1)} %`;
const DARKEST = 0.15; // what is left of the photograph's light where there is no evidence

// data.photographs: addresses of images of data.shape; data.ids, data.scores: (count, 5); data.names: {id: name}.
// data.evidence, if there: {maps: (count, 5, rows, columns), covered: {number: (places, places, 5)}, patch, step, grey}.
export function predictions(demo, data) {
  const count = data.photographs.length, [rows, columns] = data.shape, { evidence } = data;
  const photograph = demo.slider("photograph", phrase("Photograph"), {
    min: 0, max: count - 1, value: data.first, text: number => phrase("{number} of {count}", { number: number + 1, count }),
  });
  photograph.enabled = count > 1;
  const looking = evidence && new Looking(demo, evidence, place => data.names[data.ids.data[5 * photograph.value + place]]);

  demo.layout({
    top: true,
    wide: '"photograph bars" minmax(0, 1fr) "strip strip" auto / minmax(0, 1fr) minmax(0, 1fr)',
    narrow: '". photograph ." auto "bars bars bars" auto "strip strip strip" auto / minmax(0, 1fr) minmax(0, 4fr) minmax(0, 1fr)',
  });
  const picture = demo.picture({
    area: "photograph", alt: phrase("The photograph as the network sees it"), title: data.source,
    point: looking && ((row, column) => looking.move(row, column)),
  });
  picture.resize(rows, columns);
  picture.canvas.style.imageRendering = Math.max(rows, columns) < SHARP ? "pixelated" : "auto";
  const context = picture.canvas.getContext("2d", { willReadFrequently: true });
  const bars = demo.bars({
    area: "bars", title: phrase("{network}: five likeliest classes", { network: data.network }), format: percent, choose: looking && (place => looking.choose(place)),
  });
  bars.list.classList.add("large");
  const strip = new Strip(demo.stage, data.photographs, photograph, () => demo.redraw());

  return () => {
    const number = photograph.value, [ids, scores] = [data.ids, data.scores].map(({ data }) => data.slice(5 * number, 5 * number + 5));
    const names = Array.from(ids, id => data.names[id]), image = strip.choose(number);
    if (image.complete && image.naturalWidth) context.drawImage(image, 0, 0); // else once it has been read
    const seen = looking?.draw(context, number, scores) ?? { scores };
    bars.show(names, Array.from(seen.scores), [], seen.place ?? null);
    demo.say(seen.text?.(names) ?? "");
    return {
      get photograph() {
        return pixels(context, rows, columns);
      },
      ids: { shape: [5], data: ids },
      scores: { shape: [5], data: seen.scores },
      ...(seen.map && { evidence: seen.map }),
    };
  };
}

// The controls that say what is shown of what a network looks at, and its drawing over the photograph.
class Looking {
  constructor(demo, evidence, name) {
    this.demo = demo;
    this.evidence = evidence;
    this.covered = Object.values(evidence.covered);
    this.show = demo.choice("show", phrase("Show"), { options: Object.entries(WAYS).slice(0, this.covered.length ? 3 : 2) });
    this.place = demo.slider("place", phrase("Evidence for"), { min: 0, max: 4, value: 0, text: name });
    if (!this.covered.length) return;
    this.side = this.covered[0].shape[0]; // places of the square in a row, and in a column
    const last = this.side ** 2 - 1, text = square =>
      phrase("row {row}, column {column}", { row: Math.floor(square / this.side) + 1, column: (square % this.side) + 1 });
    this.square = demo.slider("square", phrase("Square"), { min: 0, max: last, value: Math.floor(last / 2), text });
  }

  // Show the evidence for a class.
  choose(place) {
    this.show.value = EVIDENCE;
    this.place.value = place;
    this.demo.redraw();
  }

  // Put the square around a pixel, as far as its places go.
  move(row, column) {
    if (this.show.value != COVERED) return;
    const { patch, step } = this.evidence;
    const [down, right] = [row, column].map(at => Math.min(Math.max(Math.round((at - patch / 2) / step), 0), this.side - 1));
    this.square.value = down * this.side + right;
    this.demo.redraw();
  }

  // Draw over a photograph; return the scores to be shown and, where evidence is shown, for which class, and the map.
  draw(context, number, scores) {
    const { maps, covered, patch, step, grey } = this.evidence, way = this.show.value, grid = covered[number];
    this.place.enabled = way == EVIDENCE;
    this.place.show();
    if (this.square) this.square.enabled = way == COVERED && Boolean(grid);
    if (way == EVIDENCE) {
      const [, , rows, columns] = maps.shape, size = rows * columns, place = this.place.value, start = (5 * number + place) * size;
      const map = { shape: [rows, columns], data: maps.data.slice(start, start + size) };
      darken(context, map);
      return { scores, place, map, text: names => phrase("Bright is where the network finds evidence for {name}; dark, where it finds none (Grad-CAM).", { name: names[place] }) };
    }
    if (way == COVERED && !grid) {
      const numbers = Object.keys(covered).map(key => phrase("number {number}", { number: Number(key) + 1 }));
      const all = numbers.reduce((one, other) => phrase("{one} and {other}", { one, other }));
      return { scores, text: () => phrase("Covering was computed for a few photographs only: {all}.", { all }) };
    }
    if (way == COVERED) {
      const square = this.square.value, changed = grid.data.slice(5 * square, 5 * square + 5);
      context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      context.fillRect(step * (square % this.side), step * Math.floor(square / this.side), patch, patch);
      return { scores: changed, text: names => phrase("Move the square over the photograph. {name} had {before}, and has {now} with this part covered.",
        { name: names[0], before: percent(scores[0]), now: percent(changed[0]) }) };
    }
    return { scores, text: () => phrase("What does the network look at? Click on a class to see where it finds evidence for it.") };
  }
}

// Take light from a picture where a map is small: all but DARKEST of it at zero, none where the map is largest.
function darken(context, map) {
  const { width, height } = context.canvas, image = context.getImageData(0, 0, width, height);
  const most = Math.max(...map.data) || 1, across = Array.from({ length: width }, (_, x) => between(x, width, map.shape[1]));
  for (let y = 0; y < height; y++) {
    const [above, below, share] = between(y, height, map.shape[0]).map((value, k) => (k < 2 ? value * map.shape[1] : value));
    for (let x = 0; x < width; x++) {
      const [left, right, part] = across[x], at = place => map.data[place];
      const upper = at(above + left) * (1 - part) + at(above + right) * part;
      const lower = at(below + left) * (1 - part) + at(below + right) * part;
      const light = DARKEST + (1 - DARKEST) * (upper * (1 - share) + lower * share) / most, i = 4 * (y * width + x);
      for (let c = 0; c < 3; c++) image.data[i + c] *= light;
    }
  }
  context.putImageData(image, 0, 0);
}

// The two entries of a row of `count` that a pixel of `length` lies between, and its share of the second.
function between(pixel, length, count) {
  const place = Math.min(Math.max((pixel + 0.5) * count / length - 0.5, 0), count - 1), first = Math.floor(place);
  return [first, Math.min(first + 1, count - 1), place - first];
}

// Small pictures side by side that scroll in a box of their own: a click or the arrow keys choose one.
class Strip {
  constructor(parent, addresses, slider, changed) {
    this.box = element("div", {
      class: "strip", role: "listbox", tabindex: 0, "aria-label": phrase("Photographs"), "aria-orientation": "horizontal",
      "data-lm-suppress-shortcuts": "true", style: "grid-area: strip",
    });
    this.images = addresses.map((address, number) => {
      const image = element("img", { role: "option", alt: phrase("Photograph {number}", { number: number + 1 }), id: `${slider.input.id}-${number}`, draggable: "false" });
      image.addEventListener("load", changed); // the large picture is drawn from it
      image.src = address;
      return image;
    });
    this.box.append(...this.images);
    parent.append(this.box);
    new ResizeObserver(() => this.center()).observe(this.box);
    const go = number => {
      slider.value = Math.min(Math.max(number, 0), addresses.length - 1);
      changed();
    };
    this.box.addEventListener("click", event => {
      if (event.target != this.box) go(this.images.indexOf(event.target));
    });
    this.box.addEventListener("keydown", event => {
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      go(slider.value + STEPS[event.key]);
    });
  }

  center() {
    if (this.chosen) this.box.scrollLeft = this.chosen.offsetLeft - (this.box.clientWidth - this.chosen.offsetWidth) / 2;
  }

  // Outline an image, scroll it into sight within the box, and return it.
  choose(number) {
    const image = this.images[number];
    if (this.chosen != image) {
      this.chosen = image;
      this.images.forEach(other => other.setAttribute("aria-selected", other == image));
      this.box.setAttribute("aria-activedescendant", image.id);
      this.center();
    }
    return image;
  }
}

// What a canvas shows, (rows, columns, 3) in [0, 1].
function pixels(context, rows, columns) {
  const { data } = context.getImageData(0, 0, columns, rows);
  return { shape: [rows, columns, 3], data: Float32Array.from({ length: rows * columns * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / 255) };
}
