"""Part 8: windows and what pooling makes of them."""

from demos.kernel import named
from demos.page import Demo, phrase

LARGEST = 8  # rows of a window


def pooling_explorer(pictures):
    """Explore pooling: window, stride and kind on a picture, and the numbers in one window.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1], by name; at least 8 of each, so that every window fits.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there is no picture, or one is not a matrix of numbers from 0 to 1, or too small.
    """
    data = {"pictures": named(pictures), "largest": LARGEST}
    for name, image in pictures.items():
        if min(image.shape) < LARGEST:
            rows, columns = image.shape
            raise ValueError(
                f"pictures need at least {LARGEST} rows and columns; {name!r} has {rows}x{columns}"
            )
    return Demo(
        "pooling_windows",
        data,
        title="pooling",
        alt=phrase("A picture, its pooled version, and the numbers in one window"),
    )
