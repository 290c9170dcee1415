// What one commits to before the answer is shown; both are kept until the end of the lecture.

import { element, write } from "./draw.js";
import { button } from "./controls.js";
import { phrase } from "./phrase.js";

const KEPT = "lecture-guesses"; // in the storage of this tab, and the event that says that it has changed

// {question: {part, value, guess, answer, right}}: the value of the hidden control, both in words, and a share from 0 to 1.
export function keptGuesses() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? window[KEPT] ?? {};
  } catch {
    return window[KEPT] ?? {}; // some pages may store nothing
  }
}

export function keepGuesses(guesses) {
  window[KEPT] = guesses;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(guesses));
  } catch {} // kept by the page alone
  window.dispatchEvent(new Event(KEPT));
}

export function whenGuessesChange(demo, act) {
  window.addEventListener(KEPT, () => demo.root.isConnected && act());
}

export class Commitment {
  // guess: the hidden control that holds what is guessed. What was kept of this question, as by a page that was loaded
  // again, stands at once.
  constructor(demo, { part, question, guess }) {
    Object.assign(this, { part, question, guess });
    this.made = demo.hidden("committed", false);
    this.button = button(phrase("This is my guess"), () => this.made.set(true));
    this.button.classList.add("commit");
    this.verdict = element("p", { class: "verdict", role: "status" });
    const kept = keptGuesses()[question];
    if (kept) [guess.value, this.made.value] = [kept.value, true];
    whenGuessesChange(demo, () => this.made.value && !keptGuesses()[question] && demo.reset());
  }

  // guess: in words, "" while there is none; answer: in words; right: a share; verdict: sentences. Returns whether the
  // answer is to be seen.
  show({ guess, answer, right, verdict }) {
    const shown = this.made.value && guess != "", { [this.question]: kept, ...others } = keptGuesses();
    this.button.disabled = shown || guess == "";
    write(this.verdict, shown ? verdict : "");
    const now = { part: this.part, value: this.guess.value, guess, answer, right };
    if (shown && JSON.stringify(kept) != JSON.stringify(now)) keepGuesses({ ...others, [this.question]: now });
    if (!shown && this.shown) keepGuesses(others); // taken back here, not in a copy of the question
    return (this.shown = shown);
  }
}
