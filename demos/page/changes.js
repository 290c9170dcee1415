// What a person changes in a network: channels that are switched off, and kernels of one's own.

import { BadInput } from "./demo.js";
import { CLASSIC, sampledKernel } from "./kernels.js";
import { numberOf, rowsOf } from "./matrix.js";
import { tensor } from "./nn.js";
import { phrase } from "./phrase.js";

export const TRAINED = "As it is", TYPED = "Your own numbers";
// The choices, and what they are called.
export const KERNELS = { [TRAINED]: phrase("As it is"), ...CLASSIC, [TYPED]: phrase("Your own numbers") };

// A change is {step, channel, off: true}, or {step, channel, from, kind, numbers}: the kernel between two maps. `from`
// counts within the group that a channel reads.
const same = one => other => ["step", "channel", "from"].every(key => one[key] === other[key]);

export const changeOf = (changes, place) => changes.find(same(place));

// The changes with one more; it takes the place of what was there, and is left out if it changes nothing.
export function changed(changes, change) {
  const others = changes.filter(other => !same(change)(other));
  return change.off || (change.kind && change.kind != TRAINED) ? [...others, change] : others;
}

// The steps with the kernels of one's own, and the channels that are off by step, as `activations` takes them.
export function applied(steps, changes) {
  const off = {}, altered = steps.slice();
  for (const { step, channel, from, numbers, off: silent } of changes) {
    if (silent) (off[step] ??= []).push(channel);
    if (!numbers) continue;
    const before = altered[step].weight, data = altered[step] == steps[step] ? before.data.slice() : before.data;
    data.set(numbers, (channel * before.shape[1] + from) * numbers.length);
    altered[step] = { ...steps[step], weight: tensor(before.shape, data) };
  }
  return { steps: altered, off };
}

// The kernel between two maps, (rows, columns).
export function kernelAt({ weight }, channel, from) {
  const size = weight.shape.slice(2), count = size[0] * size[1], first = (channel * weight.shape[1] + from) * count;
  return tensor(size, weight.data.subarray(first, first + count));
}

// A classic kernel that is as strong as the one whose place it takes.
export function classicInPlace(kind, trained) {
  const strength = trained.data.reduce((sum, value) => sum + Math.abs(value), 0) || 1;
  const scale = Math.max(0.4, (Math.max(...trained.shape) - 1) / 5);
  return Array.from(sampledKernel(kind, trained.shape, scale).data, value => value * strength);
}

// What writes the numbers of a kernel: with two decimals, or so many that its largest number has two digits.
function writer(data) {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const decimals = Math.max(2, 1 - Math.floor(Math.log10(largest)));
  return value => String(Number(value.toFixed(decimals))).replace(/^(-?)0\./, "$1.");
}

export function typedKernel({ shape: [rows, columns], data }) {
  const written = writer(data), line = (_, r) => Array.from(data.slice(r * columns, (r + 1) * columns), written).join("\t");
  return Array.from({ length: rows }, line).join("\n");
}

// The numbers in a text, a row a line; where nothing was typed the number stays what it was, with all its digits.
export function readKernel(control, before) {
  const lines = rowsOf(control.value), [rows, columns] = before.shape, written = writer(before.data);
  const numbers = lines.flat().map((word, i) => (word == written(before.data[i] ?? 0) ? before.data[i] : numberOf(word)));
  if (lines.length != rows || lines.some(line => line.length != columns) || !numbers.every(Number.isFinite))
    throw new BadInput(control, phrase("Type {rows} rows of {columns} numbers.", { rows, columns }));
  return numbers;
}
