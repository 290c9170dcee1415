// A network, opened: draw on its input, see all its maps, follow a number back to the image, change a kernel.

import { activations, inWords } from "./page/network.js";
import { arithmeticOf, behind, largestPart, valueAt } from "./page/unit.js";
import { blurred, moved, noisy, origin } from "./page/disturb.js";
import { boxOf, receptiveField, solid, unitOf, windowOf } from "./page/windows.js";
import { Changer } from "./page/changer.js";
import { applied } from "./page/changes.js";
import { combine, softmax, tensor } from "./page/nn.js";
import { OWN_PICTURE, cropped, ownPicture } from "./page/own_picture.js";
import { element, short } from "./page/draw.js";
import { fitted, painted } from "./page/strokes.js";
import { LayerCard } from "./page/layer_card.js";
import { Paper } from "./page/paper.js";
import { SumPanel } from "./page/sum_panel.js";
import { tabs } from "./page/tabs.js";

const BLANK = "Blank", MOST_BARS = 12;
const RANGES = ["one range a layer", "one range a map"];

// data.steps: as network.js takes them; data.layers: those that are seen, {step, name, module}; data.pictures: (images,
// channels, H, W) in [0, 1], of which the network takes data.mean off and divides by data.std; data.maps: null, or for each
// image its activations, where the page does not compute them.
export function glassBox(demo, data) {
  const { steps, classes, layers } = data, [count, ...shape] = data.pictures.shape, last = steps.length - 1;
  const layerNamed = Object.fromEntries(layers.map(layer => [layer.name, layer])), layerOf = Object.fromEntries(layers.map(layer => [layer.step, layer]));
  const given = Object.fromEntries(Array.from({ length: count }, (_, k) => {
    const size = shape[0] * shape[1] * shape[2], name = data.targets ? `${k + 1}: ${classes[data.targets[k]]}` : `Image ${k + 1}`;
    return [name, { k, picture: tensor(shape, data.pictures.data.subarray(k * size, (k + 1) * size)) }];
  }));
  const normalized = picture => combine(combine(picture, data.mean, "subtract"), data.std, "divide");
  const computes = !data.maps, radius = Math.min(...shape.slice(1)) / 25;

  const strokes = demo.hidden("strokes", []), pen = demo.hidden("pen", "white"), fit = demo.hidden("fit", true);
  const open = demo.hidden("open", false), trail = demo.hidden("trail", []);
  const image = demo.choice("image", "Image", { options: [...Object.keys(given), ...(computes ? [BLANK] : [])] });
  const pixels = value => (value ? `${short(value)} px` : "0");
  const half = Math.floor(Math.min(...shape.slice(1)) / 2);
  demo.slider("right", "Right", { min: -half, max: half, value: 0, text: pixels });
  demo.slider("down", "Down", { min: -half, max: half, value: 0, text: pixels });
  demo.slider("turn", "Turn", { min: -180, max: 180, step: 5, value: 0, text: value => `${short(value)}°` });
  demo.slider("blur", "Blur", { min: 0, max: 3, step: 0.1, value: 0, text: pixels });
  demo.slider("noise", "Noise", { min: 0, max: 0.5, step: 0.02, value: 0, text: short });
  const keptShape = number => (computes ? steps[number].shape : data.maps[0][number].shape);
  const first = layerNamed[data.opened].step, start = strongestUnit((computes ? activations(steps, normalized(given[image.value].picture)) : data.maps[0])[first]);
  const layer = demo.choice("layer", "Layer", { options: layers.map(({ name }) => name), value: data.opened });
  layer.input.addEventListener("input", () => (trail.value = []), { capture: true });
  const place = ["channel", "row", "column"].map((name, axis) =>
    demo.slider(name, name[0].toUpperCase() + name.slice(1), { min: 0, max: solid(keptShape(first))[axis] - 1, value: start[axis] }));
  const from = demo.slider("from", "From map", { min: 0, max: 0, value: 0 });
  from.input.addEventListener("input", () => (open.value = true), { capture: true }); // before it is drawn
  const changer = new Changer(demo, steps, computes);
  const colors = demo.choice("colors", "Colours", { options: RANGES });
  const sorted = demo.check("sorted", "Strongest maps first");
  const unfold = demo.check("unfold", "Unfold all layers");
  demo.body.classList.add("glass");
  const motion = () => Object.fromEntries(["right", "down", "turn"].map(name => [name, demo.controls[name].value]));
  const fitting = () => fit.value && image.value == BLANK && shape[0] == 1;
  const paper = new Paper(demo.form, {
    alt: "The image: paint on it", channels: shape[0], strokes, pen, origin: spot => (fitting() ? spot : origin(spot, motion(), shape)),
  });
  const blank = paper.button("Blank", () => {
    [image.value, strokes.value] = [BLANK, []];
    demo.redraw();
  });
  const fits = shape[0] == 1 ? paper.button("Fit", () => fit.set(!fit.value)) : null;
  if (fits) fits.title = "As MNIST's digits were: 20 of 28 pixels high, centre of mass in the middle";
  tabs(demo.form, {
    Image: ["image", "right", "down", "turn", "blur", "noise"], Sum: ["layer", "channel", "row", "column", "from"],
    Change: changer.names, View: ["colors", "sorted", "unfold"],
  }, demo.controls);
  const row = demo.stage.appendChild(element("div", { class: "layers", tabindex: 0, role: "group", "data-lm-suppress-shortcuts": "true", "aria-label": "The layers of the network" }));
  let hover = null, scrolled = null;
  const go = (name, unit, before = []) => {
    [trail.value, layer.value, open.value, hover] = [before, name, computes, null];
    solid(keptShape(layerNamed[name].step)).forEach((length, axis) => place[axis].range(0, length - 1));
    place.forEach((slider, axis) => (slider.value = unit[axis]));
    chooseLargest();
    demo.redraw();
  };
  const cards = layers.map(({ step, name, module }) => new LayerCard(row, {
    name, ...headed(steps[step], name, module), shape: steps[step].shape,
    open: () => {
      [layer.value, hover, trail.value] = [name, null, []];
      demo.redraw();
    },
    point: (unit, pressed) => {
      if (unit && pressed) return go(name, unit);
      hover = unit && { number: step, unit };
      demo.redraw();
    },
  }));
  const bars = demo.bars({ area: "bars", compact: true, format: value => `${Math.round(100 * value)} %`, choose: k => go(layers.at(-1).name, [listed[k], 0, 0]) });
  const panel = new SumPanel(demo.stage, {
    steps, named: callUnit, choose: k => ((from.value = k), demo.redraw()),
    follow: (source, unit) => {
      const { number, unit: there } = behind(steps, source, unit);
      if (layerOf[number]) go(layerOf[number].name, there, [...trail.value, [layer.value, ...place.map(slider => slider.value)]]);
    },
    back: k => {
      const [name, ...unit] = trail.value[k];
      go(name, unit, trail.value.slice(0, k));
    },
    close: () => open.set(false),
  });
  if (computes) ownPicture(demo, image, cropped(shape));
  if (computes) demo.copy("Copy image as Python", () => python(pictureNow().image));
  demo.legend([["window", "a number and what it reads"], ["second", "what it sees of the image"]]);

  // What a unit is called; without a unit, a whole map.
  function callUnit(number, unit, channel = unit[0]) {
    const resolved = layerOf[number] ?? { name: steps[number].kind };
    const title = headed(steps[number], resolved.name, resolved.module).title, { length } = steps[number].shape;
    if (number == last && channel < classes.length) return `${title} ${classes[channel]}`;
    return `${title}[${channel}${unit && length > 1 ? `, ${unit[1]}, ${unit[2]}` : ""}]`;
  }

  const view = remember((name, own, drawn, asDigit, right, down, turn, blur, noise) => {
    const base = name == BLANK ? tensor(shape) : name == OWN_PICTURE ? own : given[name].picture;
    const onPaper = painted(base, drawn, radius);
    if (given[name] && !drawn.length && !(right || down || turn || blur || noise)) return { onPaper: base, picture: base, image: normalized(base) };
    const digit = asDigit ? painted(base, fitted(drawn, shape, radius), radius) : onPaper;
    const disturbed = noisy(blurred(moved(digit, { right, down, turn }), blur), noise);
    const picture = tensor(shape, disturbed.data.map(value => Math.round(255 * value) / 255)); // in bytes, as pictures are
    return { onPaper: asDigit ? onPaper : picture, picture, image: normalized(picture) };
  });
  const pictureNow = () => {
    const { right, down, turn, blur, noise } = demo.controls;
    return view(image.value, demo.controls.own?.value, strokes.value, fitting(), right.value, down.value, turn.value, blur.value, noise.value);
  };
  const network = remember(changes => applied(steps, changes));
  const compute = remember((input, net) => activations(net.steps, input, net.off));
  const findings = () => (computes ? compute(pictureNow().image, network(changer.changes)) : data.maps[given[image.value].k]);
  const sumNow = () => arithmeticOf(network(changer.changes).steps, findings(), layerNamed[layer.value].step, place.map(slider => slider.value));
  const chooseLargest = () => {
    if (!computes) return;
    const sum = sumNow(), part = largestPart(steps[sum.base], sum.groups);
    from.range(0, Math.max(0, sum.groups.length - 1));
    from.value = part?.group ?? 0;
  };
  let listed = [];
  chooseLargest();
  from.start = from.value;

  return () => {
    const now = layerNamed[layer.value], step = steps[now.step];
    solid(keptShape(now.step)).forEach((length, axis) => {
      place[axis].range(0, length - 1);
      place[axis].enabled = length > 1;
    });
    const unit = place.map(slider => slider.value), isOpen = open.value && computes;
    changer.follow(now.step, unit[0], from.value);
    const net = network(changer.changes), shown = pictureNow(), found = findings();
    const sum = computes ? arithmeticOf(net.steps, found, now.step, unit) : null;
    from.range(0, Math.max(0, (sum?.groups.length ?? 1) - 1));
    from.enabled = computes && sum.groups.length > 1;
    changer.show(now.step, unit[0], from.value);
    for (const name of ["right", "down", "turn", "blur", "noise"]) demo.controls[name].enabled = computes;
    paper.enabled = computes;
    blank.disabled = !computes;
    if (fits) fits.disabled = image.value != BLANK;
    fits?.setAttribute("aria-pressed", fit.value);

    const large = new Set([now.step, ...sourcesOf(now.step)]);
    layers.forEach(({ step: number }, k) => cards[k].show(found[number], {
      unfolded: unfold.value || large.has(number), byMap: colors.value == RANGES[1], sorted: sorted.value, current: number == now.step,
    }));
    demo.body.classList.toggle("open", isOpen);
    const drawn = { picture: paper.show(shown.onPaper) };
    const probabilities = likelihoods(steps[last], found[last]), order = Array.from(classes.keys());
    if (classes.length > MOST_BARS) order.sort((a, b) => probabilities.data[b] - probabilities.data[a]).splice(MOST_BARS);
    listed = order;
    const best = probabilities.data.indexOf(Math.max(...probabilities.data));
    bars.title = `${classes[best]}: ${Math.round(100 * probabilities.data[best])} %`;
    bars.show(order.map(k => classes[k]), order.map(k => probabilities.data[k]), order.map(k => (k == best ? "best" : "")));

    const pointed = hover ?? { number: now.step, unit };
    const field = receptiveField(steps, pointed.number, boxOf(pointed.unit));
    mark(pointed, field, shown);
    if (isOpen) Object.assign(drawn, panel.show(sum, { number: now.step, trail: trail.value.map(([name, ...at]) => [layerNamed[name].step, at]), chosen: from.value, found, pixel: () => pixelOf(shown, unit) }));
    if (scrolled != layer.value) scrollTo(layer.value);
    demo.say(sentence(pointed, found, field));
    for (const { step: number, name } of layers) drawn[name] = found[number];
    return { ...drawn, probabilities, field: tensor([3, 2], Int32Array.from((field ?? [[0, 0], [0, 0], [0, 0]]).flat())) };
  };

  // The steps that are seen among those that a step reads.
  function sourcesOf(number) {
    return steps[number].inputs.flatMap(source => (layerOf[source] ? [source] : sourcesOf(source)));
  }

  function mark({ number, unit }, field, shown) {
    const boxes = {};
    const outline = (n, box) => steps[n].inputs.forEach((source, k) => {
      const read = windowOf(steps[n], box, steps[n].inputs.map(input => steps[input].shape), k);
      if (!read) return;
      if (steps[source].kind == "reshape") outline(source, read);
      else boxes[source] = read;
    });
    outline(number, boxOf(unit));
    layers.forEach(({ step }, k) => cards[k].mark({ unit: step == number ? boxOf(unit) : null, read: boxes[step], seen: step == 0 && number ? field : null }));
    if (field && shown.onPaper === shown.picture) {
      const [, [top, bottom], [left, right]] = field;
      paper.picture.mark("seen", top, left, bottom - top, right - left, "second");
    } else paper.picture.hide("seen");
  }

  // Bring the opened layer, and what it reads, into the row's window.
  function scrollTo(name) {
    if (!row.clientWidth) return;
    scrolled = name;
    const nodes = [...sourcesOf(layerNamed[name].step), layerNamed[name].step].map(number => cards[layers.indexOf(layerOf[number])].node);
    const end = nodes.at(-1).offsetLeft + nodes.at(-1).offsetWidth, first = Math.min(...nodes.map(node => node.offsetLeft));
    row.scrollLeft = Math.max(end - row.clientWidth, Math.min(first, end - row.clientWidth / 2)) - 8;
  }

  function pixelOf(shown, [channel, r, c]) {
    const at = ({ shape: [, rows, columns], data }) => data[data.length == 1 ? 0 : (channel * rows + (rows > 1 ? r : 0)) * columns + (columns > 1 ? c : 0)];
    const [value, mean, std] = [shown.picture, data.mean, data.std].map(at);
    return mean || std != 1 ? `a pixel, normalised: (${short(value)} − ${short(mean)}) / ${short(std)}` : "a pixel of the image";
  }

  function sentence({ number, unit }, found, field) {
    if (!hover && !open.value) return data.maps ? tooLarge(data) : "Point at a pixel: orange is what it reads. Click it: its arithmetic.";
    const size = field ? `sees ${field.slice(1).map(([first, end]) => end - first).join("×")} pixels of the image` : "sees nothing of the image";
    return `${callUnit(number, unit)} is ${short(valueAt(found[number], unit))} and ${size}.`;
  }
}

function tooLarge({ name, maps, work, steps }) {
  const much = work.products > work.most ? `${millions(work.products)} multiply-adds, where the page manages ${millions(work.most)}` : `${millions(work.weights)} weights, where the page holds ${millions(work.mostWeights)}`;
  const few = maps[0].some((map, n) => map && map.shape[0] < steps[n].shape[0]) ? ", the first channels only" : "";
  return `${name} takes ${much}: the kernel computed the maps of ${maps.length == 1 ? "this image" : `these ${maps.length} images`}${few}; drawing, sums and changes need a smaller network.`;
}

const millions = number => `${short(number / 1e6)} million`;

// A step's heading and further words: modules by their own short names, all else by what it does.
function headed(step, name, module) {
  const words = inWords(step), kind = words.match(/^[^\d,]*/)[0].trim();
  if (module && name.length < 7 && !/^\d/.test(name)) return { title: name.length < 4 ? name.toUpperCase() : name, words };
  return { title: kind, words: words.slice(kind.length).replace(/^,? */, "") };
}

// Compute anew only what has other arguments than the last time.
function remember(compute) {
  let before = null, result;
  return (...now) => {
    if (!before || now.some((value, k) => value !== before[k])) [result, before] = [compute(...now), now];
    return result;
  };
}

// The unit with the largest number.
function strongestUnit({ shape, data }) {
  return unitOf(data.indexOf(data.reduce((a, b) => Math.max(a, b))), shape);
}

// The probabilities of the classes, whether or not the network ends with softmax itself.
function likelihoods({ kind, log, activation }, values) {
  if (activation == "sigmoid") return values;
  if (kind != "softmax") return softmax(values);
  return log ? tensor(values.shape, values.data.map(Math.exp)) : values;
}

function python({ shape, data }) {
  const bytes = new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  const text = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
  return `import base64, torch; image = torch.frombuffer(bytearray(base64.b64decode("${text}")), dtype=torch.float32).reshape(1, ${shape.join(", ")})`;
}
