// A convolutional layer in numbers: an image to paint on, two filters to type, and the sum behind each output pixel.

import { conv2d } from "./page/convolution.js";
import { channel, crop, magnitude, sum, tensor } from "./page/nn.js";
import { element } from "./page/draw.js";
import { Formula, factor, plain } from "./page/formula.js";
import { readNumbers, typed } from "./page/matrix.js";
import { phrase } from "./page/phrase.js";

const SUBSCRIPTS = ["₀", "₁"];

// data.image: (5, 5) in [0, 1]; data.filters: (2, 3, 3).
export function convolutionalLayer(demo, data) {
  const [, side] = data.image.shape, [count, size] = data.filters.shape, across = side - size + 1;
  const pixels = across * across; // of one output
  const place = frame => ({ f: Math.floor(frame / pixels), r: Math.floor((frame % pixels) / across), c: frame % across });
  const player = demo.player("frame", phrase("Output pixel"), {
    frames: count * pixels,
    interval: 1200,
    text: frame => {
      const { f, r, c } = place(frame);
      return `o${SUBSCRIPTS[f]}(${r}, ${c})`;
    },
  });
  const imageText = demo.text("image", phrase("Image i"), { value: typed(data.image), rows: side });
  const filterTexts = SUBSCRIPTS.map((subscript, f) =>
    demo.text(`filter${f}`, phrase("Filter w{subscript}", { subscript }), { value: typed(channel(data.filters, f)), rows: size }),
  );
  demo.form.append(element("div", { class: "pair" }, ...filterTexts.map(text => text.node)));

  demo.layout({
    snug: true,
    wide: `"image filter0 output0" minmax(0, 1fr) "image filter1 output1" minmax(0, 1fr) "sum sum sum" auto
           / minmax(0, 5fr) minmax(0, 3fr) minmax(0, 3fr)`,
    narrow: `"image filter0 output0" auto "image filter1 output1" auto "sum sum sum" auto
             / minmax(0, 5fr) minmax(0, 3fr) minmax(0, 3fr)`,
  });
  let image = data.image, brush = 1;
  // The first pixel decides whether a stroke writes ones or zeros; what was painted stands in the text box.
  const paint = (r, c, event) => {
    const here = r * side + c;
    if (event.type == "pointerdown") brush = image.data[here] == 0 ? 1 : 0;
    if (image.data[here] == brush) return;
    image = tensor(image.shape, image.data.map((value, i) => (i == here ? brush : value)));
    imageText.value = typed(image);
    demo.redraw();
  };
  const choose = f => (r, c) => {
    player.stop();
    player.go(f * pixels + r * across + c);
  };
  const alt = phrase("The image: paint on it"), look = { colors: "signed", key: false, grid: true };
  const imagePicture = demo.picture({ area: "image", title: phrase("Image i"), alt, grid: true, key: true, point: paint, press: true });
  const filterPictures = SUBSCRIPTS.map((subscript, f) =>
    demo.picture({ ...look, area: `filter${f}`, title: phrase("Filter w{subscript}", { subscript }), alt: phrase("The filter w{subscript}", { subscript }) }),
  );
  const outputPictures = SUBSCRIPTS.map((subscript, f) =>
    demo.picture({ ...look, area: `output${f}`, title: phrase("Output o{subscript}", { subscript }), point: choose(f) }),
  );
  const formula = new Formula(demo.stage, { area: "sum" });
  demo.legend([
    ["window", phrase("the window, its filter, the output pixel")],
    ["negative", phrase("negative")],
    ["positive", phrase("positive")],
  ]);

  return controls => {
    const numbers = filterTexts.flatMap(text => readNumbers(text, size, -9, 9));
    const filters = tensor(data.filters.shape, Float32Array.from(numbers));
    image = tensor(data.image.shape, Float32Array.from(readNumbers(imageText, side, 0, 1)));
    const input = tensor([1, side, side], image.data), weight = tensor([count, 1, size, size], filters.data);
    const outputs = conv2d(input, weight);
    const { f, r, c } = place(controls.frame.value);
    const window = crop(image, r, c, size, size), chosen = channel(filters, f);
    const products = tensor(window.shape, window.data.map((value, i) => value * chosen.data[i]));

    imagePicture.show(image);
    imagePicture.mark("window", r, c, size, size);
    imagePicture.write(Array.from(image.data, plain), { size: 0.42 });
    // One range of colours for both filters, and one for both outputs.
    const draw = (picture, values, limit, k, mark) => {
      picture.show(channel(values, k), limit);
      picture.write(Array.from(picture.values.data, plain), { size: 0.42 });
      if (k == f) picture.mark("window", ...mark);
      else picture.hide("window");
    };
    filterPictures.forEach((picture, k) => draw(picture, filters, magnitude(filters), k, [0, 0, size, size]));
    outputPictures.forEach((picture, k) => draw(picture, outputs, magnitude(outputs), k, [r, c]));
    const term = (value, i) => [`${factor(value)}·${factor(chosen.data[i])}`, products.data[i] != 0];
    formula.show(`o${SUBSCRIPTS[f]}`, Array.from(window.data, term), plain(sum(products)));
    return { image, filters, outputs, products };
  };
}
