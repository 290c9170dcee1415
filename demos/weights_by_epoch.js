// The kernels of the first layer from epoch to epoch: all of them, one of them large, and how it went.

import { magnitude, tensor } from "./page/nn.js";
import { element, write } from "./page/draw.js";
import { Curve } from "./page/curve.js";
import { Mosaic } from "./page/mosaic.js";
import { phrase } from "./page/phrase.js";

// data.kernels: (epochs, kernels, 1 or 3, rows, columns); data.accuracy: (epochs,); data.epochs: their numbers.
export function weightsByEpoch(demo, data) {
  const [frames, count, depth, rows, columns] = data.kernels.shape, inColor = depth == 3;
  const mosaic = new Mosaic(count, rows, columns, perRow(count));
  const range = magnitude(data.kernels), changes = changesOf(data.kernels), fastest = magnitude(changes);
  const epoch = demo.player("epoch", phrase("Epoch"), { frames, value: frames - 1, interval: 500, text: k => String(data.epochs[k]) });
  const kernel = demo.slider("kernel", phrase("Kernel"), { min: 0, max: count - 1, value: strongest(data.kernels) });
  kernel.enabled = count > 1;
  demo.check("contrast", phrase("Full contrast for each"), { value: true });
  demo.layout({
    wide: '"kernels kernels kernels" minmax(0, 1.9fr) "kernel accuracy change" minmax(0, 1fr) / minmax(0, 0.8fr) minmax(0, 1fr) minmax(0, 1fr)',
    narrow: '"kernels kernels" auto "kernel accuracy" auto "kernel change" auto / minmax(0, 1fr) minmax(0, 1.5fr)',
  });
  const point = (row, column) => {
    const chosen = mosaic.at(row, column);
    if (chosen === undefined) return; // behind the last one
    kernel.value = chosen;
    demo.redraw();
  };
  const go = k => {
    epoch.stop();
    epoch.go(k);
  };
  const colors = inColor ? "color" : "signed", axes = { across: phrase("epoch"), choose: go };
  const all = demo.picture({ area: "kernels", colors, alt: phrase("The kernels of the first layer"), point });
  const one = demo.picture({ area: "kernel", colors, alt: phrase("The chosen kernel, large"), key: false });
  const accuracy = new Curve(demo.stage, { ...axes, area: "accuracy", alt: phrase("Validation accuracy by epoch"), text: value => `${100 * value} %` });
  const change = new Curve(demo.stage, { ...axes, area: "change", alt: phrase("The change of the chosen kernel in each epoch"), text: rounded });
  const ends = inColor ? colorKey(all.node) : all.range;
  demo.legend([["window", phrase("the chosen kernel, and the epoch")]]);
  demo.key.append(element("span", {}, phrase("Change: how far its weights moved in one epoch (root mean square)")));

  return controls => {
    const now = epoch.value, k = kernel.value, own = controls.contrast.value, limit = own ? 1 : range;
    const shown = Array.from({ length: count }, (_, number) => kernelOf(data.kernels, now, number));
    if (own) for (const [i, weights] of shown.entries()) shown[i] = scaled(weights, 1 / magnitude(weights), 0);
    const pictures = inColor ? shown.map(weights => scaled(weights, 0.5 / limit, 0.5)) : shown;
    const steps = { now, first: data.epochs[0], last: data.epochs[frames - 1] };
    const moved = tensor([frames], changes.data.subarray(k * frames, (k + 1) * frames));

    all.title = now ? phrase("Kernels after epoch {epoch}", { epoch: data.epochs[now] }) : phrase("Kernels before training");
    all.mark("chosen", ...mosaic.place(k), rows, columns);
    one.title = phrase("Kernel {k}", { k });
    accuracy.title = phrase("Validation accuracy {percent} %", { percent: (100 * data.accuracy.data[now]).toFixed(1) });
    change.title = phrase("Change {change}", { change: rounded(moved.data[now]) });
    const drawn = {
      kernels: all.show(mosaic.join(pictures), limit),
      kernel: one.show(pictures[k], limit),
      accuracy: accuracy.show(data.accuracy, { ...steps, most: 1 }),
      change: change.show(moved, { ...steps, most: fastest }),
    };
    ends.forEach((end, i) => write(end, "−+"[i] + (own ? phrase("largest") : range.toFixed(2))));
    return drawn;
  };
}

const rounded = change => String(Number(change.toPrecision(2)));

// Kernels in a row of the mosaic, which is about twice as wide as high and has as few empty places as possible.
function perRow(count) {
  const empty = across => Math.ceil(count / across) * across - count;
  let best = Math.max(1, Math.round(1.3 * Math.sqrt(count)));
  for (let across = best; across <= 2.2 * Math.sqrt(count); across++) if (empty(across) < empty(best)) best = across;
  return best;
}

// A kernel as (3, rows, columns), or (rows, columns) where it has one channel.
function kernelOf({ shape: [, count, depth, ...size], data }, epoch, number) {
  const length = depth * size[0] * size[1], start = (epoch * count + number) * length;
  return tensor(depth == 1 ? size : [depth, ...size], data.subarray(start, start + length));
}

// The kernel with the largest weight of the last epoch.
function strongest(kernels) {
  const [frames, count] = kernels.shape;
  const sizes = Array.from({ length: count }, (_, k) => magnitude(kernelOf(kernels, frames - 1, k)));
  return sizes.indexOf(Math.max(...sizes));
}

function scaled({ shape, data }, factor, offset) {
  return tensor(shape, data.map(value => value * factor + offset));
}

// How far each kernel's weights moved in each epoch, as the root of the mean square: (kernels, epochs), first 0.
function changesOf(kernels) {
  const [frames, count] = kernels.shape, changes = tensor([count, frames]);
  for (let k = 0; k < count; k++) {
    for (let frame = 1; frame < frames; frame++) {
      const before = kernelOf(kernels, frame - 1, k).data, after = kernelOf(kernels, frame, k).data;
      const total = after.reduce((sum, value, i) => sum + (value - before[i]) ** 2, 0);
      changes.data[k * frames + frame] = Math.sqrt(total / after.length);
    }
  }
  return changes;
}

// What the colours of colour kernels mean: a scale for each channel, grey in the middle. Returns its two ends.
function colorKey(figure) {
  const scale = (low, high) =>
    element("i", { style: `flex: none; width: 3.6em; height: 0.8em; background: linear-gradient(90deg, ${low}, #808080, ${high})` });
  const scales = [["#008080", "#ff8080"], ["#800080", "#80ff80"], ["#808000", "#8080ff"]].map(pair => scale(...pair));
  const words = (...text) => element("span", { style: "flex: none" }, ...text), ends = [words(), words()];
  figure.append(element("div", { class: "key", "aria-hidden": "true" }, ends[0], ...scales, ends[1], words(phrase("grey: 0"))));
  return ends;
}
