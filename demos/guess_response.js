// Predict a response: paint where a kernel will answer positively and where negatively, then see where it does.

import { convolve, pad, tensor } from "./page/nn.js";
import { element, put } from "./page/draw.js";
import { Commitment } from "./page/commitment.js";
import { phrase } from "./page/phrase.js";

const STRONG = 1 / 3; // of the strongest response: what counts as an answer
const PEN_NAMES = { "red: positive": phrase("red: positive"), "blue: negative": phrase("blue: negative"), rubber: phrase("rubber") };
const PENS = { "red: positive": 1, "blue: negative": -1, rubber: 0 };
const MARKS = { "red: positive": "#ff5a5a", "blue: negative": "#5a9bff", rubber: "#ffffff" }; // on the dark picture
const FAINT = 0.5; // how bright the image shines through where nothing is painted
const RED = [0.86, 0.2, 0.2], BLUE = [0.2, 0.45, 0.9];
// What a pixel is, once the response is seen.
const CLASSES = [
  [phrase("neither"), "#ffffff"], [phrase("right"), "#2f8f5b"], [phrase("wrong sign"), "#7b3fa0"], [phrase("missed"), "#e8871e"],
  [phrase("no answer here"), "#9aa5b1"],
];
const [NEITHER, RIGHT, WRONG, MISSED, VAIN] = CLASSES.keys();

// data.image: (H, W) in [0, 1], with zeros around it; data.kernel: what it is convolved with.
export function guessResponse(demo, { part, question, image, kernel, title }) {
  const [rows, columns] = image.shape, response = centred(image, kernel), signs = strongSigns(response);
  const pen = demo.choice("pen", phrase("Brush"), { options: Object.entries(PEN_NAMES) });
  const width = demo.slider("width", phrase("Width"), { min: 1, max: 4, value: 2, text: value => phrase("{value} px", { value }) });
  const row = demo.slider("row", phrase("Row"), { min: 0, max: rows - 1, value: Math.floor(rows / 2) });
  const column = demo.slider("column", phrase("Column"), { min: 0, max: columns - 1, value: Math.floor(columns / 2) });
  const painted = demo.hidden("painted", new Array(rows * columns).fill(0)); // 1, -1 or 0
  const commitment = new Commitment(demo, { part, question, guess: painted });
  const paint = () => painted.set(dabbed(painted.value, [rows, columns], [row.value, column.value], width.value, PENS[pen.value]));
  const here = demo.button(phrase("Paint here"), paint);
  demo.form.append(commitment.button);
  demo.layout({ wide: '"question question question" auto "painting kernel kernel" minmax(0, 2fr) "painting response errors" minmax(0, 5fr) ' +
                      '"verdict verdict verdict" auto / minmax(0, 5fr) minmax(0, 3fr) minmax(0, 3fr)',
                narrow: '"question question question" auto "painting painting painting" auto "kernel response errors" auto ' +
                        '"verdict verdict verdict" auto / minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr)' });
  const place = (r, c) => {
    [row.value, column.value] = [r, c];
    commitment.made.value ? demo.redraw() : paint();
  };
  demo.stage.append(element("p", { class: "question", style: "grid-area: question" }, question));
  const painting = demo.picture({ area: "painting", colors: "color", title, alt: phrase("The picture: paint on it"), press: true, point: place });
  const kernelPicture = demo.picture({ area: "kernel", colors: "signed", title: phrase("The kernel"), key: false });
  const responses = demo.picture({ area: "response", colors: "signed", title: phrase("The response") });
  const errors = demo.picture({ area: "errors", colors: "color", title: phrase("What you found"), alt: phrase("Where your painting is right") });
  demo.stage.append(commitment.verdict);
  commitment.verdict.style.gridArea = "verdict";
  demo.key.append(...CLASSES.slice(1).map(([name, color]) =>
    element("span", {}, element("i", { style: `border: 0; background: ${color}` }), name)));

  return () => {
    const kinds = signs.map((sign, i) => compared(painted.value[i], sign)), count = kind => kinds.filter(each => each == kind).length;
    const right = count(RIGHT), share = right / Math.max(1, kinds.length - count(NEITHER)), percent = `${Math.round(100 * share)} %`;
    const answers = signs.filter(Boolean).length, pixels = painted.value.filter(Boolean).length;
    const verdict = phrase(
      "Of the {answers} pixels with a strong answer you have {right}; {wrong} have the other sign, and {vain} of yours have none. Together: {percent}.",
      { answers, right, wrong: count(WRONG), vain: count(VAIN), percent },
    );
    const made = pixels ? phrase("{pixels} pixels painted", { pixels }) : "", answer = phrase("{percent} as it answers", { percent });
    const shown = commitment.show({ guess: made, answer, right: share, verdict });
    for (const control of [pen, width]) control.enabled = !shown;
    here.disabled = shown;
    painting.mark("brush", ...corner([row.value, column.value], width.value), width.value, width.value);
    put(painting.named.get("brush"), { style: `stroke: ${MARKS[pen.value]}` });
    const hole = tensor(image.shape, new Float32Array(rows * columns).fill(NaN));
    const drawn = {
      image: tensor(image.shape, image.data),
      painted: tensor(image.shape, Float32Array.from(painted.value)),
      ...(shown && { response, kinds: tensor(image.shape, Float32Array.from(kinds)), share: tensor([1], Float32Array.of(share)) }),
    };
    kernelPicture.show(kernel);
    painting.show(over(image, painted.value));
    responses.show(shown ? response : hole);
    errors.show(shown ? inColors(kinds, image.shape) : tensor([3, rows, columns], new Float32Array(3 * rows * columns).fill(NaN)));
    return drawn;
  };
}

// The response of a picture with zeros around it: as large as the picture.
function centred(image, kernel) {
  const [rows, columns] = kernel.shape, [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return convolve(pad(image, [top, rows - 1 - top, left, columns - 1 - left], 0), kernel);
}

// 1 or -1 where a response is strong, 0 elsewhere.
function strongSigns({ data }) {
  const strongest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Array.from(data, value => (strongest > 0 && Math.abs(value) >= STRONG * strongest ? Math.sign(value) : 0));
}

function compared(painted, sign) {
  if (!painted && !sign) return NEITHER;
  if (!painted) return MISSED;
  return painted == sign ? RIGHT : sign ? WRONG : VAIN;
}

// The first row and column of a square brush around a pixel.
const corner = (place, width) => place.map(x => x - Math.floor((width - 1) / 2));

function dabbed(painted, [rows, columns], place, width, sign) {
  const now = painted.slice(), [top, left] = corner(place, width);
  for (let r = Math.max(0, top); r < Math.min(rows, top + width); r++)
    for (let c = Math.max(0, left); c < Math.min(columns, left + width); c++) now[r * columns + c] = sign;
  return now;
}

// Paint over a picture that shines through, as colours.
function over({ shape, data }, painted) {
  const colors = tensor([3, ...shape]);
  for (let k = 0; k < 3; k++) {
    data.forEach((value, i) => {
      const paint = painted[i] && (painted[i] > 0 ? RED : BLUE)[k];
      colors.data[k * data.length + i] = painted[i] ? 0.75 * paint + 0.25 * value : FAINT * value;
    });
  }
  return colors;
}

function inColors(kinds, shape) {
  const colors = tensor([3, ...shape]);
  for (let k = 0; k < 3; k++)
    kinds.forEach((kind, i) => (colors.data[k * kinds.length + i] = parseInt(CLASSES[kind][1].slice(1 + 2 * k, 3 + 2 * k), 16) / 255));
  return colors;
}
