"""The lecture in a kernel without a browser: it runs, and every control bears every value."""

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Errors that `interact` swallows reach the page only through showtraceback: collect them.
WATCH = """
import sys
hidden, show = [], get_ipython().showtraceback
def keep(*arguments, **more):
    hidden.append(sys.exc_info()[1])
    show(*arguments, **more)
get_ipython().showtraceback = keep
"""

# Set every control to its ends and its middle, or to each of its options, and then, for each demo, all controls
# at once to values drawn at random: faults like to hide in combinations. The picture, of which only what moves
# was drawn, must then be the one that matplotlib draws as a whole.
DRIVE = """
import io, random
import ipywidgets, numpy, figures
from PIL import Image
from ipywidgets.widgets.widget import _instances

def values_of(control):
    if isinstance(control, ipywidgets.widgets.widget_selection._Selection):
        return [value for _, value in control._options_full]
    if isinstance(control, ipywidgets.Checkbox):
        return [True, False]
    if isinstance(control, ipywidgets.Textarea):
        return ["", "1", "a b", "1 2\\n3", "nan", "1 0\\n0 1", control.value]
    if hasattr(control, "min") and hasattr(control, "max"):
        return [control.min, type(control.value)((control.min + control.max) / 2), control.max]
    return []

def pixels(png):
    return numpy.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

def figure_of(control):
    callbacks = control._trait_notifiers["value"]["change"]
    return next(call.__self__.figure for call in callbacks if hasattr(getattr(call, "__self__", None), "picture"))

moved, draws = 0, random.Random(0)
widgets = list(_instances.values())
for box in [widget for widget in widgets if "lecture-explorer" in getattr(widget, "_dom_classes", ())]:
    controls, picture = box.children[0].children, box.children[1]
    sizes = {picture.png[16:24]}
    for control in controls:
        first = control.value
        assert values_of(control), f"no values are known for {control!r}"
        for value in values_of(control):
            control.value = value
            sizes.add(picture.png[16:24])
            moved += 1
        control.value = first
    for _ in range(20):
        for control in controls:
            control.value = draws.choice(values_of(control))
        sizes.add(picture.png[16:24])
        if not picture.message:
            whole = figures.png(figure_of(controls[0]))
            assert (pixels(picture.png) == pixels(whole)).all(), "what stood still has changed"
    assert len(sizes) == 1, "the picture changes its size"
assert not hidden, hidden
print("moved", moved)
"""


def run(cells, folder=ROOT):
    """Execute cells between those that watch and drive; return them with their outputs."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(WATCH), *cells, nbformat.v4.new_code_cell(DRIVE)]
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "browser")])
    client = nbclient.NotebookClient(
        notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": path})
    return notebook.cells


def test_every_control_of_the_lecture_bears_every_value():
    cells = run(nbformat.read(ROOT / "lecture.ipynb", 4).cells)
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert int(outputs[-1].text.split()[-1]) > 100


def test_sound_demos_pass():
    cells = run([nbformat.v4.new_code_cell("import toys\ntoys.explorer()")])
    assert cells[-1].outputs[-1].text.startswith("moved")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import toys\ntoys.explorer(fault='callback')", "ZeroDivisionError"),
        ("import toys\ntoys.explorer(fault='draw')", "planted in draw"),
        (
            "import ipywidgets\nbox = ipywidgets.interactive(lambda level: 1 / (level - 5), level=(0, 5))\n"
            "box.children[0].value = 5",
            "ZeroDivisionError",
        ),
    ],
    ids="cell callback draw interact".split(),
)
def test_broken_demos_fail(source, error):
    with pytest.raises(nbclient.exceptions.CellExecutionError, match=error):
        run([nbformat.v4.new_code_cell(source)])
