// The page as it is read: theme, contents, boxes that scroll, formulas. The files page.js, slides.js and notes.js are
// one script: they share their names.

const root = document.documentElement;
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const nav = find("nav");

function changeTheme() {
  root.dataset.theme = root.dataset.theme == "dark" ? "light" : "dark";
  try {
    localStorage.setItem("lecture-theme", root.dataset.theme);
  } catch {} // some browsers keep nothing for files
  nameTheme();
}

function nameTheme() {
  find("#theme-button").textContent = root.dataset.theme == "dark" ? "Light" : "Dark";
  find("#theme-button").title = `Change to the ${root.dataset.theme == "dark" ? "light" : "dark"} theme`;
}

find("#theme-button").addEventListener("click", changeTheme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme); // after theme.js has applied it
nameTheme();

// Paper is white.
let theme = root.dataset.theme;
addEventListener("beforeprint", () => ([theme, root.dataset.theme] = [root.dataset.theme, "light"]));
addEventListener("afterprint", () => (root.dataset.theme = theme));

// Contents: unfolded by a button on a phone; the part that is being read is marked.
function unfold(open) {
  nav.classList.toggle("open", open);
  find("#contents-button").setAttribute("aria-expanded", open);
}

find("#contents-button").addEventListener("click", () => unfold(!nav.classList.contains("open")));
find("#contents").addEventListener("click", event => event.target.closest("a") && unfold(false));
nav.addEventListener("keydown", event => {
  if (event.key != "Escape" || !nav.classList.contains("open")) return;
  unfold(false);
  find("#contents-button").focus();
});
find("main").addEventListener("pointerdown", () => unfold(false));

const links = all("#contents a");
const headings = links.map(link => document.getElementById(decodeURIComponent(link.hash.slice(1))));

function markPart() {
  if (root.classList.contains("presenting")) return;
  const read = headings.filter(heading => heading.getBoundingClientRect().top < innerHeight / 3).length;
  const now = links[Math.max(0, read - 1)];
  if (now?.hasAttribute("aria-current")) return;
  for (const link of links) link.removeAttribute("aria-current");
  now?.setAttribute("aria-current", "location");
  if (now && nav.scrollHeight > nav.clientHeight) now.scrollIntoView({ block: "nearest" });
}

let marking = 0;
addEventListener("scroll", () => (marking ||= requestAnimationFrame(() => { marking = 0; markPart(); })), { passive: true });

// A box that scrolls can be scrolled by keyboard, too.
function reach() {
  const presenting = root.classList.contains("presenting");
  for (const box of all(".scroll-box, .tex, .cell-wide")) {
    if (box.matches(".tex")) box.toggleAttribute("data-wide", !presenting && box.scrollWidth > box.parentElement.clientWidth + 1);
    if (!presenting && box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

// The browser leaves out what is off the screen, in each frame: it is told how high that is, so that nothing jumps.
function rest() {
  root.classList.remove("resting");
  if (root.classList.contains("presenting")) return;
  const sections = all("main > section"), heights = sections.map(section => section.offsetHeight);
  sections.forEach((section, i) => section.style.setProperty("--page-height", `${heights[i]}px`));
  root.classList.add("resting");
}

let reaching = 0;
addEventListener("resize", () => { clearTimeout(reaching); reaching = setTimeout(() => { reach(); rest(); }, 100); });
addEventListener("toggle", reach, true);

for (const still of all(".cell-still")) {
  const picture = find("img, svg", still);
  const [width, height] = naturalSize(picture);
  still.classList.toggle("cell-wide", width > 520 && width > 1.25 * height);
  if (still.matches(".cell-wide")) picture.style.setProperty("--page-wide", `${Math.min(width, 760)}px`);
}

// Width and height of a picture in CSS pixels, as it was made.
function naturalSize(picture) {
  const box = picture.viewBox?.baseVal;
  const drawn = box?.width ? [box.width, box.height] : ["width", "height"].map(name => parseFloat(picture.getAttribute(name)));
  const [width, height] = drawn[0] && drawn[1] ? drawn : [picture.naturalWidth || 1000, picture.naturalHeight || 500];
  const shown = parseFloat(picture.style.width) || width;
  return [shown, (shown * height) / width];
}

// Formulas: MathJax is woken once the page stands, and typesets section by section, so that nothing waits for it.
window.MathJax = {
  svg: { fontCache: "global" },
  options: { enableMenu: false },
  startup: { typeset: false },
};

const typesetting = new Promise(resolve => {
  const start = async () => {
    const source = find("#mathjax").textContent;
    if (source) {
      document.head.append(Object.assign(document.createElement("script"), { textContent: source }));
      await MathJax.startup.promise;
      for (const section of inReadingOrder()) {
        const formulas = all(".tex", section);
        if (!formulas.length) continue;
        await MathJax.typesetPromise(formulas);
        if (section.matches(".current")) fit(section);
        await new Promise(wait => setTimeout(wait));
      }
    }
    reach();
    rest();
    markPart();
    root.dataset.ready = "yes";
    resolve();
  };
  setTimeout(start, 50);
});

// All sections, those first that are on the screen or just after.
function inReadingOrder() {
  const sections = all("main > section");
  const first = Math.max(0, sections.findIndex(section => section.matches(".current")
    || (!root.classList.contains("presenting") && section.getBoundingClientRect().bottom > 0)));
  return [...sections.slice(first), ...sections.slice(0, first)];
}
