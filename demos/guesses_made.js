// All that was guessed on this page, beside what came.

import { element } from "./page/draw.js";
import { keepGuesses, keptGuesses, whenGuessesChange } from "./page/commitment.js";

// data.parts: titles of the lecture's parts, in their order.
export function guessesMade(demo, { parts }) {
  demo.body.classList.add("guesses");
  const rows = element("tbody"), headings = ["Part", "Question", "Your guess", "The answer", ""];
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...headings.map(text => element("th", {}, text)))), rows);
  const words = element("p", { class: "question" });
  demo.stage.append(words, element("div", { class: "list", tabindex: 0, role: "region", "aria-label": "Your guesses" }, table));
  const forget = demo.button("Forget all guesses", () => keepGuesses({}));
  whenGuessesChange(demo, () => demo.redraw());

  return () => {
    const kept = Object.entries(keptGuesses()).map(([question, guess]) => ({ question, ...guess }));
    kept.sort((one, other) => parts.indexOf(one.part) - parts.indexOf(other.part));
    const cells = ({ part, question, guess, answer, right }) => [part, question, guess, answer, right == 1 ? "✓" : right ? "" : "✗"];
    rows.replaceChildren(...kept.map(guess => element("tr", {}, ...cells(guess).map(text => element("td", {}, text)))));
    table.hidden = !kept.length;
    forget.disabled = !kept.length;
    const right = kept.filter(guess => guess.right == 1).length, surprises = kept.length - right;
    words.textContent = kept.length
      ? `${kept.length} guess${kept.length == 1 ? "" : "es"}: ${right} right, ${surprises} surprise${surprises == 1 ? "" : "s"}.`
      : "You have not guessed yet. Most parts ask a question before they answer it: commit to a guess, and it is kept here.";
    return { right: { shape: [kept.length], data: Float32Array.from(kept, guess => guess.right) } };
  };
}
