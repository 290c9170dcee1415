// im2col: each patch of an image becomes a column of a matrix, and the kernel the row that multiplies them all.

import { convolve, crop, tensor } from "./page/nn.js";
import { Formula, factor, plain } from "./page/formula.js";
import { phrase } from "./page/phrase.js";

const LETTERS = "abcdefghijklmnopqrstuvwxy", SIDE = 5, SIZE = 3;

// data.kernel: (3, 3).
export function im2col(demo, data) {
  const { kernel } = data, image = tensor([SIDE, SIDE], Float32Array.from(LETTERS, (_, i) => i + 1));
  const row = tensor([1, SIZE * SIZE], kernel.data);
  const matrix = unfold(image, SIZE), output = convolve(image, kernel), [rows, columns] = output.shape;
  const count = rows * columns, letter = value => LETTERS[value - 1] ?? ""; // none for a hole
  const player = demo.player("frame", phrase("Patch"), {
    frames: count,
    interval: 1200,
    text: frame => phrase("{number} of {count} becomes column {number}", { number: frame + 1, count }),
  });

  demo.layout({
    top: true,
    snug: true,
    wide: `"image kernel matrix output" minmax(0, 5fr) "row row matrix output" minmax(0, 2fr) "sum sum sum sum" auto
           / minmax(0, 5fr) minmax(0, 3fr) minmax(0, 9fr) minmax(0, 4fr)`,
    narrow: `"image matrix" auto "kernel matrix" auto "output row" auto "sum sum" auto
             / minmax(0, 5fr) minmax(0, 9fr)`,
  });
  // By a click or while a button is held: a mouse that only crosses the picture does not disturb the film.
  const jump = frameAt => (r, c, event) => {
    if (event.type != "pointerdown" && !event.buttons) return;
    player.stop();
    player.go(frameAt(r, c));
  };
  const inside = (value, length) => Math.min(Math.max(value, 0), length - 1);
  const around = (r, c) => inside(r - 1, rows) * columns + inside(c - 1, columns);
  const letters = { colors: "pale", grid: true }, weights = { colors: "signed", key: false, grid: true };
  const pictures = {
    image: demo.picture({ ...letters, area: "image", title: phrase("Image x"), point: jump(around) }),
    kernel: demo.picture({ ...weights, area: "kernel", title: phrase("Kernel") }),
    row: demo.picture({ ...weights, area: "row", title: phrase("The kernel as a row F") }),
    matrix: demo.picture({ ...letters, area: "matrix", title: phrase("X: a patch a column"), point: jump((r, c) => c) }),
    output: demo.picture({ ...letters, area: "output", title: phrase("Output F X"), point: jump((r, c) => r * columns + c) }),
  };
  const formula = new Formula(demo.stage, { area: "sum" });
  const signs = [
    ["positive", phrase("positive weights"), kernel.data.some(weight => weight > 0)],
    ["negative", phrase("negative weights"), kernel.data.some(weight => weight < 0)],
  ];
  demo.legend([
    ["window", phrase("the patch, its column, its output pixel")],
    ["pale", "a = 1, b = 2, … y = 25"],
    ...signs.filter(([, , has]) => has),
  ]);

  return ({ frame: { value: k } }) => {
    const column = Float32Array.from(row.data, (_, j) => matrix.data[j * count + k]);
    const products = tensor([row.data.length], column.map((value, j) => value * row.data[j]));
    const drawn = {
      image: pictures.image.show(image, LETTERS.length),
      kernel: pictures.kernel.show(kernel),
      row: pictures.row.show(row),
      matrix: pictures.matrix.show(upTo(k, matrix, count), LETTERS.length),
      products,
      output: pictures.output.show(upTo(k, output, count), Infinity), // all of one colour
    };
    pictures.image.mark("window", Math.floor(k / columns), k % columns, SIZE, SIZE);
    pictures.matrix.mark("window", 0, k, SIZE * SIZE, 1);
    pictures.output.mark("window", Math.floor(k / columns), k % columns);
    pictures.image.write([...LETTERS], { size: 0.56 });
    pictures.kernel.write(Array.from(kernel.data, plain), { size: 0.5 });
    pictures.row.write(Array.from(row.data, plain), { size: 0.5 });
    pictures.matrix.write(Array.from(drawn.matrix.data, letter), { size: 0.56 });
    pictures.output.write(Array.from(drawn.output.data, value => (value == value ? plain(value) : "")), { size: 0.45 });
    const terms = Array.from(row.data, (weight, j) => [`${factor(weight)}·${letter(column[j])}`, weight != 0]);
    formula.show(phrase("F × column {number}", { number: k + 1 }), terms, plain(output.data[k]));
    return drawn;
  };
}

// A matrix of `count` columns, or an output of `count` pixels, as far as it is filled; the rest are holes.
function upTo(k, { shape, data }, count) {
  return tensor(shape, data.map((value, i) => (i % count <= k ? value : NaN)));
}

// Each window of (H, W) as one column, in reading order: (size * size, windows).
function unfold(image, size) {
  const [rows, columns] = image.shape.map(length => length - size + 1), count = rows * columns;
  const matrix = tensor([size * size, count]);
  for (let k = 0; k < count; k++) {
    const window = crop(image, Math.floor(k / columns), k % columns, size, size);
    for (let j = 0; j < size * size; j++) matrix.data[j * count + k] = window.data[j];
  }
  return matrix;
}
