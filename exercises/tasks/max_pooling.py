"""Exercise: max pooling with padding."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from exercises.exercise import Exercise
from exercises.tasks.drawing import integers

CASES = [
    ((4, 4), 2, 2, 0),
    ((1, 1), 1, 1, 0),
    ((3, 4), 3, 2, 1),
    ((5, 6), 2, 3, 1),
    ((6, 3), 3, 1, 1),
    ((7, 5), 4, 2, 2),
]


def reference(x, size, stride, padding):
    """Return the maxima by PyTorch."""
    return F.max_pool2d(torch.from_numpy(x)[None], size, stride, padding)[0]


def inputs(generator):
    """Return images with numbers of both signs, and one that is negative everywhere."""
    cases = [(integers(generator, *shape), size, stride, padding) for shape, size, stride, padding in CASES]
    return [*cases, (-1 - np.abs(integers(generator, 4, 5)), 3, 2, 1)]


def padded(x, size, stride, padding, fill, pool):
    """Pool the windows of a padded image by a function of (windows, axes)."""
    x = np.pad(x, padding, constant_values=fill)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size))[::stride, ::stride]
    return pool(windows, axis=(2, 3))


exercise = Exercise(
    name="max pooling",
    part=8,
    text="""Replace each window of `size` x `size` pixels by its largest number. Windows begin `stride`
pixels apart; where one does not fit any more, it is left out. Before that the image gets `padding` pixels
on each side, which never win.

`x` is an array (rows, columns), the padding at most half of the size. Return the array of the maxima.""",
    stub='''def max_pool(x: np.ndarray, size: int, stride: int, padding: int) -> np.ndarray:
    """Return the largest number of each window."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    hints=(
        "Mark the windows in the input that is shown, its padding included, and find the largest number "
        "of each by hand.",
        "The output has the size of part 4's formula. What must stand in the padding so that it never is "
        "the largest number of a window, whatever else is in there?",
    ),
)


@exercise.mistake(
    "At the border 0 has won where all pixels of the window are negative.",
    "Padding counts for nothing in max pooling: no number of the image may be smaller than what stands "
    "there. See part 8.",
)
def padded_with_zeros(x, size, stride, padding):
    """Pad with zeros."""
    return padded(x, size, stride, padding, 0, np.max)


@exercise.mistake(
    "These are averages.",
    "Of each window the largest number is wanted.",
)
def mean_with_zeros(x, size, stride, padding):
    """Take the mean, with zeros in the padding."""
    return padded(x, size, stride, padding, 0, np.mean)


@exercise.mistake(
    "These are averages.",
    "Of each window the largest number is wanted.",
)
def mean_without_padding(x, size, stride, padding):
    """Take the mean of the pixels without the padding."""
    return padded(x, size, stride, padding, np.nan, np.nanmean)


@exercise.mistake(
    "The padding has been forgotten.",
    "The first window begins in the padding, above the image and to the left of it.",
)
def padding_forgotten(x, size, stride, padding):
    """Ignore the padding."""
    return padded(x, size, stride, 0, 0, np.max)


@exercise.mistake(
    "Your windows touch. They should begin `stride` pixels apart.",
    "The stride need not be the size: windows may overlap, or leave pixels out between them.",
)
def stride_ignored(x, size, stride, padding):
    """Let windows touch."""
    return reference(x, size, size, padding)


@exercise.mistake(
    "You have windows that reach over the end of the padded image.",
    "A window that does not fit any more is left out: the formula of part 4 rounds down.",
)
def windows_cut_off(x, size, stride, padding):
    """Keep windows that do not fit."""
    x = np.pad(x, padding, constant_values=-np.inf)
    down, across = (range(0, math.ceil((n - size) / stride) * stride + 1, stride) for n in x.shape)
    return np.array([[x[r : r + size, c : c + size].max() for c in across] for r in down])


@exercise.mistake(
    "The padding lies above and to the left only.",
    "Padding is added on all four sides.",
)
def padding_on_two_sides(x, size, stride, padding):
    """Pad above and to the left only."""
    x = np.pad(x, ((padding, 0), (padding, 0)), constant_values=-np.inf)
    return padded(x, size, stride, 0, 0, np.max)
