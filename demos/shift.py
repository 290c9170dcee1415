"""Part 8: what moving a digit does to its feature map, pooled or merely subsampled."""

import numpy as np

import filters
from demos.page import Demo, fractions, packed, phrase

WINDOW = 4  # rows and columns of a pooling window, and pixels from one to the next


def shift_explorer(digit, title=None, kernel=None):
    """Explore what moving a digit by a few pixels does to its feature map, pooled or merely subsampled.

    Parameters
    ----------
    digit : array
        (rows, columns) in [0, 1].
    title : str
        Where the digit is from.
    kernel : array, optional
        What gives the feature map, before ReLU; `filters.horizontal_edge_kernel` unless given.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If one of the two is not a matrix of numbers, or the feature map has less than 4 rows or columns.
    """
    digit = np.asarray(digit, dtype=np.float32)
    kernel = np.asarray(filters.horizontal_edge_kernel if kernel is None else kernel, dtype=np.float32)
    for name, values in (("digit", digit), ("kernel", kernel)):
        if values.ndim != 2 or not values.size:
            raise ValueError(f"{name} must be a matrix (rows, columns); got shape {values.shape}")
    rows, columns = (n - k + 1 for n, k in zip(digit.shape, kernel.shape, strict=True))
    if min(rows, columns) < WINDOW:
        raise ValueError(
            f"the feature map must have at least {WINDOW} rows and columns; a digit of {digit.shape} and a "
            f"kernel of {kernel.shape} give ({rows}, {columns}): use a larger digit or a smaller kernel"
        )
    return Demo(
        "shift",
        {
            "digit": fractions(digit),
            "kernel": packed(kernel),
            "title": title or phrase("Digit"),
            "window": WINDOW,
        },
        alt=phrase(
            "A digit moved by a few pixels, its feature map, three smaller maps, and how much each changed"
        ),
    )
