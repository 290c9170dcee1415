// Controls: native inputs with their labels. Each has `value`, `start` (its opening value) and `node`.

import { element, put, svg, write } from "./draw.js";
import { phrase } from "./phrase.js";

// JupyterLab takes keys from inputs that do not carry this mark themselves.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
let count = 0;

// A select as it stands in a demo. Chromium lays out the whole page at each move of a demo that has one, since the list
// of its options takes its place from it; an SVG around the select prevents that (docs/demos.md).
const LISTS = CSS.supports("appearance", "base-select"); // whether this browser has such lists
const alone = select => LISTS
  ? svg("svg", { class: "alone" }, svg("foreignObject", { width: "100%", height: "100%" }, select)) : select;
// Chromium also layers the whole page anew when the chosen text gets another width. A tab behind each text, which ends at
// the place that style.css gives, makes all equally wide; a joiner, which has no width, keeps the tab from being stripped.
const padded = text => (LISTS ? `${text}\t\u2060` : null);

class Control {
  // placed: the input, or what it stands in.
  constructor(label, input, { changed }, placed = input) {
    this.input = input;
    input.id = `lecture-control-${Math.random().toString(36).slice(2)}-${count++}`;
    this.output = element("output", { for: input.id });
    this.complaint = element("small", { role: "alert" });
    this.node = element(
      "div", { class: "control" }, element("label", { for: input.id }, label), this.output, placed, this.complaint,
    );
    this.label = label;
    this.changed = changed;
    input.addEventListener("input", () => changed(this));
  }

  get value() {
    return this.input.value;
  }

  set value(value) {
    this.check(value);
    if (this.value !== value) this.input.value = value; // Chromium lays out a select even for the value that it has
    this.show();
  }

  check() {}

  show() {}

  // Say what is wrong with the input, beside it; nothing if `text` is empty.
  complain(text) {
    write(this.complaint, text);
    put(this.input, { "aria-invalid": Boolean(text) });
  }

  set enabled(flag) {
    this.input.disabled = !flag;
    this.node.classList.toggle("off", !flag);
  }
}

export class Slider extends Control {
  constructor(label, { min, max, step = 1, value, text = String, changed }) {
    super(label, element("input", { type: "range", min, max, step, value, ...OWN_KEYS }), { changed });
    this.text = text;
    this.start = value;
    this.show();
    this.input.addEventListener("input", () => this.show());
  }

  get value() {
    return this.input.valueAsNumber;
  }

  set value(value) {
    super.value = value;
  }

  check(value) {
    const { min, max } = this.input;
    if (typeof value != "number" || !(value >= Number(min) && value <= Number(max)))
      throw new Error(`${this.label} goes from ${min} to ${max}, but was set to ${value}`);
  }

  // Move as near to a value as it goes.
  approach(value) {
    this.value = Math.min(Math.max(value, Number(this.input.min)), Number(this.input.max));
  }

  // Change the ends; a value outside of them moves to the nearest one. Returns the value.
  range(min, max) {
    if (this.input.min != min || this.input.max != max) {
      const { value } = this;
      Object.assign(this.input, { min, max });
      this.input.value = Math.min(Math.max(value, min), max);
      this.show();
    }
    return this.value;
  }

  show() {
    const text = this.text(this.value);
    write(this.output, text);
    put(this.input, { "aria-valuetext": text });
  }
}

// options: values, or pairs of a value and what is shown of it.
export class Choice extends Control {
  // below: stands below its label, where beside it its options would be cut.
  constructor(label, { options, value = [options[0]].flat()[0], below = false, changed }) {
    const select = element("select", OWN_KEYS);
    super(label, select, { changed }, alone(select));
    this.node.classList.toggle("below", below);
    this.add(...options);
    this.start = this.input.value = value;
  }

  add(...options) {
    for (const option of options) {
      const [value, shown = value] = [option].flat();
      if ([...this.input.options].some(other => other.value == value)) continue;
      this.input.append(element("option", { value, label: padded(shown) }, shown));
    }
  }

  get value() {
    return this.input.value;
  }

  set value(value) {
    super.value = value;
  }

  // What is shown of the value.
  get shown() {
    return this.input.selectedOptions[0].textContent;
  }

  check(value) {
    const options = [...this.input.options].map(option => option.value);
    if (!options.includes(value)) throw new Error(`${this.label} is one of ${options.join(", ")}, but was set to ${value}`);
  }
}

export class Check extends Control {
  constructor(label, { value = false, changed }) {
    super(label, element("input", { type: "checkbox", ...OWN_KEYS }), { changed });
    this.node.classList.add("check");
    this.start = this.input.checked = value;
  }

  get value() {
    return this.input.checked;
  }

  set value(value) {
    this.input.checked = Boolean(value);
  }
}

export class Text extends Control {
  constructor(label, { value, rows = 4, changed }) {
    super(label, element("textarea", { rows, spellcheck: "false", autocapitalize: "off", ...OWN_KEYS }), { changed });
    this.start = this.input.value = value;
  }
}

// A number that is typed; "" while there is none.
export class NumberField extends Control {
  constructor(label, { value = "", changed }) {
    super(label, element("input", { type: "text", inputmode: "decimal", autocomplete: "off", ...OWN_KEYS }), { changed });
    this.start = this.input.value = value;
  }
}

// A value that no control shows, such as what was painted: `set` changes it and has the demo drawn again.
export class Hidden {
  constructor({ value, changed }) {
    Object.assign(this, { start: value, kept: value, changed, node: null });
  }

  get value() {
    return this.kept;
  }

  set value(value) {
    this.kept = value;
  }

  set(value) {
    this.kept = value;
    this.changed(this);
  }

  complain() {}
}

// A slider over frames with buttons to play, stop and step.
export class Player extends Slider {
  constructor(label, { frames, interval = 400, value = 0, text = frame => phrase("{number} of {count}", { number: frame + 1, count: frames }), changed }) {
    super(label, { min: 0, max: frames - 1, value, text, changed });
    Object.assign(this, { interval, timer: null });
    const press = (name, path, act) => {
      const made = button(name, act);
      made.classList.add("icon");
      made.innerHTML = icon(path);
      return made;
    };
    this.playing = press(phrase("Play"), PLAY, () => (this.timer ? this.stop() : this.play()));
    this.speed = element("select", { "aria-label": phrase("Speed"), title: phrase("Speed"), ...OWN_KEYS });
    for (const speed of [0.5, 1, 2, 4]) this.speed.append(element("option", { value: speed }, `${speed}×`));
    this.speed.value = 1;
    this.speed.addEventListener("change", () => this.timer && this.play());
    const buttons = [press(phrase("One step back"), BACK, () => this.step(-1)), this.playing, press(phrase("One step on"), ON, () => this.step(1))];
    this.node.classList.add("player");
    this.node.append(element("div", { class: "buttons" }, ...buttons, alone(this.speed)));
    this.input.addEventListener("input", () => this.stop());
    this.node.addEventListener("keydown", event => {
      if (event.key != " " || event.target != this.input) return;
      event.preventDefault();
      this.playing.click();
    });
  }

  go(frame) {
    this.value = Math.min(Math.max(frame, 0), Number(this.input.max));
    this.changed(this);
  }

  step(by) {
    this.stop();
    this.go(this.value + by);
  }

  play() {
    const last = Number(this.input.max);
    this.stop();
    if (this.value == last) this.go(0);
    this.timer = setInterval(() => {
      this.go(this.value + 1);
      if (this.value == last || !this.node.isConnected) this.stop();
    }, this.interval / Number(this.speed.value));
    this.labelPlaying(phrase("Pause"), PAUSE);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.labelPlaying(phrase("Play"), PLAY);
  }

  labelPlaying(name, path) {
    if (this.playing.title == name) return;
    this.playing.setAttribute("aria-label", name);
    this.playing.title = name;
    this.playing.innerHTML = icon(path);
  }
}

const PLAY = "M2 0l12 7L2 14z", PAUSE = "M2 1h4v12H2zM8 1h4v12H8z";
const BACK = "M12 0L4 7l8 7zM1 0h2v14H1z", ON = "M2 0l8 7-8 7zM11 0h2v14h-2z";
const icon = path => `<svg viewBox="0 0 14 14" aria-hidden="true"><path d="${path}"/></svg>`;

export function button(label, act) {
  const made = element("button", { type: "button", "aria-label": label, title: label, ...OWN_KEYS }, label);
  made.addEventListener("click", act);
  return made;
}
