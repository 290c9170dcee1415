"""Cells in a kernel without a browser: what fails or does not end is named; a training is watched in one picture."""

import time
from pathlib import Path

import nbformat
import pytest

from tools.kernels import execute

ROOT = Path(__file__).resolve().parent.parent
CELL_SECONDS = 200
pytestmark = pytest.mark.slow


def run(cells):
    """Execute cells beside the modules; return them with their outputs."""
    return execute(nbformat.v4.new_notebook(cells=cells), ROOT, CELL_SECONDS).cells


def test_a_cell_that_fails_is_noticed():
    with pytest.raises(RuntimeError, match="ZeroDivisionError: division by zero, in cell 1 of 1: 1 / 0"):
        run([nbformat.v4.new_code_cell("1 / 0")])


def test_a_cell_that_does_not_end_is_given_up_and_named():
    cells = [nbformat.v4.new_code_cell(source) for source in ("import time", "time.sleep(60)")]
    with pytest.raises(RuntimeError, match=r"No answer after 2 s: cell 2 of 2: time\.sleep\(60\)"):
        execute(nbformat.v4.new_notebook(cells=cells), ROOT, 2)


WATCHED = """
import cnn
from datasets import MulticlassDataset
few = MulticlassDataset.mnist().subset(range(100))
cnn.trained(cnn.PoolingCNN(), few, num_epochs=3, retrain=True)
"""


def test_a_training_is_watched_in_one_picture():
    (cell,) = run([nbformat.v4.new_code_cell(WATCHED)])
    pictures = [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
    assert sum("accuracy and loss by epoch so far" in picture for picture in pictures) == 1


SENDING = """
import ipywidgets
from IPython.display import display
box = ipywidgets.interactive(lambda level: print(level), level=(0, 5))
display(box)
"""


def test_no_reply_is_missed_while_output_widgets_send():
    """Plain nbclient 0.11 misses one in two of three such runs, and then waits until its limit."""
    moves = [f"box.children[0].value = {k % 6}" for k in range(1, 50)]
    cells = [nbformat.v4.new_code_cell(source) for source in (SENDING, *moves)]
    start = time.monotonic()
    execute(nbformat.v4.new_notebook(cells=cells), ROOT, 30)
    assert time.monotonic() - start < 30  # each cell takes milliseconds
