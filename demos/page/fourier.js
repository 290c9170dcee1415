// Convolution by the fast Fourier transform: with large kernels it takes a fraction of the products.

import { tensor } from "./nn.js";

// The smallest power of two that is not below a length: what the transforms below take.
export const powerOfTwo = length => 2 ** Math.ceil(Math.log2(length));

// The spectrum of (H, W), filled up with zeros to size x size, as real and imaginary parts. Columns behind the middle
// are not computed: of real numbers they are the conjugates of the others.
export function spectrum({ shape: [rows, columns], data }, size) {
  const real = new Float64Array(size * size), imaginary = new Float64Array(size * size);
  for (let r = 0; r < rows; r++) real.set(data.subarray(r * columns, (r + 1) * columns), r * size);
  transformRows(real, imaginary, size, rows); // the others are zero, and stay so
  transformColumns(real, imaginary, size, size / 2 + 1);
  return { size, real, imaginary };
}

// What `convolve` gives of an image and a kernel, from their spectra: the first rows x columns of it, in which no window
// leaves the size that the spectra have.
export function convolveSpectra(image, kernel, [rows, columns]) {
  const { size } = image, real = new Float64Array(size * size), imaginary = new Float64Array(size * size);
  // Products with the conjugate of the kernel's, conjugated: transformed forwards, they give what is wanted.
  for (let start = 0; start < size * size; start += size) {
    for (let i = start; i <= start + size / 2; i++) {
      real[i] = image.real[i] * kernel.real[i] + image.imaginary[i] * kernel.imaginary[i];
      imaginary[i] = image.real[i] * kernel.imaginary[i] - image.imaginary[i] * kernel.real[i];
    }
  }
  transformColumns(real, imaginary, size, size / 2 + 1);
  // What is wanted is real, so two rows are transformed as one: the second comes as the imaginary part of the first.
  for (let start = 0; start < rows * size; start += 2 * size) {
    for (let u = size / 2; u >= 0; u--) {
      const i = start + u, j = i + size, mirrored = u ? start + size - u : start;
      const a = real[i], b = imaginary[i], c = real[j], d = imaginary[j];
      real[mirrored] = a + d;
      imaginary[mirrored] = c - b;
      real[i] = a - d;
      imaginary[i] = b + c;
    }
  }
  transformRows(real, imaginary, size, Math.ceil(rows / 2), 2 * size);
  const output = tensor([rows, columns]);
  for (let r = 0, o = 0; r < rows; r++) {
    const part = r % 2 ? imaginary : real, start = (r - (r % 2)) * size;
    for (let c = 0; c < columns; c++, o++) output.data[o] = part[start + c] / size ** 2;
  }
  return output;
}

// Both replace lines of a square matrix by their Fourier transforms (J. Cooley, J. Tukey, "An algorithm for the machine
// calculation of complex Fourier series", Mathematics of Computation 19, 1965): `count` rows, that begin `apart` numbers
// from each other, or the first `count` columns. They differ in which loop is inside: it should pass numbers that lie
// side by side, which takes a fifth less time.
function transformRows(real, imaginary, size, count, apart = size) {
  const { partners, cosines, sines } = plan(size);
  for (let start = 0; start < count * apart; start += apart) {
    for (let i = 0; i < size; i++) {
      if (partners[i] <= i) continue;
      swap(real, start + i, start + partners[i]);
      swap(imaginary, start + i, start + partners[i]);
    }
    for (let half = 1, step = size / 2; half < size; half *= 2, step /= 2) {
      for (let block = start; block < start + size; block += 2 * half)
        for (let k = 0; k < half; k++) butterfly(real, imaginary, block + k, block + k + half, cosines[k * step], sines[k * step]);
    }
  }
}

function transformColumns(real, imaginary, size, count) {
  const { partners, cosines, sines } = plan(size);
  for (let i = 0; i < size; i++) {
    if (partners[i] <= i) continue;
    for (let c = 0; c < count; c++) {
      swap(real, i * size + c, partners[i] * size + c);
      swap(imaginary, i * size + c, partners[i] * size + c);
    }
  }
  for (let half = 1, step = size / 2; half < size; half *= 2, step /= 2) {
    for (let block = 0; block < size; block += 2 * half) {
      for (let k = 0; k < half; k++) {
        const i = (block + k) * size, j = i + half * size, cosine = cosines[k * step], sine = sines[k * step];
        for (let c = 0; c < count; c++) butterfly(real, imaginary, i + c, j + c, cosine, sine);
      }
    }
  }
}

function butterfly(real, imaginary, i, j, cosine, sine) {
  const a = real[i], b = imaginary[i], c = real[j], d = imaginary[j], x = c * cosine + d * sine, y = d * cosine - c * sine;
  real[i] = a + x;
  imaginary[i] = b + y;
  real[j] = a - x;
  imaginary[j] = b - y;
}

function swap(numbers, i, j) {
  const number = numbers[i];
  numbers[i] = numbers[j];
  numbers[j] = number;
}

// What every transform of a size uses: the bits of each index in reverse order, and the angles.
function plan(size) {
  const partners = new Uint32Array(size), angles = Array.from({ length: size / 2 }, (_, k) => (2 * Math.PI * k) / size);
  for (let i = 1; i < size; i++) partners[i] = (partners[i >> 1] >> 1) | (i & 1 ? size / 2 : 0);
  return { partners, cosines: Float64Array.from(angles, Math.cos), sines: Float64Array.from(angles, Math.sin) };
}
