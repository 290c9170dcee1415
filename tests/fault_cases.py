"""The README's table of what can go wrong: each row is entered beside its test.

``python tests/fault_cases.py`` writes the table into the README.
"""

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
PLACE = re.compile(r"(?<=<!-- reliability -->\n).*?(?=<!-- /reliability -->)", re.DOTALL)
FILES = ("test_datasets_faults", "test_surroundings", "test_notebook", "test_figures", "test_kept")
STAND_IN = "asks the next host, else draws the stand-in"


@dataclass
class Case:
    """A fault, what the lecture does about it, and what it says (a part of the sentence; "" for nothing)."""

    fault: str
    outcome: str
    says: str = ""
    behaviour: object = None


def entering(cases):
    """Return a decorator that enters a test into a file's list of cases; the test has it as ``case``."""

    def case(fault, outcome, says=""):
        def enter(test):
            test.case = Case(fault, outcome, says)
            cases.append(test.case)
            return test

        return enter

    return case


def table():
    """Return the README's table of all cases, in Markdown."""
    cases = [each for name in FILES for each in importlib.import_module(name).CASES]
    rows = [f"| {each.fault} | {each.outcome} | {each.says and f'“… {each.says} …”'} |" for each in cases]
    return "\n".join(
        ["| what goes wrong | what the lecture does | what it says |", "| --- | --- | --- |", *rows]
    )


def written():
    """Return the table that the README holds, or None."""
    held = PLACE.search(README.read_text(encoding="utf-8"))
    return held and held[0].strip()


if __name__ == "__main__":
    sys.path.insert(0, str(README.parent))
    text = PLACE.sub(lambda _: table() + "\n", README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8")
