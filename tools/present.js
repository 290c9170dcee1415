// Page Down and Page Up (the keys of a presenter's remote control) turn the lecture's pages: a page is as much
// as fits the screen without cutting a figure, and each part opens a new one. The first of these keys fills the
// screen with the lecture; figures and demos are magnified as far as they fit. Works in JupyterLab, Notebook 7
// and Voila.
(() => {
  if (window.lecturePresenting) return;
  window.lecturePresenting = true;

  // What is never cut: a text, a piece of code that is shown, an output.
  const BLOCKS = ".jp-MarkdownCell, .jp-CodeCell .jp-InputArea, .jp-OutputArea-child";
  const blocks = () => [...document.querySelectorAll(BLOCKS)].filter(block => block.offsetHeight > 8);
  const isText = block => block?.matches(".jp-MarkdownCell");
  const scroller = () => {
    for (let element = document.querySelector(".jp-Cell"); element; element = element.parentElement)
      if (/auto|scroll/.test(getComputedStyle(element).overflowY) && element.scrollHeight > element.clientHeight)
        return element;
    return document.scrollingElement;
  };

  // Magnify every output as far as it fits the screen, together with a short text that leads to it.
  const fit = () => {
    const all = blocks(), room = scroller().clientHeight - 30;
    all.forEach((block, i) => {
      const output = block.querySelector(".jp-OutputArea-output"), image = output?.querySelector("img");
      if (!image) return;
      const shown = output.querySelector(".lecture-player") ?? image;
      const lead = isText(all[i - 1]) ? all[i - 1].offsetHeight : 0;
      for (let zoom = 1.8; zoom >= 0.5; zoom -= 0.1) {
        output.style.zoom = zoom;
        const [inner, outer] = [shown, output].map(element => element.getBoundingClientRect());
        // What is as wide as its surroundings has been shrunk to them.
        if (outer.height <= (lead < 0.4 * room ? room - lead : room) && inner.width < outer.width - 2) break;
      }
    });
  };

  // Where pages begin, in pixels from the top. A text stays with the output that it leads to, if both fit.
  const pages = () => {
    const all = blocks(), view = scroller(), room = Math.max(200, view.clientHeight), start = [];
    const origin = view.scrollTop - Math.max(0, view.getBoundingClientRect().top);
    const top = block => origin + block.getBoundingClientRect().top;
    const bottom = block => origin + block.getBoundingClientRect().bottom;
    let page = -Infinity;
    all.forEach((block, i) => {
      const next = all[i + 1], leads = isText(block) && next && !isText(next);
      const together = leads && bottom(next) - top(block) <= room;
      const ends = bottom(together ? next : block);
      if (block.querySelector("h1, h2") || ends - page > room) start.push(page = top(block));
      while (bottom(block) - page > room + 4) start.push(page += 0.85 * room);
    });
    return start;
  };

  const turn = async step => {
    if (!document.fullscreenElement && await scroller().requestFullscreen().then(() => true, () => false)) {
      step = 0; // filling the screen moves everything: show where one is
      await new Promise(requestAnimationFrame);
    }
    fit();
    const start = pages(), view = scroller();
    const here = start.findLastIndex(at => at < view.scrollTop + 4);
    view.scrollTo({ top: start[Math.max(0, Math.min(start.length - 1, here + step))] });
  };
  addEventListener("keydown", event => {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    turn(step);
  }, true);
  addEventListener("resize", fit);

  // In JupyterLab and Notebook 7: run all cells, tell how far it is, and start at the top.
  const run = async () => {
    const note = document.body.appendChild(document.createElement("div"));
    note.className = "lecture-progress";
    note.textContent = "The lecture is starting";
    while (!window.jupyterapp?.shell.currentWidget?.sessionContext) await new Promise(go => setTimeout(go, 200));
    const panel = jupyterapp.shell.currentWidget;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
    const total = panel.content.widgets.filter(cell => cell.model.type == "code").length;
    let done = 0;
    panel.sessionContext.iopubMessage.connect((_, message) => {
      if (message.header.msg_type == "execute_input") note.textContent = `Running cell ${++done} of ${total}`;
    });
    const well = await jupyterapp.commands.execute("notebook:run-all-cells");
    await new Promise(go => setTimeout(go, 500)); // JupyterLab scrolls to the last cell first
    fit();
    scroller().scrollTo({ top: 0 });
    note.textContent = well ? "Ready: press Page Down" : "A cell failed: look for it below";
    addEventListener("keydown", () => note.remove(), { once: true });
    window.lectureReady = true;
  };
  if (window.jupyterapp) run();
  else addEventListener("load", () => setTimeout(fit, 1000));
})();
