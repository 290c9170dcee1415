// What is drawn by hand: strokes on a picture, and a digit fitted into its frame as those of MNIST were.

import { tensor } from "./nn.js";

// A stroke is {color: [one number a channel, 0 to 1], points: [[row, column], ...]}, in pixels; (0, 0) is a corner.
// Its middle is as strong as its colour out to `radius`, and it ends a pixel further out.
export function painted({ shape, data }, strokes, radius) {
  const [channels, rows, columns] = shape, picture = tensor(shape, data.slice());
  for (const { color, points } of strokes) {
    const reach = radius + 1, ends = axis => points.map(point => point[axis]);
    const [top, left] = [0, 1].map(axis => Math.max(0, Math.floor(Math.min(...ends(axis)) - reach)));
    const [bottom, right] = [0, 1].map(axis => Math.min([rows, columns][axis], Math.ceil(Math.max(...ends(axis)) + reach)));
    for (let r = top; r < bottom; r++) {
      for (let c = left; c < right; c++) {
        const cover = Math.min(1, reach - distance(points, r + 0.5, c + 0.5));
        if (cover <= 0) continue;
        for (let k = 0, i = r * columns + c; k < channels; k++, i += rows * columns)
          picture.data[i] += cover * (color[k] - picture.data[i]);
      }
    }
  }
  return picture;
}

// From a point to the nearest one of a line through points.
function distance(points, row, column) {
  let nearest = Math.hypot(points[0][0] - row, points[0][1] - column);
  for (let k = 1; k < points.length; k++) {
    const [top, left] = points[k - 1], down = points[k][0] - top, right = points[k][1] - left;
    const length = down * down + right * right;
    const along = length ? Math.min(1, Math.max(0, ((row - top) * down + (column - left) * right) / length)) : 0;
    nearest = Math.min(nearest, Math.hypot(top + along * down - row, left + along * right - column));
  }
  return nearest;
}

// Strokes moved and scaled as MNIST's digits were (Y. LeCun et al., 1998): the longer side of what is drawn takes 20 of 28
// pixels, and its centre of mass lies in the middle. shape: (channels, rows, columns).
export function fitted(strokes, shape, radius) {
  if (!strokes.length) return strokes;
  const [, ...size] = shape, side = (20 / 28) * Math.min(...size) - 2 * radius, all = strokes.flatMap(({ points }) => points);
  const ends = [0, 1].map(axis => [Math.min, Math.max].map(end => end(...all.map(point => point[axis]))));
  const scale = side / Math.max(1, ...ends.map(([first, last]) => last - first));
  const moved = (strokes, place) => strokes.map(({ color, points }) => ({ color, points: points.map(place) }));
  const scaled = moved(strokes, point => point.map((x, axis) => size[axis] / 2 + scale * (x - (ends[axis][0] + ends[axis][1]) / 2)));
  const { data } = painted(tensor([1, ...size]), scaled.map(({ points }) => ({ color: [1], points })), radius);
  const mass = [0, 0, 0];
  data.forEach((value, i) => {
    const [row, column] = [Math.floor(i / size[1]) + 0.5, (i % size[1]) + 0.5];
    [1, row, column].forEach((factor, k) => (mass[k] += factor * value));
  });
  return moved(scaled, point => point.map((x, axis) => x + size[axis] / 2 - mass[axis + 1] / mass[0]));
}
