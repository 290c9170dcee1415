"""Exercises that check themselves, and questions about the lecture with answers that are computed."""

from importlib import import_module

from exercises.checking import check, names, reset

# Imported when they are asked for: the networks and demos that they ask about take seconds to load.
LATER = {"guess": "guesses", "guesses_made": "guesses", "show_questions": "questions"}
__all__ = ["check", "names", "reset", *LATER]


def __getattr__(name):
    """Return one of the lecture's own questions."""
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"exercises.{LATER[name]}"), name)
