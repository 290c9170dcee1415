// A sum of products, written out in one line.

import { element } from "./draw.js";

// A number with at most two decimals, and its minus sign.
export const plain = number => String(Number(number.toFixed(2))).replace("-", "−");

// The same as a factor: in brackets if it is negative.
export const factor = number => (plain(number).startsWith("−") ? `(${plain(number)})` : plain(number));

export class Formula {
  constructor(parent, { area }) {
    this.node = element("p", { class: "formula", style: `grid-area: ${area}` });
    parent.append(this.node);
  }

  // terms: pairs of a text and whether the term is other than 0; those that are stand out. No term is broken in two.
  show(name, terms, total) {
    const parts = terms.flatMap(([text, counts], i) => {
      const term = counts ? element("b", {}, text) : text;
      return [element("span", {}, i ? "+ " : "", term), " "];
    });
    const end = element("span", {}, "= ", element("span", { class: "total" }, total));
    this.node.replaceChildren(`${name} = `, ...parts, end);
  }
}
