// A question: one commits to a number, to one of some options or to their order, and then sees the answer.

import { element, put, write } from "./page/draw.js";
import { BadInput } from "./page/demo.js";
import { Commitment } from "./page/commitment.js";
import { button } from "./page/controls.js";
import { phrase } from "./page/phrase.js";

// data.options: words, or null where a number is wanted; data.answer: a number, the place of an option, or the places of
// all options in order, from data.ends[0] to data.ends[1]. data.within: how far a number may be off, as a share.
export function guess(demo, { part, question, options, answer, within, ends, why }) {
  const kind = !options ? Typed : Array.isArray(answer) ? Ordered : Chosen;
  demo.body.classList.add("guess");
  const field = new kind(demo, { options, ends });
  const commitment = new Commitment(demo, { part, question, guess: field.guess });
  demo.stage.append(element("p", { class: "question" }, question), commitment.verdict);
  demo.form.append(commitment.button);
  demo.form.addEventListener("keydown", event => event.key == "Enter" && event.target.type == "text" && commitment.button.click());
  if (options) demo.legend([["window", phrase("your guess")], ["second", phrase("the answer")]]);

  return () => {
    commitment.button.disabled = true; // until what was typed is a number
    const value = field.read(), known = value != null;
    const right = known && (kind == Typed ? Math.abs(value - answer) <= within * Math.abs(answer) : String(value) == String(answer));
    const [said, truth] = [known ? field.words(value) : "", field.words(answer)];
    const verdict = right ? phrase("Right: {truth}. {why}", { truth, why }) : phrase("You said {said}; it is {truth}. {why}", { said, truth, why });
    const shown = commitment.show({ guess: said, answer: truth, right: Number(right), verdict });
    field.show(value, shown ? answer : null, shown);
    demo.say(shown ? phrase("Start over to guess again.") : known ? phrase("Your guess: {said}. Commit to it, then see.", { said })
      : phrase("Commit to a guess, then see."));
    const numbers = given => ({ shape: [[given].flat().length], data: Float32Array.from([given].flat()) });
    return { ...(known && { guess: numbers(value) }), ...(shown && { answer: numbers(answer) }) };
  };
}

// A number, typed.
class Typed {
  constructor(demo) {
    this.guess = demo.number("guess", phrase("Your guess"));
  }

  read() {
    const text = this.guess.value.trim();
    if (text == "") return null;
    const thousands = /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(text); // 51,840, as it is written here; 0,5 is a half
    const value = Number(thousands ? text.replaceAll(",", "") : text.replace(",", "."));
    if (!Number.isFinite(value)) throw new BadInput(this.guess, phrase("Type a number, such as 12 or 0.5."));
    return value;
  }

  words = number => number.toLocaleString("en", { maximumSignificantDigits: 7 });

  show(value, answer, shown) {
    this.guess.enabled = !shown;
  }
}

// One of some options: a button each.
class Chosen {
  constructor(demo, { options }) {
    this.options = options;
    this.guess = demo.hidden("guess", null);
    this.buttons = options.map((text, k) => button(text, () => this.guess.set(k)));
    demo.form.append(element("div", { class: "options" }, ...this.buttons));
  }

  read = () => this.guess.value;
  words = k => this.options[k];

  show(value, answer, shown) {
    this.buttons.forEach((made, k) => {
      put(made, { "aria-pressed": k === value, class: k === answer ? "answer" : "" });
      made.disabled = shown;
    });
  }
}

// All options, in order: each moves up and down.
class Ordered {
  constructor(demo, { options, ends }) {
    this.options = options;
    this.guess = demo.hidden("guess", [...options.keys()]);
    this.rows = options.map((_, place) => {
      const text = element("span"), move = (by, label) => button(label, () => this.swap(place, place + by));
      const [up, down] = [move(-1, "▲"), move(1, "▼")];
      return { text, up, down, node: element("li", {}, text, up, down) };
    });
    const list = element("ol", { "aria-label": phrase("In order, from {first} to {last}", { first: ends[0], last: ends[1] }) }, ...this.rows.map(({ node }) => node));
    demo.form.append(element("div", { class: "order" }, element("small", {}, ends[0]), list, element("small", {}, ends[1])));
  }

  swap(place, other) {
    const order = [...this.guess.value];
    [order[place], order[other]] = [order[other], order[place]];
    this.guess.set(order);
  }

  read = () => this.guess.value;
  words = order => order.map(k => this.options[k]).join(", ");

  show(value, answer, shown) {
    this.rows.forEach(({ text, up, down, node }, place) => {
      const name = this.options[value[place]];
      write(text, name);
      put(up, { "aria-label": phrase("Move {name} up", { name }) });
      put(down, { "aria-label": phrase("Move {name} down", { name }) });
      [up.disabled, down.disabled] = [shown || place == 0, shown || place == value.length - 1];
      node.classList.toggle("answer", answer?.[place] === value[place]);
    });
  }
}
