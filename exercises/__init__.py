"""Questions about the lecture, with answers that are computed."""

from exercises.questions import show_questions

__all__ = ["show_questions"]
