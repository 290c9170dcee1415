// What goes into a network: one of its images, one's own or a drawing, painted on, shifted, turned, blurred, noisy.

import { cropped, ownPicture } from "./own_picture.js";
import { blurred, moved, noisy, origin } from "./disturb.js";
import { combine, tensor } from "./nn.js";
import { fitted, painted } from "./strokes.js";
import { short } from "./draw.js";
import { Paper } from "./paper.js";
import { phrase } from "./phrase.js";

const BLANK = "Blank", DISTURBANCES = ["right", "down", "turn", "blur", "noise"];

export class ImageInput {
  // data: pictures (images, channels, H, W) in [0, 1], of which the network takes `mean` off and divides by `std`;
  // classes, targets: what they are, or null. able: whether the page computes the network, so that they may change.
  constructor(demo, { pictures, mean, std, classes, targets }, able) {
    const [count, ...shape] = pictures.shape, size = pictures.data.length / count;
    Object.assign(this, { demo, shape, mean, std, able, names: ["image", ...DISTURBANCES] });
    this.given = Array.from({ length: count }, (_, k) => tensor(shape, pictures.data.subarray(k * size, (k + 1) * size)));
    this.untouched = []; // `now` of the given images, once they were shown
    this.options = this.given.map((_, k) => (targets ? `${k + 1}: ${classes[targets[k]]}` : [`Image ${k + 1}`, phrase("Image {number}", { number: k + 1 })]));
    this.radius = Math.min(...shape.slice(1)) / 25; // of the pen, in pixels: as thick as MNIST's strokes
    const [strokes, pen] = [demo.hidden("strokes", []), demo.hidden("pen", "white")];
    this.strokes = strokes;
    this.fit = demo.hidden("fit", true);
    this.choice = demo.choice("image", phrase("Image"), { options: [...this.options, ...(able ? [[BLANK, phrase("Blank")]] : [])] });
    const pixels = value => (value ? phrase("{value} px", { value: short(value) }) : "0"), half = Math.floor(Math.min(...shape.slice(1)) / 2);
    demo.slider("right", phrase("Right"), { min: -half, max: half, value: 0, text: pixels });
    demo.slider("down", phrase("Down"), { min: -half, max: half, value: 0, text: pixels });
    demo.slider("turn", phrase("Turn"), { min: -180, max: 180, step: 5, value: 0, text: value => `${short(value)}°` });
    demo.slider("blur", phrase("Blur"), { min: 0, max: 3, step: 0.1, value: 0, text: pixels });
    demo.slider("noise", phrase("Noise"), { min: 0, max: 0.5, step: 0.02, value: 0, text: short });
    const place = spot => (this.fits ? spot : origin(spot, this.disturbance, shape));
    this.paper = new Paper(demo.form, { alt: phrase("The image: paint on it"), channels: shape[0], strokes, pen, origin: place });
    this.blank = this.paper.button(phrase("Blank"), () => {
      [this.choice.value, strokes.value] = [BLANK, []];
      demo.redraw();
    });
    if (shape[0] == 1) this.fitButton = this.paper.button(phrase("Fit"), () => this.fit.set(!this.fit.value));
    if (this.fitButton) this.fitButton.title = phrase("As MNIST's digits were: 20 of 28 pixels high, centre of mass in the middle");
    if (able) ownPicture(demo, this.choice, cropped(shape));
    this.view = remember((...state) => this.compute(...state));
  }

  // Which of the given images is chosen; -1 for others.
  get number() {
    return this.options.findIndex(option => [option].flat()[0] == this.choice.value);
  }

  // Whether what is drawn is fitted into a frame.
  get fits() {
    return this.fit.value && this.choice.value == BLANK && this.shape[0] == 1;
  }

  get disturbance() {
    return Object.fromEntries(DISTURBANCES.map(name => [name, this.demo.controls[name].value]));
  }

  // What is on the paper, the picture as the network sees it, and the network's input.
  get now() {
    return this.view(this.choice.value, this.demo.controls.own?.value, this.strokes.value, this.fits, ...Object.values(this.disturbance));
  }

  compute(name, own, drawn, fits, right, down, turn, blur, noise) {
    const given = this.given[this.number], base = given ?? (name == BLANK ? tensor(this.shape) : own);
    if (given && !drawn.length && !(right || down || turn || blur || noise))
      return (this.untouched[this.number] ??= { onPaper: given, picture: given, image: this.normalized(given) });
    const onPaper = painted(base, drawn, this.radius), digit = fits ? painted(base, fitted(drawn, this.shape, this.radius), this.radius) : onPaper;
    const disturbed = noisy(blurred(moved(digit, { right, down, turn }), blur), noise);
    const picture = tensor(this.shape, disturbed.data.map(value => Math.round(255 * value) / 255)); // in bytes, as pictures are
    return { onPaper: fits ? onPaper : picture, picture, image: this.normalized(picture) };
  }

  normalized(picture) {
    return combine(combine(picture, this.mean, "subtract"), this.std, "divide");
  }

  show() {
    for (const name of DISTURBANCES) this.demo.controls[name].enabled = this.able;
    this.paper.enabled = this.able;
    this.blank.disabled = !this.able;
    if (this.fitButton) this.fitButton.disabled = this.choice.value != BLANK;
    this.fitButton?.setAttribute("aria-pressed", this.fit.value);
    return this.paper.show(this.now.onPaper);
  }

  // Outline a box (channels, rows, columns) on the paper, if the network sees just what is on it.
  mark(box) {
    const { onPaper, picture } = this.now;
    if (!box || onPaper !== picture) return this.paper.picture.hide("seen");
    const [, [top, bottom], [left, right]] = box;
    this.paper.picture.mark("seen", top, left, bottom - top, right - left, "second");
  }

  // Where a pixel's number comes from, in words.
  inWords([channel, row, column]) {
    const at = ({ shape: [, rows, columns], data }) =>
      data[data.length == 1 ? 0 : (channel * rows + (rows > 1 ? row : 0)) * columns + (columns > 1 ? column : 0)];
    const [value, mean, std] = [this.now.picture, this.mean, this.std].map(at);
    return mean || std != 1 ? phrase("a pixel, normalised: ({value} − {mean}) / {std}", { value: short(value), mean: short(mean), std: short(std) })
      : phrase("a pixel of the image");
  }

  // A line of Python that makes the network's input.
  python() {
    const { data } = this.now.image, bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const text = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
    return `import base64, torch; image = torch.frombuffer(bytearray(base64.b64decode("${text}")), dtype=torch.float32).reshape(1, ${this.shape.join(", ")})`;
  }
}

// Compute anew only what has other arguments than the last time.
export function remember(compute) {
  let before = null, result;
  return (...now) => {
    if (!before || now.some((value, k) => value !== before[k])) [result, before] = [compute(...now), now];
    return result;
  };
}
