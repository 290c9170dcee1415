// Predictions: choose a photograph, and read the five likeliest classes beside it.

import { element } from "./page/draw.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const SHARP = 100; // pixels: smaller pictures are enlarged without blur

// data.photographs: addresses of images of data.shape; data.ids, data.scores: (count, 5); data.names: {id: name}.
export function predictions(demo, data) {
  const count = data.photographs.length, [rows, columns] = data.shape;
  const photograph = demo.slider("photograph", "Photograph", {
    min: 0, max: count - 1, value: data.first, text: number => `${number + 1} of ${count}`,
  });
  photograph.enabled = count > 1;

  demo.layout({
    top: true,
    wide: '"photograph bars" minmax(0, 1fr) "strip strip" auto / minmax(0, 1fr) minmax(0, 1fr)',
    narrow: '". photograph ." auto "bars bars bars" auto "strip strip strip" auto / minmax(0, 1fr) minmax(0, 4fr) minmax(0, 1fr)',
  });
  const picture = demo.picture({ area: "photograph", alt: "The photograph as the network sees it", title: data.source });
  picture.resize(rows, columns);
  picture.canvas.style.imageRendering = Math.max(rows, columns) < SHARP ? "pixelated" : "auto";
  const context = picture.canvas.getContext("2d", { willReadFrequently: true });
  const bars = demo.bars({ area: "bars", title: `${data.network}: five likeliest classes`, format: score => `${(100 * score).toFixed(1)} %` });
  bars.list.classList.add("large");
  const strip = new Strip(demo.stage, data.photographs, photograph, () => demo.redraw());

  return () => {
    const number = photograph.value, [ids, scores] = [data.ids, data.scores].map(({ data }) => data.slice(5 * number, 5 * number + 5));
    const image = strip.choose(number);
    if (image.complete && image.naturalWidth) context.drawImage(image, 0, 0); // else once it has been read
    bars.show(Array.from(ids, id => data.names[id]), Array.from(scores));
    return {
      get photograph() {
        return pixels(context, rows, columns);
      },
      ids: { shape: [5], data: ids },
      scores: { shape: [5], data: scores },
    };
  };
}

// Small pictures side by side that scroll in a box of their own: a click or the arrow keys choose one.
class Strip {
  constructor(parent, addresses, slider, changed) {
    this.box = element("div", {
      class: "strip", role: "listbox", tabindex: 0, "aria-label": "Photographs", "aria-orientation": "horizontal",
      "data-lm-suppress-shortcuts": "true", style: "grid-area: strip",
    });
    this.images = addresses.map((address, number) => {
      const image = element("img", { role: "option", alt: `Photograph ${number + 1}`, id: `${slider.input.id}-${number}`, draggable: "false" });
      image.addEventListener("load", changed); // the large picture is drawn from it
      image.src = address;
      return image;
    });
    this.box.append(...this.images);
    parent.append(this.box);
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

  // Outline an image, scroll it into sight within the box, and return it.
  choose(number) {
    const image = this.images[number];
    if (this.chosen != image) {
      this.chosen = image;
      this.images.forEach(other => other.setAttribute("aria-selected", other == image));
      this.box.setAttribute("aria-activedescendant", image.id);
    }
    this.box.scrollLeft = image.offsetLeft - (this.box.clientWidth - image.offsetWidth) / 2;
    return image;
  }
}

// What a canvas shows, (rows, columns, 3) in [0, 1].
function pixels(context, rows, columns) {
  const { data } = context.getImageData(0, 0, columns, rows);
  return { shape: [rows, columns, 3], data: Float32Array.from({ length: rows * columns * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / 255) };
}
