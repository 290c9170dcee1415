"""Write the exercises as an assignment of otter-grader: a students' copy and an autograder (docs/exercises.md).

    python tools/make_assignment.py [--only NAME ...]

``build/assignment/student`` is handed out: it has no solutions and no hidden tests. ``build/assignment/autograder.zip``
stays with the instructor.
"""

import argparse
import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import studies  # noqa: E402, F401  (an exercise loads it when it needs it)
from exercises import names, notebook  # noqa: E402
from exercises.judging import tried  # noqa: E402
from exercises.tasks import EXERCISES  # noqa: E402
from tools import solutions  # noqa: E402

TARGET = ROOT / "build" / "assignment"
NAME = "cnn-exercises"
# Modules and packages of the lecture that the hidden tests need, which call `exercises.check`.
LOADED = {name.split(".")[0] for name in sys.modules} - {"tools"}
FILES = sorted(path for name in LOADED for path in (name, f"{name}.py") if (ROOT / path).exists())
OPENING = """# Exercises on convolutional neural networks

Write your answers over `...`. `grader.check` tries an example only: whether your answer holds for other inputs, say
images that are not square, is for you to think of. Hand in this notebook.

It needs PyTorch and NumPy, and `pip install otter-grader` for the checks."""
IMPORTS = """import numpy as np
import torch
import torch.nn.functional as F
from torch import nn"""
CONFIG = {
    "name": NAME,
    "requirements": "requirements.txt",
    "export_cell": False,
    "tests": {"ok_format": False},
    "autograder_files": FILES,
}


def build(target=TARGET, only=None, run_tests=True):
    """Write the assignment into a folder, which is emptied first.

    Parameters
    ----------
    target : Path
        The folder.
    only : list of str, optional
        Names of exercises; all unless given.
    run_tests : bool
        Whether otter runs the solutions through all tests first.

    Raises
    ------
    RuntimeError
        If otter-grader fails, with what it says.
    """
    shutil.rmtree(target, ignore_errors=True)
    master = target / "master"
    master.mkdir(parents=True)
    chosen = [exercise for exercise in EXERCISES if only is None or exercise.name in only]
    nbformat.write(master_notebook(chosen, run_tests), master / f"{NAME}.ipynb")
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    packages = [line.split(" #")[0] for line in lines if not line.startswith("#")]
    (master / "requirements.txt").write_text("\n".join(packages) + "\n")
    for path in FILES:
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, master / path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / path, master)
    command = [sys.executable, "-m", "otter", "assign", f"{NAME}.ipynb", "made"]
    done = subprocess.run(command, cwd=master, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"otter assign failed:\n{done.stdout}{done.stderr}")
    shutil.copytree(master / "made" / "student", target / "student")
    (made,) = (master / "made" / "autograder").glob("*.zip")
    shutil.copy(made, target / "autograder.zip")


def master_notebook(exercises, run_tests=True):
    """Return the notebook that otter makes both copies of, with its marks in raw cells."""
    config = yaml.safe_dump({**CONFIG, "run_tests": run_tests})
    cells = [raw(f"# ASSIGNMENT CONFIG\n{config}"), markdown(OPENING), code(IMPORTS)]
    for exercise in exercises:
        text, _, _ = notebook.cells_of(exercise)
        cells += [
            raw(f"# BEGIN QUESTION\nname: {notebook.slug(exercise.name)}"),
            markdown(text.source),
            *within("SOLUTION", code(solved(exercise))),
            *within("TESTS", code(public_test(exercise)), code(hidden_test(exercise))),
            raw("# END QUESTION"),
        ]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    return made


def within(block, *cells):
    """Return cells between the raw cells that begin and end a block."""
    return [raw(f"# BEGIN {block}"), *cells, raw(f"# END {block}")]


def solved(exercise):
    """Return the stub with the solution in it, marked: in the students' copy ``...`` stands in its place."""
    source = inspect.getsource(solutions)
    for node in ast.parse(source).body:
        if getattr(node, "name", None) == exercise.answer:
            body = "\n".join(
                source.splitlines()[node.body[1].lineno - 1 : node.end_lineno]
            )  # 0 is its docstring
            return exercise.stub.replace(
                "    ...  # your code\n", f"    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"
            )
        if isinstance(node, ast.Assign) and node.targets[0].id == exercise.answer:
            return f"{ast.get_source_segment(source, node)}  # SOLUTION"
    raise ValueError(f"tools/solutions.py has no {exercise.answer}")


def public_test(exercise):
    """Return a test that students see: one input and what it gives, where both can be written down."""
    name, case = exercise.answer, exercise.inputs(np.random.default_rng(0))[:1]
    head = f'""" # BEGIN TEST CONFIG\npoints: 0\n""" # END TEST CONFIG\ndef test_example({name}):\n'
    if not exercise.stub.startswith("def "):
        return head + f"    assert {name} is not None, 'there is no answer yet'"
    if not case or not all(map(can_be_written, case[0])):
        return head + (
            "    import inspect\n"
            f"    assert tuple(inspect.signature({name}).parameters) == {exercise.parameters!r}"
        )
    values = tried(exercise, exercise.reference, case[0]).value
    wanted = [written(value.round(4)) for value in (values if exercise.outputs else [values])]
    lines = [
        "import numpy as np",
        f"got = {name}({', '.join(map(written, case[0]))})",
        f"wanted = [{', '.join(wanted)}]",
        f"for one, other in zip({'got' if exercise.outputs else '[got]'}, wanted):",
        "    assert np.shape(one) == np.shape(other), f'its shape is {np.shape(one)}, not {np.shape(other)}'",
        "    assert np.allclose(one, other, atol=1e-3), f'it gives {one}, not {other}'",
    ]
    return head + "\n".join(f"    {line}" for line in lines)


def hidden_test(exercise):
    """Return a test that only the autograder has: the check of the exercise, on many inputs."""
    return (
        '""" # BEGIN TEST CONFIG\npoints: 1\nhidden: true\n""" # END TEST CONFIG\n'
        f"def test_other_inputs({exercise.answer}):\n"
        "    import exercises\n"
        f"    result = exercises.check({exercise.name!r}, {exercise.answer})\n"
        "    assert result, str(result)"
    )


def can_be_written(value):
    """Return whether `written` gives Python for a value."""
    return isinstance(value, (int, list, np.ndarray))


def written(value):
    """Return a number, a list or an array as Python."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    return f"np.array({value.tolist()}, np.{value.dtype})" if value.ndim else repr(value.tolist())


def raw(text):
    """Return a cell that says something to otter."""
    return nbformat.v4.new_raw_cell(text)


def markdown(text):
    """Return a cell of text."""
    return nbformat.v4.new_markdown_cell(text)


def code(source):
    """Return a cell of code."""
    return nbformat.v4.new_code_cell(source)


def main():
    """Read the command line, and write the assignment."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=names(), metavar="NAME", help=", ".join(names()))
    build(only=parser.parse_args().only)
    print(f"{TARGET / 'student'} is to be handed out; {TARGET / 'autograder.zip'} grades.")


if __name__ == "__main__":
    main()
