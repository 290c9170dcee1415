"""The lecture in a kernel without a browser, a network or data: every cell runs, and says what is a stand-in."""

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
CELL_SECONDS = 200
pytestmark = pytest.mark.slow


def run(cells):
    """Execute cells beside the modules; return them with their outputs."""
    client = nbclient.NotebookClient(
        nbformat.v4.new_notebook(cells=cells),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
    )
    return client.execute(env=dict(os.environ)).cells


@pytest.mark.timeout(600)
def test_every_cell_runs_and_says_what_is_a_stand_in():
    cells = run(nbformat.read(ROOT / "lecture.ipynb", 4).cells)
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    first = next(output for output in outputs if output.output_type == "display_data")
    assert first.data["text/html"].count("stand-in") >= 3
    shown = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    assert shown.count('class="lecture-demo"') >= 12


def test_a_cell_that_fails_is_noticed():
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="ZeroDivisionError"):
        run([nbformat.v4.new_code_cell("1 / 0")])
