"""The end: what was guessed throughout the lecture, and what came."""

from demos.page import Demo


def guesses_made(parts=()):
    """Show all guesses that were committed to on this page, with their answers.

    Parameters
    ----------
    parts : sequence of str
        The titles of the lecture's parts, in the order in which guesses are listed.

    Returns
    -------
    Demo
    """
    return Demo("guesses_made", {"parts": list(parts)}, alt="A table of what you guessed, and of the answers")
