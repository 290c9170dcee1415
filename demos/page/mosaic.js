// Pictures of one size side by side in one.

import { tensor } from "./nn.js";

export class Mosaic {
  // `count` pictures of rows x columns, `across` in a row; holes of `gap` stand between them, unless they are single pixels.
  constructor(count, rows, columns, across = Math.ceil(Math.sqrt(count)), gap = rows * columns > 1 ? 1 : 0) {
    Object.assign(this, { count, rows, columns, across, gap });
  }

  // Where a picture begins, (row, column).
  place(k) {
    return [Math.floor(k / this.across) * (this.rows + this.gap), (k % this.across) * (this.columns + this.gap)];
  }

  // Which picture has an entry, or the gap behind it; undefined behind the last one.
  at(row, column) {
    const right = Math.floor(column / (this.columns + this.gap)), k = Math.floor(row / (this.rows + this.gap)) * this.across + right;
    return right < this.across && k < this.count ? k : undefined;
  }

  // Pictures (rows, columns) or (3, rows, columns) as one; holes are NaN.
  join(pictures) {
    const depth = pictures[0].shape.length == 3 ? 3 : 1, down = Math.ceil(this.count / this.across);
    const height = down * (this.rows + this.gap) - this.gap, width = this.across * (this.columns + this.gap) - this.gap;
    const whole = tensor(depth == 3 ? [3, height, width] : [height, width]);
    whole.data.fill(NaN);
    pictures.forEach(({ data }, k) => {
      const [top, left] = this.place(k);
      for (let c = 0; c < depth; c++) {
        for (let r = 0; r < this.rows; r++) {
          const from = (c * this.rows + r) * this.columns;
          whole.data.set(data.subarray(from, from + this.columns), (c * height + top + r) * width + left);
        }
      }
    });
    return whole;
  }
}
