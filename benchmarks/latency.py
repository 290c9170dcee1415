"""From key press to new picture, in a real browser, for every demo of the lecture, beside plain `interact`.

    python benchmarks/latency.py [notebook] [--moves 30] [--demos NAME ...]

Clocked by the page: from the key's event to the first frame that the browser paints after the new picture has
loaded. Plain `interact` builds the demo's figure anew for each move, by the demo's own code, and displays it as
Jupyter displays any figure; both are measured in one run, one after the other, on the same slider.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))

import demo  # noqa: E402
import lab  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

KEYS, PAUSE = 23, 30  # a slider held down: so many keys, so many milliseconds apart
BURSTS = 5  # how often that is timed; the median counts, since JupyterLab saves the notebook now and then

# Remember which expression made which demo, so that `plain` can evaluate it again for each new figure.
BEFORE = """
import ast, unittest.mock
import ipywidgets, widgets
from IPython.display import display

MADE, CELL = {}, []
get_ipython().events.register("pre_run_cell", lambda info: CELL.append(info.raw_cell))

def remember(kind):
    make = getattr(widgets, kind)
    def made(*arguments, name, **more):
        last = ast.parse(get_ipython().transform_cell(CELL[-1])).body[-1]
        MADE[name] = compile(ast.Expression(last.value), name, "eval")
        return make(*arguments, name=name, **more)
    setattr(widgets, kind, made)

remember("play"), remember("Explorer")

class Bare:
    def __init__(self, figure, draw, controls, **more):
        self.figure, self.draw, self.controls = figure, draw, controls

def bare_player(draw, count, **more):
    return Bare(None, lambda frame: draw(frame), {"frame": ipywidgets.IntSlider(0, 0, count - 1)})

def build(name):
    silent = unittest.mock.patch.object(ipywidgets.Widget, "open", lambda self: None)
    with silent, unittest.mock.patch.multiple(widgets, play=bare_player, Explorer=Bare):
        return eval(MADE[name], globals())

def plain(name):
    controls = build(name).controls
    for control in controls.values():
        control.open()
    def show(**values):
        made = build(name)
        figure = made.draw(**values)
        display(figure or made.figure)
    box = ipywidgets.interactive(show, **controls)
    box.add_class("plain-interact")
    return box

get_ipython().run_line_magic("matplotlib", "inline")
"""

# Note the time of each key, and of the first frame after each picture that has loaded.
CLOCK = """root => {
  window.KEYS = []; window.SHOWN = [];
  if (root.clocked) return;
  root.clocked = true;
  root.addEventListener("keydown", () => KEYS.push(performance.now()), true);
  root.addEventListener("load", () => requestAnimationFrame(() => SHOWN.push(performance.now())), true);
}"""


def handle(root):
    """Return the control that is moved, and the keys that move it there and back."""
    found = root.locator("input[type=range], .noUi-handle:not([disabled])")
    if found.count():
        return found.first, ("ArrowRight", "ArrowLeft")
    return root.locator("select").first, ("ArrowDown", "ArrowUp")


def latencies(page, root, moves):
    """Return the milliseconds from key to picture of ``moves`` single moves."""
    control, keys = handle(root)
    control.scroll_into_view_if_needed()
    root.evaluate(CLOCK)
    times = []
    for k in range(moves + 2):
        page.evaluate("() => { KEYS.length = 0; SHOWN.length = 0; }")
        control.press(keys[k % 2])
        page.wait_for_function("SHOWN.length > 0", timeout=20_000)
        times.append(page.evaluate("SHOWN[0] - KEYS[0]"))
        lab.settle(page)
    return times[2:]  # the first ones warm up


def press_fast(page, control, keys):
    """Press keys as a slider held down does; wait until the last picture is there."""
    control.focus()
    for k in range(KEYS):
        page.keyboard.press(keys[(k // 2) % 2])
        page.wait_for_timeout(PAUSE)
    lab.settle(page)
    page.wait_for_timeout(700)


def bursts(page, root):
    """Press keys fast; return (ms from the last key to the last picture, blank frames, jump in pixels).

    Timed first, and then filmed once more: filming takes a good part of a core.
    """
    control, keys = handle(root)
    root.evaluate(CLOCK)
    late = []
    for _ in range(BURSTS):
        press_fast(page, control, keys)
        late.append(page.evaluate("Math.max(0, SHOWN.at(-1) - KEYS.at(-1))"))
    root.evaluate(demo.SAMPLE)
    root.locator("img").first.scroll_into_view_if_needed()
    box = root.locator("img").first.bounding_box()
    with demo.filmed(page) as frames:
        press_fast(page, control, keys)
    heights = page.evaluate("() => { const heights = HEIGHTS; window.HEIGHTS = null; return heights }")
    return statistics.median(late), demo.count_blank(frames, box), max(heights) - min(heights)


def table(page, moves, chosen):
    """Measure all demos, or the chosen ones; yield a Markdown table, and at last whether all targets were met."""
    yield (
        f"| demo | kind | median ms | 90 % ms | plain `interact` ms | as fast | after {KEYS} fast keys ms | "
        "blank frames | jump px |"
    )
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    met = True
    for root in page.locator(demo.DEMOS).all():
        name = demo.name_of(root)
        if chosen and name not in chosen:
            continue
        kind = "player" if root.evaluate("e => e.matches('.lecture-player')") else "explorer"
        ours = latencies(page, root, moves)
        late, blank, jump = bursts(page, root)
        page.evaluate(SHOW_PLAIN, name)
        plain_root = page.locator(".plain-interact")
        plain_root.locator("img").first.wait_for()
        plain = latencies(page, plain_root, moves)
        median, slow = statistics.median(ours), statistics.quantiles(ours, n=10)[-1]
        times = statistics.median(plain) / median
        met &= median <= (20 if kind == "player" else 90) and times >= 2 and late <= 150 and not blank + jump
        yield (
            f"| {name} | {kind} | {median:.0f} | {slow:.0f} | {statistics.median(plain):.0f} | {times:.1f}x | "
            f"{late:.0f} | {blank} | {jump} |"
        )
    yield f"\nTargets (20 ms, 90 ms, twice as fast, 150 ms, no blank frame, no jump): {'met' if met else 'missed'}"


# Replace the source of the last cell by the plain form of a demo, and run it.
SHOW_PLAIN = """async name => {
  const notebook = jupyterapp.shell.currentWidget.content, last = notebook.widgets.length - 1;
  notebook.widgets[last].model.sharedModel.setSource(`plain("${name}")`);
  notebook.activeCellIndex = last;
  notebook.deselectAll();
  await jupyterapp.commands.execute("notebook:run-cell");
}"""


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", type=Path, default=ROOT / "lecture.ipynb")
    parser.add_argument("--moves", type=int, default=30)
    parser.add_argument("--demos", nargs="+", metavar="NAME", help="all unless given")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        notebooks, work = Path(folder, "notebooks"), Path(folder, "work")
        notebooks.mkdir()
        work.mkdir()
        notebook = nbformat.read(chosen.notebook, 4)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(BEFORE))
        notebook.cells.append(nbformat.v4.new_code_cell(""))
        nbformat.write(notebook, notebooks / "timed.ipynb")
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "browser")])
        # As users have it: tests keep cells off the screen in the page, which costs 8 ms a move.
        settings = {name: values for name, values in lab.SETTINGS.items() if "tracker" not in name}
        server = lab.server(notebooks, work, settings=settings, environment={"PYTHONPATH": path})
        with server as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.BROWSER_ARGUMENTS)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            lab.open_notebook(page, address, "timed.ipynb")
            if errors := lab.run_all(page, seconds=1800):
                sys.exit(f"The notebook does not run: {errors}")
            for line in table(page, chosen.moves, chosen.demos):
                print(line, flush=True)
            if errors := page.evaluate("ERRORS"):
                sys.exit(f"Errors in the kernel: {errors}")


if __name__ == "__main__":
    main()
