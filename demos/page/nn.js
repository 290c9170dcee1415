// The layers of a network on plain arrays, in torch's words and orders.
//
// A tensor is {shape, data}: data is a typed array in row-major order. Images are (channels, rows, columns),
// convolution weights (outputs, inputs / groups, kernel rows, kernel columns), dense weights (outputs, inputs).

const volume = shape => shape.reduce((product, length) => product * length, 1);

export function tensor(shape, data) {
  return { shape, data: data ?? new Float32Array(volume(shape)) };
}

// A number for rows and columns alike, or one each.
export const both = value => (Array.isArray(value) ? value : [value, value]);

// floor((n + 2p - d(k - 1) - 1) / s) + 1, or 0 where the kernel does not fit. ceil: a last window may reach beyond the
// padding, as long as it does not lie there alone.
export function outputSize(size, kernel, { padding = 0, stride = 1, dilation = 1, ceil = false } = {}) {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1, windows = (ceil ? Math.ceil : Math.floor)(room / stride) + 1;
  return Math.max(0, ceil && (windows - 1) * stride >= size + padding ? windows - 1 : windows);
}

// (x - mean) / sqrt(variance + epsilon) * weight + bias, each of the four one number a channel.
export function batchNorm(input, { mean, variance, weight, bias, epsilon = 1e-5 }) {
  const plane = input.data.length / input.shape[0], output = tensor(input.shape);
  for (let c = 0; c < input.shape[0]; c++) {
    const scale = (weight ? weight.data[c] : 1) / Math.sqrt(variance.data[c] + epsilon);
    const offset = (bias ? bias.data[c] : 0) - mean.data[c] * scale;
    for (let i = c * plane; i < (c + 1) * plane; i++) output.data[i] = input.data[i] * scale + offset;
  }
  return output;
}

const sigmoid = x => 1 / (1 + Math.exp(-x));
const clamp = (x, low = -1, high = 1) => Math.min(Math.max(x, low), high);

export const ACTIVATIONS = {
  relu: x => (x < 0 ? 0 : x), // NaN stays NaN
  relu6: x => clamp(x, 0, 6),
  leakyRelu: (x, slope = 0.01) => (x < 0 ? slope * x : x),
  elu: (x, alpha = 1) => (x < 0 ? alpha * Math.expm1(x) : x),
  clamp,
  tanh: Math.tanh,
  sigmoid,
  hardSigmoid: x => clamp(x / 6 + 0.5, 0, 1),
  silu: x => x * sigmoid(x),
  hardSwish: x => x * clamp(x / 6 + 0.5, 0, 1),
  gelu: x => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluTanh: x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  softplus: (x, beta = 1, threshold = 20) => (beta * x > threshold ? x : Math.log1p(Math.exp(beta * x)) / beta),
};

// The error function to 1.5e-7 (M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 7.1.26).
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const terms = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const tail = terms.reduce((sum, term) => (sum + term) * t, 0) * Math.exp(-x * x);
  return x < 0 ? tail - 1 : 1 - tail;
}

// options: further numbers that an activation takes, such as a slope.
export function activate(input, name, [first, second] = []) {
  const act = ACTIVATIONS[name], output = tensor(input.shape), { data } = input;
  for (let i = 0; i < data.length; i++) output.data[i] = act(data[i], first, second);
  return output;
}

// exp(x) / sum of exp(x), along an axis, or over all entries; or the logarithm of it.
export function softmax({ shape, data }, { axis, log = false } = {}) {
  const [length, apart] = axis == null ? [data.length, 1] : [shape[axis], volume(shape.slice(axis + 1))];
  const output = tensor(shape);
  for (let k = 0; k < data.length / length; k++) {
    const first = Math.floor(k / apart) * apart * length + (k % apart), end = first + apart * length;
    let largest = -Infinity, sum = 0;
    for (let i = first; i < end; i += apart) largest = Math.max(largest, data[i]);
    for (let i = first; i < end; i += apart) sum += Math.exp(data[i] - largest);
    for (let i = first; i < end; i += apart) {
      const shifted = data[i] - largest;
      output.data[i] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
    }
  }
  return output;
}

// Entries by their places along each axis, a list an axis; for a place of -1 stands `fill`. It pads, crops, turns.
export function take({ shape, data }, places, fill = 0) {
  const output = tensor(places.map(list => list.length));
  let o = 0;
  const visit = (axis, at) => {
    if (axis == shape.length) return (output.data[o++] = at < 0 ? fill : data[at]);
    const apart = volume(shape.slice(axis + 1));
    for (const place of places[axis]) visit(axis + 1, at < 0 || place < 0 ? -1 : at + place * apart);
  };
  visit(0, 0);
  return output;
}

const OPERATIONS = { add: (x, y) => x + y, subtract: (x, y) => x - y, multiply: (x, y) => x * y, divide: (x, y) => x / y };

// Two tensors entry by entry; axes of length 1, or missing in front, are repeated as often as it takes.
export function combine(one, other, name) {
  const operate = OPERATIONS[name], count = Math.max(one.shape.length, other.shape.length);
  const shapes = [one, other].map(({ shape }) => [...Array(count - shape.length).fill(1), ...shape]);
  const shape = shapes[0].map((length, axis) => (length == 1 ? shapes[1][axis] : length));
  if (shapes[1].some((length, axis) => length != 1 && length != shape[axis]))
    throw new Error(`${one.shape} and ${other.shape} are of different shapes`);
  const [first, second] = [one, other].map(({ data }, k) => {
    if (data.length == volume(shape)) return data;
    const places = shape.map((length, axis) => Array.from({ length }, (_, i) => (shapes[k][axis] == 1 ? 0 : i)));
    return take({ shape: shapes[k], data }, places).data;
  });
  const result = tensor(shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = operate(first[i], second[i]);
  return result;
}

// The mean over some axes, which keep a length of 1.
export function mean({ shape, data }, axes) {
  const left = shape.map((length, axis) => (axes.includes(axis) ? 1 : length)), sums = new Float64Array(volume(left));
  for (let i = 0; i < data.length; i++) {
    let o = 0, rest = i;
    for (let axis = shape.length - 1, apart = 1; axis >= 0; axis--) {
      if (left[axis] > 1) o += apart * (rest % shape[axis]);
      apart *= left[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    sums[o] += data[i];
  }
  return { shape: left, data: Float32Array.from(sums, sum => (sum * sums.length) / data.length) };
}

// The channel of (C, H, W) as (H, W), without a copy.
export function channel(input, c) {
  const [, rows, columns] = input.shape;
  return { shape: [rows, columns], data: input.data.subarray(c * rows * columns, (c + 1) * rows * columns) };
}

// (H, W) with its border repeated outwards, or filled with a number: margins are [top, bottom, left, right].
export function pad(image, [top, bottom, left, right], fill = "edge") {
  const [rows, columns] = image.shape, padded = tensor([rows + top + bottom, columns + left + right]);
  const inside = (place, length) => clamp(place, 0, length - 1);
  for (let r = 0, o = 0; r < padded.shape[0]; r++) {
    for (let c = 0; c < padded.shape[1]; c++, o++) {
      const i = r - top, j = c - left, outside = i < 0 || j < 0 || i >= rows || j >= columns;
      padded.data[o] = outside && fill != "edge" ? fill : image.data[inside(i, rows) * columns + inside(j, columns)];
    }
  }
  return padded;
}

// The window of (H, W) that begins at (row, column): entries outside of the image are `fill`.
export function crop(image, row, column, rows, columns, fill = 0) {
  const window = tensor([rows, columns]), [height, width] = image.shape;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const i = row + r, j = column + c;
      window.data[r * columns + c] = i < 0 || j < 0 || i >= height || j >= width ? fill : image.data[i * width + j];
    }
  }
  return window;
}

// The response of one image (H, W) to one kernel (kh, kw): their cross-correlation, without padding.
export function convolve({ shape: [rows, columns], data }, kernel) {
  const [height, width] = kernel.shape, output = tensor([outputSize(rows, height), outputSize(columns, width)]);
  for (let r = 0, o = 0; r < output.shape[0]; r++)
    for (let c = 0; c < output.shape[1]; c++, o++) {
      let total = 0;
      for (let k = 0, w = 0; k < height; k++)
        for (let l = 0, i = (r + k) * columns + c; l < width; l++, w++, i++) total += kernel.data[w] * data[i];
      output.data[o] = total;
    }
  return output;
}

export const sum = input => input.data.reduce((a, b) => a + b, 0);

// The largest magnitude, or 1 where there is none: the range of a signed colour map.
export function magnitude(input) {
  const largest = input.data.reduce((a, b) => (Number.isNaN(b) ? a : Math.max(a, Math.abs(b))), 0);
  return largest > 0 && Number.isFinite(largest) ? largest : 1;
}
