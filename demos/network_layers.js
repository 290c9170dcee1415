// The layers of a network: choose a layer, an image and a channel; see what goes in, the weights, and what comes out.

import { channel, combine, softmax, sum, tensor } from "./page/nn.js";
import { Picture, signed } from "./page/draw.js";
import { Mosaic } from "./page/mosaic.js";
import { activations, inWords } from "./page/network.js";

// data.steps: as network.js takes them; data.pictures: (images, channels, H, W) in [0, 1], of which the network takes
// data.mean off and divides by data.std; data.labels: their classes; data.classes: names.
export function networkLayers(demo, data) {
  const { steps, classes } = data, [count, ...shape] = data.pictures.shape, size = data.pictures.data.length / count;
  const raw = Array.from({ length: count }, (_, k) => tensor(shape, data.pictures.data.subarray(k * size, (k + 1) * size)));
  const pictures = raw.map(picture => (shape[0] == 3 ? picture : channel(picture, 0))), computed = [];
  const normalized = picture => combine(combine(picture, data.mean, "subtract"), data.std, "divide");
  const compute = k => (computed[k] ??= activations(steps, normalized(raw[k])));
  const ahead = k => {
    compute(k);
    if (k + 1 < count) setTimeout(ahead, 60, k + 1);
  };
  setTimeout(ahead, 60, 0); // all images soon, between frames: no move then takes longer than drawing
  const layers = layersOf(steps, classes.length);
  let layer = layers[0];

  const choice = demo.choice("layer", "Layer", { options: layers.map(({ title }) => title) });
  const image = demo.slider("image", "Image", {
    min: 0, max: count - 1, value: 0, text: k => `${k + 1} of ${count}: ${classes[data.labels[k]]}`,
  });
  const look = { colors: shape[0] == 3 ? "color" : "grey" }, strip = new Mosaic(count, ...shape.slice(1), count);
  const imagePicture = besideControls(demo, "9em", { ...look, title: data.source, alt: "The image" });
  const imagesPicture = besideControls(demo, "100%", {
    ...look, title: "Click an image", alt: "The images to choose from", press: true, point: (row, column) => choose(image, strip.at(row, column)),
  });
  const chosen = demo.slider("channel", "Channel", {
    min: 0, max: layer.outputs - 1, value: 0, text: k => (layer.last ? `${k}: ${classes[k]}` : String(k)),
  });
  const after = demo.slider("after", "Then", {
    min: 0, max: layer.after.length, value: 0,
    text: length => layer.after.slice(0, length).map(number => inWords(steps[number])).join(", ") || "nothing",
  });
  const choose = (control, k) => {
    if (k === undefined) return; // behind the last one
    control.value = k;
    demo.redraw();
  };

  demo.layout({
    wide: '"input map maps" minmax(0, 1fr) "weights map maps" minmax(0, 1fr) / 12em minmax(0, 1fr) minmax(0, 1fr)',
    snug: true,
    narrow: '"input weights" auto "map maps" auto / minmax(0, 1fr) minmax(0, 1fr)',
  });
  const inputPicture = demo.picture({ area: "input", colors: "signed", alt: "What goes into the layer" });
  const weightsPicture = demo.picture({ area: "weights", colors: "signed", alt: "The weights of the channel" });
  const mapPicture = demo.picture({ area: "map", colors: "signed", alt: "What comes out of the channel" });
  const mapsPicture = demo.picture({
    area: "maps", colors: "signed", alt: "What comes out of all channels", press: true,
    point: (row, column) => choose(chosen, outputs.at(row, column)),
  });
  const bars = demo.bars({ area: "maps", title: `Out: ${classes.length} classes`, format: signed, compact: true, choose: k => choose(chosen, k) });
  demo.legend([["window", "chosen: click another one"]]);
  const all = strip.join(pictures);
  let outputs;

  return controls => {
    layer = layers.find(({ title }) => title == choice.value);
    const k = image.value, c = chosen.range(0, layer.outputs - 1), further = after.range(0, layer.after.length);
    after.enabled = layer.after.length > 0;
    for (const control of [chosen, after]) control.show(); // their words depend on the layer
    const found = compute(k);
    const input = found[layer.source], output = found[[layer.step, ...layer.after][further]];
    const weights = weightsOf(steps[layer.step], c, input.shape), parts = mapsOf(output);
    const map = layer.dense ? combine(weights, input, "multiply") : tensor([1, ...parts[c].shape], parts[c].data);
    outputs = new Mosaic(parts.length, ...parts[0].shape);

    imagesPicture.mark("chosen", ...strip.place(k), ...shape.slice(1));
    inputPicture.title = `Into ${layer.name}: ${input.shape.join("×")}`;
    weightsPicture.title = `Weights: ${weights.shape.join("×")}`;
    mapPicture.title = layer.dense ? `Products ${signed(sum(map))}, bias ${signed(biasOf(steps[layer.step], c))}` : `Channel ${c}: ${parts[c].shape.join("×")}`;
    mapsPicture.title = output.shape.length == 3 ? `Out: ${output.shape.join("×")}` : `Out: ${output.shape} units, this one ${signed(output.data[c])}`;
    mapsPicture.node.style.display = layer.last ? "none" : "";
    bars.node.style.display = layer.last ? "" : "none";
    const drawn = {
      image: imagePicture.show(pictures[k]),
      images: imagesPicture.show(all),
      input: inputPicture.show(joined(input)),
      weights: weightsPicture.show(joined(weights)),
      map: mapPicture.show(joined(map)),
    };
    if (layer.last) {
      const values = Array.from(output.data);
      drawn.maps = bars.show(classes, values, values.map(value => (value < 0 ? "negative" : "positive")), c);
    } else {
      drawn.maps = mapsPicture.show(outputs.join(parts));
      mapsPicture.mark("chosen", ...outputs.place(c), ...parts[0].shape);
    }
    drawn.scores = scoresOf(steps.at(-1), found.at(-1));
    demo.say(saying(drawn.scores, classes, data.labels[k]));
    return drawn;
  };
}

// The layers with weights. step: its number; source: the step whose maps or vector goes in; after: the steps that
// follow up to the next layer, or to where branches meet or part; last: whether it gives a score for each class.
function layersOf(steps, classes) {
  const readers = number => steps.flatMap(({ inputs }, reader) => (inputs.includes(number) ? [reader] : []));
  const layers = [];
  steps.forEach((step, number) => {
    if (!["conv2d", "dense"].includes(step.kind)) return;
    let [source] = step.inputs;
    const prepares = ({ kind, name }) => kind == "reshape" || (kind == "take" && name == step.name); // flattens or pads
    while (prepares(steps[source])) [source] = steps[source].inputs;
    const after = [];
    for (let [next, ...others] = readers(number); next && !others.length; [next, ...others] = readers(next)) {
      if (["conv2d", "dense", "reshape"].includes(steps[next].kind) || steps[next].inputs.length > 1) break;
      after.push(next);
    }
    const again = steps.slice(0, number).filter(({ kind, name }) => kind == step.kind && name == step.name).length;
    const name = (step.name.length < 4 ? step.name.toUpperCase() : step.name) + (again ? ` (${again + 1})` : "");
    const dense = step.kind == "dense";
    const last = dense && number + after.length == steps.length - 1 && step.shape[0] == classes;
    layers.push({ name, title: `${name}: ${inWords(step).split(",")[0]}`, step: number, source, after, dense, outputs: step.shape[0], last });
  });
  return layers;
}

// A picture among the controls, which stand beside the stage where there is room.
function besideControls(demo, width, options) {
  const picture = new Picture(demo.form, options);
  picture.node.style = `width: ${width}; justify-self: center`;
  picture.view.style.aspectRatio = "var(--aspect, 1)"; // nothing else gives it a height here
  return picture;
}

// The weights of one channel or unit; those of a dense layer in the shape of what goes in.
function weightsOf({ kind, weight }, k, input) {
  const shape = kind == "dense" ? input : weight.shape.slice(1), size = weight.data.length / weight.shape[0];
  return tensor(shape, weight.data.subarray(k * size, (k + 1) * size));
}

const biasOf = ({ bias }, k) => (bias ? bias.data[k] : 0);

// Feature maps (C, H, W) as a list of (H, W); the entries of a vector as maps of one pixel.
function mapsOf(values) {
  if (values.shape.length == 3) return Array.from({ length: values.shape[0] }, (_, k) => channel(values, k));
  return Array.from(values.data, value => tensor([1, 1], Float32Array.of(value)));
}

function joined(values) {
  const maps = mapsOf(values);
  return new Mosaic(maps.length, ...maps[0].shape).join(maps);
}

// The probabilities of the classes, whether or not the network ends with softmax itself.
function scoresOf({ kind, log }, values) {
  if (kind != "softmax") return softmax(values);
  return log ? tensor(values.shape, values.data.map(Math.exp)) : values;
}

function saying({ data }, classes, truth) {
  const likeliest = Array.from(data.keys()).sort((a, b) => data[b] - data[a]).slice(0, 2);
  const words = likeliest.map(k => `${classes[k]} (${Math.round(100 * data[k])} %)`);
  return `The network says ${words.join(", then ")}. True: ${classes[truth]}.`;
}
