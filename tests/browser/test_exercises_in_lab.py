"""The exercises in JupyterLab: an answer that is wrong, wrong again, and right; a fresh cell to begin anew."""

import inspect
import shutil
from pathlib import Path

import lab
import pytest
import shown

from exercises.tasks import convolution
from tools import solutions

ROOT = Path(__file__).parents[2]
# Give a cell a source, if one is given, and run it.
RUN = """async ([id, source]) => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const place = notebook.widgets.findIndex(cell => cell.model.id == id);
  if (source) notebook.widgets[place].model.sharedModel.setSource(source);
  notebook.deselectAll();
  notebook.activeCellIndex = place;
  if (!await jupyterapp.commands.execute("notebook:run-cell")) throw new Error(`cell ${id} has failed`);
}"""
PLACE = "id => jupyterapp.shell.currentWidget.content.widgets.findIndex(cell => cell.model.id == id)"
SOURCES = (
    "() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
)
WRONG = inspect.getsource(solutions.convolve).replace(
    "image[r + k, c + l]", "image[r + kernel.shape[0] - 1 - k, c + l]"
)
FLIPPED = inspect.getsource(solutions.convolve).replace("kernel[k, l]", "kernel[::-1, ::-1][k, l]")
RIGHT = inspect.getsource(solutions.convolve)


@pytest.fixture(scope="module")
def page(served, jupyterlab):
    shutil.copy(ROOT / "exercises.ipynb", served[0] / "my-exercises.ipynb")
    page = jupyterlab("my-exercises.ipynb")
    shown.wait_until(page, "!!jupyterapp.shell.currentWidget?.sessionContext")
    page.evaluate(lab.WATCH)
    page.evaluate(RUN, ["first", None])
    return page


def checked(page, exercise, source):
    """Answer an exercise, check it, and return what the page says, as (text, locator)."""
    page.evaluate(RUN, [f"{exercise}-answer", source])
    page.evaluate(RUN, [f"{exercise}-check", None])
    lab.settle(page)
    place = page.evaluate(PLACE, f"{exercise}-check")
    result = page.locator(".jp-Notebook .jp-Cell").nth(place).locator(".lecture-check")
    result.scroll_into_view_if_needed()
    return result.inner_text(), result


def test_wrong_wrong_again_and_right(page):
    text, result = checked(page, "convolution", FLIPPED)
    first, second = next(
        each for each in convolution.exercise.mistakes if each.name == "flipped_kernel"
    ).hints
    assert text.startswith("Not yet right convolution: ") and first in text and second not in text
    tables = result.locator("table")
    assert tables.count() == 4 and tables.nth(2).locator("td[style*=bold]").count() > 0
    assert result.get_attribute("role") == "status"
    text, _ = checked(page, "convolution", FLIPPED)
    assert first in text and second in text
    text, _ = checked(page, "convolution", WRONG)
    assert text.startswith("Not yet right convolution: ") and convolution.exercise.hints[0] in text
    text, _ = checked(page, "convolution", RIGHT)
    assert text.startswith("Right convolution: ")
    assert page.evaluate("ERRORS") == [] and page.page_errors == []


def test_an_endless_loop_is_ended_and_the_kernel_lives(page):
    text, _ = checked(page, "output-size", "def output_size(n, k, p, s, d):\n    while True:\n        pass")
    assert "There was no answer after 10 seconds" in text
    text, _ = checked(page, "convolution", RIGHT)
    assert text.startswith("Right convolution: ")


def test_reset_puts_a_fresh_cell_below_and_leaves_the_answer(page):
    before = page.evaluate(SOURCES)
    page.evaluate(RUN, ["convolution-check", 'exercises.reset("convolution")'])
    lab.settle(page)
    after = page.evaluate(SOURCES)
    assert len(after) == len(before) + 1 and RIGHT in after
    at = after.index('exercises.reset("convolution")')
    assert after[at + 1] == convolution.exercise.stub.rstrip("\n")
