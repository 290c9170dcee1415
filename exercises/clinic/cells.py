"""The chapters of ``exercises.ipynb`` in which a whole training is at stake: the network to change, and the clinic."""

from nbformat.v4 import new_code_cell, new_markdown_cell

from exercises import workbench
from exercises.clinic.treating import CASES

OPENING = """\
## The clinic

{count} trainings, each with one wrong line: nothing fails, no message says a word, and yet something is wrong. For
each you see the losses, the share of right answers, the gradients and the activations, beside the same training in good
health, in grey. Say what is wrong, then repair the line. Your repair is run, for a few seconds, and judged by what it
does.

In the script `digits` gives images and labels, and `report` keeps what the pictures show. A unit is *dead* if it gives
0 for every image. The *spread* of a layer is the standard deviation of what it gives."""

LIST = """\
from exercises import clinic

print(*clinic.faults(), sep="\\n")"""

CASE = 'clinic.show("{case}")'

NAME = 'clinic.name("{case}", "")  # one of the list'

REPAIR = """\
clinic.repair("{case}", line=..., text="")  # takes the place of that line; after=... puts one in behind it"""


def notebook_cells():
    """Return the cells of both chapters, as nbformat has them: each runs untouched, and says what is not answered."""
    cells = [
        *workbench.change_it_cells(),
        new_markdown_cell(OPENING.format(count=len(CASES)), id="clinic"),
        new_code_cell(LIST, id="clinic-list"),
    ]
    for case in CASES:
        key = case.replace(" ", "-")
        cells += [
            new_markdown_cell(f"### {case.capitalize()}", id=key),
            *(
                new_code_cell(text.format(case=case), id=f"{key}-{what}")
                for what, text in (("show", CASE), ("name", NAME), ("repair", REPAIR))
            ),
        ]
    return cells
