// Convolution with many channels: nearly all that a network computes, so it is made to be fast.
//
// An output pixel is a sum over the entries of its kernels, called taps here: weight times the input pixel under it.
// The input is laid out so that the pixels under one tap, for all outputs one after the other, lie side by side, from
// the tap's place on. WebAssembly then makes four products at once (see `machineCode`); where a browser or the policy of
// a page does not have that, JavaScript adds up the same, several times more slowly.

import { both, outputSize, tensor } from "./nn.js";

const TOGETHER = 4; // outputs that use what was read from the input
const VECTORS = 2, WIDTH = 4 * VECTORS; // for each, this many vectors of four numbers

// Cross-correlation, the "convolution" of deep learning: (C, H, W) and (O, C / groups, kh, kw) give (O, H', W').
export function conv2d(input, weight, { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = {}) {
  const [channels, rows, columns] = input.shape, [outputs, depth, kernelRows, kernelColumns] = weight.shape;
  const [strideRows, strideColumns] = both(stride), [padRows, padColumns] = both(padding);
  const [stepRows, stepColumns] = both(dilation);
  if (channels != depth * groups || outputs % groups)
    throw new Error(`weights ${weight.shape} in ${groups} groups do not fit ${channels} channels`);
  const height = outputSize(rows, kernelRows, { padding: padRows, stride: strideRows, dilation: stepRows });
  const width = outputSize(columns, kernelColumns, { padding: padColumns, stride: strideColumns, dilation: stepColumns });
  const output = tensor([outputs, height, width]);
  if (!output.data.length) return output;

  // With a stride of 2, even rows lie together and odd ones do, and so do columns: then neighbours are one apart.
  const down = Math.ceil((rows + 2 * padRows) / strideRows), across = Math.ceil((columns + 2 * padColumns) / strideColumns);
  const plane = down * across, channelSize = strideRows * strideColumns * plane, inputSize = channels * channelSize;
  const rowAt = r => (r % strideRows) * strideColumns * plane + Math.floor(r / strideRows) * across;
  const columnAt = x => (x % strideColumns) * plane + Math.floor(x / strideColumns);
  // All outputs of a channel are summed in one run; those of windows that would lie across two rows are left out later.
  const length = (height - 1) * across + width, apart = Math.ceil(length / WIDTH) * WIDTH;
  const taps = depth * kernelRows * kernelColumns, share = outputs / groups, together = share > 1 ? TOGETHER : 1;
  const places = inputSize, weights = places + taps, biases = weights + together * taps, sums = biases + together;
  const { floats, integers } = workshop.room(sums + together * apart);

  floats.fill(0, 0, inputSize);
  const from = Array.from({ length: columns }, (_, x) => columnAt(x + padColumns));
  for (let c = 0, i = 0; c < channels; c++)
    for (let r = 0; r < rows; r++)
      for (let x = 0, row = c * channelSize + rowAt(r + padRows); x < columns; x++) floats[row + from[x]] = input.data[i++];
  for (let c = 0, t = places; c < depth; c++)
    for (let k = 0; k < kernelRows; k++)
      for (let l = 0; l < kernelColumns; l++, t++)
        integers[t] = 4 * (c * channelSize + rowAt(k * stepRows) + columnAt(l * stepColumns)); // in bytes

  for (let first = 0; first < outputs; first += share) {
    const group = (first / share) * depth * channelSize;
    for (let o = first; o < first + share; o += together) {
      const count = Math.min(together, first + share - o);
      for (let k = 0; k < together; k++) {
        const there = k < count; // the rest of the last few is computed as zeros, and left
        floats[biases + k] = there && bias ? bias.data[o + k] : 0;
        for (let t = 0, w = (o + k) * taps; t < taps; t++) floats[weights + t * together + k] = there ? weight.data[w + t] : 0;
      }
      workshop.sum(together, ...[group, places, weights, weights, biases, sums, apart, length].map(place => 4 * place));
      for (let k = 0, i = o * height * width; k < count; k++)
        for (let r = 0; r < height; r++)
          for (let x = 0, row = sums + k * apart + r * across; x < width; x++) output.data[i++] = floats[row + x];
    }
  }
  return output;
}

// Where the inner loop works: `room` is memory for some numbers, `sum` the loop; all its places are in bytes.
const workshop = (() => {
  const views = buffer => ({ floats: new Float32Array(buffer), integers: new Int32Array(buffer) });
  try {
    const { memory, one, several } = new WebAssembly.Instance(new WebAssembly.Module(machineCode())).exports;
    const room = count => {
      const missing = 4 * count - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / 65536));
      return views(memory.buffer);
    };
    return { room, sum: (together, ...places) => (together == 1 ? one : several)(...places) };
  } catch {
    let made = views(new ArrayBuffer(0));
    const room = count => (made = made.floats.length < count ? views(new ArrayBuffer(4 * count)) : made);
    const sum = (together, ...bytes) => {
      const [input, places, end, weights, biases, sums, apart, length] = bytes.map(place => place / 4), { floats, integers } = made;
      for (let k = 0; k < together; k++) {
        const first = sums + k * apart;
        floats.fill(floats[biases + k], first, first + length);
        for (let t = 0; t < end - places; t++) {
          const weight = floats[weights + t * together + k], under = input + integers[places + t] / 4;
          for (let x = 0; x < length; x++) floats[first + x] += weight * floats[under + x];
        }
      }
    };
    return { room, sum };
  }
})();

// A WebAssembly module, byte by byte (https://webassembly.github.io/spec/core/binary/): its memory, and the inner loop
// for one output and for several. As JavaScript, for vectors of numbers, the loop is
//
//   for (; length > 0; input += WIDTH, sums += WIDTH, length -= WIDTH) {
//     totals = biases;
//     for (place = places, weight = weights; place != end; place++, weight += outputs)
//       for (output of outputs) totals[output] += weight[output] * input[*place];
//     for (output of outputs) sums[output * apart] = totals[output];
//   }
function machineCode() {
  const INTEGER = 0x7f, VECTOR = 0x7b, PARAMETERS = 8;
  const number = n => (n < 128 ? [n] : [(n & 127) | 128, ...number(n >> 7)]);
  const list = items => [...number(items.length), ...items.flat()];
  const section = (id, items) => [id, ...list(list(items))];
  const letters = text => [...text].map(letter => letter.charCodeAt(0)), name = text => list(letters(text));
  const [input, places, end, weights, biases, sums, apart, length, place, weight, at, firstVector] = Array(12).keys();

  const get = local => [0x20, local], set = local => [0x21, local], constant = n => [0x41, n], plus = [0x6a], load = [0x28, 2, 0];
  const vector = (code, offset) => [0xfd, code, 2, offset], repeated = offset => vector(0x09, offset);
  const multiply = [0xfd, ...number(0xe6)], add = [0xfd, ...number(0xe4)];
  const increase = (local, amount) => [get(local), amount, plus, set(local)].flat();
  const repeat = (body, condition) => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b]; // while the condition holds
  const each = (count, part) => Array.from({ length: count }, (_, k) => part(k)).flat();

  const loop = outputs => {
    const total = (o, v) => firstVector + o * VECTORS + v, pixels = v => total(outputs, v), factor = pixels(VECTORS);
    const code = repeat([
      ...each(outputs, o => each(VECTORS, v => [get(biases), repeated(4 * o), set(total(o, v))].flat())),
      ...get(places), ...set(place), ...get(weights), ...set(weight),
      ...repeat([
        ...get(place), ...load, ...get(input), ...plus, ...set(at),
        ...each(VECTORS, v => [get(at), vector(0x00, 16 * v), set(pixels(v))].flat()),
        ...each(outputs, o => [...get(weight), ...repeated(4 * o), ...set(factor), ...each(VECTORS, v =>
          [get(total(o, v)), get(pixels(v)), get(factor), multiply, add, set(total(o, v))].flat())]),
        ...increase(place, constant(4)), ...increase(weight, constant(4 * outputs)),
      ], [...get(place), ...get(end), 0x47]),
      ...get(sums), ...set(at),
      ...each(outputs, o => [
        ...each(VECTORS, v => [get(at), get(total(o, v)), vector(0x0b, 16 * v)].flat()), ...increase(at, get(apart))]),
      ...increase(input, constant(4 * WIDTH)), ...increase(sums, constant(4 * WIDTH)), ...increase(length, constant(128 - 4 * WIDTH)),
    ], [...get(length), ...constant(0), 0x4a]);
    const locals = [[firstVector - PARAMETERS, INTEGER], [factor - firstVector + 1, VECTOR]];
    return list([...list(locals), ...code, 0x0b]);
  };
  return new Uint8Array([
    ...letters("\0asm"), 1, 0, 0, 0,
    ...section(1, [[0x60, ...list(Array(PARAMETERS).fill(INTEGER)), ...list([])]]),
    ...section(3, [[0], [0]]),
    ...section(5, [[0, 1]]),
    ...section(7, [[...name("memory"), 2, 0], [...name("one"), 0, 0], [...name("several"), 0, 1]]),
    ...section(10, [loop(1), loop(TOGETHER)]),
  ]);
}
