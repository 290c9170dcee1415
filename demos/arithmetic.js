// The arithmetic of a convolution: where the kernel lands, what it never sees, what it costs beside a dense layer.

import { outputSize, tensor } from "./page/nn.js";
import { element, write } from "./page/draw.js";
import { BadInput } from "./page/demo.js";
import { phrase } from "./page/phrase.js";

// What a cell is. Of two that it is, the later one is shown.
const CELLS = [
  [phrase("image"), "#c9d6e2"], [phrase("padding"), "#f4f6f8"], [phrase("never seen"), "#e58a84"], [phrase("first and last window"), "#8cc3d6"],
  [phrase("window, and the output pixel it gives"), "#f6b26b"],
];
const [IMAGE, PADDING, UNSEEN, END, WINDOW] = CELLS.keys();
const STRIDES = [1, 2, 3, 4, 5, 6, 7, 8];

export function arithmetic(demo) {
  const size = demo.slider("size", phrase("Image size"), { min: 3, max: 16, value: 8 });
  const kernel = demo.slider("kernel", phrase("Kernel size"), { min: 1, max: 7, value: 3 });
  demo.slider("padding", phrase("Padding"), { min: 0, max: 3, value: 0 });
  const stride = demo.slider("stride", phrase("Stride"), { min: 1, max: STRIDES.length, value: 2 });
  const dilation = demo.slider("dilation", phrase("Dilation"), { min: 1, max: 3, value: 1 });
  const row = demo.slider("row", phrase("Output row"), { min: 0, max: 2, value: 0 });
  const column = demo.slider("column", phrase("Output column"), { min: 0, max: 2, value: 1 });
  demo.layout({ wide: '"formula formula" auto "input output" minmax(0, 1fr) "input facts" auto / minmax(0, 4fr) minmax(19.8em, 3fr)',
                narrow: '"input output" auto "formula formula" auto "facts facts" auto / minmax(0, 3fr) minmax(0, 2fr)', snug: true });
  let reach; // of the kernel that is drawn, in pixels
  const move = (r, c) => {
    row.approach(r);
    column.approach(c);
    demo.redraw();
  };
  const outputAt = place => Math.round((place - (reach - 1) / 2) / stride.value); // whose window is nearest
  const input = demo.picture({ area: "input", colors: "color", alt: phrase("The input"), grid: true, press: true,
                               point: (r, c) => move(outputAt(r), outputAt(c)) });
  const output = demo.picture({ area: "output", colors: "color", alt: phrase("The output"), grid: true, press: true, point: move });
  const formula = demo.stage.appendChild(element("p", { class: "formula", style: "grid-area: formula" }));
  const facts = new Facts(demo.stage, "facts");
  demo.key.append(...CELLS.map(([name, color]) =>
    element("span", {}, element("i", { style: `border: 1px solid var(--line); background: ${color}` }), name)));

  return controls => {
    const now = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
    const padded = now.size + 2 * now.padding, outputs = outputSize(now.size, now.kernel, now);
    dilation.enabled = now.kernel > 1; // one pixel has no neighbours to be apart from
    const covered = now.dilation * (now.kernel - 1) + 1;
    if (!outputs)
      throw new BadInput(kernel, phrase("It reaches over {covered} pixels of {padded}: take a smaller one, or more padding.", { covered, padded }));
    reach = covered;
    for (const slider of [row, column]) {
      slider.range(0, outputs - 1);
      slider.enabled = outputs > 1;
    }
    const unseen = neverSeen(padded, outputs, now), strides = STRIDES.filter(step => (padded - reach) % step == 0);
    const drawn = {
      input: inputCells(now, padded, outputs, unseen, row.value, column.value),
      output: outputCells(outputs, row.value, column.value),
      unseen: tensor([padded], unseen),
      strides: tensor([strides.length], Float32Array.from(strides)),
      parameters: tensor([2], Float32Array.of(now.kernel ** 2 + 1, (now.size ** 2 + 1) * outputs ** 2)),
      multiplyAdds: tensor([2], Float32Array.of(now.kernel ** 2 * outputs ** 2, now.size ** 2 * outputs ** 2)),
    };
    input.show(painted(drawn.input));
    output.show(painted(drawn.output));
    input.mark("window", row.value * now.stride, column.value * now.stride, reach, reach);
    output.mark("window", row.value, column.value);
    input.title = now.padding ? phrase("Input {size}×{size}, padded to {padded}×{padded}", { size: now.size, padded })
      : phrase("Input {size}×{size}", { size: now.size });
    output.title = phrase("Output {size}×{size}", { size: outputs });
    write(formula, "⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1 = " +
      `⌊(${now.size} + 2·${now.padding} − ${now.dilation}·(${now.kernel} − 1) − 1) / ${now.stride}⌋ + 1 = ${outputs}`);
    const fits = strides.includes(now.stride), fitting = strides.join(", "), count = ({ data }) => Array.from(data, n => n.toLocaleString("en"));
    facts.show([
      [phrase("Strides that fit"), strides.length == STRIDES.length ? phrase("all") : fits ? fitting : phrase("{fitting} (not {stride})", { fitting, stride: now.stride })],
      [phrase("Never seen"), phrase("{count} of {padded} rows", { count: unseen.reduce((a, b) => a + b), padded })],
      ["", phrase("convolution"), phrase("dense")],
      [phrase("Parameters"), ...count(drawn.parameters)],
      [phrase("Multiply-adds"), ...count(drawn.multiplyAdds)],
    ]);
    return drawn;
  };
}

// Where the kernel's entries are along one side, for the output pixel at `place`.
function landings(place, { kernel, stride, dilation }) {
  return Array.from({ length: kernel }, (_, k) => place * stride + k * dilation);
}

// 1 for each padded row (and column) that no window looks at: left over at the end, or between the kernel's entries.
function neverSeen(padded, outputs, setting) {
  const unseen = new Uint8Array(padded).fill(1);
  for (let place = 0; place < outputs; place++) for (const i of landings(place, setting)) unseen[i] = 0;
  return unseen;
}

function inputCells(setting, padded, outputs, unseen, row, column) {
  const cells = tensor([padded, padded], new Uint8Array(padded ** 2)), { size, padding } = setting;
  const border = i => i < padding || i >= padding + size;
  for (let r = 0, i = 0; r < padded; r++) {
    for (let c = 0; c < padded; c++, i++)
      cells.data[i] = unseen[r] || unseen[c] ? UNSEEN : border(r) || border(c) ? PADDING : IMAGE;
  }
  const last = outputs - 1;
  for (const [r, c, kind] of [[0, 0, END], [last, last, END], [row, column, WINDOW]]) {
    for (const i of landings(r, setting)) for (const j of landings(c, setting)) cells.data[i * padded + j] = kind;
  }
  return cells;
}

function outputCells(outputs, row, column) {
  const cells = tensor([outputs, outputs], new Uint8Array(outputs ** 2));
  cells.data[0] = cells.data[outputs ** 2 - 1] = END;
  cells.data[row * outputs + column] = WINDOW;
  return cells;
}

// Kinds of cells as colours, (3, H, W) in [0, 1].
function painted({ shape, data }) {
  const colors = CELLS.map(([, color]) => [1, 3, 5].map(k => parseInt(color.slice(k, k + 2), 16) / 255));
  const picture = tensor([3, ...shape]);
  for (let c = 0; c < 3; c++) data.forEach((kind, i) => (picture.data[c * data.length + i] = colors[kind][c]));
  return picture;
}

// Rows of a name and one or two numbers.
class Facts {
  constructor(parent, area) {
    this.node = parent.appendChild(element("div", { class: "facts", style: `grid-area: ${area}` }));
  }

  show(rows) {
    while (this.node.children.length < rows.length) this.node.append(element("div"));
    rows.forEach((cells, k) => {
      const line = this.node.children[k];
      while (line.children.length < cells.length) line.append(element("span"));
      cells.forEach((text, i) => write(line.children[i], text));
    });
  }
}
