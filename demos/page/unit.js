// The arithmetic of one number of a feature map: what it read, by which weights, and what became of the sum.

import { ACTIVATIONS, tensor } from "./nn.js";
import { boxOf, entryOf, solid, unitOf, windowOf } from "./windows.js";

const ENTRY_BY_ENTRY = ["batchNorm", "activate"];

// Steps that only reshape are passed over: the unit of the step before that is the same number.
export function behind(steps, number, unit) {
  while (steps[number].kind == "reshape") {
    const [source] = steps[number].inputs;
    [number, unit] = [source, unitOf(entryOf(unit, steps[number].shape), steps[source].shape)];
  }
  return { number, unit };
}

// A unit's number. found: all activations; unit: (channel, row, column) of step `number`. Returns
// base: the step that reads a window, and `result`, what its arithmetic gives; chain: the batch norms and activations
// behind it, {number: of the step, result} each;
// groups: what it reads, a map each: {source, channel, row, column, apart, values, weights, products, sum}, (rows,
// columns) tensors with NaN where there is padding; weights, products are null where none are; bias: 0 where there is
// none; divisor: of a mean. off: channels that are switched off, by step, as `activations` takes them: `silent` tells
// whether the base's is, and each link's.
export function arithmeticOf(steps, found, number, unit, off = {}) {
  const links = []; // batch norms and activations, up to the chosen one and beyond
  let base = number;
  for (; ENTRY_BY_ENTRY.includes(steps[base].kind); [base] = steps[base].inputs) links.unshift(base);
  for (let next = readerOf(steps, number); next > 0; next = readerOf(steps, next)) links.push(next);
  ({ number: base, unit } = behind(steps, base, unit));
  const step = steps[base], groups = step.inputs.flatMap((source, k) => groupsOf(steps, found, step, unit, source, k));
  const bias = ["conv2d", "dense"].includes(step.kind) && step.bias ? step.bias.data[unit[0]] : 0;
  const divisor = divisorOf(step, unit, groups, steps[step.inputs[0]]?.shape), chain = [];
  const isOff = n => Boolean(off[n]?.includes(unit[0])), silent = isOff(base);
  const computed = () => (step.kind == "input" ? valueAt(found[base], unit) : RESULTS[step.kind](groups, { ...step, bias, divisor, own: unit }));
  const result = silent ? 0 : computed();
  links.reduce((value, link) => {
    chain.push({ number: link, silent: isOff(link), result: isOff(link) ? 0 : entryByEntry(steps[link], value, unit[0]) });
    return chain.at(-1).result;
  }, result);
  return { base, unit, groups, bias, divisor, silent, result, chain };
}

// The first batch norm or activation that reads a step; -1 where there is none.
function readerOf(steps, number) {
  return steps.findIndex(({ kind, inputs }) => ENTRY_BY_ENTRY.includes(kind) && inputs[0] == number);
}

// What the arithmetic of each kind of step gives, from the maps that it reads.
const total = groups => groups.reduce((result, group) => result + group.sum, 0);
const weighted = (groups, { bias }) => total(groups) + bias;
const average = (groups, { divisor }) => total(groups) / divisor;
const greatest = ([{ values }]) => values.data.reduce((a, b) => (b == b ? Math.max(a, b) : a), -Infinity);
const taken = (groups, { fill }) => (groups.length ? groups[0].sum : fill);
const RESULTS = {
  conv2d: weighted, dense: weighted, maxPool2d: greatest, adaptiveMaxPool2d: greatest,
  averagePool2d: average, adaptiveAveragePool2d: average, mean: average, take: taken, concatenate: taken,
  add: ([one, other]) => one.sum + other.sum, subtract: ([one, other]) => one.sum - other.sum,
  multiply: ([one, other]) => one.sum * other.sum, divide: ([one, other]) => one.sum / other.sum,
  softmax: (groups, step) => {
    const { share, all } = softmaxParts(groups, step);
    return step.log ? Math.log(share / all) : share / all;
  },
};

// exp(x) of a unit and the sum of all, with the largest x taken off; x: the unit's own, which is one of the groups'.
export function softmaxParts(groups, { axis, own }) {
  const numbers = groups.flatMap(({ values }) => Array.from(values.data)), largest = Math.max(...numbers), x = numbers[own[axis]];
  return { x, largest, share: Math.exp(x - largest), all: numbers.reduce((all, value) => all + Math.exp(value - largest), 0) };
}

function entryByEntry({ kind, activation, options, mean, variance, weight, bias, epsilon }, x, channel) {
  if (kind == "activate") return ACTIVATIONS[activation](x, ...options);
  return ((x - mean.data[channel]) / Math.sqrt(variance.data[channel] + epsilon)) * (weight ? weight.data[channel] : 1) + (bias ? bias.data[channel] : 0);
}

// By how many a mean divides: padding counts where the network says so, but what lies behind it never does.
function divisorOf({ kind, size, stride, padding, divisor, countPadding }, [, row, column], groups, shape) {
  const seen = groups.reduce((sum, { values }) => sum + values.data.filter(x => x == x).length, 0);
  if (kind != "averagePool2d" || (!divisor && !countPadding)) return seen;
  const along = (place, axis) => {
    const start = place * stride[axis] - padding[axis];
    return Math.min(start + size[axis], shape[axis + 1] + padding[axis]) - start;
  };
  return divisor ?? along(row, 0) * along(column, 1);
}

export const valueAt = (values, unit) => values.data[entryOf(unit, values.shape)];

function groupsOf(steps, found, step, unit, source, k) {
  let box = windowOf(step, boxOf(unit), step.inputs.map(input => steps[input].shape), k);
  if (!box) return [];
  if (step.kind == "dense") { // on maps, not on the vector that they were made into
    source = behind(steps, source, [0, 0, 0]).number;
    box = solid(steps[source].shape).map(length => [0, length]);
  }
  const [[first, end], [top, bottom], [left, right]] = box, apart = step.kind == "conv2d" || step.kind == "maxPool2d" ? step.dilation : [1, 1];
  const size = [Math.floor((bottom - top - 1) / apart[0]) + 1, Math.floor((right - left - 1) / apart[1]) + 1];
  const groups = [];
  for (let channel = first; channel < end; channel++) {
    const place = { source, channel, row: top, column: left, apart }, values = patch(found[source], place, size);
    const weights = weightsOf(step, unit[0], channel - first, size);
    const products = weights && tensor(size, Float64Array.from(values.data, (value, i) => value * weights.data[i]));
    groups.push({ ...place, values, weights, products, sum: (products ?? values).data.reduce((a, b) => (b == b ? a + b : a), 0) });
  }
  return groups;
}

function patch({ shape, data }, { channel, row, column, apart }, size) {
  const [, rows, columns] = solid(shape), values = tensor(size);
  for (let i = 0, n = 0; i < size[0]; i++) {
    for (let j = 0; j < size[1]; j++, n++) {
      const r = row + i * apart[0], c = column + j * apart[1], inside = r >= 0 && c >= 0 && r < rows && c < columns;
      values.data[n] = inside ? data[(channel * rows + r) * columns + c] : NaN;
    }
  }
  return values;
}

// The weights between an output and the k-th map that it reads.
function weightsOf({ kind, weight }, output, k, size) {
  if (kind != "conv2d" && kind != "dense") return null;
  const count = size[0] * size[1], first = (output * weight.data.length) / weight.shape[0] + k * count;
  return tensor(size, weight.data.subarray(first, first + count));
}

// The unit that entry i of a group's patch is; null in the padding.
export function unitUnder({ channel, row, column, apart, values }, i) {
  if (values.data[i] != values.data[i]) return null;
  const columns = values.shape[1];
  return [channel, row + Math.floor(i / columns) * apart[0], column + (i % columns) * apart[1]];
}

// Which group, and which entry of it, has the largest part in a unit's number.
export function largestPart(step, groups) {
  let best = null;
  groups.forEach(({ values, products }, group) => (products ?? values).data.forEach((value, entry) => {
    const strength = step.kind.endsWith("axPool2d") ? value : Math.abs(value); // a maximum is not one of magnitudes
    if (value == value && !(best?.strength >= strength)) best = { group, entry, strength };
  }));
  return best;
}
