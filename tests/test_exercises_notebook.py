"""exercises.ipynb: written from the exercises, runs untouched, and what a student writes is never written over."""

import ast
import json
import re
from pathlib import Path

import make_exercises
import my_exercises
import nbformat
import pytest
from test_notebook import first_cell

import exercises
from exercises import notebook
from exercises.tasks import EXERCISES
from tools.kernels import execute
from tools.page.cells import markdown

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = nbformat.read(ROOT / "exercises.ipynb", 4)
LECTURE = nbformat.read(ROOT / "lecture.ipynb", 4)
CELLS = {cell.id: cell for cell in NOTEBOOK.cells}


def test_it_is_what_the_tool_writes():
    written = (ROOT / "exercises.ipynb").read_text(encoding="utf-8")
    assert written == make_exercises.text(), "run: python tools/make_exercises.py"


def test_it_holds_no_outputs_and_is_a_valid_notebook():
    nbformat.validate(NOTEBOOK)
    assert all(not cell.outputs for cell in NOTEBOOK.cells if cell.cell_type == "code")
    assert len(CELLS) == len(NOTEBOOK.cells)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_each_exercise_has_its_part_its_text_its_stub_and_its_check(exercise):
    places = [cell.id for cell in NOTEBOOK.cells]
    at = places.index(notebook.slug(exercise.name))
    parts = [place for place in places[:at] if place.startswith("part-")]
    assert parts[-1] == f"part-{exercise.part}"
    text, stub, check = NOTEBOOK.cells[at : at + 3]
    assert exercise.text in text.source
    (defined,) = ast.parse(stub.source).body
    assert getattr(defined, "name", None) == exercise.answer or defined.targets[0].id == exercise.answer
    assert check.source == f'exercises.check("{exercise.name}", {exercise.answer})'


def test_parts_are_called_as_in_the_lecture():
    titles = make_exercises.parts()
    assert len(titles) == 16 and CELLS["part-5"].source == "## Part 5. im2col"


@pytest.mark.slow
def test_untouched_it_runs_to_its_end_and_nothing_is_answered_yet(tmp_path):
    """The exercises in code, beside other modules of the same names; the clinic has tests of its own."""
    for name in ("exercises", "filters", "figures"):
        (tmp_path / f"{name}.py").write_text("# of another course\n")
    mine = [cell for cell in NOTEBOOK.cells if re.match("first|.*-(answer|check)$", cell.id)]
    ran = execute(
        nbformat.v4.new_notebook(cells=mine), ROOT, 60, environment={"PYTHONPATH": str(tmp_path)}
    ).cells
    said = [str(cell.outputs[0].data["text/plain"]) for cell in ran if cell.id.endswith("-check")]
    assert len(said) == len(exercises.names())
    assert all(": Not answered yet. " in text for text in said)
    assert [output for cell in ran for output in cell.outputs if output.get("name") == "stderr"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "missing"),
    [([], "No module named 'exercises'"), (["sys.modules['torch'] = None"], "import of torch halted")],
    ids=["no modules", "another interpreter"],
)
def test_its_first_cell_says_what_is_missing(before, missing, tmp_path):
    said = first_cell(tmp_path if not before else ROOT, *before, source=CELLS["first"].source)
    assert missing in said and "run `make exercises` in its folder (now " in said


def test_a_students_copy_is_made_once(tmp_path):
    own = tmp_path / "my-exercises.ipynb"
    assert my_exercises.copy_once(target=own)
    assert own.read_bytes() == (ROOT / "exercises.ipynb").read_bytes()
    own.write_text("my answers")
    assert not my_exercises.copy_once(target=own)
    assert own.read_text() == "my answers"


def test_git_leaves_a_students_copy_alone():
    assert my_exercises.OWN.name in (ROOT / ".gitignore").read_text().splitlines()


def test_parts_of_the_lecture_lead_to_their_exercises():
    part, found = 0, {}
    for cell in LECTURE.cells:
        if heading := re.match(r"## (\d+)\. ", cell.source):
            part = int(heading[1])
        if cell.source.startswith("Try it: ") and "[exercises.ipynb](exercises.ipynb)" in cell.source:
            assert cell.metadata.slideshow.slide_type == "skip"
            found |= dict.fromkeys(re.findall(r"\*(.+?)\*", cell.source), part)
    assert found == {exercise.name: exercise.part for exercise in EXERCISES}


def test_the_page_has_no_link_into_the_void():
    """lecture.html is one file: what lies beside the notebook does not lie beside it."""
    text = markdown(
        "Try [exercises.ipynb](exercises.ipynb), [elsewhere](https://example.org/), [here](#close)."
    )
    assert "exercises.ipynb" in text and 'href="exercises.ipynb"' not in text
    assert 'href="https://example.org/"' in text and 'href="#close"' in text


def test_cells_are_named_for_git():
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in CELLS)
    assert json.dumps(NOTEBOOK.metadata, sort_keys=True) == json.dumps(LECTURE.metadata, sort_keys=True)
