// Many channels: one output of a filter is the sum of the products in all channels, and the bias.

import { channel, convolve, crop, magnitude, sum, tensor } from "./page/nn.js";
import { Formula, factor, plain } from "./page/formula.js";
import { phrase } from "./page/phrase.js";

// Their names, those of their kernels, and of their products.
const CHANNELS = [
  [phrase("Red"), phrase("Red kernel"), phrase("Products in red")],
  [phrase("Green"), phrase("Green kernel"), phrase("Products in green")],
  [phrase("Blue"), phrase("Blue kernel"), phrase("Products in blue")],
];
const WHOLE = "3×3", MIXING = "1×1";

// data.image: (3, H, W) in [0, 1]; data.weights: (3, 3, 3); data.mixing: (3,), a filter of 1x1; data.bias: a number.
export function manyChannels(demo, data) {
  const [, rows, columns] = data.image.shape, images = CHANNELS.map((_, d) => channel(data.image, d));
  const filter = demo.choice("size", phrase("Kernels"), { options: [WHOLE, MIXING] });
  const row = demo.slider("row", phrase("Output row"), { min: 0, max: rows - 3, value: 1 });
  const column = demo.slider("column", phrase("Output column"), { min: 0, max: columns - 3, value: 1 });
  const bias = demo.slider("bias", phrase("Bias"), { min: -5, max: 5, step: 0.5, value: data.bias, text: plain });
  demo.layout({
    snug: true,
    wide: `"c0 k0 p0 picture" minmax(0, 1fr) "c1 k1 p1 output" minmax(0, 1fr) "c2 k2 p2 output" minmax(0, 1fr) "sum sum sum sum" auto
           / minmax(0, 5fr) minmax(0, 4fr) minmax(0, 4fr) minmax(0, 5fr)`,
    narrow: `"c0 c1 c2" auto "k0 k1 k2" auto "p0 p1 p2" auto "picture output output" auto "sum sum sum" auto
             / minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr)`,
  });
  const choose = (r, c) => {
    [row.value, column.value] = [r, c];
    demo.redraw();
  };
  const add = (area, title, options) => demo.picture({ area, title, alt: phrase("{title}, drawn", { title }), grid: true, key: false, ...options });
  const signed = { colors: "signed" };
  const shown = CHANNELS.map(([name, itsKernel, itsProducts], d) => ({
    image: add(`c${d}`, name, { colors: "pale" }),
    kernel: add(`k${d}`, itsKernel, signed),
    products: add(`p${d}`, "", { ...signed, alt: itsProducts }),
  }));
  const picture = add("picture", phrase("The image"), { colors: "color" }), output = add("output", phrase("Output"), { ...signed, point: choose });
  const formula = new Formula(demo.stage, { area: "sum" });
  demo.legend([["window", phrase("the chosen output, and what it sees")], ["pale", "0 … 1"], ["negative", phrase("negative")], ["positive", phrase("positive")]]);

  return () => {
    const size = filter.value == WHOLE ? data.weights.shape[1] : 1, weights = filter.value == WHOLE ? data.weights : data.mixing;
    const kernels = CHANNELS.map((_, d) => tensor([size, size], weights.data.subarray(d * size ** 2, (d + 1) * size ** 2)));
    const [r, c] = [row.range(0, rows - size), column.range(0, columns - size)];
    const responses = kernels.map((kernel, d) => convolve(images[d], kernel));
    const outputs = tensor(responses[0].shape, responses[0].data.map((_, i) => responses.reduce((total, { data }) => total + data[i], bias.value)));
    const products = kernels.map((kernel, d) => {
      const window = crop(images[d], r, c, size, size);
      return tensor(window.shape, window.data.map((value, i) => value * kernel.data[i]));
    });

    const most = Math.max(...products.map(magnitude)), write = (part, size) => part.write(Array.from(part.values.data, plain), { size });
    shown.forEach((parts, d) => {
      parts.image.show(images[d]);
      parts.kernel.show(kernels[d], magnitude(weights));
      parts.products.show(products[d], most);
      parts.products.title = phrase("Products: Σ {sum}", { sum: plain(sum(products[d])) });
      for (const part of Object.values(parts)) write(part, part == parts.image ? 0.7 : 0.42);
      parts.image.mark("window", r, c, size, size);
    });
    picture.show(data.image);
    picture.mark("window", r, c, size, size);
    output.show(outputs);
    write(output, 0.4);
    output.mark("window", r, c);
    const terms = products.map(part => [factor(sum(part)), true]);
    formula.show(`o(${r}, ${c})`, [...terms, [phrase("bias {value}", { value: factor(bias.value) }), bias.value != 0]], plain(outputs.data[r * outputs.shape[1] + c]));
    const count = CHANNELS.length * size ** 2;
    demo.say(phrase("{count} weights and a bias: {parameters} parameters, wherever the filter stands.", { count, parameters: count + 1 }));
    const join = parts => tensor([CHANNELS.length, size, size], Float32Array.from(parts.flatMap(({ data }) => [...data])));
    return { image: data.image, kernels: join(kernels), products: join(products), output: outputs };
  };
}
