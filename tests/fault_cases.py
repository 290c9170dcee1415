"""The table of what can go wrong in docs/questions.md: each row is entered beside its test.

``python tools/write_documents.py`` writes it there.
"""

import importlib
from dataclasses import dataclass

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
    """Return the table of all cases, in Markdown."""
    cases = [each for name in FILES for each in importlib.import_module(name).CASES]
    rows = [f"| {each.fault} | {each.outcome} | {each.says and f'“… {each.says} …”'} |" for each in cases]
    return "\n".join(
        ["| what goes wrong | what the lecture does | what it says |", "| --- | --- | --- |", *rows]
    )
