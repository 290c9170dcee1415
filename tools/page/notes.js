// The speaker's window: this slide's notes, what comes next, the time of day and the time since the start.
// It is written from here, so that it works from a file and needs no second page.

const NOTES_STYLE = `
  body { display: grid; grid-template: auto auto 1fr auto / 1fr; gap: 14px; box-sizing: border-box; min-height: 100vh; margin: 0; padding: 20px 24px; background: #14191e; color: #e3e9ee; font: 20px/1.45 system-ui, sans-serif; }
  h1 { margin: 0; font-size: 26px; line-height: 1.25; }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 28px; color: #a5b2bd; }
  time { color: #fff; font-size: 40px; font-variant-numeric: tabular-nums; }
  section { font-size: 24px; }
  footer { padding-top: 12px; border-top: 1px solid #3e4a55; color: #a5b2bd; }
  footer b { color: #e3e9ee; }
  button { min-height: 44px; margin-right: 8px; padding: 0 18px; border: 1px solid #6b7986; border-radius: 8px; background: #1f262d; color: inherit; font: inherit; }
  :focus-visible { outline: 3px solid #e8871e; }
  mjx-assistive-mml { position: absolute; clip: rect(1px, 1px, 1px, 1px); }
`;

let notes = null;

function openNotes() {
  notes = window.open("", "lecture-notes", "popup,width=760,height=620");
  if (!notes) return alertBlocked();
  const page = notes.document;
  page.title = "Speaker’s notes";
  page.documentElement.lang = "en";
  page.head.replaceChildren(Object.assign(page.createElement("style"), { textContent: NOTES_STYLE }),
    Object.assign(page.createElement("title"), { textContent: "Speaker’s notes" }));
  page.body.innerHTML = `<header><time id="clock" aria-label="Time of day"></time><span>since the start <time id="elapsed"></time></span>
    <span id="place"></span></header><h1></h1><section aria-label="Notes"></section>
    <footer><p id="next"></p><button type="button" id="back">Back</button><button type="button" id="forward">Forward</button>
    <button type="button" id="restart">Start the clock anew</button></footer>`;
  for (const [name, act] of [["back", () => turn(-1)], ["forward", () => turn(1)], ["restart", () => { began = Date.now(); tick(); }]])
    page.getElementById(name).onclick = act;
  page.onkeydown = event => {
    const act = MOVES[event.key];
    if (!act || mode != "slides" || /^[sfp]$|Escape|^o$/.test(event.key) || (event.key == " " && event.target.closest("button"))) return;
    event.preventDefault();
    act();
  };
  told.add(writeNotes);
  writeNotes();
  tick();
  clearInterval(ticking);
  ticking = setInterval(tick, 250);
}

function alertBlocked() {
  const words = "The browser has blocked the window with the speaker’s notes: allow pop-ups for this page, and press s again.";
  find("p", help)?.remove();
  help.append(Object.assign(document.createElement("p"), { textContent: words }));
  help.classList.add("open");
}

function writeNotes() {
  if (!notes || notes.closed) return;
  const page = notes.document, slide = slides[at], next = slides[at + 1], steps = waiting(slide).length;
  page.querySelector("h1").textContent = slide.dataset.title || slide.dataset.part;
  page.getElementById("place").textContent = `${at + 1} / ${slides.length} · ${slide.dataset.part}`;
  page.querySelector("section").innerHTML = find(".slide-notes", slide)?.innerHTML ?? "";
  const after = steps ? `${steps} ${steps == 1 ? "step" : "steps"} more on this slide, then ` : "Next: ";
  page.getElementById("next").replaceChildren(after, Object.assign(page.createElement("b"), { textContent: next ? next.dataset.title || next.dataset.part : "the end" }));
}

let ticking = 0;

function tick() {
  if (!notes || notes.closed) return clearInterval(ticking);
  const seconds = began ? Math.floor((Date.now() - began) / 1000) : 0, two = value => String(value).padStart(2, "0");
  const elapsed = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  notes.document.getElementById("clock").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  notes.document.getElementById("elapsed").textContent = elapsed;
}
