"""The end: what was guessed throughout the lecture, and what came."""

from demos.page import Demo, phrase


def guesses_made(parts=(), titles=None):
    """Show all guesses that were committed to on this page, with their answers.

    Parameters
    ----------
    parts : sequence of str
        The lecture's parts as `guess` knows them, in the order in which guesses are listed.
    titles : sequence of str, optional
        What these parts are called here, as in another language.

    Returns
    -------
    Demo
    """
    return Demo(
        "guesses_made",
        {"parts": dict(zip(parts, titles or parts, strict=True))},
        alt=phrase("A table of what you guessed, and of the answers"),
    )
