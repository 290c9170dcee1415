"""A small notebook that has run, with one of everything that an exported page must show."""

import base64
import io

import nbformat
import toys
from IPython.display import Code
from PIL import Image
from slides import code, markdown

LONG = "w_{0} i_{0} + " * 12 + "b"


def png(width, height):
    """Return a picture as a data address."""
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(stream, "PNG")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def still(width=1200, height=500):
    """Return a picture as `figures` show it: twice as many pixels as it is wide."""
    style = f"width:{width}px;max-width:100%;height:auto;background:white"
    return f'<img alt="A ramp from black to white" src="{png(2 * width, 2 * height)}" style="{style}">'


def source():
    """Return a cell whose output is code."""
    cell = code("Code(inspect.getsource(Net))", slide_type="subslide")
    shown = Code("class Net:\n    def forward(self, x):\n        return x", language="python")
    data = {"text/html": shown._repr_html_(), "text/latex": shown._repr_latex_(), "text/plain": shown.data}
    cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]
    return cell


SVG = """<svg viewBox="0 0 600 300" role="img" aria-label="Two boxes"><rect width="600" height="300" fill="#eee"/>
<text x="40" y="150" font-size="24">input</text><text x="400" y="150" font-size="24">output</text></svg>"""
WORDS = [f"column {k} of a table that is rather wide" for k in range(8)]
TABLE = f"| {' | '.join(WORDS)} |\n|{' --- |' * 8}\n| {' | '.join('1 2 3 4 5 6 7 8'.split())} |"
NUMBERS = (
    "<table><thead><tr><th>layer</th><th>weights</th></tr></thead><tr><td>C1</td><td>234</td></tr></table>"
)

DOUBLE = """def double(x):
    # twice
    return "\\n" if x in (1, None) else 2.5 * x  # {x!r}

print(double(2))"""

CELLS = [
    markdown("# A small lecture\n\nPrice \\$5 and \\$6; $x^2$ is a formula.", "slide"),
    markdown("Only readers see this.", "skip"),
    code("import toys", ("stderr", "a warning")),
    markdown("## 1. Questions\n\nWhat is **two** plus two?", "slide"),
    markdown("It is *four*.", "fragment"),
    markdown("And that is *even*.", "fragment"),
    markdown("Ask, and wait for $n$ answers.", "notes"),
    markdown("Move the slider.", "subslide"),
    code("toys.toy(\n    # without data\n)", toys.toy()._repr_html_()),
    markdown(
        f"$$\n\\begin{{aligned}}\na &= {LONG} \\\\ c &< \\frac{{d}}{{e}}\n\\end{{aligned}}\n$$", "subslide"
    ),
    markdown("## 2. Pictures\n\nOne to fill the slide.", "slide"),
    code("show(ramp)", still(), NUMBERS),
    markdown(
        "A square one stands beside the text. " + "There may be rather a lot of it, as there is here. " * 4,
        "subslide",
    ),
    code("show(square)", still(500, 500)),
    code("show(boxes)", SVG, slide_type="subslide"),
    markdown("The loop:", "subslide"),
    code(DOUBLE, ("stdout", "4\n")),
    source(),
    markdown(TABLE, "skip"),
]
