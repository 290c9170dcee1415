"""Sliders that a lecturer can trust: players for ready frames, explorers for pictures computed live.

A `Player` shows frames that were rendered beforehand and plays them in the page, with no kernel behind it.
An `Explorer` redraws one figure whenever a control moves. Neither blinks nor changes its height.
"""

import base64
import html
import json
import math
import threading
import zlib

import anywidget
import ipywidgets
import traitlets

import figures
import redraw

CONTROL_WIDTH = 340  # pixels: a name, a number, and a slider long enough to be hit from the lectern

PLAYER_STYLE = """
.lecture-player { font-family: system-ui, sans-serif; }
.lecture-player img { display: block; width: 100%; height: auto; background: white; }
.lecture-player .bar { display: flex; align-items: center; gap: 6px; margin-top: 4px; }
.lecture-player :is(button, select) { height: 30px; min-width: 36px; font: inherit; cursor: pointer; }
.lecture-player button svg { display: block; margin: auto; width: 14px; height: 14px; fill: currentColor; }
.lecture-player input { flex: 1; min-width: 60px; accent-color: #2a7f9e; }
.lecture-player output { min-width: 5.5em; text-align: right; font-variant-numeric: tabular-nums; }
.lecture-player .captions { display: grid; margin-top: 2px; }
.lecture-player .captions > * { grid-area: 1 / 1; }
"""

# In VS Code a script runs outside of the element that brought it, so players are found by their number; a
# notebook may show the same player twice, so there can be several.
PLAYER_SCRIPT = """
(number, frames, captions, interval) => document.querySelectorAll(
    `.lecture-player[data-number="${number}"]:not([data-ready])`).forEach(root => {
  root.dataset.ready = "yes";
  const find = selector => root.querySelector(selector);
  const image = find("img"), slider = find("input"), counter = find("output"), speed = find("select");
  const play = find(".play"), caption = find(".caption");
  const sources = frames.map(frame => "data:image/png;base64," + frame);
  let timer = null;
  const show = frame => {
    frame = Math.max(0, Math.min(sources.length - 1, frame));
    slider.value = frame;
    image.src = sources[frame];
    caption.textContent = captions[frame];
    counter.textContent = `${frame + 1} / ${sources.length}`;
    slider.setAttribute("aria-valuetext", `${frame + 1} of ${sources.length}. ${captions[frame]}`);
  };
  const stop = () => { clearInterval(timer); timer = null; root.classList.remove("playing"); label(); };
  const label = () => {
    play.setAttribute("aria-label", timer ? "Pause" : "Play");
    play.firstElementChild.firstElementChild.setAttribute("d",
      timer ? "M2 1h4v12H2zM8 1h4v12H8z" : "M2 0l12 7L2 14z");
  };
  const advance = () => {
    if (slider.valueAsNumber < sources.length - 1) show(slider.valueAsNumber + 1);
    if (slider.valueAsNumber == sources.length - 1 || !root.isConnected) stop();
  };
  const start = () => {
    if (slider.valueAsNumber == sources.length - 1) show(0);
    clearInterval(timer);
    timer = setInterval(advance, interval / speed.value);
    label();
  };
  const step = by => { stop(); show(slider.valueAsNumber + by); };
  play.onclick = () => timer ? stop() : start();
  find(".back").onclick = () => step(-1);
  find(".forward").onclick = () => step(1);
  slider.oninput = () => step(0);
  speed.onchange = () => timer && start();
  root.onkeydown = event => {
    const onButton = event.target.tagName == "BUTTON", steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key == " " && !onButton && event.target != speed) play.onclick();
    else if (event.key in steps && onButton) step(steps[event.key]);
    else return;
    event.preventDefault();
  };
  show(0);
})
"""


def _button(kind, title, path):
    return (
        f'<button type="button" class="{kind}" title="{title}" aria-label="{title}">'
        f'<svg viewBox="0 0 14 14" aria-hidden="true"><path d="{path}"/></svg></button>'
    )


def _need_text(alt):
    if not alt.strip():
        raise ValueError(f"A demo needs `alt`, a sentence for those who cannot see it: got {alt!r}.")


class Player:
    """Frames rendered beforehand, played by the page itself.

    Displays itself as HTML with its own script: works in every Jupyter front end and in a page without one.
    Keys: arrows step, space plays and pauses, Home and End jump.

    Parameters
    ----------
    frames : list of bytes
        PNG pictures, all of one size.
    alt : str
        What the player shows, in a sentence, for those who cannot see it.
    name : str
        Names the demo; ends up as the element's ``data-demo``.
    labels : list of str, optional
        One caption for each frame.
    interval : float
        Milliseconds from frame to frame at normal speed.
    width : float
        CSS pixels, where there is room.

    Raises
    ------
    ValueError
        If there is no frame or no ``alt``, or if frames and labels differ in number.
    """

    def __init__(self, frames, *, alt, name, labels=None, interval=400, width=900):
        _need_text(alt)
        labels = [""] * len(frames) if labels is None else list(labels)
        if not frames or len(frames) != len(labels):
            raise ValueError(
                f"A player needs a frame or more, and a label for each: got {len(frames)} and {len(labels)}."
            )
        self.frames, self.labels = list(frames), labels
        self.alt, self.name, self.interval, self.width = alt, name, interval, width

    def _repr_html_(self):
        number = f"{self.name}-{zlib.crc32(b''.join(self.frames)):08x}"
        frames = [base64.b64encode(frame).decode() for frame in self.frames]
        arguments = json.dumps([number, frames, self.labels, self.interval]).replace("</", r"<\/")
        pixels = int.from_bytes(self.frames[0][16:20], "big"), int.from_bytes(self.frames[0][20:24], "big")
        longest = html.escape(max(self.labels, key=len))
        return f"""
<div class="lecture-player" data-demo="{self.name}" data-number="{number}" role="group"
 aria-label="{html.escape(self.alt)}" style="max-width:{self.width:.0f}px" data-lm-suppress-shortcuts="true">
<style>{PLAYER_STYLE}</style>
<img alt="{html.escape(self.alt)}" width="{pixels[0]}" height="{pixels[1]}" decoding="sync"
 src="data:image/png;base64,{frames[0]}">
<div class="bar">
{_button("back", "One step back", "M12 0L4 7l8 7zM1 0h2v14H1z")}
{_button("play", "Play", "M2 0l12 7L2 14z")}
{_button("forward", "One step forward", "M2 0l8 7-8 7zM11 0h2v14h-2z")}
<input type="range" min="0" max="{len(frames) - 1}" value="0" aria-label="Frame"
 data-lm-suppress-shortcuts="true">
<output>1 / {len(frames)}</output>
<select aria-label="Speed" title="Speed"><option value="0.5">&frac12;&times;</option>
<option value="1" selected>1&times;</option><option value="2">2&times;</option>
<option value="4">4&times;</option><option value="8">8&times;</option></select>
</div>
<div class="captions"><div style="visibility:hidden" aria-hidden="true">{longest}</div>
<div class="caption">{html.escape(self.labels[0])}</div></div>
<script>({PLAYER_SCRIPT.strip()})(...{arguments})</script>
</div>"""


def play(draw, count, *, alt, name, labels=None, interval=400, width=None, scale=1.5):
    """Render ``draw(0)`` to ``draw(count - 1)`` to a `Player`.

    Parameters
    ----------
    draw : callable
        ``draw(k)`` returns the `Figure` of frame ``k``: always the same one, updated, or each time a new one.
    count : int
        How many frames.
    alt, name, labels, interval
        As for `Player`.
    width : float, optional
        CSS pixels; 100 for each inch of the figure unless given.
    scale : float
        Pixels for each CSS pixel: more than one is sharper on a projector.
    """
    frames = []
    for k in range(count):
        figure = draw(k)
        frames.append(figures.png(figure, scale, palette=True))
        figure.set_layout_engine(None)  # laid out once: nothing moves between frames, and drawing is faster
    return Player(
        frames,
        alt=alt,
        name=name,
        labels=labels,
        interval=interval,
        width=width or 100 * figure.get_figwidth(),
    )


class Picture(anywidget.AnyWidget):
    """A picture of fixed size with a text for those who cannot see it, and a line for messages below."""

    _esm = """
    export default { render({ model, el }) {
      el.classList.add("lecture-picture");
      const image = document.createElement("img"), message = document.createElement("div");
      image.alt = model.get("alt");
      image.decoding = "sync";
      [image.width, image.height] = model.get("size");
      message.setAttribute("role", "status");
      // Drawn with one pixel a dot to be fast, a picture that is magnified is asked for again once it rests.
      let resting = null;
      const sharpen = () => {
        const scale = image.getBoundingClientRect().width * devicePixelRatio / model.get("size")[0];
        if (model.get("png").byteLength && image.naturalWidth < 0.9 * Math.min(scale, 3) * model.get("size")[0])
          model.send({ scale: Math.min(scale, 3) });
      };
      const show = () => {
        const old = image.src;
        image.src = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
        if (old) URL.revokeObjectURL(old);
        clearTimeout(resting);
        resting = setTimeout(sharpen, 400);
      };
      const tell = () => {
        message.textContent = model.get("message");
        image.style.opacity = message.textContent ? 0.3 : 1;
      };
      model.on("change:png", show);
      model.on("change:message", tell);
      if (model.get("points")) image.onpointermove = image.onpointerdown = event => {
        const box = image.getBoundingClientRect();
        model.set("pointer", [(event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height]);
        model.save_changes();
      };
      // Notebook 7 takes arrow keys for itself, JupyterLab does not: leave them to the slider that has the focus.
      const leave = event => {
        if (el.closest(".lecture-explorer")?.contains(event.target))
          event.target.toggleAttribute("data-lm-suppress-shortcuts", event.key.startsWith("Arrow"));
      };
      window.addEventListener("keydown", leave, true);  // before the notebook, which listens at the document
      const resized = new ResizeObserver(show);
      resized.observe(image);
      el.append(image, message);
      show();
      tell();
      return () => {
        model.off("change:png", show);
        model.off("change:message", tell);
        window.removeEventListener("keydown", leave, true);
        resized.disconnect();
      };
    } };
    """
    _css = """
    .lecture-picture img { display: block; max-width: 100%; height: auto; background: white; }
    .lecture-picture div { min-height: 1.6em; line-height: 1.6em; font-weight: 600; color: #b2182b; }
    """
    png = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    size = traitlets.List().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    points = traitlets.Bool().tag(sync=True)
    pointer = traitlets.List().tag(sync=True)


class Explorer:
    """A figure with controls, redrawn in place whenever one of them moves.

    Jupyter runs the callbacks of controls in a thread of their own, beside the cells: pictures are drawn one
    at a time, and what was asked for while one is drawn is drawn once, with the latest values.

    Parameters
    ----------
    figure : Figure
        What is shown. Laid out when first drawn, and then left as it is.
    draw : callable
        ``draw(**values)``, with one value for each control, updates the artists of ``figure`` in place. A
        `ValueError` that it raises is shown as a sentence below the picture; any other exception is shown
        there too and goes on to the kernel.
    controls : dict of str to Widget
        Argument of ``draw`` to the ipywidgets control that sets it.
    alt : str
        What the figure shows, in a sentence, for those who cannot see it.
    name : str
        Names the demo.
    pointer : (Axes, str, str), optional
        Axes that show an image, and the names of the two controls, with ``min`` and ``max``, that follow the
        row and the column under the mouse.

    Raises
    ------
    ValueError
        If there is no ``alt``, or if ``draw`` refuses the values that the controls have at first.
    """

    def __init__(self, figure, draw, controls, *, alt, name, pointer=None):
        _need_text(alt)
        self.figure, self.draw, self.controls, self.alt, self.name = figure, draw, controls, alt, name
        self.pointer = pointer
        self._wanted, self._drawing = False, threading.Lock()
        width, height = figure.get_size_inches() * 100
        self._quick = redraw.Redraw(figure)
        self.picture = Picture(alt=alt, size=[round(width), round(height)], points=pointer is not None)
        self._refresh()
        if self.picture.message:
            raise ValueError(f"{name}: nothing to show at first. {self.picture.message}")
        figure.set_layout_engine(None)
        named = [control for control in controls.values() if not isinstance(control, ipywidgets.Checkbox)]
        longest = max((len(control.description) for control in named), default=0)
        for control in controls.values():
            control.layout.width = f"{CONTROL_WIDTH}px"
            if isinstance(control, ipywidgets.Checkbox):
                control.indent = False
            else:
                control.style.description_width = f"{longest + 2}ch"
            control.observe(self._refresh, "value")
        if pointer is not None:
            self.picture.observe(self._pointed, "pointer")
        self.picture.on_msg(self._sharpen)
        self.box = self._lay_out()

    def _lay_out(self):
        """Return controls beside the picture where there is room, otherwise in rows above it."""
        panel = ipywidgets.Box(
            list(self.controls.values()),
            layout=ipywidgets.Layout(
                flex=f"1 1 {CONTROL_WIDTH + 10}px", flex_flow="row wrap", align_content="flex-start"
            ),
        )
        # The picture takes what room is left, so that the panel is as narrow as a control when it stands beside.
        self.picture.layout.flex = f"999 1 {self.picture.size[0]}px"
        box = ipywidgets.Box([panel, self.picture], layout=ipywidgets.Layout(flex_flow="row wrap"))
        box.add_class("lecture-explorer")
        box.add_class(f"demo-{self.name}")
        return box

    def _refresh(self, _change=None):
        self._wanted = True
        while self._wanted and self._drawing.acquire(blocking=False):
            try:
                self._wanted = False
                self._redraw()
            finally:
                self._drawing.release()

    def _redraw(self):
        try:
            self.draw(**{name: control.value for name, control in self.controls.items()})
        except ValueError as error:
            self.picture.message = str(error)
            return
        except Exception as error:
            self.picture.message = f"{type(error).__name__}: {error}"
            raise
        first = not self.picture.png  # lays the figure out
        png = figures.png(self.figure) if first else figures.quick_png(self._quick.pixels())
        with self.picture.hold_sync():
            self.picture.png, self.picture.message = png, ""

    def _sharpen(self, _picture, content, _buffers):
        """Send what is shown with more pixels, unless something else is being drawn already."""
        if self._drawing.acquire(blocking=False):
            try:
                if not self.picture.message:
                    self.picture.png = figures.png(self.figure, content["scale"])
            finally:
                self._drawing.release()
            if self._wanted:
                self._refresh()

    def _pointed(self, change):
        axes, *names = self.pointer
        with self._drawing:  # the figure must not be redrawn, at another size, while it is measured
            place = self.figure.bbox.size * (change.new[0], 1 - change.new[1])
            if not axes.bbox.contains(*place):
                return
            column, row = axes.transData.inverted().transform(place)
            for control, value in zip([self.controls[name] for name in names], (row, column), strict=True):
                control.value = min(max(math.floor(value + 0.5), control.min), control.max)
        if self._wanted:
            self._refresh()

    def _repr_mimebundle_(self, **kwargs):
        with self._drawing:
            still = figures.png(self.figure, 2)
        tag = figures.image_tag(still, self.alt, self.picture.size[0])
        note = "This demo has controls: it runs live in Jupyter."
        fallback = f'<div class="lecture-still" data-demo="{self.name}">{tag}<p><em>{note}</em></p></div>'
        return {**self.box._repr_mimebundle_(**kwargs), "text/html": fallback}
