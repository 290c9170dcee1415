"""Part 5: im2col, a convolution as one matrix product."""

import numpy as np

from demos.page import Demo, packed, phrase


def im2col_player(kernel=((0, 1, 0), (1, 2, 1), (0, 1, 0))):
    """Play im2col on an image of the letters a to y, 5x5: a patch, its column, and the row-times-column product.

    Parameters
    ----------
    kernel : array
        3x3 weights from -99 to 99: as a row, they are what multiplies the columns.

    Returns
    -------
    Demo
        One frame for each of the nine patches; in the products a is 1, b is 2, and y is 25.

    Raises
    ------
    ValueError
        If the kernel is not 3x3, or holds a number that cannot be written small.
    """
    kernel = np.asarray(kernel, dtype=np.float32)
    if kernel.shape != (3, 3):
        raise ValueError(f"a kernel of 3x3 is wanted; got the shape {kernel.shape}")
    if not (np.abs(kernel) <= 99).all():
        raise ValueError(f"weights from -99 to 99 are wanted; got {kernel.tolist()}")
    return Demo(
        "im2col",
        {"kernel": packed(kernel)},
        alt=phrase(
            "The letters a to y as an image of 5x5: each patch of 3x3 becomes a column of a matrix, and the kernel the "
            "row that multiplies it"
        ),
    )
