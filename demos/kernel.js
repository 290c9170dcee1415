// The kernel explorer: choose a kernel or type one, turn, scale and flip it, and read the sum under the pointer.

import { convolve, crop, pad, sum, tensor } from "./page/nn.js";
import { brief, signed } from "./page/draw.js";
import { BadInput } from "./page/demo.js";
import { CLASSIC, TURNS, classicKernel, flipped } from "./page/kernels.js";
import { numberOf, rowsOf } from "./page/matrix.js";
import { OWN_PICTURE, ownPicture } from "./page/own_picture.js";
import { phrase } from "./page/phrase.js";

const OWN_NUMBERS = "Your own numbers", LARGEST = 15;

// data.pictures: {name: (H, W) in [0, 1]}.
export function kernel(demo, data) {
  const first = Object.values(data.pictures)[0].shape;
  const choice = demo.choice("picture", phrase("Picture"), { options: Object.keys(data.pictures) });
  const kind = demo.choice("kernel", phrase("Kernel"), { options: [...Object.entries(CLASSIC), [OWN_NUMBERS, phrase("Your own numbers")]], value: "Horizontal edge" });
  demo.slider("scale", phrase("Scale"), { min: 0.5, max: 4, step: 0.1, value: 1, text: value => phrase("{number} pixels", { number: value.toFixed(1) }) });
  demo.slider("angle", phrase("Angle"), { min: 0, max: 180, value: 0, text: value => `${value}°` });
  const numbers = demo.text("numbers", phrase("Own numbers"), { value: "1 2 1\n0 0 0\n-1 -2 -1", rows: 3 });
  numbers.input.addEventListener("input", () => (kind.value = OWN_NUMBERS), { capture: true }); // before it is drawn
  demo.check("flip", phrase("Flip the kernel: true convolution"));
  const row = demo.slider("row", phrase("Row"), { min: 0, max: first[0] - 1, value: Math.floor(first[0] / 2) });
  const column = demo.slider("column", phrase("Column"), { min: 0, max: first[1] - 1, value: Math.floor(first[1] / 2) });
  ownPicture(demo, choice);
  let weights;
  demo.copy(phrase("Copy kernel as Python"), () => python(weights));

  demo.layout({ wide: '"image kernel" minmax(0, 1fr) "response products" minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr)',
                narrow: '"image response" auto "kernel products" auto / minmax(0, 1fr) minmax(0, 1fr)' });
  const point = (r, c) => {
    [row.value, column.value] = [r, c];
    demo.redraw();
  };
  const image = demo.picture({ area: "image", alt: phrase("The picture, with the window of the kernel"), point });
  const kernelPicture = demo.picture({ area: "kernel", colors: "signed", alt: phrase("The kernel") });
  const response = demo.picture({ area: "response", colors: "signed", alt: phrase("The response of the picture to the kernel"), point });
  const products = demo.picture({ area: "products", colors: "signed", alt: phrase("The products under the pointer") });
  demo.legend([["window", phrase("the window, and the output pixel it gives")]]);

  return controls => {
    const own = controls.kernel.value == OWN_NUMBERS;
    controls.scale.enabled = !own;
    controls.angle.enabled = TURNS.includes(controls.kernel.value);
    const chosen = own ? readKernel(numbers) : classicKernel(controls.kernel.value, controls.scale.value, controls.angle.value);
    weights = controls.flip.value ? flipped(chosen) : chosen;
    const picture = choice.value == OWN_PICTURE ? controls.own.value : data.pictures[choice.value];
    const [rows, columns] = weights.shape, [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
    const r = row.range(0, picture.shape[0] - 1), c = column.range(0, picture.shape[1] - 1);
    const padded = pad(picture, [top, rows - 1 - top, left, columns - 1 - left]);
    const responses = convolve(padded, weights), window = crop(padded, r, c, rows, columns);
    const product = tensor(window.shape, window.data.map((value, i) => value * weights.data[i]));

    image.title = choice.shown;
    image.mark("window", r - top, c - left, rows, columns);
    response.title = controls.flip.value ? phrase("Response to true convolution") : phrase("Response");
    response.mark("here", r, c);
    kernelPicture.title = phrase("Kernel {rows}×{columns}, sum {sum}", { rows, columns, sum: signed(sum(weights)) });
    products.title = phrase("Products at ({r}, {c}): sum {sum}", { r, c, sum: signed(sum(product)) });
    const drawn = {
      image: image.show(picture),
      kernel: kernelPicture.show(weights),
      response: response.show(responses),
      products: products.show(product),
    };
    for (const shown of [kernelPicture, products]) // larger kernels have no room for numbers
      shown.write(Math.max(rows, columns) <= 5 ? Array.from(shown.values.data, brief) : null, { size: 0.32 });
    return drawn;
  };
}

// The kernel that a person typed: a row a line, numbers apart by spaces or commas.
function readKernel(control) {
  const rows = rowsOf(control.value);
  const fail = text => {
    throw new BadInput(control, text);
  };
  if (!rows.length || rows.some(row => row.length != rows[0].length))
    fail(phrase("Type one row of the kernel on each line, each with as many numbers as the others."));
  const values = rows.flat().map(numberOf);
  if (!values.every(Number.isFinite)) fail(phrase("A kernel holds numbers only, such as 1, -2 or 0.5, apart by spaces."));
  if (Math.max(rows.length, rows[0].length) > LARGEST)
    fail(phrase("A kernel here has at most {most} rows and columns; this one has {rows} and {columns}.",
      { most: LARGEST, rows: rows.length, columns: rows[0].length }));
  return tensor([rows.length, rows[0].length], Float32Array.from(values));
}

function python({ shape: [, columns], data }) {
  const numbers = Array.from(data, value => String(Number(value.toPrecision(7))));
  const rows = [];
  for (let i = 0; i < numbers.length; i += columns) rows.push(`[${numbers.slice(i, i + columns).join(", ")}]`);
  return `import numpy as np; kernel = np.array([${rows.join(", ")}], dtype="float32")`;
}
