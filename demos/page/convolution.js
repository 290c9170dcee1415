// Kernels that slide over many channels: convolution, nearly all that a network computes, and pooling. Made to be fast.
//
// An output pixel is a sum over the entries of its kernels, called taps here: weight times the input pixel under it; or
// the largest of these products. The input is laid out so that the pixels under one tap, for all outputs one after the
// other, lie side by side, from the tap's place on. WebAssembly then makes four products at once (see `machineCode`);
// where a browser or the policy of a page does not have that, JavaScript does the same, several times more slowly.

import { both, outputSize, tensor } from "./nn.js";

const TOGETHER = 4; // outputs that use what was read from the input
const VECTORS = 2, WIDTH = 4 * VECTORS; // for each, this many vectors of four numbers

// Cross-correlation, the "convolution" of deep learning: (C, H, W) and (O, C / groups, kh, kw) give (O, H', W').
export function conv2d(input, weight, { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = {}) {
  const [channels] = input.shape, [outputs, depth] = weight.shape;
  if (channels != depth * groups || outputs % groups)
    throw new Error(`weights ${weight.shape} in ${groups} groups do not fit ${channels} channels`);
  return slide(input, weight, { bias, stride, padding, dilation });
}

// (inputs,) and (outputs, inputs) give (outputs,): a convolution whose kernels fit in one place only.
export function dense(input, weight, bias) {
  const [outputs, inputs] = weight.shape;
  if (input.data.length != inputs) throw new Error(`${input.data.length} inputs do not fit weights ${weight.shape}`);
  const [image, kernels] = [tensor([inputs, 1, 1], input.data), tensor([outputs, inputs, 1, 1], weight.data)];
  return tensor([outputs], conv2d(image, kernels, { bias }).data);
}

// At each place of kernels (O, C / groups, kh, kw) on (C, H, W) the products of weight and pixel: their sum, to which
// padding adds nothing, or the `largest` of them, which is never one of padding. ceil: as `outputSize` takes it.
export function slide(input, weight, { bias, stride = 1, padding = 0, dilation = 1, ceil = false, largest = false }) {
  const [channels, rows, columns] = input.shape, [outputs, depth, kernelRows, kernelColumns] = weight.shape;
  const [strideRows, strideColumns] = both(stride), [padRows, padColumns] = both(padding);
  const [stepRows, stepColumns] = both(dilation), nothing = largest ? -Infinity : 0;
  const height = outputSize(rows, kernelRows, { padding: padRows, stride: strideRows, dilation: stepRows, ceil });
  const width = outputSize(columns, kernelColumns, { padding: padColumns, stride: strideColumns, dilation: stepColumns, ceil });
  const output = tensor([outputs, height, width]);
  if (!output.data.length) return output;

  // With a stride of 2, even rows lie together and odd ones do, and so do columns: then neighbours are one apart.
  const lines = (length, margin, count, stride, reach) => Math.ceil(Math.max(length + 2 * margin, (count - 1) * stride + reach) / stride);
  const down = lines(rows, padRows, height, strideRows, stepRows * (kernelRows - 1) + 1);
  const across = lines(columns, padColumns, width, strideColumns, stepColumns * (kernelColumns - 1) + 1);
  const plane = down * across, channelSize = strideRows * strideColumns * plane, inputSize = channels * channelSize;
  const rowAt = r => (r % strideRows) * strideColumns * plane + Math.floor(r / strideRows) * across;
  const columnAt = x => (x % strideColumns) * plane + Math.floor(x / strideColumns);
  // All outputs of a channel are summed in one run; those of windows that would lie across two rows are left out later.
  const length = (height - 1) * across + width, apart = Math.ceil(length / WIDTH) * WIDTH;
  const taps = depth * kernelRows * kernelColumns, share = (outputs * depth) / channels, together = share > 1 ? TOGETHER : 1;
  const places = inputSize, weights = places + taps, biases = weights + together * taps, sums = biases + together;
  const inBytes = [places, taps, weights, biases, sums, apart, length].map(count => 4 * count);
  const { floats, integers } = workshop.room(sums + together * apart);
  const run = workshop[largest ? "largest" : together > 1 ? "several" : "one"];

  floats.fill(nothing, 0, inputSize);
  const { data } = input, rowsAt = Array.from({ length: rows }, (_, r) => rowAt(r + padRows));
  const columnsAt = Array.from({ length: columns }, (_, x) => columnAt(x + padColumns));
  for (let c = 0, i = 0; c < channels; c++)
    for (let r = 0; r < rows; r++)
      for (let x = 0, row = c * channelSize + rowsAt[r]; x < columns; x++) floats[row + columnsAt[x]] = data[i++];
  for (let c = 0, t = places; c < depth; c++)
    for (let k = 0; k < kernelRows; k++)
      for (let l = 0; l < kernelColumns; l++, t++)
        integers[t] = 4 * (c * channelSize + rowAt(k * stepRows) + columnAt(l * stepColumns)); // in bytes

  for (let first = 0; first < outputs; first += share) {
    const group = (first / share) * depth * channelSize;
    for (let o = first; o < first + share; o += together) {
      const count = Math.min(together, first + share - o);
      for (let k = 0; k < together; k++) floats[biases + k] = k < count && bias ? bias.data[o + k] : nothing;
      floats.set(weight.data.subarray(o * taps, (o + count) * taps), weights);
      floats.fill(0, weights + count * taps, biases); // the rest of the last few is computed as zeros, and left
      run(4 * group, ...inBytes);
      for (let k = 0, i = o * height * width; k < count; k++)
        for (let r = 0; r < height; r++)
          for (let x = 0, row = sums + k * apart + r * across; x < width; x++) output.data[i++] = floats[row + x];
    }
  }
  return output;
}

// Where the inner loops work: `room` is memory for some numbers; one output, several, or the largest products of one.
const workshop = (() => {
  const views = buffer => ({ floats: new Float32Array(buffer), integers: new Int32Array(buffer) });
  try {
    const { memory, ...loops } = new WebAssembly.Instance(new WebAssembly.Module(machineCode())).exports;
    const room = count => {
      const missing = 4 * count - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / 65536));
      return views(memory.buffer);
    };
    return { room, ...loops };
  } catch {
    let made = views(new ArrayBuffer(0));
    const room = count => (made = made.floats.length < count ? views(new ArrayBuffer(4 * count)) : made);
    const loop = (outputs, join) => (...bytes) => {
      const [input, places, taps, weights, biases, sums, apart, length] = bytes.map(place => place / 4), { floats, integers } = made;
      for (let k = 0; k < outputs; k++) {
        const first = sums + k * apart;
        floats.fill(floats[biases + k], first, first + length);
        for (let t = 0; t < taps; t++) {
          const weight = floats[weights + k * taps + t], under = input + integers[places + t] / 4;
          for (let x = 0; x < length; x++) floats[first + x] = join(floats[first + x], weight * floats[under + x]);
        }
      }
    };
    const add = (a, b) => a + b;
    return { room, one: loop(1, add), several: loop(TOGETHER, add), largest: loop(1, Math.max) };
  }
})();

// A WebAssembly module, byte by byte (https://webassembly.github.io/spec/core/binary/): its memory, and the inner loop
// for one output and for several; for the largest, max takes the place of +. As JavaScript, for vectors of numbers, it is
//
//   for (; length > 0; input += WIDTH, sums += WIDTH, length -= WIDTH) {
//     totals = biases;
//     for (place = places, weight = weights; place != places + taps; place++, weight++)
//       for (output of outputs) totals[output] += weight[output * taps] * input[*place];
//     for (output of outputs) sums[output * apart] = totals[output];
//   }
function machineCode() {
  const INTEGER = 0x7f, VECTOR = 0x7b, PARAMETERS = 8;
  const number = n => (n < 128 ? [n] : [(n & 127) | 128, ...number(n >> 7)]);
  const list = items => [...number(items.length), ...items.flat()];
  const section = (id, items) => [id, ...list(list(items))];
  const letters = text => [...text].map(letter => letter.charCodeAt(0)), name = text => list(letters(text));
  const [input, places, taps, weights, biases, sums, apart, length, end, place, weight, at, firstVector] = Array(13).keys();

  const get = local => [0x20, local], set = local => [0x21, local], constant = n => [0x41, n], plus = [0x6a], load = [0x28, 2, 0];
  const vector = (code, offset) => [0xfd, code, 2, offset], repeated = offset => vector(0x09, offset);
  const multiply = [0xfd, ...number(0xe6)], add = [0xfd, ...number(0xe4)], max = [0xfd, ...number(0xe9)];
  const increase = (local, amount) => [get(local), amount, plus, set(local)].flat();
  const repeat = (body, condition) => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b]; // while the condition holds
  const each = (count, part) => Array.from({ length: count }, (_, k) => part(k)).flat();

  const loop = (outputs, join) => {
    const total = (o, v) => firstVector + o * VECTORS + v, pixels = v => total(outputs, v), factor = pixels(VECTORS);
    const code = [...get(places), ...get(taps), ...plus, ...set(end), ...repeat([
      ...each(outputs, o => each(VECTORS, v => [get(biases), repeated(4 * o), set(total(o, v))].flat())),
      ...get(places), ...set(place), ...get(weights), ...set(weight),
      ...repeat([
        ...get(place), ...load, ...get(input), ...plus, ...set(at),
        ...each(VECTORS, v => [get(at), vector(0x00, 16 * v), set(pixels(v))].flat()),
        ...get(weight), ...set(at),
        ...each(outputs, o => [...get(at), ...repeated(0), ...set(factor), ...increase(at, get(taps)), ...each(VECTORS, v =>
          [get(total(o, v)), get(pixels(v)), get(factor), multiply, join, set(total(o, v))].flat())]),
        ...increase(place, constant(4)), ...increase(weight, constant(4)),
      ], [...get(place), ...get(end), 0x47]),
      ...get(sums), ...set(at),
      ...each(outputs, o => [
        ...each(VECTORS, v => [get(at), get(total(o, v)), vector(0x0b, 16 * v)].flat()), ...increase(at, get(apart))]),
      ...increase(input, constant(4 * WIDTH)), ...increase(sums, constant(4 * WIDTH)), ...increase(length, constant(128 - 4 * WIDTH)),
    ], [...get(length), ...constant(0), 0x4a])];
    const locals = [[firstVector - PARAMETERS, INTEGER], [factor - firstVector + 1, VECTOR]];
    return list([...list(locals), ...code, 0x0b]);
  };
  return new Uint8Array([
    ...letters("\0asm"), 1, 0, 0, 0,
    ...section(1, [[0x60, ...list(Array(PARAMETERS).fill(INTEGER)), ...list([])]]),
    ...section(3, [[0], [0], [0]]),
    ...section(5, [[0, 1]]),
    ...section(7, [[...name("memory"), 2, 0], [...name("one"), 0, 0], [...name("several"), 0, 1], [...name("largest"), 0, 2]]),
    ...section(10, [loop(1, add), loop(TOGETHER, add), loop(1, max)]),
  ]);
}
