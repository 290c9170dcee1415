"""Exercise: im2col with a stride."""

import numpy as np
import torch
import torch.nn.functional as F

from exercises.exercise import Exercise
from exercises.tasks.drawing import integers

CASES = [((3, 4), 2, 1), ((1, 1), 1, 1), ((5, 4), 2, 2), ((4, 7), 3, 2), ((6, 5), 2, 3), ((3, 3), 3, 1)]


def reference(x, size, stride):
    """Return the patches in columns, by PyTorch."""
    return F.unfold(torch.from_numpy(x)[None, None], size, stride=stride)[0]


exercise = Exercise(
    name="im2col",
    part=5,
    text="""Copy the patches of an image into the columns of a matrix, as in part 5, now with a stride: the
patches begin at every `stride`-th row and column. As there, a patch is read row by row, and patches come
row by row, too.

`x` is an array (rows, columns), a patch has `size` x `size` pixels. Return an array (size * size, patches).""",
    stub='''def im2col(x: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Return every patch as a column."""
    ...  # your code
''',
    reference=reference,
    inputs=lambda generator: [(integers(generator, *shape), size, stride) for shape, size, stride in CASES],
    hints=(
        "Write the first two columns down by hand, and compare them with yours.",
        "The number of patches down and across is the output size of part 4; neither need be the same. "
        "Column `0` holds the patch at the top left; which one is next to it?",
    ),
)


@exercise.mistake(
    "All the numbers are there, but each patch is a row.",
    "Wanted is one column a patch.",
)
def patches_in_rows(x, size, stride):
    """Make each patch a row."""
    return reference(x, size, stride).T


@exercise.mistake(
    "Each column is right, but they come in another order.",
    "Go along the first row of patches, from left to right, before you go down.",
)
def patches_down_first(x, size, stride):
    """Order the patches column by column."""
    down, across = ((n - size) // stride + 1 for n in x.shape)
    return (
        reference(x, size, stride).numpy().reshape(-1, down, across).transpose(0, 2, 1).reshape(size**2, -1)
    )


@exercise.mistake(
    "The patches come in the right order, but the numbers within each do not.",
    "A patch is read row by row, as a text is.",
)
def pixels_down_first(x, size, stride):
    """Read each patch column by column."""
    patches = reference(x, size, stride).numpy().reshape(size, size, -1)
    return patches.transpose(1, 0, 2).reshape(size**2, -1)


@exercise.mistake(
    "There are too many patches: the stride has been forgotten.",
    "With a stride of 2 the next patch begins two pixels further, across and down.",
)
def stride_forgotten(x, size, stride):
    """Take every patch."""
    return reference(x, size, 1)


@exercise.mistake(
    "The last patches of each row and column of patches are missing.",
    "A patch of 2 fits into 3 pixels at 0 and at 1. Where does your loop end?",
)
def off_by_one(x, size, stride):
    """Stop one pixel too early."""
    starts = [range(0, n - size, stride) for n in x.shape]
    patches = [x[r : r + size, c : c + size].ravel() for r in starts[0] for c in starts[1]]
    return np.array(patches, np.float32).reshape(-1, size**2).T


@exercise.mistake(
    "Some of your columns were never filled: the matrix has more of them than there are patches.",
    "How many patches fit into a row when the stride is more than 1?",
)
def too_many_columns(x, size, stride):
    """Make room for a patch at each pixel."""
    patches = reference(x, size, stride).numpy()
    columns = np.zeros((size**2, reference(x, size, 1).shape[1]), np.float32)
    columns[:, : patches.shape[1]] = patches
    return columns


@exercise.mistake(
    "The patches never overlap in your answer.",
    "Patches begin `stride` pixels apart, whatever their size is.",
)
def tiles(x, size, stride):
    """Take the size for the stride."""
    return reference(x, size, size)
