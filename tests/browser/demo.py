"""Move every control of a demo in the page, and tell what is wrong with it."""

import base64
import io
import re
from contextlib import contextmanager

import lab
import numpy as np
from PIL import Image

DEMOS = ".lecture-player, .lecture-explorer"
CHOICES = ".widget-dropdown select, .widget-checkbox input, .widget-toggle-buttons"
CONTROLS = f".noUi-handle, input[type=number], textarea, {CHOICES}"

# What one sees of a demo: the pixels of its picture, and its message.
SEEN = """root => {
  const image = root.querySelector("img"), canvas = document.createElement("canvas");
  if (!image || !image.complete || !image.naturalWidth) return null;
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL() + (root.querySelector("[role=status]")?.textContent ?? "");
}"""

LABEL = "e => (e.closest('.widget-inline-hbox') ?? e).innerText.trim()"

# Note the heights that the demo has had, looking before every frame of the page.
SAMPLE = """root => {
  const heights = window.HEIGHTS = [];
  const look = () => {
    if (window.HEIGHTS !== heights) return;
    const height = Math.round(root.getBoundingClientRect().height);
    if (!heights.includes(height)) heights.push(height);
    requestAnimationFrame(look);
  };
  look();
}"""


def name_of(root):
    """Return the name that the lecture gave to a demo."""
    return root.evaluate("e => e.dataset.demo ?? [...e.classList].find(c => c.startsWith('demo-')).slice(5)")


def changes(page, root, act, seconds=10):
    """Do ``act``; tell whether the picture then differs, once the kernel is idle."""
    before = root.evaluate(SEEN)
    act()
    quiet = 0
    for _ in range(int(seconds / 0.03)):
        page.wait_for_timeout(30)
        now = root.evaluate(SEEN)
        if now is not None and now != before:
            lab.settle(page)
            return True
        quiet = quiet + 1 if page.evaluate("BUSY.size == 0") else 0
        if quiet > 10:
            return False
    return False


def ways(page, control):
    """Return the ways to move a control: pairs of what moves it and what moves it back."""
    kind = control.evaluate("e => e.matches('.noUi-handle') ? 'slider' : e.type ?? 'buttons'")

    def press(key):
        return lambda: control.press(key)

    def choose(index):
        return lambda: control.select_option(index=index)

    def write(value):
        return lambda: (control.fill(value), control.press("Enter"))

    if kind == "slider":
        keys = [("ArrowRight", "ArrowLeft"), ("PageUp", "PageDown")]
        return [(press(there), press(back)) for pair in keys for there, back in (pair, pair[::-1])]
    if kind == "range":
        return [(press("ArrowRight"), press("ArrowLeft")), (press("ArrowLeft"), press("ArrowRight"))]
    if kind == "select-one":
        chosen, count = control.evaluate("e => [e.selectedIndex, e.options.length]")
        return [(choose(i), choose(chosen)) for i in range(count) if i != chosen]
    if kind == "checkbox":
        return [(control.click, control.click)]
    if kind == "textarea":
        text = control.input_value()
        more = re.sub(r"\d+", lambda number: str(int(number[0]) + 1), text, count=1)
        return [(lambda: control.fill(more), lambda: control.fill(text))]
    if kind == "number":
        value, step = float(control.input_value()), float(control.get_attribute("step") or 1)
        return [(write(f"{value + by:g}"), write(f"{value:g}")) for by in (step, -step)]
    if kind == "buttons":
        active = control.locator("button.mod-active").element_handle()
        return [(button.click, active.click) for button in control.locator("button:not(.mod-active)").all()]
    raise ValueError(f"No way is known to move a control of the kind {kind}: add one here.")


def works(page, root, control):
    """Tell whether some move of a control changes the picture; leave the control as it was."""
    if not control.is_visible() or control.evaluate("e => !!e.disabled || !!e.closest('[disabled]')"):
        return False
    for there, back in ways(page, control):
        changed = changes(page, root, there)
        back()
        lab.settle(page)
        if changed:
            return True
    return False


def check_explorer(page, root):
    """Move every control; return a sentence for each that changes nothing.

    A control may have no say at first, such as the size of a kernel whose kind has none: it is tried again
    beside every option of the others.
    """
    complaints = []
    for control in root.locator(CONTROLS).all():
        if works(page, root, control):
            continue
        for other in root.locator(CHOICES).all():
            for there, back in ways(page, other):
                there()
                lab.settle(page)
                useful = works(page, root, control)
                back()
                lab.settle(page)
                if useful:
                    break
            else:
                continue
            break
        else:
            label = control.evaluate(LABEL)
            complaints.append(f"{name_of(root)}: the control {label!r} changes nothing")
    return complaints


def check_player(page, root):
    """Step, slide and play; return a sentence for whatever shows no new picture."""
    complaints = []
    slider, play = root.locator("input"), root.locator(".play")
    last = int(slider.get_attribute("max"))
    if last == 0:
        return [f"{name_of(root)}: a player of a single frame"]

    def expect(what, act, frame):
        before = root.evaluate(SEEN)
        act()
        page.wait_for_timeout(100)
        if int(slider.input_value()) != frame:
            complaints.append(f"{name_of(root)}: {what} leads to frame {slider.input_value()}, not {frame}")
        if root.evaluate(SEEN) == before:
            complaints.append(f"{name_of(root)}: {what} shows the same picture")

    expect("the step forward", root.locator(".forward").click, 1)
    expect("the step back", root.locator(".back").click, 0)
    expect("the right arrow", lambda: slider.press("ArrowRight"), 1)
    expect("the key End", lambda: slider.press("End"), last)
    root.locator("select").select_option("8")
    slider.press("Home")
    slider.press(" ")
    page.wait_for_function("([e, last]) => e.valueAsNumber == last", arg=[slider.element_handle(), last])
    if play.get_attribute("aria-label") != "Play":
        complaints.append(f"{name_of(root)}: goes on playing after the last frame")
    return complaints


@contextmanager
def filmed(page):
    """Collect what the browser really painted, as (rows, columns) arrays."""
    session, frames, arrays = page.context.new_cdp_session(page), [], []

    def keep(event):
        frames.append(event["data"])
        session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    session.on("Page.screencastFrame", keep)
    session.send("Page.startScreencast", {"format": "jpeg", "everyNthFrame": 1})
    yield arrays
    session.send("Page.stopScreencast")
    session.detach()
    arrays += [np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L")) for data in frames]


def count_blank(frames, box):
    """Return in how many painted frames there was nothing within ``box``, as playwright gives it."""
    rows, columns = (
        slice(max(0, round(box[a])), round(box[a] + box[b])) for a, b in (("y", "height"), ("x", "width"))
    )
    contrasts = [frame[rows, columns].std() for frame in frames]
    return sum(bool(contrast < np.median(contrasts) / 10) for contrast in contrasts)


def blank_frames(page, root, keys=12, pause=40):
    """Press keys fast on the first control; return in how many painted frames the picture was blank."""
    control = root.locator(f"input[type=range], {CONTROLS}").first
    root.locator("img").first.scroll_into_view_if_needed()
    box = root.locator("img").first.bounding_box()
    there, back = ways(page, control)[0]
    with filmed(page) as frames:
        for k in range(keys):
            (back if k % 2 else there)()
            page.wait_for_timeout(pause)
        lab.settle(page)
        page.wait_for_timeout(300)
    return count_blank(frames, box)


def check(page, root):
    """Try all of a demo; return what is wrong with it, a sentence each."""
    root.scroll_into_view_if_needed()
    errors = page.evaluate("ERRORS.length")
    root.evaluate(SAMPLE)
    is_player = root.evaluate("e => e.matches('.lecture-player')")
    complaints = (check_player if is_player else check_explorer)(page, root)
    blank = blank_frames(page, root)
    heights = page.evaluate("() => { const heights = HEIGHTS; window.HEIGHTS = null; return heights }")
    if blank:
        complaints.append(f"{name_of(root)}: blank in {blank} frames")
    if len(heights) > 1:
        complaints.append(f"{name_of(root)}: its height jumps between {heights} pixels")
    for error in page.evaluate(f"ERRORS.slice({errors})"):
        complaints.append(f"{name_of(root)}: {error}")
    return complaints


def images_without_text(page):
    """Return the addresses, cut short, of the pictures without alternative text (JupyterLab then writes "Image")."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".jp-OutputArea-output img, .jp-MarkdownOutput img")]
             .filter(e => ["", "Image"].includes(e.alt.trim())).map(e => e.src.slice(0, 60))"""
    )
