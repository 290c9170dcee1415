// What may happen to a picture, (channels, rows, columns): it is shifted, turned, blurred, or noisy.

import { tensor } from "./nn.js";
import { normalNumbers } from "./random.js";

// The place, (row, column), of the picture that comes to a place of the shifted and turned one; degrees clockwise.
export function origin([row, column], { right, down, turn }, [, rows, columns]) {
  const [cosine, sine] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const y = row - down - rows / 2, x = column - right - columns / 2;
  return [rows / 2 + cosine * y - sine * x, columns / 2 + sine * y + cosine * x];
}

// Shifted by pixels and turned about its middle, bilinear; the border is repeated outwards.
export function moved(picture, motion) {
  if (!motion.right && !motion.down && !motion.turn) return picture;
  const [channels, rows, columns] = picture.shape, output = tensor(picture.shape), plane = rows * columns;
  const inside = (x, length) => Math.min(Math.max(x, 0), length - 1);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      const [y, x] = origin([r + 0.5, c + 0.5], motion, picture.shape).map((place, axis) => inside(place - 0.5, [rows, columns][axis]));
      const top = Math.floor(y), left = Math.floor(x), below = inside(top + 1, rows), beside = inside(left + 1, columns);
      for (let k = 0; k < channels; k++) {
        const at = (row, column) => picture.data[k * plane + row * columns + column];
        const upper = at(top, left) + (x - left) * (at(top, beside) - at(top, left));
        const lower = at(below, left) + (x - left) * (at(below, beside) - at(below, left));
        output.data[k * plane + i] = upper + (y - top) * (lower - upper);
      }
    }
  }
  return output;
}

// A Gaussian blur of a standard deviation in pixels; the border is repeated outwards.
export function blurred(picture, sigma) {
  if (!sigma) return picture;
  const reach = Math.ceil(3 * sigma), weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-(((k - reach) / sigma) ** 2) / 2));
  const total = weights.reduce((a, b) => a + b), [, rows, columns] = picture.shape;
  const along = ({ shape, data }, length, apart) => tensor(shape, data.map((_, i) => {
    const place = Math.floor(i / apart) % length;
    return weights.reduce((sum, weight, k) => sum + weight * data[i + (Math.min(Math.max(place + k - reach, 0), length - 1) - place) * apart], 0) / total;
  }));
  return along(along(picture, rows, columns), columns, 1);
}

// Normal noise of a standard deviation, always the same, cut to 0 to 1.
export function noisy(picture, strength) {
  if (!strength) return picture;
  const normal = normalNumbers();
  return tensor(picture.shape, picture.data.map(value => Math.min(Math.max(value + strength * normal(), 0), 1)));
}
