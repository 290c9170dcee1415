// The four classic kernels at any scale and orientation, as `filters.classic_kernel` computes them.

import { tensor } from "./nn.js";
import { phrase } from "./phrase.js";

// What they are called where a reader sees it.
export const CLASSIC = {
  Blur: phrase("Blur"), "Horizontal edge": phrase("Horizontal edge"), "Horizontal bar": phrase("Horizontal bar"), Blob: phrase("Blob"),
};
export const TURNS = ["Horizontal edge", "Horizontal bar"]; // the other two look the same from everywhere

// float32 (n, n) with n odd, about six standard deviations; its magnitudes add up to 1. The angle is in degrees.
export function classicKernel(kind, scale, angle) {
  const size = 2 * Math.ceil(2.5 * scale) + (kind == "Blob" ? 3 : 1);
  return sampledKernel(kind, [size, size], scale, angle);
}

// The same on any number of rows and columns.
export function sampledKernel(kind, [rows, columns], scale, angle = 0) {
  const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const kernel = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const right = c - (columns - 1) / 2, down = r - (rows - 1) / 2;
      const across = (right * sine + down * cosine) / scale, square = (right * right + down * down) / scale ** 2;
      const profile = { Blur: 1, "Horizontal edge": -across, "Horizontal bar": 1 - across ** 2, Blob: square - 2 };
      kernel[r * columns + c] = profile[kind] * Math.exp(-square / 2);
    }
  }
  const mean = kind == "Blur" ? 0 : kernel.reduce((a, b) => a + b) / kernel.length;
  const total = kernel.reduce((sum, value) => sum + Math.abs(value - mean), 0) || 1;
  return tensor([rows, columns], Float32Array.from(kernel, value => (value - mean) / total));
}

// True convolution flips the kernel in both axes: the last entry comes first.
export function flipped(kernel) {
  return tensor(kernel.shape, kernel.data.slice().reverse());
}
