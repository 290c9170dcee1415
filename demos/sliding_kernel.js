// A kernel slides over a digit: the patch times the kernel, the products, their sum, and the output so far.

import { convolve, crop, magnitude, sum, tensor } from "./page/nn.js";
import { pool2d } from "./page/pooling.js";
import { brief } from "./page/draw.js";
import { plain } from "./page/formula.js";
import { phrase } from "./page/phrase.js";

const ACROSS = 12; // pixels: so few that each of them can be seen from the back row

// data.digit: (H, W) in [0, 1]; data.kernel: (kh, kw); data.title: where the digit is from.
export function slidingKernel(demo, data) {
  const { kernel, title } = data, [kernelRows, kernelColumns] = kernel.shape;
  const { image, block } = shrink(data.digit, ACROSS);
  const output = convolve(image, kernel), [rows, columns] = output.shape;
  const limit = strongest(kernel); // one range of colours for all that is signed: a colour means one number
  const weights = Array.from(kernel.data, weight => `×${plain(weight)}`);
  const player = demo.player("frame", phrase("Output pixel"), {
    frames: rows * columns,
    interval: 200,
    value: opening(output),
    text: frame => phrase("row {row}, column {column}", { row: Math.floor(frame / columns), column: frame % columns }),
  });

  demo.layout({
    top: true,
    snug: true,
    wide: `"image patch patch output" minmax(0, 1fr) "image products sum output" minmax(0, 1fr)
           / minmax(0, 9fr) minmax(0, 4fr) minmax(0, 2fr) minmax(0, 9fr)`,
    narrow: `"image image output output output" auto "patch products products products sum" auto
             / minmax(0, 5fr) minmax(0, 1fr) minmax(0, 1fr) minmax(0, 2fr) minmax(0, 3fr)`,
  });
  // To the output pixel at (row, column), or the nearest one.
  const go = (row, column) => {
    const inside = (value, length) => Math.min(Math.max(value, 0), length - 1);
    player.stop();
    player.go(inside(row, rows) * columns + inside(column, columns));
  };
  const goAround = (row, column) => go(row - Math.floor(kernelRows / 2), column - Math.floor(kernelColumns / 2));
  const look = { colors: "signed", key: false, grid: true };
  const pictures = {
    image: demo.picture({ area: "image", alt: phrase("The digit, with the window of the kernel"), key: true, point: goAround, press: true }),
    patch: demo.picture({ area: "patch", title: phrase("Patch × kernel"), alt: phrase("The patch and the kernel"), grid: true }),
    products: demo.picture({ ...look, area: "products", title: phrase("Products") }),
    sum: demo.picture({ ...look, area: "sum", title: phrase("Sum"), alt: phrase("The sum of the products") }),
    output: demo.picture({ ...look, area: "output", title: phrase("Output"), alt: phrase("The output so far"), key: true, point: go, press: true }),
  };
  pictures.image.title = block == 1 ? title : phrase("{title}: a pixel is the mean of {block}×{block}", { title, block });
  demo.legend([["window", phrase("the window, the sum of its products, the output pixel")]]);

  return ({ frame: { value: frame } }) => {
    const row = Math.floor(frame / columns), column = frame % columns;
    const patch = crop(image, row, column, kernelRows, kernelColumns);
    const products = tensor(kernel.shape, patch.data.map((value, i) => value * kernel.data[i]));
    const done = tensor(output.shape, output.data.map((value, i) => (i <= frame ? value : NaN)));
    const drawn = {
      image: pictures.image.show(image),
      patch: pictures.patch.show(patch),
      products: pictures.products.show(products, limit),
      sum: pictures.sum.show(tensor([1, 1], Float32Array.of(sum(products))), limit),
      output: pictures.output.show(done, limit),
    };
    pictures.image.mark("window", row, column, kernelRows, kernelColumns);
    pictures.patch.write(Array.from(patch.data, plain), { below: weights });
    pictures.products.write(Array.from(products.data, brief));
    pictures.sum.write(Array.from(drawn.sum.data, brief));
    pictures.sum.mark("window", 0, 0);
    pictures.output.mark("window", row, column);
    return drawn;
  };
}

// The middle of (H, W), averaged over blocks of block x block pixels: at most `across` pixels a side.
function shrink(digit, across) {
  const block = Math.max(1, Math.floor(Math.min(...digit.shape) / across));
  const [rows, columns] = digit.shape.map(length => Math.min(across, Math.floor(length / block)));
  const [top, left] = [rows, columns].map((length, k) => Math.floor((digit.shape[k] - length * block) / 2));
  const middle = crop(digit, top, left, rows * block, columns * block);
  const pooled = pool2d(tensor([1, ...middle.shape], middle.data), { kind: "average", size: block });
  return { image: tensor([rows, columns], pooled.data), block };
}

// The largest magnitude that a kernel can answer with to an image in [0, 1], or 1 for a kernel of zeros.
function strongest(kernel) {
  const ends = [1, -1].map(sign => kernel.data.reduce((total, weight) => total + Math.max(0, sign * weight), 0));
  return Math.max(...ends) || 1;
}

// The frame that the demo opens with: a strong output near the middle of the film, since a digit's corners are empty.
function opening(output) {
  const limit = magnitude(output), middle = output.data.length / 2;
  const far = (value, i) => Math.abs(i - middle) + (Math.abs(value) < 0.6 * limit ? output.data.length : 0);
  const distances = Array.from(output.data, far);
  return distances.indexOf(Math.min(...distances));
}
