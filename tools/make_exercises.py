"""Write exercises.ipynb from the exercises themselves.

python tools/make_exercises.py
"""

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exercises import clinic, notebook  # noqa: E402

TARGET = ROOT / "exercises.ipynb"


def parts():
    """Return the titles of the lecture's parts by number, as its headings have them."""
    lecture = nbformat.read(ROOT / "lecture.ipynb", 4)
    texts = (cell.source for cell in lecture.cells if cell.cell_type == "markdown")
    headings = (re.match(r"## (\d+)\. (.*)", text) for text in texts)
    return {int(heading[1]): heading[2] for heading in headings if heading}


def text():
    """Return exercises.ipynb as it is to be."""
    made = nbformat.v4.new_notebook(cells=[*notebook.cells(parts()), *clinic.notebook_cells()])
    made.metadata.update(nbformat.read(ROOT / "lecture.ipynb", 4).metadata)
    return nbformat.writes(made, 4) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
