"""The exercises as cells of a notebook: a text, a stub to fill in, and a check for each."""

import re

import nbformat

from exercises.tasks import EXERCISES

OPENING = """# Exercises

Each exercise has a text, a cell for your answer, and a cell that checks it. Write your answer over `...`, run both
cells, and read what the check says: the first input on which your answer differs, and a hint, which says more the
second time. An answer that never ends is stopped after ten seconds, and you can try as often as you like.

`exercises.reset("im2col")` puts a fresh cell below; what you had written stays where it is. Work in a copy of this
notebook, `my-exercises.ipynb`, which `make exercises` makes once and never writes over."""

FIRST = """import os, sys

sys.path.insert(0, here := os.getcwd())  # the lecture's own modules before others of the same names
try:
    import numpy as np, torch
    from torch import nn
    import exercises
    from figures.advice import explain_missing_names
except ImportError as error:
    raise ImportError(
        f"{error}: run `make exercises` in its folder (now {here}, {sys.executable})"
    ) from error
explain_missing_names()
exercises.names()"""


def cells(parts):
    """Return the cells of the notebook of all exercises.

    Parameters
    ----------
    parts : dict
        The titles of the lecture's parts, by number.

    Returns
    -------
    list of nbformat cells
    """
    made = [markdown(OPENING, "opening"), code(FIRST, "first")]
    part = None
    for exercise in EXERCISES:
        if exercise.part != part:
            part = exercise.part
            made.append(markdown(f"## Part {part}. {parts[part]}", f"part-{part}"))
        made += cells_of(exercise)
    return made


def cells_of(exercise):
    """Return the three cells of an exercise: its text, its stub and its check."""
    name = slug(exercise.name)
    call = f'exercises.check("{exercise.name}", {exercise.answer})'
    return [
        markdown(f"### {exercise.name.capitalize()}\n\n{exercise.text}", name),
        code(exercise.stub.rstrip("\n"), f"{name}-answer"),
        code(call, f"{name}-check"),
    ]


def slug(name):
    """Return a name as cells and files are called: "max-pooling"."""
    return re.sub(r"\W+", "-", name.lower())


def markdown(text, name):
    """Return a Markdown cell, named so that two versions of the notebook can be compared."""
    return nbformat.v4.new_markdown_cell(text, id=name)


def code(source, name):
    """Return a code cell without outputs."""
    return nbformat.v4.new_code_cell(source, id=name)
