// Learning a kernel: gradient descent on the mean squared error between the responses of a kernel and wanted ones.

import { channel, convolve, magnitude, pad, tensor } from "./page/nn.js";
import { short } from "./page/draw.js";
import { Curve } from "./page/curve.js";
import { Mosaic } from "./page/mosaic.js";
import { normalNumbers } from "./page/random.js";
import { phrase } from "./page/phrase.js";

const SIZE = 3, STEPS = 400, PER_FRAME = 5, LOWEST = 1e-7; // the loss at which its axis ends
const NOISE = 0.1; // standard deviation; the clean responses have about 0.2
const THRESHOLD = 0.2;
const EDGE = tensor([SIZE, SIZE], Float32Array.of(1, 2, 1, 0, 0, 0, -1, -2, -1).map(weight => weight / 8));

const clean = image => convolve(image, EDGE);
const each = ({ shape, data }, act) => tensor(shape, data.map(act));
// What is wanted: the responses to an image, given the demo's data and normal random numbers; the kernel behind them.
const WANTED = {
  "edges": { name: phrase("edges"), respond: clean, title: phrase("The kernel wanted") },
  "edges, with noise": {
    name: phrase("edges, with noise"), respond: (image, _, normal) => each(clean(image), value => value + NOISE * normal()), title: phrase("Before the noise"),
  },
  "edges by 5×5": {
    name: phrase("edges by 5×5"), respond: (image, { larger }) => convolve(pad(image, [1, 1, 1, 1], 0), larger), title: phrase("The kernel wanted"), wide: true,
  },
  "edges, yes or no": {
    name: phrase("edges, yes or no"), respond: image => each(clean(image), value => Number(value > THRESHOLD)), title: phrase("Above {threshold}: yes", { threshold: THRESHOLD }),
  },
};

// data.images: (count, H, W) in [0, 1]; data.title: where they are from; data.larger: an edge kernel, (5, 5).
export function learnedKernel(demo, data) {
  const [count, rows, columns] = data.images.shape, images = Array.from({ length: count }, (_, k) => channel(data.images, k));
  const inputs = new Mosaic(count, rows, columns, count), outputs = new Mosaic(count, rows - SIZE + 1, columns - SIZE + 1, count);
  const player = demo.player("frame", phrase("Steps"), { frames: STEPS / PER_FRAME + 1, interval: 15, text: frame => String(frame * PER_FRAME) });
  const goal = demo.choice("wanted", phrase("Wanted"), { options: Object.entries(WANTED).map(([value, { name }]) => [value, name]), below: true });
  const rate = demo.slider("rate", phrase("Learning rate"), { min: 0.1, max: 1.5, step: 0.1, value: 0.6, text: value => value.toFixed(1) });
  demo.layout({
    snug: true,
    wide: `"images kernel truth" minmax(0, 1fr) "wanted kernel truth" minmax(0, 1fr) "responses curve curve" minmax(0, 1fr)
           / minmax(0, 9fr) minmax(0, 5fr) minmax(0, 5fr)`,
    narrow: '"images wanted" auto "curve responses" auto "kernel truth" auto / minmax(0, 1fr) minmax(0, 1fr)',
  });
  const look = { colors: "signed", key: false };
  const pictures = {
    images: demo.picture({ area: "images", title: data.title }),
    wanted: demo.picture({ ...look, area: "wanted", title: phrase("Wanted responses") }),
    responses: demo.picture({ ...look, area: "responses", title: phrase("Responses now") }),
    kernel: demo.picture({ ...look, area: "kernel", alt: phrase("The kernel now"), grid: true }),
    truth: demo.picture({ ...look, area: "truth", alt: phrase("What made the wanted responses"), grid: true }),
  };
  const go = frame => {
    player.stop();
    player.go(Math.round(frame / PER_FRAME));
  };
  const power = value => "10" + Array.from(String(Math.round(value + Math.log10(LOWEST))), sign => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻").join("");
  const curve = new Curve(demo.stage, { area: "curve", alt: phrase("The loss by step"), text: power, across: phrase("step"), choose: go });
  demo.legend([["window", phrase("the step that is shown")], ["negative", phrase("negative")], ["positive", phrase("positive")]]);

  let learned = {};
  return ({ frame }) => {
    if (learned.goal != goal.value || learned.rate != rate.value) {
      const { respond } = WANTED[goal.value], normal = normalNumbers();
      const wanted = images.map(image => respond(image, data, normal));
      learned = { goal: goal.value, rate: rate.value, wanted, ...descended(images, wanted, rate.value) };
    }
    const { wanted, kernels, losses, exploded } = learned, step = frame.value * PER_FRAME, kernel = kernels[step];
    const { title, wide } = WANTED[goal.value], truth = wide ? data.larger : EDGE, responses = images.map(image => convolve(image, kernel));
    const limit = Math.max(...wanted.map(magnitude)), heights = losses.map(loss => Math.max(Math.log10(loss / LOWEST), 0));
    const scale = Math.max(magnitude(truth), Math.min(magnitude(kernel), 2));
    pictures.kernel.title = phrase("The kernel now");
    pictures.truth.title = title;
    curve.title = phrase("Loss {loss}", { loss: short(losses[step]) });
    const drawn = {
      images: pictures.images.show(inputs.join(images)),
      wanted: pictures.wanted.show(outputs.join(wanted), limit),
      responses: pictures.responses.show(outputs.join(responses), limit),
      kernel: pictures.kernel.show(kernel, scale),
      truth: pictures.truth.show(truth, scale),
      loss: tensor([losses.length], Float32Array.from(losses)),
    };
    const written = ({ data }) => Array.from(data, weight => weight.toFixed(2).replace("-", "−"));
    pictures.kernel.write(written(kernel), { size: 0.34 });
    pictures.truth.write(wide ? null : written(truth), { size: 0.34 }); // 25 numbers would be too small
    curve.show(tensor([heights.length], Float32Array.from(heights)), { now: step, most: Math.ceil(Math.max(...heights)), first: 0, last: STEPS });
    demo.say(exploded ? phrase("These steps are too long: each overshoots by more than the one before.")
      : phrase("After {step} steps {percent} of what is wanted is left unexplained.", { step, percent: percent(losses[step] / meanSquare(wanted)) }));
    return drawn;
  };
}

const percent = share => (share < 0.001 ? phrase("less than 0.1 %") : `${(100 * share).toPrecision(2)} %`);

// Gradient descent on the mean squared error, from small random weights on: the kernel and the loss after each step.
// The gradient, 2 (A w - b), is what part 5 says: the errors of the responses, slid over the images. It is linear in
// the kernel w, so that A and b, and the loss, w A w - 2 b w + c, are made once for all steps.
function descended(images, wanted, rate) {
  const outputs = wanted.reduce((count, { data }) => count + data.length, 0), weights = SIZE ** 2;
  const slid = errors => {
    const sums = new Float64Array(weights);
    errors.forEach((error, k) => convolve(images[k], error).data.forEach((value, i) => (sums[i] += value / outputs)));
    return sums;
  };
  const unit = i => tensor([SIZE, SIZE], Float32Array.from({ length: weights }, (_, j) => Number(i == j)));
  const matrix = Array.from({ length: weights }, (_, i) => slid(images.map(image => convolve(image, unit(i)))));
  const target = slid(wanted), constant = meanSquare(wanted), normal = normalNumbers();
  const kernels = [], losses = [];
  let kernel = Float64Array.from({ length: weights }, () => 0.1 * normal()), exploded = false;
  for (let step = 0; step <= STEPS; step++) {
    const product = matrix.map(row => row.reduce((sum, value, i) => sum + value * kernel[i], 0));
    const loss = product.reduce((sum, value, i) => sum + (value - 2 * target[i]) * kernel[i], constant);
    kernels.push(tensor([SIZE, SIZE], Float32Array.from(kernel)));
    losses.push(Math.max(loss, 0)); // rounding can leave less than nothing
    exploded ||= loss > 1000; // and then stands still
    if (!exploded) kernel = kernel.map((weight, i) => weight - rate * 2 * (product[i] - target[i]));
  }
  return { kernels, losses, exploded };
}

function meanSquare(tensors) {
  const squares = tensors.reduce((sum, { data }) => data.reduce((part, value) => part + value * value, sum), 0);
  return squares / tensors.reduce((count, { data }) => count + data.length, 0);
}
