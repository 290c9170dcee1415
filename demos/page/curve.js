// A curve over steps, such as epochs: a line, a point at the step that is shown now, and the ends of its axes.

import { element, extent, put, svg, write } from "./draw.js";

// text: how the ends of the upright axis are written. across: what the steps are. choose(k): called where a pointer
// is pressed or dragged, with the nearest of the values.
export class Curve {
  constructor(parent, { area, title = "", alt = title, text = String, across = "", choose }) {
    this.heading = element("figcaption", {}, title);
    this.line = svg("path");
    this.here = svg("path", { class: "here" });
    const drawn = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.dot = svg("path", { class: "dot" });
    drawn.append(extent(), svg("path", { class: "axes", d: "M0 0V1H1" }), this.here, this.line, this.dot);
    this.ends = ["top", "bottom", "first", "middle", "last"].map(place => element("span", { class: place }, place == "middle" ? across : ""));
    this.plot = element("div", { class: "curve", role: "img", "aria-label": alt }, drawn, ...this.ends);
    this.node = element("figure", { style: area ? `grid-area: ${area}` : null }, this.heading, this.plot);
    parent.append(this.node);
    this.text = text;
    if (choose) this.listen(choose);
  }

  listen(choose) {
    this.plot.classList.add("pointed");
    const tell = event => {
      const box = this.plot.getBoundingClientRect(), steps = this.values.data.length - 1;
      choose(Math.round(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * steps));
    };
    this.plot.addEventListener("pointerdown", event => {
      this.plot.setPointerCapture(event.pointerId);
      tell(event);
    });
    this.plot.addEventListener("pointermove", event => event.buttons && tell(event));
  }

  set title(text) {
    write(this.heading, text);
  }

  // Draw values, a vector, from 0 to `most`, the number `now` marked; `first` and `last` name the ends of the steps.
  show(values, { now, most, first, last }) {
    const { data } = values, x = k => (data.length > 1 ? k / (data.length - 1) : 0), y = k => 1 - data[k] / most;
    put(this.line, { d: Array.from(data, (_, k) => `${k ? "L" : "M"}${x(k).toFixed(4)} ${y(k).toFixed(4)}`).join("") });
    put(this.here, { d: `M${x(now)} 0V1` });
    put(this.dot, { d: `M${x(now)} ${y(now)}h0.001` }); // of no length, WebKit would scale its stroke
    [this.text(most), this.text(0), first, , last].forEach((text, i) => write(this.ends[i], String(text)));
    this.values = values;
    return values;
  }
}
