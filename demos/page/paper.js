// The image to paint on: with mouse, finger, pen or keys.

import { Picture, element, put } from "./draw.js";
import { button } from "./controls.js";
import { phrase } from "./phrase.js";

const COLORS = { white: [1, 1, 1], black: [0, 0, 0], red: [0.9, 0.1, 0.1], green: [0.1, 0.65, 0.2], blue: [0.1, 0.3, 0.85] };
const PAINTS = {
  white: phrase("Paint white"), black: phrase("Paint black"), red: phrase("Paint red"), green: phrase("Paint green"), blue: phrase("Paint blue"),
};
const APART = 0.4; // pixels between the points of a stroke, at least

export class Paper {
  // strokes, pen: hidden controls; origin(place): the place of the picture that is shown at a place, both (row, column).
  constructor(parent, { alt, channels, strokes, pen, origin }) {
    Object.assign(this, { channels, strokes, pen, origin, cursor: null, down: false });
    this.picture = new Picture(parent, { colors: channels == 3 ? "color" : "grey", alt });
    this.picture.node.classList.add("paper");
    this.view = this.picture.view;
    this.view.classList.add("painted");
    const names = Object.keys(COLORS).slice(0, channels == 3 ? 5 : 2);
    this.pens = names.map(name => {
      const made = button(PAINTS[name], () => pen.set(name));
      made.replaceChildren(element("i", { style: `background: rgb(${COLORS[name].map(x => 255 * x)})` }));
      made.classList.add("pen");
      return made;
    });
    this.tools = element("div", { class: "buttons" }, ...this.pens);
    this.picture.node.append(this.tools);
    const words = phrase("Paint: the arrow keys move the pen, space sets it down and lifts it");
    for (const [key, value] of Object.entries({ tabindex: 0, role: "application", "aria-label": words, "data-lm-suppress-shortcuts": "true" }))
      this.view.setAttribute(key, value);
    this.view.addEventListener("pointerdown", event => this.pressed(event));
    this.view.addEventListener("pointermove", event => event.buttons && this.drawing && this.dragged(event));
    this.view.addEventListener("pointerup", () => (this.drawing = false));
    this.view.addEventListener("keydown", event => this.typed(event));
  }

  button(label, act) {
    const made = button(label, act);
    this.tools.append(made);
    return made;
  }

  set enabled(flag) {
    this.off = !flag;
    this.view.classList.toggle("painted", flag);
    put(this.view, { tabindex: flag ? 0 : -1 });
    for (const made of this.pens) made.disabled = !flag;
  }

  show(picture) {
    this.pens.forEach((made, k) => put(made, { "aria-pressed": Object.keys(COLORS)[k] == this.pen.value }));
    return this.picture.show(picture.shape[0] == 3 ? picture : { shape: picture.shape.slice(1), data: picture.data });
  }

  // The place under a pointer, in fractions of pixels.
  place({ clientX, clientY }) {
    const box = this.picture.canvas.getBoundingClientRect(), { rows, columns } = this.picture;
    const scale = Math.min(box.width / columns, box.height / rows);
    const place = [(clientY - box.top - (box.height - scale * rows) / 2) / scale, (clientX - box.left - (box.width - scale * columns) / 2) / scale];
    return this.origin(place).map(x => Math.round(100 * x) / 100);
  }

  pressed(event) {
    if (this.off) return;
    this.view.setPointerCapture(event.pointerId);
    this.drawing = true;
    this.begin(this.place(event));
  }

  dragged(event) {
    const events = event.getCoalescedEvents?.() ?? [];
    this.extend((events.length ? events : [event]).map(each => this.place(each)));
  }

  begin(place) {
    this.strokes.set([...this.strokes.value, { color: COLORS[this.pen.value].slice(0, this.channels), points: [place] }]);
  }

  extend(places) {
    const strokes = this.strokes.value.slice(), last = strokes.pop(), points = last.points.slice();
    for (const place of places) if (Math.hypot(...place.map((x, axis) => x - points.at(-1)[axis])) > APART) points.push(place);
    if (points.length > last.points.length) this.strokes.set([...strokes, { ...last, points }]);
  }

  typed(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], " ": [0, 0] };
    if (this.off || !moves[event.key]) return;
    event.preventDefault();
    const size = [this.picture.rows, this.picture.columns], before = this.cursor ?? size.map(length => Math.floor(length / 2));
    this.cursor = before.map((x, axis) => Math.min(Math.max(x + moves[event.key][axis], 0), size[axis] - 1));
    this.picture.mark("pen", ...this.cursor);
    const place = this.origin(this.cursor.map(x => x + 0.5));
    if (event.key == " ") {
      this.down = !this.down;
      if (this.down) this.begin(place);
    } else if (this.down && this.strokes.value.length) this.extend([place]);
  }
}
