// The arithmetic of one number, opened: patch, kernel and products of each map that it reads, and the sum written out.

import { Bars, Picture, element, short, write } from "./draw.js";
import { button } from "./controls.js";
import { ACTIVATION_NAMES } from "./network.js";
import { tensor } from "./nn.js";
import { largestPart, softmaxParts, unitUnder, valueAt } from "./unit.js";
import { phrase } from "./phrase.js";

const LEGIBLE = 49, LISTED = 48; // entries that are written into a picture; maps that are listed, the largest first
const WIDE = 5; // columns of a picture in which a number may have four letters
const OFF = phrase("switched off");
const SIGNS = { add: "+", subtract: "−", multiply: "·", divide: "/" };
const numbered = x => (x < 0 ? `(${short(x)})` : short(x));

// A number in at most four letters, as the cells of a picture have room for; where these are small, three and a sign.
function tight(x, small) {
  const sign = x < 0 ? "-" : "", size = Math.abs(x), letters = small ? 3 : 4 - sign.length;
  const written = [2, 1, 0].map(digits => size.toFixed(digits).replace(/^0\./, ".").replace(/\.?0+$/, "")).find(text => text.length <= letters);
  return size < 0.005 ? "0" : sign + (written ?? "…");
}

// How wide such a text is, in heights of its letters, in a wide font.
const widthOf = text => 0.64 * text.length - 0.3 * (text.match(/[-.]/g)?.length ?? 0);

export class SumPanel {
  // follow(source, unit): a number that was read is to be looked at; choose(group); back(k): to the k-th number of the
  // chain; close(); named(step, unit): what a number is called.
  constructor(parent, { steps, named, follow, choose, back, close }) {
    Object.assign(this, { steps, named });
    this.crumbs = element("div", { class: "crumbs" });
    this.crumbs.addEventListener("click", event => event.target.dataset.at && back(Number(event.target.dataset.at)));
    this.largest = button(phrase("Follow the largest part"), () => follow(...this.target));
    const tools = element("div", { class: "buttons" }, this.largest, button(phrase("Close"), close));
    const parts = element("div", { class: "parts" });
    const picture = (alt, point) => new Picture(parts, { colors: "signed", alt, point, press: Boolean(point), key: false, grid: true });
    const under = (row, column, event) => {
      const group = this.groups[this.chosen], unit = event.type == "pointerdown" && unitUnder(group, row * group.values.shape[1] + column);
      if (unit) follow(group.source, unit);
    };
    this.patch = picture(phrase("What the number reads"), under);
    this.signs = ["×", "="].map(sign => element("b", { class: "sign" }, sign));
    this.weights = picture(phrase("Its weights"));
    this.products = picture(phrase("Their products"));
    parts.insertBefore(this.signs[0], this.weights.node);
    parts.insertBefore(this.signs[1], this.products.node);
    this.list = new Bars(parts, { most: 0, format: value => short(Math.round(1000 * value) / 1000), compact: true, choose: k => choose(this.listed[k]) });
    this.list.node.classList.add("list");
    for (const [key, value] of Object.entries({ tabindex: 0, "aria-label": phrase("What each map adds"), "data-lm-suppress-shortcuts": "true" })) this.list.node.setAttribute(key, value);
    this.formula = element("p", { class: "formula" });
    this.node = element("section", { class: "sum", "aria-label": phrase("The arithmetic of a number") }, element("div", { class: "top" }, this.crumbs, tools), this.formula, parts);
    parent.append(this.node);
  }

  // sum: as arithmeticOf returns it; number: the step that was chosen; trail: numbers that the chain came from,
  // [number, unit] each; chosen: the group that is shown; found: all activations; pixel(): the words for one of the image.
  show(sum, { number, trail, chosen, found, pixel }) {
    const step = this.steps[sum.base], group = sum.groups[chosen] ?? null;
    Object.assign(this, { groups: sum.groups, chosen });
    const part = largestPart(step, sum.groups);
    this.target = part && [sum.groups[part.group].source, unitUnder(sum.groups[part.group], part.entry)];
    this.largest.disabled = !part || step.inputs.every(source => this.steps[source].kind == "constant");
    const crumbs = [...trail, [number, sum.unit]].map(([n, unit], k) => {
      const text = `${k ? "← " : ""}${this.named(n, unit)} = ${short(valueAt(found[n], unit))}`;
      return k < trail.length ? element("button", { type: "button", "data-at": k, "data-lm-suppress-shortcuts": "true" }, text) : element("b", {}, text);
    });
    this.crumbs.replaceChildren(...crumbs);
    this.node.classList.toggle("weighted", Boolean(group?.weights));
    const shown = { patch: [this.patch, group?.values, ""], weights: [this.weights, group?.weights, phrase("weights")], products: [this.products, group?.products, ""] };
    const drawn = {};
    for (const [name, [picture, values, title]] of Object.entries(shown)) {
      picture.node.style.display = values ? "" : "none";
      if (!values) continue;
      drawn[name] = picture.show(tensor(values.shape, Float32Array.from(values.data)));
      picture.title = name == "products" ? phrase("products: {sum}", { sum: short(group.sum) }) : name == "patch" ? this.named(group.source, null, group.channel) : title;
      this.fill(picture, values.data, group.weights ? "0" : "");
    }
    this.patch.hide("largest");
    if (step.kind.endsWith("axPool2d") && part) {
      const columns = group.values.shape[1];
      this.patch.mark("largest", Math.floor(part.entry / columns), part.entry % columns);
    }
    this.enumerate(sum, chosen);
    this.write(sum, number, found, pixel);
    const results = [sum, ...sum.chain], numbers = [sum.base, ...sum.chain.map(link => link.number)];
    drawn.sums = tensor([sum.groups.length], Float32Array.from(sum.groups, ({ sum }) => sum));
    drawn.arithmetic = tensor([results.length], Float32Array.from(results, ({ result }) => result));
    drawn.numbers = tensor([numbers.length], Float32Array.from(numbers, n => valueAt(found[n], sum.unit)));
    return drawn;
  }

  // Write the numbers into a picture, as large as they fit, unless there are too many.
  fill(picture, data, padding) {
    const legible = data.length <= LEGIBLE, small = picture.columns > WIDE;
    const texts = legible ? Array.from(data, value => (value == value ? tight(value, small) : padding)) : [];
    picture.write(texts, { size: Math.min(small ? 0.5 : 0.45, 0.97 / Math.max(...texts.map(widthOf))), room: Infinity });
    picture.lines.style.display = legible ? "" : "none";
    picture.node.style.setProperty("--columns", legible ? picture.columns / (small ? 0.49 : 0.43) : 0); // for letters of one size
  }

  // The maps that were read, the largest part first.
  enumerate({ groups }, chosen) {
    const order = Array.from(groups.keys()).sort((a, b) => Math.abs(groups[b].sum) - Math.abs(groups[a].sum));
    this.listed = order.slice(0, LISTED);
    this.list.node.style.display = groups.length > 1 ? "" : "none";
    if (groups.length < 2) return;
    const values = this.listed.map(k => groups[k].sum), several = groups.some(({ source }) => source != groups[0].source);
    const names = this.listed.map(k => (several ? this.named(groups[k].source, null, groups[k].channel) : String(groups[k].channel)));
    this.list.title = order.length > LISTED ? phrase("largest {count}", { count: LISTED }) : groups[0].weights ? phrase("sums") : phrase("numbers");
    this.list.show(names, values, values.map(value => (value < 0 ? "negative" : "positive")), this.listed.indexOf(chosen));
  }

  // The sum, and what batch norm and activation make of it.
  write(sum, number, found, pixel) {
    const lines = [[sum.silent ? OFF : this.inFigures(sum, pixel), sum.base]];
    let before = valueAt(found[sum.base], sum.unit);
    for (const { number: n, silent } of sum.chain) {
      lines.push([silent ? `→ ${OFF}` : this.entryByEntry(this.steps[n], before, sum.unit[0]), n]);
      before = valueAt(found[n], sum.unit);
    }
    this.formula.replaceChildren(...lines.flatMap(([text, n]) => [
      element("span", {}, `${text} = `, element("span", { class: n == number ? "total" : "" }, short(valueAt(found[n], sum.unit)))), " ",
    ]));
  }

  inFigures({ base, groups, bias, unit, divisor }, pixel) {
    const step = this.steps[base], total = groups.reduce((sum, group) => sum + group.sum, 0), first = groups[0];
    switch (step.kind) {
      case "input": return pixel();
      case "conv2d": case "dense": {
        const sum = short(total), maps = groups.length > 1 ? phrase("sum over {count} maps {sum}", { count: groups.length, sum })
          : phrase("sum of the products {sum}", { sum });
        return step.bias ? phrase("{sum} + bias {bias}", { sum: maps, bias: numbered(bias) }) : maps;
      }
      case "maxPool2d": case "adaptiveMaxPool2d": return phrase("the largest of {count}", { count: first.values.data.filter(x => x == x).length });
      case "averagePool2d": case "adaptiveAveragePool2d": case "mean": return phrase("sum {sum} / {count}", { sum: short(total), count: divisor });
      case "softmax": {
        const { x, largest, share, all } = softmaxParts(groups, { ...step, own: unit });
        const quotient = `exp(${short(x)} − ${numbered(largest)}) / Σ = ${short(share)} / ${short(all)}`;
        return step.log ? `log ${quotient}` : quotient;
      }
      case "take": return first ? phrase("the same number") : phrase("padding");
      case "concatenate": return phrase("the same number");
      default: return groups.map(group => numbered(group.sum)).join(` ${SIGNS[step.kind]} `);
    }
  }

  entryByEntry({ kind, activation, mean, variance, weight, bias, epsilon }, x, channel) {
    if (kind == "activate") return `→ ${ACTIVATION_NAMES[activation] ?? activation}(${short(x)})`;
    const scale = weight ? ` · ${numbered(weight.data[channel])}` : "", shift = bias ? ` + ${numbered(bias.data[channel])}` : "";
    return `→ batch norm (${short(x)} − ${numbered(mean.data[channel])}) / √(${short(variance.data[channel])} + ${epsilon})${scale}${shift}`;
  }
}
