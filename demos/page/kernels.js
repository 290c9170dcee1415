// The four classic kernels at any scale and orientation, as `filters.classic_kernel` computes them.

import { tensor } from "./nn.js";

export const CLASSIC = ["Blur", "Horizontal edge", "Horizontal bar", "Blob"];
export const TURNS = ["Horizontal edge", "Horizontal bar"]; // the other two look the same from everywhere

// float32 (n, n) with n odd, about six standard deviations; its magnitudes add up to 1. The angle is in degrees.
export function classicKernel(kind, scale, angle) {
  const size = 2 * Math.ceil(2.5 * scale) + (kind == "Blob" ? 3 : 1), middle = (size - 1) / 2;
  const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const kernel = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      const right = c - middle, down = r - middle;
      const across = (right * sine + down * cosine) / scale, square = (right * right + down * down) / scale ** 2;
      const profile = { Blur: 1, "Horizontal edge": -across, "Horizontal bar": 1 - across ** 2, Blob: square - 2 };
      kernel[r * size + c] = profile[kind] * Math.exp(-square / 2);
    }
  }
  const mean = kind == "Blur" ? 0 : kernel.reduce((a, b) => a + b) / kernel.length;
  const total = kernel.reduce((sum, value) => sum + Math.abs(value - mean), 0);
  return tensor([size, size], Float32Array.from(kernel, value => (value - mean) / total));
}

// True convolution flips the kernel in both axes: the last entry comes first.
export function flipped(kernel) {
  return tensor(kernel.shape, kernel.data.slice().reverse());
}
