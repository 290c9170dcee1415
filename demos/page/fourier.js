// Convolution by the fast Fourier transform: with large kernels it takes a fraction of the products.

import { tensor } from "./nn.js";

// The smallest power of two that is not below a length: what the transform below takes.
export const powerOfTwo = length => 2 ** Math.ceil(Math.log2(length));

// The spectrum of (H, W), filled up with zeros to size x size, as real and imaginary parts; its columns are its rows.
export function spectrum({ shape: [rows, columns], data }, size) {
  const real = new Float64Array(size * size), imaginary = new Float64Array(size * size);
  for (let r = 0; r < rows; r++) real.set(data.subarray(r * columns, (r + 1) * columns), r * size);
  transformRows(real, imaginary, size, rows); // the others are zero, and stay so
  transpose(real, size);
  transpose(imaginary, size);
  transformRows(real, imaginary, size, size);
  return { size, real, imaginary };
}

// What `convolve` gives of an image and a kernel, from their spectra: the first rows x columns of it, in which no window
// leaves the size that the spectra have.
export function convolveSpectra(image, kernel, [rows, columns]) {
  const { size } = image, real = new Float64Array(size * size), imaginary = new Float64Array(size * size);
  // Products with the conjugate of the kernel's, conjugated: transformed forwards, they give what is wanted.
  for (let i = 0; i < size * size; i++) {
    real[i] = image.real[i] * kernel.real[i] + image.imaginary[i] * kernel.imaginary[i];
    imaginary[i] = image.real[i] * kernel.imaginary[i] - image.imaginary[i] * kernel.real[i];
  }
  transformRows(real, imaginary, size, size);
  transpose(real, size);
  transpose(imaginary, size);
  transformRows(real, imaginary, size, rows);
  const output = tensor([rows, columns]);
  for (let r = 0, o = 0; r < rows; r++) for (let c = 0; c < columns; c++, o++) output.data[o] = real[r * size + c] / size ** 2;
  return output;
}

// Replace the first `count` rows of a matrix by their Fourier transforms (J. Cooley, J. Tukey, "An algorithm for the
// machine calculation of complex Fourier series", Mathematics of Computation 19, 1965).
function transformRows(real, imaginary, size, count) {
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  const partners = new Uint32Array(size); // the bits of each index in reverse order
  for (let i = 1; i < size; i++) partners[i] = (partners[i >> 1] >> 1) | (i & 1 ? size / 2 : 0);
  for (let start = 0; start < count * size; start += size) {
    for (let i = 0; i < size; i++) {
      if (partners[i] <= i) continue;
      swap(real, start + i, start + partners[i]);
      swap(imaginary, start + i, start + partners[i]);
    }
    for (let half = 1, step = size / 2; half < size; half *= 2, step /= 2) {
      for (let block = start; block < start + size; block += 2 * half) {
        for (let k = 0; k < half; k++) {
          const i = block + k, j = i + half, cosine = cosines[k * step], sine = sines[k * step];
          const x = real[j] * cosine + imaginary[j] * sine, y = imaginary[j] * cosine - real[j] * sine;
          real[j] = real[i] - x;
          imaginary[j] = imaginary[i] - y;
          real[i] += x;
          imaginary[i] += y;
        }
      }
    }
  }
}

function transpose(matrix, size) {
  for (let r = 0; r < size; r++) for (let c = 0; c < r; c++) swap(matrix, r * size + c, c * size + r);
}

function swap(numbers, i, j) {
  const number = numbers[i];
  numbers[i] = numbers[j];
  numbers[j] = number;
}
