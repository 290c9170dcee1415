"""A JupyterHub, run for real: students run the whole lecture at once, from a data folder that they may only read.

It is run on stand-ins; tests/browser/test_lecture.py runs it on real data, where they are at hand.
"""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import hub

ROOT = Path(__file__).resolve().parent.parent
STUDENTS, SECONDS = 2, 600  # that the lecture may take there
PREPARE = "import datasets as d; d.MulticlassDataset.mnist(); d.MulticlassDataset.cifar(); d.load_coco()"
MAY_WRITE = 'print("may write:", os.access(os.environ["LECTURE_DATA"], os.W_OK))'
MISTAKES = {
    "1 / 0": "ZeroDivisionError: division by zero, in student-1, cell 1 of 1: 1 / 0",
    "import os; os._exit(1)": "the kernel died",
}
DEMO = 'class="lecture-demo"'
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS + 300),
    pytest.mark.skipif(sys.platform == "win32", reason="JupyterHub is not for Windows"),
]


@pytest.fixture
def shared_data(tmp_path):
    """A data folder in which all is prepared, and nothing may be written."""
    subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, check=True, timeout=200)
    folder, given = tmp_path / "data", Path(os.environ["LECTURE_CACHE"])
    (folder / "prepared").mkdir(parents=True)
    for path in (*given.iterdir(), *given.glob("prepared/*")):
        if path.name != "prepared":
            (folder / path.relative_to(given)).symlink_to(path)
    closed = [folder, folder / "prepared"]
    for path in closed:
        path.chmod(0o555)
    yield folder
    for path in closed:
        path.chmod(0o755)


def state(folder):
    """Return names, sizes and times of change of all files below a folder."""
    found = {path: path.stat() for path in folder.rglob("*")}
    return {path: (status.st_size, status.st_mtime_ns) for path, status in found.items()}


def outputs(home):
    """Return what the lecture that a student saved shows: {"stdout": text, "stderr": text}, and the HTML."""
    saved = nbformat.read(home / "lecture.ipynb", 4)
    shown = [output for cell in saved.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = {name: "".join(o.text for o in shown if o.get("name") == name) for name in ("stdout", "stderr")}
    return texts, [o.data["text/html"] for o in shown if "text/html" in o.get("data", {})]


def test_students_run_the_whole_lecture_at_once_from_one_data_folder(shared_data, tmp_path):
    lecture = nbformat.read(ROOT / "lecture.ipynb", 4)
    lecture.cells.append(nbformat.v4.new_code_cell(MAY_WRITE))
    before = state(shared_data)
    with hub.students(STUDENTS, tmp_path, shared_data, {"OMP_NUM_THREADS": "1"}) as group:
        hub.together(lambda student: student.run(copy.deepcopy(lecture), "lecture.ipynb", SECONDS), group)
        kernels = [student.kernel for student in group]
        for source, says in MISTAKES.items():
            broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
            with pytest.raises(RuntimeError, match=says):
                group[0].run(broken, "broken.ipynb", 30)
    assert state(shared_data) == before
    assert len({kernel.pid for kernel in kernels}) == STUDENTS
    assert not any(kernel.is_running() for kernel in kernels)
    demos = []
    for texts, html in (outputs(student.home) for student in group):
        assert texts["stderr"] == "" and "may write: False" in texts["stdout"]
        assert html[0].count("stand-in") >= 3, "the table of the data says what is real"
        right = [float(percent) for percent in re.findall(r"([\d.]+)% of the validation", texts["stdout"])]
        assert len(right) >= 4 and min(right) > 70, "three networks that are kept, one that is trained here"
        demos.append([part for part in html if DEMO in part])
    assert len(demos[0]) == len(demos[1]) >= 30
    different = [one for one, other in zip(*demos, strict=True) if one != other]
    assert all("my network" in part for part in different), "only what begins with random weights differs"
