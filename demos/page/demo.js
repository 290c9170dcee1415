// A demo: its state in its controls, at most one `draw` a frame, and what tests and tinkerers may ask it.

import { Bars, Picture, element, write } from "./draw.js";
import { Check, Choice, Hidden, NumberField, Player, Slider, Text, button } from "./controls.js";
import { phrase } from "./phrase.js";

// What a person typed that cannot be used: said beside the control, and the picture stays as it is.
export class BadInput extends Error {
  constructor(control, text) {
    super(text);
    this.control = control;
  }
}

// JupyterLab saves on Ctrl+S (⌘S) wherever the focus is, but in a control, which keeps its keys, it does not hear of it.
function passOnSave(event) {
  if (!(event.ctrlKey || event.metaKey) || event.key != "s" || !event.target.closest("[data-lm-suppress-shortcuts]")) return;
  const unheard = event.currentTarget.parentElement.dispatchEvent(new KeyboardEvent("keydown", event));
  if (!unheard) event.preventDefault(); // the browser would offer to save the page
}

export class Demo {
  constructor(root, make, data) {
    this.root = root;
    this.stage = element("div", { class: "stage" });
    this.form = element("form", { class: "controls" });
    this.form.addEventListener("submit", event => event.preventDefault());
    this.body = element("div", { class: "body" }, this.stage, this.form);
    this.note = element("p", { class: "note" });
    this.key = element("div", { class: "legend" });
    this.tools = element("div", { class: "tools" }, button(phrase("Start over"), () => this.reset()));
    this.root.append(element("div", { class: "frame" }, this.body, this.note, element("footer", {}, this.key, this.tools)));
    this.root.addEventListener("keydown", passOnSave);
    this.controls = {};
    this.drawn = null;
    this.changed = () => this.redraw();
    this.draw = make(this, data);
    this.flush();
  }

  // Controls by name, in the order in which they stand.
  slider = (name, label, options) => this.add(name, new Slider(label, { ...options, changed: this.changed }));
  choice = (name, label, options) => this.add(name, new Choice(label, { ...options, changed: this.changed }));
  check = (name, label, options) => this.add(name, new Check(label, { ...options, changed: this.changed }));
  text = (name, label, options) => this.add(name, new Text(label, { ...options, changed: this.changed }));
  number = (name, label, options) => this.add(name, new NumberField(label, { ...options, changed: this.changed }));
  player = (name, label, options) => this.add(name, new Player(label, { ...options, changed: this.changed }));
  hidden = (name, value) => this.add(name, new Hidden({ value, changed: this.changed }));

  add(name, control) {
    this.controls[name] = control;
    if (control.node) this.form.append(control.node);
    return control;
  }

  button(label, act) {
    const made = button(label, act);
    this.tools.prepend(made);
    return made;
  }

  picture = options => new Picture(this.stage, options);
  bars = options => new Bars(this.stage, options);

  // Grid templates of the stage: `wide` beside the controls, or below them with `top`; `narrow` on a phone.
  // `snug`: titles keep to their pictures where there is more height than these can use.
  layout({ wide, narrow, top = false, snug = false }) {
    this.stage.style.setProperty("--wide", wide);
    this.stage.style.setProperty("--narrow", narrow);
    this.body.classList.toggle("top", top);
    this.stage.classList.toggle("snug", snug);
  }

  // What the colours mean: pairs of a kind ("window", "second", ...) and words.
  legend(pairs) {
    this.key.append(...pairs.map(([kind, text]) => element("span", {}, element("i", { class: kind }), text)));
  }

  // A button that copies a line of Python; where the browser forbids it, the line is shown to be copied by hand.
  copy(label, line) {
    const shown = element("textarea", { readonly: "", rows: 2, "aria-label": "Python", "data-lm-suppress-shortcuts": "true" });
    shown.hidden = true;
    const made = this.button(label, async () => {
      shown.value = line();
      shown.hidden = false;
      shown.select();
      const done = await navigator.clipboard?.writeText(shown.value).then(() => true, () => false);
      write(made, done || document.execCommand("copy") ? phrase("Copied: paste it into a cell") : phrase("Copy this line:"));
    });
    this.tools.append(shown);
    this.python = line;
    return made;
  }

  reset() {
    Object.values(this.controls).forEach(control => control.stop?.());
    this.assign(Object.fromEntries(Object.entries(this.controls).map(([name, control]) => [name, control.start])));
  }

  // Set controls by name and draw. How far a slider goes may follow from others: what it refuses it is asked again once
  // these are drawn.
  assign(values) {
    const refused = Object.entries(values).filter(([name, value]) => {
      try {
        this.controls[name].value = value;
      } catch {
        return true;
      }
    });
    this.flush();
    for (const [name, value] of refused) this.controls[name].value = value;
    if (refused.length) this.flush();
  }

  // Draw at once, but not twice in a frame: what comes meanwhile is drawn in the next one, with the latest values.
  redraw() {
    this.late = this.frame != null;
    if (this.late) return;
    this.flush();
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (this.late) this.redraw();
    });
  }

  flush() {
    this.late = false;
    const controls = Object.values(this.controls);
    try {
      this.drawn = this.draw(this.controls);
      controls.forEach(control => control.complain(""));
      this.stage.classList.remove("stale");
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      for (const control of controls) control.complain(control == error.control ? error.message : "");
      this.stage.classList.add("stale");
    }
  }

  say(text) {
    write(this.note, text);
  }

  // What tests and tinkerers find as the property `demo` of the root.
  get contract() {
    const demo = this;
    return {
      get values() {
        return Object.fromEntries(Object.entries(demo.controls).map(([name, control]) => [name, control.value]));
      },
      set(values) {
        for (const name of Object.keys(values))
          if (!demo.controls[name]) throw new Error(`no control ${name}: there are ${Object.keys(demo.controls).join(", ")}`);
        demo.assign(values);
      },
      outputs() {
        if (demo.late) demo.flush();
        return demo.drawn;
      },
      python: () => demo.python?.(),
    };
  }
}

// {"$": kind, shape, base64} at any depth becomes {shape, data}; "fraction" are bytes that stand for 0 to 1.
export function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value != "object") return value;
  if (!("$" in value)) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unpack(part)]));
  const bytes = Uint8Array.from(atob(value.base64), letter => letter.charCodeAt(0));
  return { shape: value.shape, data: KINDS[value.$](bytes) };
}

const KINDS = {
  uint8: bytes => bytes,
  fraction: bytes => Float32Array.from(bytes, byte => byte / 255),
  int32: bytes => new Int32Array(bytes.buffer),
  float32: bytes => new Float32Array(bytes.buffer),
  float16: halves,
};

function halves(bytes) {
  return Float32Array.from(new Uint16Array(bytes.buffer), half => {
    const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
    if (exponent == 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  });
}

// Wake every copy of a demo that is in the page and still asleep. css: its style, which it shares with others.
export function start(number, make, data, css) {
  if (![...document.body.querySelectorAll("style")].some(({ textContent }) => textContent == css))
    document.body.append(element("style", {}, css)); // not in the head: there JupyterLab's own styles may come later
  for (const root of document.querySelectorAll(`.lecture-demo[data-number="${CSS.escape(number)}"]:not([data-ready])`)) {
    root.dataset.ready = "yes";
    root.querySelector(".asleep").remove();
    root.demo = new Demo(root, make, unpack(data)).contract;
  }
}
