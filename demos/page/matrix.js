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

// The rows of a text, each a list of words.
export const rowsOf = text => text.split("\n").map(line => line.replaceAll(",", " ").trim()).filter(Boolean).map(line => line.split(/\s+/));

export const numberOf = word => Number(word.replace("−", "-"));

// The size x size numbers that stand in a control, in reading order.
export function readNumbers(control, size, low, high) {
  const rows = rowsOf(control.value).map(row => row.map(numberOf));
  const fits = rows.length == size && rows.every(row => row.length == size);
  if (!fits || !rows.flat().every(value => value >= low && value <= high))
    throw new BadInput(control, phrase("Type {size} rows of {size} numbers from {low} to {high}.", { size, low: plain(low), high: plain(high) }));
  return rows.flat();
}
