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
import { phrase } from "./page/phrase.js";

const MOST_BARS = 12, BY_MAP = "per map", BY_LAYER = "per layer";
const SCALES = { [BY_MAP]: phrase("per map"), [BY_LAYER]: phrase("per layer") };
const INVITATION = { // what is said on each scale before anything is pointed at
  [BY_MAP]: phrase("Red is positive, blue negative, each map on its own scale. Point at a pixel to see what it reads; click it for its arithmetic."),
  [BY_LAYER]: phrase("Red is positive, blue negative, each layer on its own scale. Point at a pixel to see what it reads; click it for its arithmetic."),
};

export function glassBox(demo, data) {
  const box = new GlassBox(demo, data);
  return () => box.draw();
}

class GlassBox {
  // data.steps: as network.js takes them; data.layers: those that are seen, {step, name, module}; data.maps: null, or for
  // each image its activations, where the page does not compute them; the rest as ImageInput takes it.
  constructor(demo, data) {
    const { steps, layers, maps } = data;
    Object.assign(this, { demo, data, steps, layers, last: steps.length - 1, computes: !maps });
    this.layerNamed = Object.fromEntries(layers.map(layer => [layer.name, layer]));
    this.layerOf = Object.fromEntries(layers.map(layer => [layer.step, layer]));
    this.hover = this.scrolled = null; // the number pointed at, {number, unit}; the step scrolled to
    // What is computed anew only where that of which it is made is another:
    this.network = remember(changes => applied(steps, changes));
    this.compute = remember((image, net) => activations(net.steps, image, net.off));
    this.arithmetic = remember((net, found, number, ...unit) => arithmeticOf(net.steps, found, number, unit, net.off));
    this.mapsRead = remember((number, ...unit) => (this.computes ? this.sum.groups.length : 0)); // whatever the image
    this.showSum = remember((sum, chosen, trail) => this.panel.show(sum, {
      number: this.number, chosen, found: this.found, pixel: () => this.input.inWords(this.unit),
      trail: trail.map(([name, ...unit]) => [this.layerNamed[name].step, unit]),
    }));
    this.addControls(demo);
    this.addStage(demo);
    this.chooseLargest();
    this.from.start = this.from.value;
    demo.legend([["window", phrase("a number, what it reads")], ["second", phrase("what it sees")]]);
    if (this.computes) demo.copy(phrase("Copy image as Python"), () => this.input.python());
  }

  // The controls, and what they mean.

  addControls(demo) {
    const { steps, layers, data: { opened } } = this, opening = this.layerNamed[opened].step;
    this.input = new ImageInput(demo, this.data, this.computes);
    this.changer = new Changer(demo, steps, this.computes);
    this.open = demo.hidden("open", false);
    this.trail = demo.hidden("trail", []); // the numbers that the chain came from: [name of the layer, ...unit] each
    this.layer = demo.choice("layer", phrase("Layer"), { options: layers.map(({ name }) => name), value: opened });
    const start = strongestUnit(steps, opening, this.found[opening]);
    this.place = [["channel", phrase("Channel")], ["row", phrase("Row")], ["column", phrase("Column")]].map(([name, label], axis) =>
      demo.slider(name, label, { min: 0, max: this.sizeOf(opening)[axis] - 1, value: start[axis] }));
    this.from = demo.slider("from", phrase("From map"), { min: 0, max: 0, value: 0 });
    this.layer.input.addEventListener("input", () => (this.trail.value = []), { capture: true }); // before it is drawn
    this.from.input.addEventListener("input", () => (this.open.value = true), { capture: true });
    this.colors = demo.choice("colors", phrase("Colour scale"), { options: Object.entries(SCALES) });
    this.sorted = demo.check("sorted", phrase("Strongest maps first"));
    this.unfold = demo.check("unfold", phrase("Unfold all layers"));
    const sum = ["layer", "channel", "row", "column", "from"], view = ["colors", "sorted", "unfold"];
    const groups = [[phrase("Image"), this.input.names], [phrase("Sum"), sum], [phrase("Change"), this.changer.names], [phrase("View"), view]];
    tabs(demo.form, groups, demo.controls);
  }

  // The step that is chosen.
  get number() {
    return this.layerNamed[this.layer.value].step;
  }

  get unit() {
    return this.place.map(slider => slider.value);
  }

  // The network with what was changed, all activations, and the arithmetic of the chosen unit.
  get net() {
    return this.network(this.changer.changes);
  }

  get found() {
    return this.computes ? this.compute(this.input.now.image, this.net) : this.data.maps[this.input.number];
  }

  get sum() {
    return this.arithmetic(this.net, this.found, this.number, ...this.unit);
  }

  // (channels, rows, columns) that are there of a step.
  sizeOf(number) {
    return solid((this.computes ? this.steps[number] : this.data.maps[0][number]).shape);
  }

  // Choose a unit and open its arithmetic.
  go(name, unit, trail = []) {
    [this.layer.value, this.trail.value, this.open.value, this.hover] = [name, trail, this.computes, null];
    this.limitPlace();
    this.place.forEach((slider, axis) => (slider.value = unit[axis]));
    this.chooseLargest();
    this.demo.redraw();
  }

  limitPlace() {
    this.sizeOf(this.number).forEach((length, axis) => {
      this.place[axis].range(0, length - 1);
      this.place[axis].enabled = length > 1;
    });
  }

  limitFrom() {
    const count = this.mapsRead(this.number, ...this.unit);
    this.from.range(0, Math.max(0, count - 1));
    this.from.enabled = count > 1;
  }

  chooseLargest() {
    if (!this.computes) return;
    const { base, groups } = this.sum;
    this.limitFrom();
    this.from.value = largestPart(this.steps[base], groups)?.group ?? 0;
  }

  // The stage: a card for each layer, a bar for each class, the arithmetic.

  addStage(demo) {
    demo.body.classList.add("glass");
    this.row = demo.stage.appendChild(element("div", {
      class: "layers", tabindex: 0, role: "group", "aria-label": phrase("The layers of the network"), "data-lm-suppress-shortcuts": "true",
    }));
    this.cards = this.layers.map(layer => this.card(layer));
    new ResizeObserver(() => this.scrollTo(this.number)).observe(this.row);
    const sight = new IntersectionObserver(
      entries => entries.forEach(({ target, isIntersecting }) => this.cards.find(({ node }) => node == target).see(isIntersecting)),
      { root: this.row },
    );
    this.cards.forEach(({ node }) => sight.observe(node));
    this.bars = demo.bars({ area: "bars", format: percent, choose: k => this.go(this.layers.at(-1).name, [this.listed[k], 0, 0]) });
    this.panel = new SumPanel(demo.stage, {
      steps: this.steps, named: (...of) => this.named(...of), close: () => this.open.set(false),
      choose: k => ((this.from.value = k), demo.redraw()),
      follow: (source, unit) => {
        const { number, unit: there } = behind(this.steps, source, unit), layer = this.layerOf[number];
        if (layer) this.go(layer.name, there, [...this.trail.value, [this.layer.value, ...this.unit]]);
      },
      back: k => {
        const [name, ...unit] = this.trail.value[k];
        this.go(name, unit, this.trail.value.slice(0, k));
      },
    });
  }

  card({ step, name, module }) {
    return new LayerCard(this.row, {
      name, ...headed(this.steps[step], name, module), shape: this.steps[step].shape,
      open: () => {
        [this.layer.value, this.hover, this.trail.value] = [name, null, []];
        this.demo.redraw();
      },
      point: (unit, pressed) => {
        if (unit && pressed) return this.go(name, unit);
        this.hover = unit && { number: step, unit };
        this.demo.redraw();
      },
    });
  }

  draw() {
    const { demo, steps, changer, from, number } = this, isOpen = this.open.value && this.computes;
    this.limitPlace();
    const { unit } = this, pointed = this.hover ?? { number, unit }, field = receptiveField(steps, pointed.number, boxOf(pointed.unit));
    changer.follow(number, unit[0], from.value);
    const { found } = this, drawn = { picture: this.input.show() };
    this.limitFrom();
    changer.show(number, unit[0], from.value);
    demo.body.classList.toggle("open", isOpen);
    this.showLayers(found);
    this.mark(pointed, field);
    if (isOpen) Object.assign(drawn, this.showSum(this.sum, from.value, this.trail.value));
    if (this.scrolled != number) this.scrollTo(number);
    demo.say(this.sentence(pointed, found, field));
    for (const { step, name } of this.layers) drawn[name] = found[step];
    drawn.probabilities = this.showBars(likelihoods(steps[this.last], found[this.last]));
    drawn.field = tensor([3, 2], Int32Array.from((field ?? [[0, 0], [0, 0], [0, 0]]).flat()));
    return drawn;
  }

  showLayers(found) {
    const { number } = this, large = new Set([number, ...this.sourcesOf(number)]), byMap = this.colors.value == BY_MAP;
    this.layers.forEach(({ step }, k) => this.cards[k].show(found[step], {
      unfolded: this.unfold.value || large.has(step), byMap, sorted: this.sorted.value, current: step == number,
    }));
  }

  // All classes, or the likeliest ones of many.
  showBars(probabilities) {
    const { classes } = this.data, { data } = probabilities, best = data.indexOf(Math.max(...data));
    this.listed = Array.from(classes.keys());
    if (classes.length > MOST_BARS) this.listed.sort((a, b) => data[b] - data[a]).splice(MOST_BARS);
    this.bars.title = `${classes[best]}: ${percent(data[best])}`;
    this.bars.show(this.listed.map(k => classes[k]), this.listed.map(k => data[k]), this.listed.map(k => (k == best ? "best" : "")));
    return probabilities;
  }

  // Outline a unit, what it reads, and what it sees of the image.
  mark({ number, unit }, field) {
    const { steps } = this, read = {};
    const outline = (n, box) => steps[n].inputs.forEach((source, k) => {
      const window = windowOf(steps[n], box, steps[n].inputs.map(each => steps[each].shape), k);
      if (window && steps[source].kind == "reshape") outline(source, window);
      else if (window) read[source] = window;
    });
    outline(number, boxOf(unit));
    this.layers.forEach(({ step }, k) => this.cards[k].mark({
      unit: step == number ? boxOf(unit) : null, read: read[step], seen: step == 0 && number ? field : null,
    }));
    this.input.mark(field);
  }

  // Bring a layer, and what it reads, into the row's window; a layer begins at the window's edge.
  scrollTo(number) {
    const { row, cards } = this, width = row.clientWidth, lefts = cards.map(({ node }) => node.offsetLeft);
    if (!width) return; // not in the page yet
    this.scrolled = number;
    const places = [...this.sourcesOf(number), number].map(step => this.layers.indexOf(this.layerOf[step]));
    const { offsetLeft, offsetWidth } = cards[places.at(-1)].node, end = offsetLeft + offsetWidth;
    const least = Math.max(end - width, Math.min(...places.map(k => lefts[k]), end - width / 2));
    row.scrollLeft = (lefts.find(left => left >= least) ?? least) - 3;
  }

  // Words.

  // What a unit is called; without a unit, a whole map.
  named(number, unit, channel = unit[0]) {
    const { name, module } = this.layerOf[number] ?? { name: this.steps[number].kind }, { title } = headed(this.steps[number], name, module);
    if (number == this.last) return `${title} “${this.data.classes[channel]}”`;
    return `${title}[${channel}${unit && this.steps[number].shape.length > 1 ? `, ${unit[1]}, ${unit[2]}` : ""}]`;
  }

  sentence({ number, unit }, found, field) {
    if (!this.hover && !this.open.value) return this.computes ? INVITATION[this.colors.value] : tooLarge(this.data);
    const said = { name: this.named(number, unit), value: short(valueAt(found[number], unit)) };
    if (!field) return phrase("{name} is {value} and sees nothing of the image.", said);
    const size = field.slice(1).map(([first, end]) => end - first).join("×");
    return phrase("{name} is {value} and sees {size} pixels of the image.", { ...said, size });
  }

  // The steps that are seen among those that a step reads.
  sourcesOf(number) {
    return this.steps[number].inputs.flatMap(source => (this.layerOf[source] ? [source] : this.sourcesOf(source)));
  }
}

const percent = value => `${Math.round(100 * value)} %`;
const millions = number => phrase("{number} million", { number: short(number / 1e6) });

// Why the page does not compute a network, and what that means.
function tooLarge({ name, maps, steps, work }) {
  const much = work.products > work.most
    ? phrase("{name} takes {products} multiply-adds, where the page manages {most}", { name, products: millions(work.products), most: millions(work.most) })
    : phrase("{name} takes {weights} weights, where the page holds {most}", { name, weights: millions(work.weights), most: millions(work.mostWeights) });
  const few = maps[0].some((map, n) => map && map.shape[0] < steps[n].shape[0]), count = maps.length;
  const images = count == 1 ? phrase("this image") : phrase("these {count} images", { count });
  const computed = few ? phrase("the kernel computed the maps of {images}, the first channels only", { images }) : phrase("the kernel computed the maps of {images}", { images });
  return phrase("{much}: {computed}; drawing, sums and changes need a smaller network.", { much, computed });
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
