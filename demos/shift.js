// What moving a digit by a few pixels does to its feature map, pooled or merely subsampled.

import { activate, convolve, crop, pad, tensor } from "./page/nn.js";
import { pool2d } from "./page/pooling.js";
import { element } from "./page/draw.js";
import { phrase } from "./page/phrase.js";

const FARTHEST = 4; // pixels
const GREYS = "width: 5em; border: 1px solid var(--line); background: linear-gradient(90deg, #000, #fff)";

// data.digit: (H, W) in [0, 1]; data.kernel: what gives the feature map; data.window: rows of a pooling window;
// data.title: where the digit is from.
export function shift(demo, { digit, kernel, window, title }) {
  const text = value => {
    const number = String(value).replace("-", "−");
    return Math.abs(value) == 1 ? phrase("{number} pixel", { number }) : phrase("{number} pixels", { number });
  };
  const down = demo.slider("down", phrase("Down"), { min: -FARTHEST, max: FARTHEST, value: 0, text });
  const right = demo.slider("right", phrase("Right"), { min: -FARTHEST, max: FARTHEST, value: 1, text });
  demo.layout({ wide: '"digit feature average change" minmax(0, 1fr) "digit max fourth change" minmax(0, 1fr) / ' +
                      "minmax(0, 5fr) minmax(0, 3fr) minmax(0, 3fr) minmax(0, 4fr)",
                narrow: '"digit feature change" auto "average max fourth" auto / minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr)',
                top: true, snug: true });

  // A drag moves the digit by as much as the pointer has moved since it was pressed.
  let pressed = null;
  const drag = (row, column, event) => {
    if (event.type == "pointerdown" || !pressed) pressed = [row - down.value, column - right.value];
    down.approach(row - pressed[0]);
    right.approach(column - pressed[1]);
    demo.redraw();
  };
  const picture = demo.picture({ area: "digit", title: phrase("{title}: drag the digit", { title }), alt: phrase("The digit"), point: drag, press: true });
  picture.view.style.cursor = "grab";
  picture.view.addEventListener("lostpointercapture", () => (pressed = null));
  const names = { feature: phrase("Feature map"), average: phrase("Average pooled {window}×{window}", { window }),
                  max: phrase("Max pooled {window}×{window}", { window }), fourth: phrase("Every {window}th pixel", { window }) };
  const shown = Object.entries(names).map(([area, name]) => demo.picture({ area, title: name, alt: name }));

  const before = shiftMaps(digit, kernel, window), margin = [FARTHEST, FARTHEST, FARTHEST, FARTHEST];
  // Wherever the digit is moved, its feature map is a window of this one: what is white in one place is white in all.
  const limit = Math.max(...shiftMaps(pad(digit, margin, 0), kernel, window).feature.data) || 1;
  const changes = maps => Object.entries(maps).map(([name, map]) => relativeChange(before[name], map));
  const places = Array.from({ length: 2 * FARTHEST + 1 }, (_, i) => i - FARTHEST);
  const everywhere = places.flatMap(d => places.flatMap(r => changes(shiftMaps(moved(digit, d, r), kernel, window))));
  const most = Math.max(...everywhere) || 1; // no bar is ever longer
  const bars = demo.bars({ area: "change", title: phrase("Relative change"), most });
  demo.key.append(element("span", {}, phrase("responses in the four maps: 0"), element("i", { style: GREYS }), limit.toFixed(2)));

  return () => {
    const image = moved(digit, down.value, right.value), maps = shiftMaps(image, kernel, window);
    Object.values(maps).forEach((map, k) => shown[k].show(map, limit));
    const [rows, columns] = before.feature.shape.map((size, axis) => size - Math.abs([down, right][axis].value));
    const apart = farthestApart(moved(before.feature, down.value, right.value), maps.feature, down.value, right.value);
    demo.say(phrase("“Shift, then convolve” and “convolve, then shift” differ by {apart} in the {rows}×{columns} places that both have.",
                    { apart: apart ? apart.toPrecision(1) : "0", rows, columns }));
    const short = [phrase("map"), phrase("average"), phrase("max"), phrase("every {window}th", { window })];
    return { digit: picture.show(image), ...maps, change: bars.show(short, changes(maps)),
             apart: tensor([1], Float32Array.of(apart)) };
  };
}

// (H, W) moved by whole pixels; zeros come in at the border.
function moved(image, down, right) {
  return crop(image, -down, -right, ...image.shape);
}

// The feature map of a picture, and the three smaller ones that are made of it.
function shiftMaps(image, kernel, window) {
  const feature = activate(convolve(image, kernel), "relu"), channels = tensor([1, ...feature.shape], feature.data);
  const flat = ({ shape, data }) => tensor(shape.slice(1), data);
  return {
    feature,
    average: flat(pool2d(channels, { kind: "average", size: window })),
    max: flat(pool2d(channels, { kind: "max", size: window })),
    fourth: flat(pool2d(channels, { kind: "max", size: 1, stride: window })), // windows of one pixel
  };
}

// The largest difference of two maps (H, W), where a map that is moved by so many pixels still has its own entries.
function farthestApart(one, other, down, right) {
  const [rows, columns] = one.shape, within = (place, size, by) => place - by >= 0 && place - by < size;
  return one.data.reduce((most, value, i) => {
    const own = within(Math.floor(i / columns), rows, down) && within(i % columns, columns, right);
    return own ? Math.max(most, Math.abs(value - other.data[i])) : most;
  }, 0);
}

// The norm of the difference over the norm of the first; 0 where the first is 0.
function relativeChange(before, after) {
  let difference = 0, norm = 0;
  before.data.forEach((value, i) => {
    difference += (after.data[i] - value) ** 2;
    norm += value ** 2;
  });
  return norm ? Math.sqrt(difference / norm) : 0;
}
