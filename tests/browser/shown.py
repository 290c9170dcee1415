"""A demo in a browser, asked by its contract (docs/demos.md): in the page from a file, and in JupyterLab."""

import json
import time

import nbformat
from nbformat.sign import NotebookNotary
from page_modules import ENCODE, received

PLACES = ["page", "jupyterlab"]
# JupyterLab's own words for what it still asked of a kernel when its notebook was closed; it can come late.
OF_A_CLOSED_NOTEBOOK = "Canceled future for "
WINDOW = {"width": 1400, "height": 1000}
# Those of the names given, or all.
OUTPUTS = """(root, names) => JSON.stringify(Object.entries(root.demo.outputs())
  .filter(([name]) => !names.length || names.includes(name))
  .map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]), ENCODE)""".replace(
    "ENCODE", ENCODE
)

# Close the notebook that is open, if one is, with its kernel.
CLOSE = """(() => {
  const panel = jupyterapp.shell.currentWidget;
  if (!panel?.sessionContext) return;
  panel.sessionContext.shutdown().catch(() => {}); // before its kernel has started there is none to end
  panel.dispose();
})()"""
OPEN_INSTEAD = (
    f"async path => {{ {CLOSE}; await jupyterapp.commands.execute('docmanager:open', {{ path }}) }}"
)
UNSAVED = "jupyterapp.shell.currentWidget.context.model.dirty"
# Change the notebook that is open, so that there is something to save.
CHANGE = (
    "() => { jupyterapp.shell.currentWidget.context.model.sharedModel.setMetadata('changed', Date.now()) }"
)


# Columns and rows of a picture: a canvas, or a matrix drawn in an SVG.
SIZE = """picture => picture.width ? [picture.width, picture.height]
  : [picture.dataset.columns, picture.dataset.rows].map(Number)"""


class Shown:
    """A demo that is awake in a browser.

    Attributes
    ----------
    page : playwright Page
        ``page.page_errors`` lists what went wrong on it.
    root : playwright Locator
        Finds the demo's element.
    element : playwright ElementHandle
        The demo's element itself, which a locator would look for anew at each use.
    """

    def __init__(self, page):
        self.page, self.root = page, page.locator(".lecture-demo").first
        self.root.wait_for(timeout=30_000)
        wait_until(page, lambda: self.root.evaluate("root => !!root.demo"))
        self.element = self.root.element_handle()

    def set(self, **values):
        """Set controls by name."""
        self.element.evaluate("(root, values) => root.demo.set(values)", values)

    def values(self):
        """Return what the controls say, by name."""
        return self.element.evaluate("root => root.demo.values")

    def outputs(self, *names):
        """Return what is drawn, float32 arrays by name, or those of some names; a hole in a picture is NaN."""
        return {name: received(output) for name, output in json.loads(self.element.evaluate(OUTPUTS, names))}

    def control(self, label):
        """Return the input with a label, as a locator."""
        return self.root.get_by_label(label, exact=True)

    def settle(self):
        """Wait for two animation frames: what was done is then drawn."""
        self.page.evaluate("() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def traced(self, change, categories="devtools.timeline"):
        """Return what Chromium does to draw what a function of the root changes, as its own trace has it."""
        traced = self.page.context.browser.new_browser_cdp_session()
        events, ended = [], []
        traced.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
        traced.on("Tracing.tracingComplete", lambda end: ended.append(end))
        traced.send("Tracing.start", {"categories": categories, "transferMode": "ReportEvents"})
        self.element.evaluate(change)
        self.settle()
        traced.send("Tracing.end")
        wait_until(self.page, lambda: ended)
        traced.detach()
        return events

    def laid_out(self, change):
        """Return the elements, as Chromium names them, from which it lays out what a function of the root changes."""
        ends = [
            event["args"].get("endData", {}) for event in self.traced(change) if event["name"] == "Layout"
        ]
        return [root["nodeName"] for end in ends for root in end.get("layoutRoots", [])]

    def layerings(self, change):
        """Return how often Chromium layers its whole page anew for what a function of the root changes."""
        names = [event["name"] for event in self.traced(change, "devtools.timeline,blink")]
        assert "Paint" in names, "nothing was drawn"
        return names.count("PaintArtifactCompositor::Update")

    def marks(self, rectangles=".view rect"):
        """Return where the marks stand, [row, column, rows, columns] each, in what `point` counts."""
        places = """marks => marks.map(mark => {
          const view = mark.closest(".view"), columns = view.querySelector("canvas")?.width ?? view.dataset.columns;
          const unit = mark.ownerSVGElement.viewBox.baseVal.width / columns;
          return [mark.y, mark.x, mark.height, mark.width].map(length => Math.round(length.baseVal.value / unit));
        })"""
        return self.root.locator(rectangles).evaluate_all(places)

    def point(self, name, row, column, press=False):
        """Move the mouse to an entry of the picture with the accessible name ``name``; press it there if asked."""
        picture = self.root.get_by_role("img", name=name, exact=True)
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        columns, rows = picture.evaluate(SIZE)
        scale = min(box["width"] / columns, box["height"] / rows)
        x = box["x"] + (box["width"] - scale * columns) / 2 + scale * (column + 0.5)
        y = box["y"] + (box["height"] - scale * rows) / 2 + scale * (row + 0.5)
        self.page.mouse.move(float(x), float(y))  # entries read from an output are NumPy's numbers
        if press:
            self.page.mouse.down()
            self.page.mouse.up()
        self.settle()


def wait_until(page, condition, seconds=30):
    """Wait for a condition: an expression of the page, or a function. (Pages forbid playwright's own way.)"""
    check = condition if callable(condition) else lambda: page.evaluate(condition)
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, f"waited {seconds} s in vain; the page's errors: {page.page_errors}"
        page.wait_for_timeout(50)


def with_output(demo):
    """Return a notebook whose one cell holds a demo as its output, as a notebook that was run and saved does."""
    data = {"text/html": demo._repr_html_(), "text/plain": repr(demo)}
    cell = nbformat.v4.new_code_cell("demo", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


def save_trusted(notebook, path, work):
    """Write a notebook and sign it, so that a server of `lab.server` with the folder ``work`` trusts it."""
    nbformat.write(notebook, path)
    signatures = work / "signatures"
    signatures.mkdir(exist_ok=True)
    NotebookNotary(data_dir=str(signatures)).sign(nbformat.read(path, 4))


def open_in_jupyterlab(page, address, name):
    """Open a notebook in JupyterLab; no cell of it is run."""
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)


def new_page(chromium, **options):
    """Return a new page that collects its errors and asks nobody outside of this machine."""
    context = chromium.new_context(viewport=WINDOW, **options)
    page = context.new_page()
    page.page_errors = []

    def keep(error):
        if OF_A_CLOSED_NOTEBOOK not in str(error):
            page.page_errors.append(str(error))

    page.on("pageerror", keep)
    return page
