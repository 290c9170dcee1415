"""Predict, then see: a question that one answers before the demo does."""

import math

from demos.page import Demo, phrase


def guess(part, question, answer, why, *, options=None, ends=None, within=0.0):
    """Ask a question; whoever has committed to a guess sees the answer.

    Guesses are kept in the page, with their answers, and `guesses_made` lists them.

    Parameters
    ----------
    part : str
        Of the lecture, such as "Pooling".
    question : str
        As a room reads it.
    answer : number, str or list of str
        A number, one of the options, or all of them in order.
    why : str
        The reason for the answer, shown with it, in a sentence or two.
    options : list of str, optional
        What one may choose from, or bring into order; a number is typed unless given.
    ends : (str, str), optional
        What the first and the last of ordered options are, such as ("fewest", "most"); "first" and "last" unless given.
    within : float
        How far off a number may be and count as right: a share of the answer.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If the answer is none of the options, not all of them, or not a number.
    """
    if options is None:
        if not math.isfinite(answer):
            raise ValueError(f"the answer to {question!r} must be a number; got {answer!r}")
        place = float(answer)
    else:
        one = isinstance(answer, str)
        if (answer not in options) if one else (sorted(answer) != sorted(options)):
            raise ValueError(f"{answer!r} must be one of the options, or all of them in order: {options}")
        place = options.index(answer) if one else [options.index(name) for name in answer]
    data = {"part": part, "question": question, "options": options, "answer": place, "why": why}
    ends = list(ends or (phrase("first"), phrase("last")))
    return Demo("guess", {**data, "ends": ends, "within": within}, alt=question, title=f"guess-{part}")
