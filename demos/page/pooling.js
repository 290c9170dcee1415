// Pooling: of each window of a map its mean ("average") or its maximum ("max"); (C, H, W) gives (C, H', W').

import { slide } from "./convolution.js";
import { both, tensor } from "./nn.js";

// Padding never wins a maximum; a mean counts it as zeros, unless countPadding is false, or divides by `divisor`.
export function pool2d(input, { kind, size, stride = size, padding = 0, dilation = 1, ceil = false, countPadding = true, divisor }) {
  const [channels, ...lengths] = input.shape, [sizes, strides, paddings] = [size, stride, padding].map(both);
  const ones = tensor([channels, 1, ...sizes]);
  ones.data.fill(1);
  const output = slide(input, ones, { stride, padding, dilation, ceil, largest: kind == "max" });
  if (kind == "max") return output;
  const [down, across] = lengths.map((length, axis) => Array.from({ length: output.shape[axis + 1] }, (_, k) => {
    const first = k * strides[axis] - paddings[axis], margin = countPadding ? paddings[axis] : 0;
    return Math.min(first + sizes[axis], length + margin) - Math.max(first, -margin);
  }));
  const counted = down.flatMap(rows => across.map(columns => divisor ?? rows * columns)), { data } = output;
  for (let o = 0; o < data.length; o++) data[o] /= counted[o % counted.length];
  return output;
}

// Pooling to a given size, (rows, columns): windows of nearly the same size, side by side or overlapping by one.
export function adaptivePool2d(input, { kind, size }) {
  const [channels, rows, columns] = input.shape, output = tensor([channels, ...both(size)]);
  const along = (length, count) => Array.from({ length: count }, (_, k) => [Math.floor((k * length) / count), Math.ceil(((k + 1) * length) / count)]);
  const [down, across] = [along(rows, output.shape[1]), along(columns, output.shape[2])];
  for (let c = 0, o = 0; c < channels; c++) {
    for (const [top, bottom] of down) {
      for (const [left, right] of across) {
        let sum = 0, largest = -Infinity;
        for (let i = top; i < bottom; i++) {
          for (let j = left; j < right; j++) {
            const value = input.data[(c * rows + i) * columns + j];
            sum += value;
            largest = Math.max(largest, value);
          }
        }
        output.data[o++] = kind == "max" ? largest : sum / ((bottom - top) * (right - left));
      }
    }
  }
  return output;
}
