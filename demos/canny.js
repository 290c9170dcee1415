// Canny's edge detector in four steps: smooth, take the gradient, keep its ridges, link them to edges.
//
// J. Canny, "A computational approach to edge detection", IEEE PAMI 8(6), 1986. The numbers are those of
// skimage.feature.canny to the last digit of single precision: where two neighbours are equally strong, a rounding
// decides which of them is the edge.

import { pad, tensor } from "./page/nn.js";
import { OWN_PICTURE, ownPicture } from "./page/own_picture.js";
import { phrase } from "./page/phrase.js";

const FAINTEST = 1e-14; // what is below has no direction
const EPSILON = 2 ** -23; // of single precision
const NONE = 0, DROPPED = 1, LINKED = 2, STRONG = 3;
const STATES = [[0.07, 0.09, 0.12], [0.34, 0.38, 0.43], [0.36, 0.76, 0.95], [1, 1, 1]]; // their colours, as in canny.css

// data.pictures: {name: (H, W) in [0, 1]}.
export function canny(demo, data) {
  const names = Object.keys(data.pictures), [rows, columns] = data.pictures[names.at(-1)].shape;
  const strengths = sobel(smooth(data.pictures[names.at(-1)], 1)).magnitude.data, strongest = strengths.indexOf(Math.max(...strengths));
  const choice = demo.choice("picture", phrase("Picture"), { options: names, value: names.at(-1) });
  const decimal = digits => value => value.toFixed(digits);
  const sigma = demo.slider("sigma", phrase("1. Smoothing σ"), { min: 0, max: 4, step: 0.1, value: 1, text: value => phrase("{number} pixels", { number: value.toFixed(1) }) });
  const high = demo.slider("high", phrase("4. High threshold"), { min: 0.05, max: 2, step: 0.05, value: 0.8, text: decimal(2) });
  const low = demo.slider("low", phrase("4. Low threshold"), { min: 0, max: 0.8, step: 0.05, value: 0.3, text: decimal(2) });
  const row = demo.slider("row", phrase("Row"), { min: 0, max: rows - 1, value: Math.floor(strongest / columns) });
  const column = demo.slider("column", phrase("Column"), { min: 0, max: columns - 1, value: strongest % columns });
  ownPicture(demo, choice);

  demo.layout({ wide: '"smooth gradient thin edges" minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr)',
                narrow: '"smooth gradient" auto "thin edges" auto / minmax(0, 1fr) minmax(0, 1fr)', top: true, snug: true });
  const point = (r, c) => {
    [row.value, column.value] = [r, c];
    demo.redraw();
  };
  const look = { point, height: rows };
  const smoothPicture = demo.picture({ ...look, area: "smooth", alt: phrase("The picture, smoothed") });
  const gradientPicture = demo.picture({ ...look, area: "gradient", colors: "color", alt: phrase("The gradient") });
  const thinPicture = demo.picture({ ...look, area: "thin", alt: phrase("The ridges of the gradient") });
  const edgePicture = demo.picture({ ...look, area: "edges", colors: "color", alt: phrase("The edges") });
  demo.legend([["wheel", phrase("where it gets brighter")], ["strong", phrase("at least high")], ["linked", phrase("at least low, linked")],
               ["dropped", phrase("not linked")]]);
  let found = {}; // the steps, until another picture, σ or threshold is chosen

  return () => {
    low.range(0, high.value);
    const picture = choice.value == OWN_PICTURE ? demo.controls.own.value : data.pictures[choice.value];
    const r = row.range(0, picture.shape[0] - 1), c = column.range(0, picture.shape[1] - 1), here = r * picture.shape[1] + c;
    if (found.picture != picture || found.sigma != sigma.value) {
      found = { picture, sigma: sigma.value, smoothed: smooth(picture, sigma.value) };
      found.field = sobel(found.smoothed);
      found.thin = ridges(found.field);
      const largest = found.field.magnitude.data.reduce((a, b) => (a > b ? a : b), 0) || 1;
      smoothPicture.show(found.smoothed);
      gradientPicture.show(wheel(found.field, largest));
      thinPicture.show(found.thin, largest);
    }
    if (found.low != low.value || found.high != high.value) {
      Object.assign(found, { low: low.value, high: high.value, states: linked(found.thin, low.value, high.value) });
      edgePicture.show(painted(found.states));
    }
    const { smoothed, field, thin, states } = found, { magnitude, direction } = field;

    for (const shown of [smoothPicture, gradientPicture, thinPicture, edgePicture]) shown.mark("here", r, c);
    smoothPicture.title = phrase("1. Smoothed: {value}", { value: smoothed.data[here].toFixed(2) });
    gradientPicture.title = phrase("2. Gradient: {value}", { value: magnitude.data[here].toFixed(2) });
    thinPicture.title = thin.data[here] ? phrase("3. Ridge: {value}", { value: thin.data[here].toFixed(2) }) : phrase("3. Ridge: no");
    edgePicture.title = states.data[here] >= LINKED ? phrase("4. Edge: yes") : phrase("4. Edge: no");
    demo.say(`(${r}, ${c}): ${reason(field, thin, states, here)}`);
    const edges = { shape: states.shape, data: states.data.map(state => Number(state >= LINKED)) };
    return { smoothed, magnitude, direction, thin, states, edges };
  };
}

// Why a pixel is an edge, or is none, in a sentence.
function reason(field, thin, states, i) {
  if (!field.inside(i)) return phrase("at the border of the picture there is no edge.");
  if (field.magnitude.data[i] < FAINTEST) return phrase("here nothing changes.");
  const [one, other] = [1, -1].map(sign => along(field, i, sign).toFixed(2)), angle = Math.round(field.direction.data[i]);
  const sides = phrase("brighter towards {angle}°; on this line the next pixels have {one} and {other}", { angle, one, other });
  if (!thin.data[i]) return phrase("{sides}: no ridge.", { sides });
  return [phrase("{sides}: a ridge, below low.", { sides }), phrase("{sides}: a ridge, at least low, but not linked to a strong one.", { sides }),
          phrase("{sides}: a ridge, at least low and linked to a strong one.", { sides }), phrase("{sides}: a ridge, at least high.", { sides })][states.data[i]];
}

// 1. (H, W) blurred by a Gaussian. Outside of the picture there is nothing, and what is missing there is made up for.
function smooth(image, sigma) {
  const ones = { shape: image.shape, data: new Float32Array(image.data.length).fill(1) };
  const [blurred, weight] = [image, ones].map(values => (sigma > 0 ? [0, 1].reduce((part, axis) => blurredAlong(part, axis, sigma), values) : values));
  return { shape: image.shape, data: blurred.data.map((value, i) => value / Math.fround(weight.data[i] + EPSILON)) };
}

// (H, W) blurred along its rows (axis 1) or columns (axis 0), to four standard deviations. Sums go from outside in.
function blurredAlong({ shape, data }, axis, sigma) {
  const reach = Math.floor(4 * sigma + 0.5), factor = -0.5 / (sigma * sigma);
  const weights = Array.from({ length: reach + 1 }, (_, k) => Math.exp(factor * k * k));
  const total = weights.reduce((sum, weight) => sum + 2 * weight, -weights[0]);
  weights.forEach((weight, k) => (weights[k] = weight / total));
  const count = shape[axis], apart = axis ? 1 : shape[1], output = tensor(shape), line = new Float64Array(count + 2 * reach);
  for (let k = 0; k < data.length / count; k++) {
    const first = axis ? k * count : k;
    for (let i = 0; i < count; i++) line[reach + i] = data[first + i * apart];
    for (let i = reach; i < reach + count; i++) {
      let sum = line[i] * weights[0];
      for (let far = reach; far > 0; far--) sum += (line[i - far] + line[i + far]) * weights[far];
      output.data[first + (i - reach) * apart] = sum;
    }
  }
  return output;
}

// 2. The gradient of (H, W) by Sobel's kernels, its border repeated outwards: what grows downwards and to the right,
// the length, and the direction in which it gets brighter, in degrees counterclockwise from the right.
function sobel(image) {
  const [rows, columns] = image.shape, width = columns + 2, { data } = pad(image, [1, 1, 1, 1]);
  const [down, right, magnitude, direction] = Array.from({ length: 4 }, () => tensor(image.shape));
  const { fround } = Math, change = (i, apart) => fround(data[i + apart] - data[i - apart]);
  const across = (i, apart, other) => fround(2 * change(i, apart) + (change(i - other, apart) + change(i + other, apart)));
  for (let r = 0, o = 0; r < rows; r++) {
    for (let c = 0, i = (r + 1) * width + 1; c < columns; c++, i++, o++) {
      const y = across(i, width, 1), x = across(i, 1, width), angle = (Math.atan2(-y, x) * 180) / Math.PI;
      down.data[o] = y;
      right.data[o] = x;
      magnitude.data[o] = Math.sqrt(fround(fround(y * y) + fround(x * x)));
      direction.data[o] = angle < 0 ? angle + 360 : angle;
    }
  }
  const inside = o => o >= columns && o < (rows - 1) * columns && o % columns > 0 && o % columns < columns - 1;
  return { down, right, magnitude, direction, inside };
}

// The length of the gradient one step further along it, or one step back (sign -1): between two of the eight neighbours.
function along({ down, right, magnitude: { shape, data } }, i, sign) {
  const y = Math.abs(down.data[i]), x = Math.abs(right.data[i]), share = Math.fround(Math.min(x, y) / Math.max(x, y));
  const turn = (down.data[i] > 0) == (right.data[i] > 0) ? shape[1] : -shape[1], straight = y > x ? turn : 1;
  return Math.fround(data[i + sign * (turn + 1)] * share) + data[i + sign * straight] * (1 - share);
}

// 3. The length of the gradient where it is largest along its own direction, else 0.
function ridges(field) {
  const { shape, data } = field.magnitude, thin = tensor(shape);
  for (let i = 0; i < data.length; i++) {
    const ridge = data[i] >= FAINTEST && field.inside(i) && along(field, i, 1) <= data[i] && along(field, i, -1) <= data[i];
    if (ridge) thin.data[i] = data[i];
  }
  return thin;
}

// 4. What becomes of each ridge: STRONG where it is at least high, LINKED where it is at least low and a chain of such
// neighbours leads to a strong one, else DROPPED.
function linked({ shape, data }, low, high) {
  const columns = shape[1], states = tensor(shape), least = Math.fround(low), strong = Math.fround(high), chain = [];
  data.forEach((length, i) => {
    if (!length || length < least) return;
    states.data[i] = length >= strong ? STRONG : DROPPED;
    if (length >= strong) chain.push(i);
  });
  while (chain.length) {
    const i = chain.pop();
    for (const near of [i - columns, i, i + columns]) {
      for (const neighbour of [near - 1, near, near + 1]) { // ridges lie inside: all eight are there
        if (states.data[neighbour] != DROPPED) continue;
        states.data[neighbour] = LINKED;
        chain.push(neighbour);
      }
    }
  }
  return states;
}

// The gradient in colours (3, H, W): red grows to the right, green and blue each a third of a turn on; longer is lighter.
function wheel({ down, right, magnitude }, largest) {
  const count = magnitude.data.length, colors = tensor([3, ...magnitude.shape]), scale = 0.5 / largest, sine = Math.sqrt(0.75);
  for (let i = 0; i < count; i++) {
    const [length, x, y] = [magnitude.data[i], right.data[i], down.data[i]];
    colors.data[i] = scale * (length + x);
    colors.data[count + i] = scale * (length - 0.5 * x - sine * y);
    colors.data[2 * count + i] = scale * (length - 0.5 * x + sine * y);
  }
  return colors;
}

// What becomes of each ridge, in colours (3, H, W).
function painted({ shape, data }) {
  const colors = tensor([3, ...shape]);
  for (let c = 0, o = 0; c < 3; c++) for (const state of data) colors.data[o++] = STATES[state][c];
  return colors;
}
