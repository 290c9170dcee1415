"""Exercise: a kernel that answers vertical edges only."""

import numpy as np

from exercises.comparing import Unusable, plain
from exercises.exercise import Exercise
from filters import convolve

LARGEST = 5  # rows and columns of a kernel
ROWS, COLUMNS = 6, 10  # of the pictures
NOTHING = 1e-4  # a response below this is none; kernels are scaled to magnitudes that add up to 1


def reference():
    """Return a kernel that is positive to the left and negative to the right."""
    return np.outer([1, 2, 1], [1, 0, -1])


def pictures(generator):
    """Return pictures that are flat, with an edge across, and with an edge down, in random grey.

    The edges lie so that every row and column of the largest kernel comes to lie on both sides of one.
    """
    dark, bright = np.sort(generator.uniform([0, 0.6], [0.4, 1]))
    left = generator.integers(4, 6)
    across, down = np.full((ROWS, COLUMNS), dark), np.full((ROWS, COLUMNS), dark)
    across[:2], down[:, :left] = bright, bright
    kinds = np.full((ROWS, COLUMNS), bright), across, down, down[:, ::-1], across[::-1]
    return [(picture.round(2).astype(np.float32),) for picture in kinds]


def response(kernel, picture):
    """Return the response of a picture to a kernel, scaled so that its magnitudes add up to 1."""
    kernel = plain(kernel() if callable(kernel) else kernel)
    if kernel.ndim != 2 or kernel.size == 0 or max(kernel.shape) > LARGEST:
        raise Unusable(
            f"has the shape {kernel.shape}; wanted is a matrix of at most {LARGEST} rows and columns"
        )
    if not np.isfinite(kernel).all():
        raise Unusable("holds a number that is not finite")
    kernel = kernel.astype(np.float64)
    return convolve(picture, kernel / max(np.abs(kernel).sum(), 1e-30))


def difference(got, wanted):
    """Say how the signs of a response differ from those of the right one, or return None: its size is free."""
    names = {(0, 0): "zero everywhere", (0, 1): "positive at the edge", (-1, 0): "negative at the edge",
             (1, 1): "positive everywhere", (-1, -1): "negative everywhere", (-1, 1): "of both signs"}  # fmt: skip
    found, right = (
        tuple(int(np.sign(end)) if abs(end) > NOTHING else 0 for end in (values.min(), values.max()))
        for values in (got, wanted)
    )
    return (
        None
        if found == right
        else f"The response to this picture is {names[found]}; it should be {names[right]}."
    )


exercise = Exercise(
    name="edge kernel",
    part=2,
    text="""Build a kernel that answers vertical edges only: 0 wherever the picture is flat or changes only
from row to row, positive where it is bright on the left and dark on the right, negative where it is dark on
the left and bright on the right.

`edge_kernel` is a matrix of at most 5 rows and 5 columns; how large its numbers are does not matter.""",
    stub="""edge_kernel = None  # your matrix, such as np.array([[1, 2], [3, 4]])
""",
    reference=reference,
    inputs=pictures,
    input_names=("picture",),
    hints=(
        "Put the kernel on the picture that is shown, by hand: which of its numbers lie on bright pixels,"
        " which on dark ones? What do they add up to?",
        "On a flat picture the response is the sum of all numbers of the kernel. On a picture that "
        "changes only from row to row, each row of the kernel lies on one grey: what must each row add up"
        " to?",
    ),
    call=response,
    same=difference,
)


@exercise.mistake(
    "This kernel answers edges that run across the picture, from left to right.",
    "A vertical edge runs down the picture: what changes, changes from column to column.",
)
def horizontal_edges():
    """Answer horizontal edges."""
    return reference().T


@exercise.mistake(
    "This kernel answers edges that run across the picture, from left to right.",
    "A vertical edge runs down the picture: what changes, changes from column to column.",
)
def horizontal_edges_dark_above():
    """Answer horizontal edges, dark above."""
    return -reference().T


@exercise.mistake(
    "Vertical edges it is, and nothing else. But look at the signs.",
    "The response should be positive where it is bright on the left: which side of the kernel lies there?",
)
def dark_on_the_left():
    """Be positive where it is dark on the left."""
    return -reference()


@exercise.mistake(
    "This kernel answers a flat picture, too: it is more of a blur.",
    "On a flat picture the response is the sum of all its numbers times the grey.",
)
def blur():
    """Take a mean."""
    return np.ones((3, 3))


@exercise.mistake(
    "This kernel answers vertical bars: beside an edge its response has both signs.",
    "Bar and edge differ in their symmetry: an edge has two sides that are not alike.",
)
def vertical_bars():
    """Answer vertical bars."""
    return np.outer([1, 2, 1], [-1, 2, -1])


@exercise.mistake(
    "This kernel answers change in every direction.",
    "On a picture that changes only from row to row, each row of the kernel lies on one grey.",
)
def every_direction():
    """Answer blobs, as the Laplacian does."""
    return np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])


@exercise.mistake(
    "This kernel answers slanting edges, and so horizontal ones, too.",
    "On a picture that changes only from row to row, each row of the kernel lies on one grey.",
)
def slanting_edges():
    """Answer edges that run from one corner to another."""
    return np.array([[2, 1, 0], [1, 0, -1], [0, -1, -2]])


@exercise.mistake(
    "A kernel of zeros answers nothing at all.",
    "It needs numbers of both signs.",
)
def zeros():
    """Answer nothing."""
    return np.zeros((3, 3))
