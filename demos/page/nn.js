// The layers of a network on plain arrays, in torch's words and orders.
//
// A tensor is {shape, data}: data is a typed array in row-major order. Images are (channels, rows, columns),
// convolution weights (outputs, inputs / groups, kernel rows, kernel columns), dense weights (outputs, inputs).

export function tensor(shape, data) {
  return { shape, data: data ?? new Float32Array(shape.reduce((product, length) => product * length, 1)) };
}

const both = value => (Array.isArray(value) ? value : [value, value]);

// floor((n + 2p - d(k - 1) - 1) / s) + 1, or 0 where the kernel does not fit.
export function outputSize(size, kernel, { padding = 0, stride = 1, dilation = 1 } = {}) {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

// Cross-correlation, the "convolution" of deep learning: (C, H, W) and (O, C / groups, kh, kw) give (O, H', W').
export function conv2d(input, weight, { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = {}) {
  const [channels, rows, columns] = input.shape, [outputs, depth, kernelRows, kernelColumns] = weight.shape;
  const [strideRows, strideColumns] = both(stride), [padRows, padColumns] = both(padding);
  const [stepRows, stepColumns] = both(dilation);
  if (channels != depth * groups || outputs % groups)
    throw new Error(`weights ${weight.shape} in ${groups} groups do not fit ${channels} channels`);
  const height = outputSize(rows, kernelRows, { padding: padRows, stride: strideRows, dilation: stepRows });
  const width = outputSize(columns, kernelColumns, { padding: padColumns, stride: strideColumns, dilation: stepColumns });
  const output = tensor([outputs, height, width]), plane = height * width;
  if (bias) for (let o = 0; o < outputs; o++) output.data.fill(bias.data[o], o * plane, (o + 1) * plane);
  let w = 0; // weights are read in their order
  for (let o = 0; o < outputs; o++) {
    const first = Math.floor(o / (outputs / groups)) * depth;
    for (let c = first; c < first + depth; c++) {
      for (let k = 0; k < kernelRows; k++) {
        const [top, bottom] = inside(rows, height, k * stepRows - padRows, strideRows);
        for (let l = 0; l < kernelColumns; l++, w++) {
          const factor = weight.data[w], shift = l * stepColumns - padColumns;
          if (factor == 0) continue;
          const [left, right] = inside(columns, width, shift, strideColumns);
          for (let r = top; r < bottom; r++) {
            const from = (c * rows + r * strideRows + k * stepRows - padRows) * columns + shift;
            addScaled(output.data, o * plane + r * width, input.data, from, left, right, strideColumns, factor);
          }
        }
      }
    }
  }
  return output;
}

// The first output, and the one after the last, whose input position `shift + output * stride` is in the picture.
function inside(size, outputs, shift, stride) {
  return [Math.max(0, Math.ceil(-shift / stride)), Math.min(outputs, Math.floor((size - 1 - shift) / stride) + 1)];
}

function addScaled(output, to, input, from, left, right, stride, factor) {
  if (stride == 1) for (let x = left; x < right; x++) output[to + x] += factor * input[from + x];
  else for (let x = left; x < right; x++) output[to + x] += factor * input[from + x * stride];
}

// The mean ("average") or the maximum ("max") of each window: (C, H, W) gives (C, H', W').
// Padding never wins a maximum; a mean counts it as zeros, unless countPadding is false.
export function pool2d(input, { kind, size, stride = size, padding = 0, ceil = false, countPadding = true }) {
  const [channels, rows, columns] = input.shape, [sizeRows, sizeColumns] = both(size);
  const [strideRows, strideColumns] = both(stride), [padRows, padColumns] = both(padding);
  const height = pooledSize(rows, sizeRows, strideRows, padRows, ceil);
  const width = pooledSize(columns, sizeColumns, strideColumns, padColumns, ceil);
  const output = tensor([channels, height, width]);
  for (let c = 0, o = 0; c < channels; c++) {
    for (let r = 0; r < height; r++) {
      for (let x = 0; x < width; x++, o++) {
        const top = r * strideRows - padRows, left = x * strideColumns - padColumns;
        const [firstRow, lastRow] = [Math.max(top, 0), Math.min(top + sizeRows, rows)];
        const [firstColumn, lastColumn] = [Math.max(left, 0), Math.min(left + sizeColumns, columns)];
        let sum = 0, largest = -Infinity;
        for (let i = firstRow; i < lastRow; i++) {
          for (let j = firstColumn; j < lastColumn; j++) {
            const value = input.data[(c * rows + i) * columns + j];
            sum += value;
            if (value > largest || Number.isNaN(value)) largest = value;
          }
        }
        const seen = (lastRow - firstRow) * (lastColumn - firstColumn);
        const counted = (Math.min(top + sizeRows, rows + padRows) - top) * (Math.min(left + sizeColumns, columns + padColumns) - left);
        output.data[o] = kind == "max" ? largest : sum / (countPadding ? counted : seen);
      }
    }
  }
  return output;
}

function pooledSize(size, window, stride, padding, ceil) {
  const room = size + 2 * padding - window;
  const windows = (ceil ? Math.ceil : Math.floor)(room / stride) + 1;
  return ceil && (windows - 1) * stride >= size + padding ? windows - 1 : windows; // none lies in the padding alone
}

// (inputs,) and (outputs, inputs) give (outputs,).
export function dense(input, weight, bias) {
  const [outputs, inputs] = weight.shape, output = tensor([outputs]);
  if (input.data.length != inputs) throw new Error(`${input.data.length} inputs do not fit weights ${weight.shape}`);
  for (let o = 0; o < outputs; o++) {
    let sum = bias ? bias.data[o] : 0;
    for (let i = 0; i < inputs; i++) sum += weight.data[o * inputs + i] * input.data[i];
    output.data[o] = sum;
  }
  return output;
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

export const ACTIVATIONS = {
  relu: x => (x < 0 ? 0 : x), // NaN stays NaN
  relu6: x => Math.min(Math.max(x, 0), 6),
  leakyRelu: x => (x < 0 ? 0.01 * x : x),
  tanh: Math.tanh,
  sigmoid,
  silu: x => x * sigmoid(x),
  gelu: x => 0.5 * x * (1 + erf(x / Math.SQRT2)),
};

// The error function to 1.5e-7 (M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 7.1.26).
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const terms = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const tail = terms.reduce((sum, term) => (sum + term) * t, 0) * Math.exp(-x * x);
  return x < 0 ? tail - 1 : 1 - tail;
}

export function activate(input, name) {
  return { shape: input.shape, data: input.data.map(ACTIVATIONS[name]) };
}

// exp(x) / sum of exp(x), over all entries.
export function softmax(input) {
  const largest = input.data.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float32Array.from(input.data, x => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return { shape: input.shape, data: powers.map(x => x / sum) };
}

// The channel of (C, H, W) as (H, W), without a copy.
export function channel(input, c) {
  const [, rows, columns] = input.shape;
  return { shape: [rows, columns], data: input.data.subarray(c * rows * columns, (c + 1) * rows * columns) };
}

// (H, W) with its border repeated outwards, or filled with a number: margins are [top, bottom, left, right].
export function pad(image, [top, bottom, left, right], fill = "edge") {
  const [rows, columns] = image.shape, padded = tensor([rows + top + bottom, columns + left + right]);
  const clamp = (value, length) => Math.min(Math.max(value, 0), length - 1);
  for (let r = 0, o = 0; r < padded.shape[0]; r++) {
    for (let c = 0; c < padded.shape[1]; c++, o++) {
      const i = r - top, j = c - left, outside = i < 0 || j < 0 || i >= rows || j >= columns;
      padded.data[o] = outside && fill != "edge" ? fill : image.data[clamp(i, rows) * columns + clamp(j, columns)];
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

// The response of one image (H, W) to one kernel (kh, kw).
export function convolve(image, kernel, options) {
  const output = conv2d(tensor([1, ...image.shape], image.data), tensor([1, 1, ...kernel.shape], kernel.data), options);
  return tensor(output.shape.slice(1), output.data);
}

export const sum = input => input.data.reduce((a, b) => a + b, 0);

// The largest magnitude, or 1 where there is none: the range of a signed colour map.
export function magnitude(input) {
  const largest = input.data.reduce((a, b) => (Number.isNaN(b) ? a : Math.max(a, Math.abs(b))), 0);
  return largest > 0 && Number.isFinite(largest) ? largest : 1;
}
