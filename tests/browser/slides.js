// What is wrong with slide `number` of an exported page, a sentence each. Text is measured in pixels of a slide of 1280.
async number => {
  const LEAST = 18, MARGIN = 1.5, CONTROL = "input, select, textarea";
  const SCROLLS = ".lecture-demo :is([role=listbox], .layers, .list, .crumbs)"; // rows and lists that may scroll
  lecture.present(number);
  document.querySelectorAll(".slide.current .slide-later").forEach(fragment => fragment.classList.remove("slide-later"));
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
  const slide = document.querySelector(".slide.current"), page = slide.getBoundingClientRect(), scale = page.width / 1280;
  const sentences = [], say = text => sentences.includes(text) || sentences.push(text);
  const shorten = text => `“${text.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  const name = element => {
    const kind = element.tagName.toLowerCase() + (element.classList.length ? `.${element.classList[0]}` : "");
    const text = element.getAttribute("aria-label") ?? element.getAttribute("alt") ?? element.textContent ?? "";
    return `${kind} ${shorten(text)}`;
  };
  const visible = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const pixels = length => Math.round(length / scale);

  if (page.left < -1 || page.top < -1 || page.right > innerWidth + 1 || page.bottom > innerHeight + 1)
    say("the slide is larger than the window");
  const area = { left: page.left, top: page.top, right: page.right, bottom: document.querySelector("main > .slide-strip").getBoundingClientRect().top };
  const elements = [...slide.querySelectorAll(".slide-text *")].filter(element =>
    visible(element) && !element.closest("mjx-assistive-mml") && !(element.closest("mjx-container") && !element.matches("mjx-container")));

  // Nothing is cut: neither by the slide, nor by a box within it.
  for (const element of elements) {
    if (element.ownerSVGElement && !element.matches("text")) continue;
    if (element.closest(SCROLLS)) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const out = { left: area.left - box.left, top: area.top - box.top, right: box.right - area.right, bottom: box.bottom - area.bottom };
    for (const [side, length] of Object.entries(out))
      if (length > MARGIN * scale) say(`${name(element)} sticks out at the ${side} by ${pixels(length)} px`);
    const { overflowX, overflowY } = getComputedStyle(element);
    if (element.ownerSVGElement || element.matches(CONTROL)) continue;
    if (overflowX != "visible" && element.scrollWidth > element.clientWidth + 1)
      say(`${name(element)} hides ${element.scrollWidth - element.clientWidth} px of its width`);
    if (overflowY != "visible" && element.scrollHeight > element.clientHeight + 1)
      say(`${name(element)} hides ${element.scrollHeight - element.clientHeight} px of its height`);
  }

  // All text can be read.
  const size = element => {
    const letters = parseFloat(getComputedStyle(element).fontSize), svg = element.ownerSVGElement;
    if (!svg) return letters;
    const m = element.getCTM(); // to the pixels of the outermost SVG
    return letters * Math.hypot(m.a, m.b);
  };
  const inside = (box, window) => {
    const [left, top] = [Math.max(box.left, window.left), Math.max(box.top, window.top)];
    return new DOMRect(left, top, Math.max(0, Math.min(box.right, window.right) - left), Math.max(0, Math.min(box.bottom, window.bottom) - top));
  };
  const rectangles = []; // of texts and controls: [element, rectangle]
  for (const element of elements) {
    const texts = [...element.childNodes].filter(node => node.nodeType == 3 && node.data.trim());
    const range = document.createRange(), boxes = [];
    for (const node of texts) {
      range.selectNodeContents(node);
      boxes.push(...range.getClientRects());
    }
    if (element.matches(CONTROL + ", button, mjx-container")) boxes.push(element.getBoundingClientRect());
    const window = element.closest(SCROLLS)?.getBoundingClientRect(); // what is scrolled out of it is not seen
    const shown = boxes.map(box => (window ? inside(box, window) : box)).filter(box => box.width > 2 && box.height > 2);
    if (!shown.length || element.matches("option")) continue;
    rectangles.push(...shown.map(box => [element, box]));
    const written = texts.length || element.matches("select, textarea, mjx-container, input:not([type=range], [type=checkbox], [type=radio], [type=file])");
    if (written && size(element) < LEAST - 0.05)
      say(`${name(element)} has letters of ${size(element).toFixed(1)} px`);
  }

  // Nothing lies upon something else.
  for (let i = 0; i < rectangles.length; i++) {
    const [one, a] = rectangles[i];
    for (let j = 0; j < i; j++) {
      const [two, b] = rectangles[j];
      if (one == two || one.contains(two) || two.contains(one)) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 4 * scale && down > 4 * scale) say(`${name(one)} lies upon ${name(two)}`);
    }
  }

  for (const demo of slide.querySelectorAll(".lecture-demo")) {
    const height = demo.getBoundingClientRect().height / scale, most = parseFloat(getComputedStyle(demo).getPropertyValue("--lecture-height"));
    if (height > most + 1) say(`${name(demo)} is ${Math.round(height)} px high, more than its --lecture-height of ${most}`);
  }
  for (const still of slide.querySelectorAll(".cell-still img, .cell-still svg")) {
    const { width, height } = still.getBoundingClientRect();
    if (visible(still) && pixels(height) < 160) say(`${name(still)} is only ${pixels(width)} by ${pixels(height)} px large`);
  }
  const empty = !elements.some(element => element.matches("img, svg, canvas, mjx-container, input"))
    && !elements.some(element => [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim()));
  if (empty) say("nothing is shown");
  return sentences;
}
