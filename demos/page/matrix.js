// A matrix in a text box, as a person types it: a row a line, numbers apart by spaces or commas.

import { BadInput } from "./demo.js";
import { plain } from "./formula.js";
import { phrase } from "./phrase.js";

// (rows, columns) as a text.
export function typed({ shape: [rows, columns], data }) {
  const numbers = Array.from(data, value => String(Number(value.toPrecision(7))));
  const line = (_, r) => numbers.slice(r * columns, (r + 1) * columns).join(" ");
  return Array.from({ length: rows }, line).join("\n");
}

// The size x size numbers that stand in a control, in reading order.
export function readNumbers(control, size, low, high) {
  const lines = control.value.split("\n").map(line => line.replaceAll(",", " ").trim()).filter(Boolean);
  const rows = lines.map(line => line.split(/\s+/).map(word => Number(word.replace("−", "-"))));
  const fits = rows.length == size && rows.every(row => row.length == size);
  if (!fits || !rows.flat().every(value => value >= low && value <= high))
    throw new BadInput(control, phrase("Type {size} rows of {size} numbers from {low} to {high}.", { size, low: plain(low), high: plain(high) }));
  return rows.flat();
}
