// The page as slides: the same elements, so that a demo goes on as it was. `lecture` is for tests and tinkerers.

const WIDTH = 1280, HEIGHT = 720;
const SIZES = [34, 32, 30, 28, 26, 24, 22, 20, 18]; // of the letters, in pixels of a slide; the largest that fits
const CONTROLS = "input, select, textarea, button, summary, a[href], video, audio, [contenteditable], .lecture-demo [tabindex]";
const slides = all("main > .slide");
let mode = "page"; // or "slides", "overview"
let at = 0; // the slide that is shown
let began = 0; // when presenting began, in milliseconds
const told = new Set(); // functions called whenever something else is shown

const icon = path => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
const strip = document.createElement("div");
strip.className = "slide-strip";
strip.setAttribute("role", "group");
strip.setAttribute("aria-label", "Slides");
strip.innerHTML = '<span class="slide-part"></span>';
const number = document.createElement("output");
const progress = Object.assign(document.createElement("div"), { className: "slide-progress" });
const help = Object.assign(document.createElement("div"), { className: "slide-help" });
help.innerHTML = `<dl><dt>→ ↓ Space, Page Down</dt><dd>forward, a step at a time</dd><dt>← ↑ Page Up</dt><dd>back</dd>
<dt>Home, End</dt><dd>first and last slide</dd><dt>o</dt><dd>overview of all slides</dd><dt>s</dt><dd>speaker’s notes and clock</dd>
<dt>f</dt><dd>fill the screen</dd><dt>b</dt><dd>black screen</dd><dt>t</dt><dd>light or dark</dd>
<dt>Escape</dt><dd>from a control to the slide, to the overview, to the page</dd><dt>?</dt><dd>this list</dd></dl>`;

for (const [name, path, act] of [
  ["Back", "M15 5l-7 7 7 7", () => turn(-1)],
  ["Forward", "M9 5l7 7-7 7", () => turn(1)],
  ["Overview (o)", "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z", () => overview()],
  ["Speaker’s notes (s)", "M5 4h14v16H5zM9 9h6M9 13h6", () => openNotes()],
  ["Fill the screen (f)", "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", () => fill()],
  ["Keys (?)", "M8 8.5a4 4 0 1 1 5.7 3.6c-1.2.6-1.7 1.3-1.7 2.9M12 19v.01", () => help.classList.toggle("open")],
  ["Leave (p)", "M6 6l12 12M18 6L6 18", () => leave()],
]) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", title: name, innerHTML: icon(path) });
  button.setAttribute("aria-label", name);
  button.addEventListener("click", act);
  strip.append(button);
}
strip.append(number);
find("main").append(strip, progress, help);

slides.forEach((slide, i) => {
  slide.tabIndex = -1;
  slide.classList.toggle("opens", i == 0 || slide.dataset.part != slides[i - 1].dataset.part);
  const jump = Object.assign(document.createElement("button"), { type: "button", className: "slide-jump" });
  const label = slide.matches(".opens") && slide.dataset.part ? slide.dataset.part : slide.dataset.title;
  jump.append(...[label, i + 1].map(text => Object.assign(document.createElement("span"), { textContent: text })));
  jump.addEventListener("click", () => present(i));
  slide.append(jump);
});

const fragments = slide => all(".slide-fragment", slide);
const waiting = slide => fragments(slide).filter(fragment => fragment.matches(".slide-later"));

// Show slide i, with its fragments still to come, or (walking back) all of them.
function show(i, complete = false) {
  at = Math.max(0, Math.min(i, slides.length - 1));
  const slide = slides[at];
  fragments(slide).forEach(fragment => fragment.classList.toggle("slide-later", !complete));
  fit(slide);
  for (const other of slides) {
    other.classList.toggle("current", other == slide);
    find(".slide-box", other).inert = other != slide;
  }
  find(".slide-part", strip).textContent = slide.dataset.part;
  number.textContent = `${at + 1} / ${slides.length}`;
  progress.style.setProperty("--slide-progress", (at + 1) / slides.length); // on the root, all would be styled anew
  help.classList.remove("open");
  history.replaceState(null, "", `#present-${at + 1}`);
  slide.focus({ preventScroll: true });
  tell();
  const next = slides[at + 1];
  if (next && mode == "slides") setTimeout(() => mode == "slides" && fit(next), 30);
}

// A step forward or back: a fragment, or a slide.
function turn(step) {
  const slide = slides[at], later = waiting(slide), shown = fragments(slide).filter(fragment => !later.includes(fragment));
  if (step > 0 && later.length) later[0].classList.remove("slide-later");
  else if (step < 0 && shown.length) shown.at(-1).classList.add("slide-later");
  else if (slides[at + step]) return show(at + step, step < 0);
  tell();
}

function tell() {
  for (const act of told) act();
}

// Give the letters of a slide the largest size that fits; what can be drawn at any size, demos and stills, takes the
// rest. A still that is not wide stands beside the text where it is larger there.
function fit(slide) {
  const box = find(".slide-box", slide), sheet = find(".slide-text", slide), style = getComputedStyle(box);
  const width = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const height = box.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  const seen = selector => all(selector, sheet).filter(element => !element.closest(".cell-skip"));
  const demos = seen(".lecture-demo"), stills = seen(".cell-still :is(img, svg)"), count = demos.length + stills.length;
  const natural = stills.map(naturalSize);

  // The first size at which the text leaves `room` for what is drawn; returns what it leaves.
  const write = (sizes, room) => {
    let left;
    for (const size of sizes) {
      sheet.style.fontSize = `${size}px`;
      left = height - sheet.offsetHeight;
      if (left >= room && !all(".scroll-box, .tex", sheet).some(wide => wide.scrollWidth > wide.clientWidth + 1)) break;
    }
    return left;
  };

  slide.classList.remove("overflowing", "beside");
  sheet.classList.add("measuring");
  sheet.style.removeProperty("padding-right");
  const wanted = [...natural.map(([w, h]) => Math.min(1.6 * h, (width * h) / w, 440)), ...demos.map(() => 530)];
  const share = Math.max(0, write(SIZES.filter(size => !count || size <= 28), count * Math.max(0, ...wanted))) / Math.max(1, count);
  let scales = natural.map(([w, h]) => Math.min(width / w, share / h, 2));
  if (stills.length == 1 && count == 1 && sheet.offsetHeight > 30) {
    const [w, h] = natural[0], beside = Math.min((0.6 * width) / w, height / h, 2), stacked = sheet.style.fontSize;
    slide.classList.add("beside");
    sheet.style.setProperty("padding-right", `${beside * w + 40}px`);
    if (beside > 1.15 * scales[0] && write([28, 26, 24, 22], 0) >= 0) scales = [beside];
    else {
      slide.classList.remove("beside");
      sheet.style.removeProperty("padding-right");
      sheet.style.fontSize = stacked;
    }
  }
  for (const demo of demos) {
    demo.style.setProperty("--lecture-height", `${Math.floor(share)}px`);
    demo.style.setProperty("--lecture-size", "19px");
  }
  stills.forEach((still, i) => still.style.setProperty("--slide-width", `${Math.floor(scales[i] * natural[i][0])}px`));
  sheet.classList.remove("measuring");
  slide.classList.toggle("overflowing", sheet.offsetHeight > height + 1); // then it scrolls: nothing is out of reach
}

function place() {
  const scale = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
  root.style.setProperty("--slide-scale", scale);
  root.style.setProperty("--slide-left", `${(innerWidth - scale * WIDTH) / 2}px`);
  root.style.setProperty("--slide-top", `${(innerHeight - scale * HEIGHT) / 2}px`);
}

// Present from slide i on, or from the one that is being read.
function present(i) {
  if (!slides.length) return;
  if (i === undefined) {
    const below = slides.findIndex(slide => slide.getBoundingClientRect().bottom > innerHeight / 3);
    i = below < 0 ? slides.length - 1 : below;
  }
  began ||= Date.now();
  mode = "slides";
  root.classList.add("presenting");
  root.classList.remove("overview", "starting", "resting");
  place();
  show(i);
  reach();
}

function overview() {
  if (mode == "overview") return present(at);
  mode = "overview";
  root.classList.add("overview");
  for (const slide of slides) find(".slide-box", slide).inert = true;
  slides.forEach(fit);
  choose(at);
}

function choose(i) {
  const jump = slides[i] && find(".slide-jump", slides[i]);
  jump?.focus();
  jump?.scrollIntoView({ block: "nearest" });
}

// Back to the page, at the slide that was shown.
function leave() {
  mode = "page";
  root.classList.remove("presenting", "overview", "black");
  for (const demo of all(".lecture-demo")) for (const name of ["height", "size"]) demo.style.removeProperty(`--lecture-${name}`);
  for (const sheet of all(".slide-text")) sheet.removeAttribute("style");
  for (const slide of slides) find(".slide-box", slide).inert = false;
  if (document.fullscreenElement) document.exitFullscreen();
  history.replaceState(null, "", location.href.split("#")[0]);
  document.activeElement?.blur();
  reach();
  rest();
  slides[at].scrollIntoView({ behavior: "instant" });
  markPart();
}

function fill() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => {});
}

const MOVES = {
  ArrowRight: () => turn(1), ArrowDown: () => turn(1), PageDown: () => turn(1), " ": () => turn(1),
  ArrowLeft: () => turn(-1), ArrowUp: () => turn(-1), PageUp: () => turn(-1), Home: () => show(0), End: () => show(slides.length - 1),
  o: overview, s: () => openNotes(), f: fill, p: leave, t: changeTheme, "?": () => help.classList.toggle("open"),
  b: () => root.classList.toggle("black"), ".": () => root.classList.toggle("black"),
  Escape: () => (help.matches(".open") ? help.classList.remove("open") : overview()),
};

// In the overview the arrows go from slide to slide, up and down by rows.
function walk(key) {
  const here = Math.max(0, slides.findIndex(slide => slide.contains(document.activeElement)));
  const box = i => slides[i].getBoundingClientRect();
  const near = (i, j) => Math.abs(box(i).left - box(here).left) - Math.abs(box(j).left - box(here).left);
  const row = step => {
    const rows = [...slides.keys()].filter(i => step * (box(i).top - box(here).top) > 1);
    const top = rows.length && (step > 0 ? Math.min : Math.max)(...rows.map(i => box(i).top));
    return rows.filter(i => Math.abs(box(i).top - top) < 1).sort(near)[0] ?? here;
  };
  const to = {
    ArrowRight: () => here + 1, ArrowLeft: () => here - 1, ArrowDown: () => row(1), ArrowUp: () => row(-1),
    Home: () => 0, End: () => slides.length - 1,
  }[key];
  if (to) choose(Math.max(0, Math.min(to(), slides.length - 1)));
  else if (key == "Escape" || key == "p") leave();
  else if (key == "o") present(at);
  else return false;
  return true;
}

const isText = element => element.closest("textarea, [contenteditable]");

// Keys typed in a control belong to it; but Page keys, those of a presenter's remote control, always turn the slide.
function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const control = event.target.closest?.(CONTROLS), { key } = event;
  if (mode == "page") {
    if (key == "p" && !control) present();
    else return;
  } else if (mode == "overview") {
    if (!walk(key)) return;
  } else if (control && !control.closest(".slide-strip") && (!/^Page/.test(key) || isText(control))) {
    if (key != "Escape") return;
    slides[at].focus();
  } else if (control?.closest(".slide-strip") && (key == " " || key == "Enter")) return;
  else if (MOVES[key]) MOVES[key]();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", pressed);
document.addEventListener("keydown", event => {
  if (mode != "slides" || !/^Page/.test(event.key) || isText(event.target)) return;
  event.stopImmediatePropagation();
  pressed(event);
}, true);

// A button that was clicked, rather than reached by keyboard, gives the keys back to the slide.
document.addEventListener("click", event => {
  const button = event.target.closest("button, summary, input[type=checkbox]");
  if (mode == "slides" && event.detail > 0 && button) slides[at].focus({ preventScroll: true });
});

// A finger that sweeps sideways turns the slide, unless it moves a control or paints.
let touch = null;
document.addEventListener("touchstart", event => {
  const own = event.target.closest(`${CONTROLS}, .lecture-demo :is(canvas, svg, .view)`);
  touch = mode == "slides" && event.touches.length == 1 && !own ? event.touches[0] : null;
}, { passive: true });
document.addEventListener("touchend", event => {
  if (!touch) return;
  const [across, down] = [event.changedTouches[0].clientX - touch.clientX, event.changedTouches[0].clientY - touch.clientY];
  touch = null;
  if (Math.abs(across) > 50 && Math.abs(across) > 2 * Math.abs(down)) turn(across < 0 ? 1 : -1);
});

// The address names the slide: #present-12. Without a number, the first.
function follow() {
  const found = /^#present(?:-(\d+))?$/.exec(location.hash);
  if (found) present(found[1] ? Math.min(found[1], slides.length) - 1 : 0);
  else if (mode != "page") {
    const part = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (part) present(Math.max(0, slides.indexOf(part.closest(".slide"))));
  }
  root.classList.remove("starting");
}

find("#present-button").addEventListener("click", () => present());
addEventListener("hashchange", follow);
addEventListener("resize", () => mode != "page" && place());
addEventListener("toggle", event => mode == "slides" && event.target.closest?.(".slide.current") && fit(slides[at]), true);
typesetting.then(() => mode == "slides" && fit(slides[at]));
follow();

window.lecture = { present, leave, turn, overview, get at() { return at; }, count: slides.length, ready: typesetting };
