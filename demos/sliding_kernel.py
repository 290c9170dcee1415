"""Part 1: a kernel that slides over a digit."""

import numpy as np

from demos.page import Demo, fractions, packed, phrase

HORIZONTAL_EDGE = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4
LARGEST = 4  # rows and columns of a kernel whose numbers can be read from the back row


def sliding_kernel(digit, title=None, kernel=None):
    """Play a kernel that slides over a digit: the patch, the products, their sum, and the output so far.

    Parameters
    ----------
    digit : array
        (rows, columns) in [0, 1]; the page averages the middle of it down to 12x12, so that its pixels can be seen.
    title : str
        Where the digit is from.
    kernel : array, optional
        At most 4x4, and no larger than the digit; a horizontal edge of 3x3 unless given.

    Returns
    -------
    Demo
        One frame an output pixel.

    Raises
    ------
    ValueError
        If the digit is not a matrix of numbers from 0 to 1, or the kernel not one of finite numbers that fits.
    """
    digit = np.asarray(digit)
    kernel = np.asarray(HORIZONTAL_EDGE if kernel is None else kernel)
    if digit.ndim != 2 or digit.size == 0:
        raise ValueError(f"a digit is a matrix (rows, columns) with entries; got the shape {digit.shape}")
    if kernel.ndim != 2 or kernel.size == 0 or max(kernel.shape) > LARGEST:
        raise ValueError(
            f"a kernel here is a matrix of at most {LARGEST}x{LARGEST}; got the shape {kernel.shape}"
        )
    if any(size > room for size, room in zip(kernel.shape, digit.shape, strict=True)):
        raise ValueError(f"a kernel of {kernel.shape} does not fit into a digit of {digit.shape}")
    return Demo(
        "sliding_kernel",
        {"digit": fractions(digit), "title": title or phrase("Image"), "kernel": packed(kernel)},
        alt=phrase("A kernel slides over a digit; the sum of the products under it becomes one output pixel"),
    )
