// A network, opened: draw on its input, see all its maps, follow a number back to the image, change a kernel.

import { activations, inWords } from "./page/network.js";
import { arithmeticOf, behind, largestPart, valueAt } from "./page/unit.js";
import { boxOf, receptiveField, seesPadding, solid, unitOf, windowOf } from "./page/windows.js";
import { ImageInput, remember } from "./page/image_input.js";
import { Changer } from "./page/changer.js";
import { applied } from "./page/changes.js";
import { element, short } from "./page/draw.js";
import { softmax, tensor } from "./page/nn.js";
import { LayerCard } from "./page/layer_card.js";
import { SumPanel } from "./page/sum_panel.js";
import { tabs } from "./page/tabs.js";

const MOST_BARS = 12, SCALES = ["per map", "per layer"];

const INVITATION = ["map", "layer"].map(each =>
  `Red is positive, blue negative, each ${each} on its own scale. Point at a pixel to see what it reads; click it for its arithmetic.`);

// data.steps: as network.js takes them; data.layers: those that are seen, {step, name, module}; data.maps: null, or for each
// image its activations, where the page does not compute them; the rest as ImageInput takes it.
export function glassBox(demo, data) {
  const { steps, classes, layers, maps } = data, last = steps.length - 1, computes = !maps;
  const layerNamed = Object.fromEntries(layers.map(layer => [layer.name, layer]));
  const layerOf = Object.fromEntries(layers.map(layer => [layer.step, layer]));
  const opening = layerNamed[data.opened].step, sizeOf = number => solid(computes ? steps[number].shape : maps[0][number].shape);
  const input = new ImageInput(demo, data, computes);
  const start = strongestUnit(steps, opening, (computes ? activations(steps, input.now.image) : maps[0])[opening]);
  const open = demo.hidden("open", false), trail = demo.hidden("trail", []);
  const layer = demo.choice("layer", "Layer", { options: layers.map(({ name }) => name), value: data.opened });
  const place = ["channel", "row", "column"].map((name, axis) =>
    demo.slider(name, name[0].toUpperCase() + name.slice(1), { min: 0, max: sizeOf(opening)[axis] - 1, value: start[axis] }));
  const from = demo.slider("from", "From map", { min: 0, max: 0, value: 0 });
  layer.input.addEventListener("input", () => (trail.value = []), { capture: true }); // before it is drawn
  from.input.addEventListener("input", () => (open.value = true), { capture: true });
  const changer = new Changer(demo, steps, computes);
  const colors = demo.choice("colors", "Colour scale", { options: SCALES });
  const sorted = demo.check("sorted", "Strongest maps first"), unfold = demo.check("unfold", "Unfold all layers");
  tabs(demo.form, {
    Image: input.names, Sum: ["layer", "channel", "row", "column", "from"], Change: changer.names, View: ["colors", "sorted", "unfold"],
  }, demo.controls);
  demo.body.classList.add("glass");

  const network = remember(changes => applied(steps, changes));
  const compute = remember((image, net) => activations(net.steps, image, net.off));
  const findings = () => (computes ? compute(input.now.image, network(changer.changes)) : maps[input.number]);
  const unitNow = () => place.map(slider => slider.value);
  const sumNow = () => {
    const net = network(changer.changes);
    return arithmeticOf(net.steps, findings(), layerNamed[layer.value].step, unitNow(), net.off);
  };
  const chooseLargest = () => {
    if (!computes) return;
    const sum = sumNow(), part = largestPart(steps[sum.base], sum.groups);
    from.range(0, Math.max(0, sum.groups.length - 1));
    from.value = part?.group ?? 0;
  };
  let hover = null, scrolled = null, listed = []; // the number pointed at; the layer scrolled to; classes with a bar
  const go = (name, unit, before = []) => {
    [trail.value, layer.value, open.value, hover] = [before, name, computes, null];
    sizeOf(layerNamed[name].step).forEach((length, axis) => place[axis].range(0, length - 1));
    place.forEach((slider, axis) => (slider.value = unit[axis]));
    chooseLargest();
    demo.redraw();
  };

  const row = demo.stage.appendChild(element("div", {
    class: "layers", tabindex: 0, role: "group", "aria-label": "The layers of the network", "data-lm-suppress-shortcuts": "true",
  }));
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
  const bars = demo.bars({
    area: "bars", format: percent, choose: k => go(layers.at(-1).name, [listed[k], 0, 0]),
  });
  const panel = new SumPanel(demo.stage, {
    steps, named: callUnit, choose: k => ((from.value = k), demo.redraw()), close: () => open.set(false),
    follow: (source, unit) => {
      const { number, unit: there } = behind(steps, source, unit);
      if (layerOf[number]) go(layerOf[number].name, there, [...trail.value, [layer.value, ...unitNow()]]);
    },
    back: k => {
      const [name, ...unit] = trail.value[k];
      go(name, unit, trail.value.slice(0, k));
    },
  });
  if (computes) demo.copy("Copy image as Python", () => input.python());
  demo.legend([["window", "a number, what it reads"], ["second", "what it sees"]]);
  chooseLargest();
  from.start = from.value;
  new ResizeObserver(() => scrollTo(layerNamed[layer.value].step)).observe(row);

  return () => {
    const { step: number } = layerNamed[layer.value], isOpen = open.value && computes;
    sizeOf(number).forEach((length, axis) => {
      place[axis].range(0, length - 1);
      place[axis].enabled = length > 1;
    });
    const unit = unitNow();
    changer.follow(number, unit[0], from.value);
    const found = findings(), sum = computes ? sumNow() : null, groups = sum?.groups.length ?? 1;
    from.range(0, Math.max(0, groups - 1));
    from.enabled = groups > 1;
    changer.show(number, unit[0], from.value);
    demo.body.classList.toggle("open", isOpen);

    const large = new Set([number, ...sourcesOf(number)]), byMap = colors.value == SCALES[0];
    layers.forEach(({ step }, k) => cards[k].show(found[step], {
      unfolded: unfold.value || large.has(step), byMap, sorted: sorted.value, current: step == number,
    }));
    const drawn = { picture: input.show() }, probabilities = likelihoods(steps[last], found[last]);
    showBars(probabilities.data);
    const pointed = hover ?? { number, unit }, field = receptiveField(steps, pointed.number, boxOf(pointed.unit));
    mark(pointed, field);
    if (isOpen) {
      const visited = trail.value.map(([name, ...at]) => [layerNamed[name].step, at]);
      Object.assign(drawn, panel.show(sum, { number, trail: visited, chosen: from.value, found, pixel: () => input.inWords(unit) }));
    }
    if (scrolled != layer.value) scrollTo(number);
    demo.say(sentence(pointed, found, field));
    for (const { step, name } of layers) drawn[name] = found[step];
    return { ...drawn, probabilities, field: tensor([3, 2], Int32Array.from((field ?? [[0, 0], [0, 0], [0, 0]]).flat())) };
  };

  // What a unit is called; without a unit, a whole map.
  function callUnit(number, unit, channel = unit[0]) {
    const { name, module } = layerOf[number] ?? { name: steps[number].kind }, { title } = headed(steps[number], name, module);
    if (number == last) return `${title} “${classes[channel]}”`;
    return `${title}[${channel}${unit && steps[number].shape.length > 1 ? `, ${unit[1]}, ${unit[2]}` : ""}]`;
  }

  // The steps that are seen among those that a step reads.
  function sourcesOf(number) {
    return steps[number].inputs.flatMap(source => (layerOf[source] ? [source] : sourcesOf(source)));
  }

  // All classes, or the likeliest ones of many.
  function showBars(probabilities) {
    listed = Array.from(classes.keys());
    if (classes.length > MOST_BARS) listed.sort((a, b) => probabilities[b] - probabilities[a]).splice(MOST_BARS);
    const best = probabilities.indexOf(Math.max(...probabilities));
    bars.title = `${classes[best]}: ${percent(probabilities[best])}`;
    bars.show(listed.map(k => classes[k]), listed.map(k => probabilities[k]), listed.map(k => (k == best ? "best" : "")));
  }

  // Outline a unit, what it reads, and what it sees of the image.
  function mark({ number, unit }, field) {
    const read = {};
    const outline = (n, box) => steps[n].inputs.forEach((source, k) => {
      const window = windowOf(steps[n], box, steps[n].inputs.map(each => steps[each].shape), k);
      if (window && steps[source].kind == "reshape") outline(source, window);
      else if (window) read[source] = window;
    });
    outline(number, boxOf(unit));
    layers.forEach(({ step }, k) => cards[k].mark({
      unit: step == number ? boxOf(unit) : null, read: read[step], seen: step == 0 && number ? field : null,
    }));
    input.mark(field);
  }

  // Bring a layer, and what it reads, into the row's window.
  function scrollTo(number) {
    if (!row.clientWidth) return; // not in the page yet
    scrolled = layer.value;
    const nodes = [...sourcesOf(number), number].map(step => cards[layers.indexOf(layerOf[step])].node);
    const end = nodes.at(-1).offsetLeft + nodes.at(-1).offsetWidth, first = Math.min(...nodes.map(node => node.offsetLeft));
    const least = Math.max(end - row.clientWidth, Math.min(first, end - row.clientWidth / 2)); // and on to the next layer's edge
    row.scrollLeft = (cards.map(({ node }) => node.offsetLeft).find(left => left >= least) ?? least) - 3;
  }

  function sentence({ number, unit }, found, field) {
    if (!hover && !open.value) return maps ? tooLarge(data) : INVITATION[SCALES.indexOf(colors.value)];
    const size = field?.slice(1).map(([first, end]) => end - first).join("×");
    return `${callUnit(number, unit)} is ${short(valueAt(found[number], unit))} and sees ${size ? `${size} pixels` : "nothing"} of the image.`;
  }
}

const percent = value => `${Math.round(100 * value)} %`;
const millions = number => `${short(number / 1e6)} million`;

// Why the page does not compute a network, and what that means.
function tooLarge({ name, maps, steps, work }) {
  const much = work.products > work.most ? `${millions(work.products)} multiply-adds, where the page manages ${millions(work.most)}`
    : `${millions(work.weights)} weights, where the page holds ${millions(work.mostWeights)}`;
  const few = maps[0].some((map, n) => map && map.shape[0] < steps[n].shape[0]) ? ", the first channels only" : "";
  const images = maps.length == 1 ? "this image" : `these ${maps.length} images`;
  return `${name} takes ${much}: the kernel computed the maps of ${images}${few}; drawing, sums and changes need a smaller network.`;
}

// A step's heading and further words: modules by their own short names, all else by what it does.
function headed(step, name, module) {
  const words = inWords(step), kind = words.match(/^[^\d,]*/)[0].trim();
  if (module && name.length < 7 && !/^\d/.test(name)) return { title: name.length < 4 ? name.toUpperCase() : name, words };
  return { title: kind, words: words.slice(kind.length).replace(/^,? */, "") };
}

// The unit with the largest number, of those that see no padding where there are such.
function strongestUnit(steps, number, { shape, data }) {
  const [channels, rows, columns] = solid(shape), size = rows * columns;
  const boxAt = i => [[0, channels], ...boxOf(unitOf(i, shape)).slice(1)];
  const inside = Array.from({ length: size }, (_, i) => !seesPadding(steps, number, boxAt(i)));
  const fits = inside.includes(true) ? i => inside[i % size] : () => true;
  return unitOf(data.reduce((best, value, i) => (fits(i) && (best < 0 || value > data[best]) ? i : best), -1), shape);
}

// The probabilities of the classes, whether or not the network ends with softmax itself.
function likelihoods({ kind, log, activation }, values) {
  if (activation == "sigmoid") return values;
  if (kind != "softmax") return softmax(values);
  return log ? tensor(values.shape, values.data.map(Math.exp)) : values;
}
