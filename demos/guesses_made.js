// All that was guessed on this page, beside what came.

import { element } from "./page/draw.js";
import { keepGuesses, keptGuesses, whenGuessesChange } from "./page/commitment.js";
import { phrase } from "./page/phrase.js";

// data.parts: {part: its title} of the lecture's parts, in their order.
export function guessesMade(demo, { parts }) {
  demo.body.classList.add("guesses");
  const order = Object.keys(parts), rows = element("tbody");
  const headings = [phrase("Part"), phrase("Question"), phrase("Your guess"), phrase("The answer"), ""];
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...headings.map(text => element("th", {}, text)))), rows);
  const words = element("p", { class: "question" });
  demo.stage.append(words, element("div", { class: "list", tabindex: 0, role: "region", "aria-label": phrase("Your guesses") }, table));
  const forget = demo.button(phrase("Forget all guesses"), () => keepGuesses({}));
  whenGuessesChange(demo, () => demo.redraw());

  return () => {
    const kept = Object.entries(keptGuesses()).map(([question, guess]) => ({ question, ...guess }));
    kept.sort((one, other) => order.indexOf(one.part) - order.indexOf(other.part));
    const cells = ({ part, question, guess, answer, right }) => [parts[part] ?? part, question, guess, answer, right == 1 ? "✓" : right ? "" : "✗"];
    rows.replaceChildren(...kept.map(guess => element("tr", {}, ...cells(guess).map(text => element("td", {}, text)))));
    table.hidden = !kept.length;
    forget.disabled = !kept.length;
    const right = kept.filter(guess => guess.right == 1).length, surprises = kept.length - right;
    words.textContent = kept.length
      ? phrase("{guesses}: {right} right, {surprises}.", {
        guesses: kept.length == 1 ? phrase("1 guess") : phrase("{count} guesses", { count: kept.length }),
        right,
        surprises: surprises == 1 ? phrase("1 surprise") : phrase("{count} surprises", { count: surprises }),
      })
      : phrase("You have not guessed yet. Most parts ask a question before they answer it: commit to a guess, and it is kept here.");
    return { right: { shape: [kept.length], data: Float32Array.from(kept, guess => guess.right) } };
  };
}
