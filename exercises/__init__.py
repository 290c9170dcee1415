"""Exercises that check themselves, and questions about the lecture with answers that are computed."""

from exercises.checking import check, names, reset
from exercises.guesses import guess, guesses_made
from exercises.questions import show_questions

__all__ = ["check", "guess", "guesses_made", "names", "reset", "show_questions"]
