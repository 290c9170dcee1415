// Pooling on a picture: its windows, the numbers in one of them, and what becomes of them.

import { crop, tensor } from "./page/nn.js";
import { pool2d } from "./page/pooling.js";
import { phrase } from "./page/phrase.js";

// data.pictures: {name: (H, W) in [0, 1]}; data.largest: the rows of the largest window.
export function poolingWindows(demo, data) {
  const first = Object.values(data.pictures)[0].shape;
  const choice = demo.choice("picture", phrase("Picture"), { options: Object.keys(data.pictures) });
  const kind = demo.choice("kind", phrase("Pooling"), { options: [["max", phrase("max")], ["average", phrase("average")]] });
  const size = demo.slider("size", phrase("Window size"), { min: 1, max: data.largest, value: 3 });
  const stride = demo.slider("stride", phrase("Stride"), { min: 1, max: data.largest, value: 2 });
  const last = Math.floor((Math.min(...first) - 3) / 2);
  const row = demo.slider("row", phrase("Row"), { min: 0, max: last, value: Math.min(5, last) });
  const column = demo.slider("column", phrase("Column"), { min: 0, max: last, value: Math.min(5, last) });
  demo.layout({ wide: '"picture window pooled" minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr)',
                narrow: '"picture window" auto "pooled window" auto / minmax(0, 2fr) minmax(0, 3fr)', top: true, snug: true });
  const move = (r, c) => {
    row.approach(r);
    column.approach(c);
    demo.redraw();
  };
  const windowAt = place => Math.round((place - (size.value - 1) / 2) / stride.value); // whose middle is nearest
  const picture = demo.picture({ area: "picture", alt: phrase("The picture"), press: true, point: (r, c) => move(windowAt(r), windowAt(c)) });
  const numbers = demo.picture({ area: "window", alt: phrase("The window"), grid: true });
  const pooled = demo.picture({ area: "pooled", alt: phrase("The pooled picture"), press: true, point: move });
  demo.legend([["window", phrase("the window (drag it), and the output pixel it gives")], ["second", phrase("the pixel with the maximum")]]);

  return () => {
    const image = data.pictures[choice.value], max = kind.value == "max";
    const result = pool2d(tensor([1, ...image.shape], image.data), { kind: kind.value, size: size.value, stride: stride.value });
    const output = tensor(result.shape.slice(1), result.data);
    const r = row.range(0, output.shape[0] - 1), c = column.range(0, output.shape[1] - 1);
    row.enabled = output.shape[0] > 1;
    column.enabled = output.shape[1] > 1;
    stride.enabled = Math.max(...image.shape) > size.value; // where one window fits, there is no next
    const [top, left] = [r * stride.value, c * stride.value], window = crop(image, top, left, size.value, size.value);
    const value = output.data[r * output.shape[1] + c];
    const winner = window.data.indexOf(value); // the first of equals, as in torch
    const [down, right] = [Math.floor(winner / size.value), winner % size.value];

    picture.title = `${choice.value}, ${image.shape.join("×")}`;
    pooled.title = phrase("Pooled to {shape}", { shape: output.shape.join("×") });
    numbers.title = max ? phrase("Window: maximum {value}", { value: value.toFixed(2) }) : phrase("Window: mean {value}", { value: value.toFixed(2) });
    const drawn = {
      picture: picture.show(image),
      window: numbers.show(window),
      pooled: pooled.show(output),
      winner: max ? tensor([2], Int32Array.of(top + down, left + right)) : tensor([0]),
    };
    const crowded = size.value > 4;
    numbers.write(Array.from(window.data, number => (crowded ? fraction(number) : number.toFixed(2))), { size: crowded ? 0.46 : 0.3 });
    picture.mark("window", top, left, size.value, size.value);
    pooled.mark("window", r, c);
    if (max) {
      picture.mark("winner", top + down, left + right, 1, 1, "second");
      numbers.mark("winner", down, right, 1, 1, "second");
    } else {
      for (const shown of [picture, numbers]) shown.hide("winner");
    }
    return drawn;
  };
}

// Two decimals in as few letters as it takes: .53, 0, 1.
function fraction(number) {
  return number.toFixed(2).replace(/^0\./, ".").replace(/^\.00$/, "0").replace(/^1\.00$/, "1");
}
