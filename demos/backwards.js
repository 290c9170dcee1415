// Backwards through a layer: from the gradient of its output to those of its kernel and its input, in numbers.

import { convolve, crop, magnitude, pad, tensor } from "./page/nn.js";
import { pool2d } from "./page/pooling.js";
import { element } from "./page/draw.js";
import { Formula, factor, plain } from "./page/formula.js";
import { flipped } from "./page/kernels.js";
import { readNumbers, typed } from "./page/matrix.js";
import { phrase } from "./page/phrase.js";

const KERNEL = "kernel", INPUT = "input", MAX = "input of max pooling", AVERAGE = "input of average pooling";
const NAMES = {
  [KERNEL]: phrase("kernel"), [INPUT]: phrase("input"), [MAX]: phrase("input of max pooling"), [AVERAGE]: phrase("input of average pooling"),
};

// data.image: (5, 5); data.kernel: (3, 3); data.gradient: (3, 3), of the output. All windows are 3x3, at stride 1.
export function backwards(demo, data) {
  const [side] = data.image.shape, [size] = data.kernel.shape, [across] = data.gradient.shape, margin = size - 1;
  const of = demo.choice("of", phrase("Gradient of"), { options: Object.entries(NAMES), below: true });
  const row = demo.slider("row", phrase("Row"), { min: 0, max: size - 1, value: 0 });
  const column = demo.slider("column", phrase("Column"), { min: 0, max: size - 1, value: 1 });
  const imageText = demo.text("image", phrase("Input x"), { value: typed(data.image), rows: side });
  const kernelText = demo.text("kernel", phrase("Kernel w"), { value: typed(data.kernel), rows: size });
  const gradientText = demo.text("gradient", "∂L/∂o", { value: typed(data.gradient), rows: size });
  demo.form.append(element("div", { class: "pair" }, kernelText.node, gradientText.node));
  demo.layout({
    snug: true,
    wide: `"image kernel output" minmax(0, 1fr) "inputGradient kernelGradient outputGradient" minmax(0, 1fr) "sum sum sum" auto
           / minmax(0, 5fr) minmax(0, 3fr) minmax(0, 3fr)`,
    narrow: `"image kernel output" auto "inputGradient kernelGradient outputGradient" auto "sum sum sum" auto
             / minmax(0, 5fr) minmax(0, 3fr) minmax(0, 3fr)`,
  });
  const choose = kernel => (r, c) => {
    if (kernel && isPooling(of.value)) return; // it has no kernel
    if (kernel || of.value == KERNEL) of.value = kernel ? KERNEL : INPUT;
    for (const slider of [row, column]) slider.range(0, (kernel ? size : side) - 1);
    [row.value, column.value] = [r, c];
    demo.redraw();
  };
  const look = { colors: "signed", key: false, grid: true };
  const add = (area, title, point) => demo.picture({ ...look, area, title, alt: phrase("{title}, drawn", { title }), point });
  const pictures = {
    image: add("image", phrase("Input x"), choose(false)),
    kernel: add("kernel", phrase("Kernel w"), choose(true)),
    output: add("output", phrase("Output o")),
    inputGradient: add("inputGradient", "∂L/∂x", choose(false)),
    kernelGradient: add("kernelGradient", "∂L/∂w", choose(true)),
    outputGradient: add("outputGradient", "∂L/∂o"),
  };
  const formula = new Formula(demo.stage, { area: "sum" });
  demo.legend([
    ["window", phrase("the chosen entry, and what it is made of")],
    ["second", phrase("largest of a window")],
    ["negative", phrase("negative")],
    ["positive", phrase("positive")],
  ]);

  return () => {
    const layer = of.value, pooling = isPooling(layer), end = (layer == KERNEL ? size : side) - 1;
    const [r, c] = [row.range(0, end), column.range(0, end)];
    kernelText.enabled = !pooling;
    const read = (text, { shape }) => tensor(shape, Float32Array.from(readNumbers(text, shape[0], -9, 9)));
    const image = read(imageText, data.image), typedKernel = read(kernelText, data.kernel);
    const kernel = pooling ? tensor(data.kernel.shape, typedKernel.data.map(() => (layer == AVERAGE ? 1 / size ** 2 : NaN))) : typedKernel;
    const outputGradient = read(gradientText, data.gradient), output = forwards(image, kernel, layer);
    const winners = layer == MAX ? winnersOf(image, size) : null; // the entry of each window that is the largest
    const backwardsToInput = winners
      ? routed(winners, outputGradient, image.shape)
      : convolve(pad(outputGradient, Array(4).fill(margin), 0), flipped(kernel));
    const none = tensor(kernel.shape, kernel.data.map(() => NaN));
    const kernelGradient = pooling ? none : convolve(image, outputGradient);
    const chosen = layer == KERNEL ? kernelGradient : backwardsToInput, whole = layer == KERNEL ? kernel : image;

    // The chosen entry touches these outputs: from which row and column on, and how many.
    const first = layer == KERNEL ? [0, 0] : [r, c].map(place => Math.max(0, place - margin));
    const last = layer == KERNEL ? [across - 1, across - 1] : [r, c].map(place => Math.min(place, across - 1));
    const counts = last.map((end, axis) => end - first[axis] + 1), terms = [];
    for (let i = first[0]; i <= last[0]; i++) {
      for (let j = first[1]; j <= last[1]; j++) {
        const entry = (r - i) * size + c - j; // of the window that output (i, j) sees: where the chosen pixel lies in it
        const slope = layer == KERNEL ? image.data[(r + i) * side + c + j] : winners ? Number(winners[i * across + j] == entry) : kernel.data[entry];
        const grown = outputGradient.data[i * across + j];
        terms.push([`${factor(slope)}·${factor(grown)}`, slope * grown != 0]);
      }
    }
    const at = r * whole.shape[1] + c, total = chosen.data[at];
    const loss = by => {
      const moved = tensor(whole.shape, whole.data.map((value, i) => (i == at ? value + by : value)));
      const { data: outputs } = layer == KERNEL ? forwards(image, moved, layer) : forwards(moved, kernel, layer);
      return outputs.reduce((sum, value, i) => sum + value * outputGradient.data[i], 0);
    };
    const step = layer == MAX ? 0.01 : 1; // what is linear gives the same at any step, and rounds least at a large one
    const difference = (loss(step) - loss(-step)) / (2 * step), kink = Math.abs(difference - total) > 0.01;

    const drawn = { image, kernel, output, outputGradient, inputGradient: backwardsToInput, kernelGradient };
    for (const [name, picture] of Object.entries(pictures)) {
      picture.show(drawn[name], magnitude(drawn[name]));
      picture.write(Array.from(drawn[name].data, value => (value == value ? plain(value) : "")), { size: 0.42 });
    }
    pictures.kernel.title = { [MAX]: phrase("no kernel"), [AVERAGE]: phrase("1/9 each") }[layer] ?? phrase("Kernel w");
    const [here, there] = layer == KERNEL ? ["kernel", "image"] : ["image", "kernel"];
    pictures[here].mark("window", r, c);
    pictures[`${here == "kernel" ? "kernel" : "input"}Gradient`].mark("window", r, c);
    pictures[here == "kernel" ? "inputGradient" : "kernelGradient"].hide("window");
    pictures.outputGradient.mark("window", ...first, ...counts);
    if (layer == MAX) pictures.kernel.hide("window");
    else if (layer == KERNEL) pictures.image.mark("window", r, c, across, across);
    else pictures[there].mark("window", ...last.map((end, axis) => [r, c][axis] - end), ...counts);
    for (let k = 0; k < across ** 2; k++) {
      if (!winners) pictures.image.hide(`winner${k}`);
      else pictures.image.mark(`winner${k}`, ...pixelOf(k, winners[k], across, size), 1, 1, "second");
    }
    formula.show(`∂L/∂${layer == KERNEL ? "w" : "x"}(${r}, ${c})`, terms, plain(total));
    const number = plain(difference);
    demo.say(kink ? phrase("By finite differences, forwards only: {number}: two pixels are the largest of a window, and there the maximum has a kink", { number })
      : phrase("By finite differences, forwards only: {number}", { number }));
    return { ...drawn, difference: tensor([1], Float32Array.of(difference)) };
  };
}

const isPooling = layer => layer == MAX || layer == AVERAGE;

function forwards(image, kernel, layer) {
  if (layer != MAX) return convolve(image, kernel);
  const pooled = pool2d(tensor([1, ...image.shape], image.data), { kind: "max", size: kernel.shape[0], stride: 1 });
  return tensor(pooled.shape.slice(1), pooled.data);
}

// For each window of size x size, which of its entries is the largest: of several the first, as in torch.
function winnersOf(image, size) {
  const [rows, columns] = image.shape.map(length => length - size + 1);
  return Array.from({ length: rows * columns }, (_, k) => {
    const { data } = crop(image, Math.floor(k / columns), k % columns, size, size);
    return data.indexOf(Math.max(...data));
  });
}

// The pixel, (row, column), that is entry number `entry` of window number `k`.
function pixelOf(k, entry, across, size) {
  return [Math.floor(k / across) + Math.floor(entry / size), (k % across) + (entry % size)];
}

// Each number of a gradient (rows, columns) added to the pixel that won its window.
function routed(winners, { shape: [, across], data }, shape) {
  const gradient = tensor(shape), size = shape[1] - across + 1;
  winners.forEach((entry, k) => {
    const [r, c] = pixelOf(k, entry, across, size);
    gradient.data[r * shape[1] + c] += data[k];
  });
  return gradient;
}
