"""The exercises by name: `names`, `check` and `reset`."""

import difflib
import traceback
from pathlib import Path

from IPython import get_ipython

from exercises.judging import Verdict, load, missing
from exercises.running import limited
from exercises.showing import Result
from exercises.tasks import EXERCISES

LONG = 120  # seconds in which a network has to be trained
GOES_ON = " It could not be ended, and goes on using the processor: Kernel > Restart Kernel ends it."
_misses = {}  # how often an exercise was answered wrongly, in a row


def names():
    """Return the names of all exercises, in the order of the lecture."""
    return [exercise.name for exercise in EXERCISES]


def find(name):
    """Return an exercise by its name, or say which are meant.

    Returns
    -------
    (Exercise or None, str)
        The exercise, and what to say if there is none of that name.
    """
    for exercise in EXERCISES:
        if isinstance(name, str) and exercise.name == name:
            return exercise, ""
    near = difflib.get_close_matches(str(name), names(), 1) if isinstance(name, str) else []
    meant = f'Is "{near[0]}" meant?' if near else f"There are {', '.join(names())}."
    return None, f"There is no exercise of this name. {meant}"


def check(name, answer=None):
    """Check an answer to an exercise.

    The answer is tried on random inputs of awkward shapes, and compared with PyTorch.

    Parameters
    ----------
    name : str
        One of `names`.
    answer : object
        What the exercise asks for, in most cases a function: the function itself, not what it returns.

    Returns
    -------
    Result
        True only if the answer is right. A notebook shows what happened: the first input that differs, with both
        outputs, and a hint, which says more at the second miss. Nothing is ever raised.
    """
    try:
        exercise, problem = find(name)
        return graded(exercise, answer) if exercise else Result("exercises.check", "stopped", problem)
    except KeyboardInterrupt:
        return Result("exercises.check", "stopped", "You stopped it.")
    except Exception as error:  # a fault of ours must not end a lecture
        return failed(error)


def graded(exercise, answer):
    """Return the `Result` of an answer to an exercise."""
    if answer is None or answer is Ellipsis:
        return Result(exercise.name, "unanswered", missing(exercise))
    load(exercise)
    verdict, seconds = Verdict(), exercise.seconds

    def judge(over):
        verdict.over = over
        exercise.judge(exercise, answer, verdict)

    run = limited(judge, seconds)
    if run.finished and verdict.rest:
        exercise.prepare()
        seconds = LONG
        run = limited(lambda over: verdict.rest(), seconds)
    if run.error:
        return failed(run.error)
    if run.interrupted:
        return Result(exercise.name, "stopped", f"You stopped it.{GOES_ON * (not run.stopped)}")
    if not run.finished:
        says = f"There was no answer after {seconds:g} seconds. Is there a loop that never ends?"
        verdict = Verdict(says + GOES_ON * (not run.stopped), verdict.trying)
        return wrong(exercise, verdict, run.printed)
    if not verdict.answered:
        return Result(exercise.name, "unanswered", verdict.says, printed=run.printed)
    if verdict.right:
        _misses.pop(exercise.name, None)
        return Result(exercise.name, "right", verdict.says, shown=verdict.shown, printed=run.printed)
    return wrong(exercise, verdict, run.printed)


def wrong(exercise, verdict, printed):
    """Count a miss, and return the `Result` with as many hints."""
    misses = _misses[exercise.name] = _misses.get(exercise.name, 0) + 1
    mistake, name = verdict.mistake, exercise.name
    hints = (mistake or exercise).hints[: misses if verdict.compared else misses - 1]
    known = mistake.name if mistake else ""
    return Result(
        name, "wrong", verdict.says, hints=hints, mistake=known, shown=verdict.shown, printed=printed
    )


def failed(error):
    """Return the `Result` where a check itself has failed."""
    step = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {Path(step.filename).name}, line {step.lineno}"
    return Result(
        "exercises.check", "stopped", f"The check itself has failed, which is no fault of yours: {where}."
    )


def reset(name):
    """Begin an exercise anew: a fresh cell to answer it in stands below, and the old one stays as it is.

    Parameters
    ----------
    name : str
        One of `names`.
    """
    exercise, problem = find(name)
    if exercise is None:
        print(problem)
        return
    _misses.pop(exercise.name, None)
    shell = get_ipython()
    if shell is None:
        print(exercise.stub.rstrip("\n"))
    else:
        shell.set_next_input(exercise.stub.rstrip("\n"))
        print("A fresh cell stands below; what you had written stays where it is.")
