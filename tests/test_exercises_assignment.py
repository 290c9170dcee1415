"""`make assignment`, with the real otter-grader: what students get, and how submissions are graded."""

import ast
import inspect
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import make_assignment
import nbformat
import pytest

from exercises.tasks import EXERCISES
from tools import solutions

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow
RIGHT = {
    "convolution": inspect.getsource(solutions.convolve),
    "edge-kernel": "edge_kernel = np.array([[2, -2]])",
}
WRONG = {"im2col": inspect.getsource(solutions.im2col).replace("axis=1", "axis=0")}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    """The folder of an assignment of all exercises, built by otter-grader; it does not run the solutions here."""
    folder = tmp_path_factory.mktemp("assignment") / "made"
    code = f"from pathlib import Path; import make_assignment as m; m.build(Path({str(folder)!r}), run_tests=False)"
    # In a process of its own: what is packed for the grader is what a new Python has loaded of the lecture.
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "tools", env=os.environ, timeout=200)
    return folder


def test_students_get_no_solution_and_no_hidden_test(assignment):
    files = [path for path in (assignment / "student").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{make_assignment.NAME}.ipynb"]
    text = files[0].read_text(encoding="utf-8")
    assert "exercises.check" not in text and "test_other_inputs" not in text and "hidden=True" not in text
    cells = [cell.source for cell in nbformat.read(files[0], 4).cells if cell.cell_type == "code"]
    handed = "\n".join(cells)
    for exercise in EXERCISES:
        assert f'grader.check("{exercise.name.replace(" ", "-")}")' in cells
        solution = getattr(solutions, exercise.answer)
        if callable(solution):
            body = ast.parse(inspect.getsource(solution)).body[0].body[1:]
            assert [ast.unparse(line) for line in body if ast.unparse(line) in handed] == []
        else:
            assert repr(solution.tolist()) not in text
    assert handed.count("...") == len(EXERCISES)
    assert text.count("def test_example(") == len(EXERCISES), "each has a test that students see"


def test_the_grader_has_the_hidden_tests_and_what_they_need(assignment):
    packed = zipfile.ZipFile(assignment / "autograder.zip")
    names = packed.namelist()
    for exercise in EXERCISES:
        test = packed.read(f"tests/{exercise.name.replace(' ', '-')}.py").decode()
        assert "hidden=True" in test and f"exercises.check({exercise.name!r}" in test
    assert {"files/filters.py", "files/exercises/checking.py"} <= set(names)
    assert not any("solutions" in name for name in names)


def graded(assignment, answers, folder):
    """Fill answers into the students' notebook, and have otter grade it; return {question: (score, output)}."""
    notebook = nbformat.read(assignment / "student" / f"{make_assignment.NAME}.ipynb", 4)
    checks = [cell.source for cell in notebook.cells]
    for question, source in answers.items():
        notebook.cells[checks.index(f'grader.check("{question}")') - 1].source = source
    path = folder / "submission.ipynb"
    nbformat.write(notebook, path)
    grader = assignment / "autograder.zip"
    command = [sys.executable, "-m", "otter", "run", "--no-logo", "-a", grader, "-o", folder, path]
    subprocess.run(command, check=True, cwd=folder, capture_output=True, timeout=200)
    results = json.loads((folder / "results.json").read_text())["tests"]
    return {each["name"]: (each.get("score"), each["output"]) for each in results}


def test_a_submission_is_graded(assignment, tmp_path):
    """A function and a kernel that are right, a function that is wrong, and questions without an answer."""
    results = graded(assignment, RIGHT | WRONG, tmp_path)
    scores = {question: score for question, (score, _) in results.items()}
    wanted = dict.fromkeys(RIGHT, 1) | dict.fromkeys((*WRONG, "max-pooling", "batch-norm"), 0)
    assert {question: scores[question] for question in wanted} == wanted
    assert "each patch is a row" in results["im2col"][1], "the grader sees the hint"
