"""Judging an answer: it is called on inputs of awkward shapes, and compared with the reference."""

import copy
import inspect
import linecache
import traceback
from typing import NamedTuple

import numpy as np
import torch

from exercises.comparing import Missing, Unusable, differing, kind_of, plain

SHOWN = (int, list, np.ndarray, torch.Tensor)


class Shown(NamedTuple):
    """A value to show: what it is, the value, and which of its numbers are marked, if any."""

    label: str
    value: object
    marked: object = None


class Verdict:
    """What a judge has found so far.

    Attributes
    ----------
    right, answered : bool
        Whether the answer is right, and whether there is one.
    says : str
        What happened, in a sentence or two.
    shown : list of Shown
        The input, what the answer gives, and what is wanted.
    mistake : Mistake or None
        The typical mistake that was recognised.
    trying : list of Shown
        The input that is being tried.
    compared : bool
        Whether numbers were compared: without that, hints on them come one miss later.
    rest : callable or None
        What remains to be done when all is well so far, and takes longer.
    over : threading.Event
        Set when the time is up.
    """

    def __init__(self, says="", shown=()):
        self.right, self.answered, self.says = False, True, says
        self.shown, self.mistake, self.trying = list(shown), None, []
        self.compared, self.rest, self.over = False, None, None


class Outcome(NamedTuple):
    """What an answer does with one input: a value as `comparing.plain` gives it, or what is wrong with it.

    ``error`` is the type of what was raised, and ``changed`` the name of an input that is not as it was.
    """

    value: object
    problem: str = ""
    error: type | None = None
    changed: str = ""


def load(exercise):
    """Call the reference and the wrong solutions once, before any time limit.

    What PyTorch loads at a first call must not be cut short: a module that is half loaded fails ever after.
    """
    for case in exercise.inputs(np.random.default_rng(0))[:1]:
        for solve in (exercise.reference, *(mistake.wrong for mistake in exercise.mistakes)):
            tried(exercise, solve, case)


def compare(exercise, answer, verdict):
    """Judge an answer by its outcomes on all inputs: right only if each equals the reference's.

    What is random is seeded anew each time, so that nothing can be learned by heart.
    """
    if problem := unfit(exercise, answer):
        verdict.says = problem
        return
    cases = exercise.inputs(np.random.default_rng())
    wanted = [tried(exercise, exercise.reference, case).value for case in cases]
    outcomes = []
    for case in cases:
        verdict.trying = input_shown(exercise, case)
        outcomes.append(tried(exercise, answer, case, verdict.over))
    if all(outcome.error is Missing for outcome in outcomes):
        verdict.answered, verdict.says = False, missing(exercise)
        return
    for case, outcome, right in zip(cases, outcomes, wanted, strict=True):
        if problem := outcome.problem or differs(exercise, outcome.value, right):
            verdict.says = problem
            verdict.shown = [*input_shown(exercise, case), *both_shown(exercise, outcome.value, right)]
            verdict.mistake = recognised(exercise, cases, outcomes)
            verdict.compared = not outcome.problem or verdict.mistake is not None
            return
    if changed := next((outcome.changed for outcome in outcomes if outcome.changed), ""):
        verdict.says = (
            f"What it returns is right, but it changes its input {changed}, which its caller may still need. "
            "Work on a copy."
        )
        return
    verdict.right = True
    verdict.says = f"It gives what PyTorch gives, on {len(cases)} inputs."


def unfit(exercise, answer):
    """Say why an answer cannot be tried, or return ""."""
    if not exercise.stub.startswith("def "):
        return ""
    name, wanted = exercise.answer, exercise.parameters
    if not callable(answer):
        return (
            f"Wanted is the function itself, without brackets behind its name, but this is {kind_of(answer)}: "
            f'exercises.check("{exercise.name}", {name}).'
        )
    try:
        signature = inspect.signature(answer)
    except (ValueError, TypeError):  # as of some functions written in C
        return ""
    try:
        signature.bind(*wanted)
    except TypeError:
        taken = ", ".join(signature.parameters)
        return f"It must take ({', '.join(wanted)}), in this order, but it takes ({taken})."
    return ""


def missing(exercise):
    """Say what to do where there is no answer yet."""
    if exercise.stub.startswith("def "):
        return f"Write the body of `{exercise.answer}`; its last line returns the result."
    return f"Give `{exercise.answer}` a value."


def tried(exercise, answer, case, over=None):
    """Return the `Outcome` of an answer, or of a reference or a wrong solution, on a copy of an input."""
    inputs = copy.deepcopy(case)
    try:
        value = plain(exercise.call(answer, *inputs), exercise.outputs)
    except Unusable as error:
        return Outcome(None, f"It {error}.", type(error))
    except BaseException as error:
        if over is not None and over.is_set():
            raise
        return Outcome(None, raised(error, answer), type(error))
    changed = ""
    if not exercise.changes_inputs:
        pairs = zip(exercise.input_names, inputs, case, strict=True)
        changed = next((name for name, now, before in pairs if not unchanged(now, before)), "")
    return Outcome(value, changed=changed)


def unchanged(now, before):
    """Return whether an input is as it was; of modules this is not asked."""
    if isinstance(before, (np.ndarray, torch.Tensor)):
        return now.shape == before.shape and bool((now == before).all())
    return isinstance(before, torch.nn.Module) or now == before


def raised(error, answer):
    """Say what an answer raised, and in which of its lines."""
    try:
        text = str(error).strip().split("\n")[0][:300]
    except BaseException:  # a type of the student's own, whose text fails as well
        text = ""
    said = type(error).__name__ + (f": {text}" if text else "")
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    steps = traceback.walk_tb(error.__traceback__)  # of a recursion there are a thousand
    lines = [number for frame, number in steps if frame.f_code.co_filename == file]
    if not lines:
        return f"It raises {said}"
    return f"It raises {said}\nin line {lines[-1]} of its cell: {linecache.getline(file, lines[-1]).strip()}"


def differs(exercise, got, wanted):
    """Say how what an answer gives differs from what is wanted, or return None."""
    if not exercise.outputs:
        return exercise.same(got, wanted)
    found = zip(exercise.outputs, map(exercise.same, got, wanted), strict=True)
    return next(
        (f"{name}: {sentence[0].lower()}{sentence[1:]}" for name, sentence in found if sentence), None
    )


def recognised(exercise, cases, outcomes):
    """Return the first typical mistake that has the same outcome on every input, or None."""
    for mistake in exercise.mistakes:
        pairs = (
            (tried(exercise, mistake.wrong, case), outcome)
            for case, outcome in zip(cases, outcomes, strict=True)
        )
        if all(alike(exercise, *pair) for pair in pairs):
            return mistake
    return None


def alike(exercise, first, second):
    """Return whether two outcomes are the same: equal values, or the same kind of failure."""
    if first.value is None or second.value is None:
        return first.error is second.error
    return differs(exercise, first.value, second.value) is None


def input_shown(exercise, case):
    """Return an input as a list of `Shown`; networks and layers are not shown."""
    named = zip(exercise.input_names, case, strict=True)
    return [Shown(name, value) for name, value in named if isinstance(value, SHOWN)]


def both_shown(exercise, got, wanted):
    """Return what an answer gives beside what is wanted; of several things the first that differs."""
    label = ""
    if exercise.outputs:
        results = zip(exercise.outputs, got or wanted, wanted, strict=True)
        label, got, wanted = next((each for each in results if exercise.same(*each[1:])), ("", None, ()))
        label = label and f", {label}"
    if got is None:
        return [Shown(f"wanted{label}", wanted)] if len(label) or not exercise.outputs else []
    marked = differing(got, wanted) if got.shape == wanted.shape else None
    return [Shown(f"yours{label}", got, marked), Shown(f"wanted{label}", wanted, marked)]
