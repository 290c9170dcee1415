"""Part 5: a kernel that is learned, step by step."""

import numpy as np

import filters
from demos.page import Demo, fractions, packed, phrase

MOST_IMAGES = 6  # more would be too small to be seen


def learned_kernel(images, title):
    """Learn a 3x3 kernel by gradient descent from images and the responses that it should give.

    Parameters
    ----------
    images : array
        (count, rows, columns) in [0, 1], at most six, of at least 5x5 pixels.
    title : str
        Where the images are from.

    Returns
    -------
    Demo
        The wanted responses are made in the page: by an edge kernel, clean or with noise, or by something that no
        3x3 kernel can do.

    Raises
    ------
    ValueError
        If the images are not of that form.
    """
    images = np.asarray(images, dtype=np.float32)
    if images.ndim != 3 or not 1 <= len(images) <= MOST_IMAGES or min(images.shape[1:]) < 5:
        raise ValueError(
            f"images must be (count, rows, columns), one to {MOST_IMAGES} of at least 5x5; got {images.shape}"
        )
    if not images.any():
        raise ValueError("images must not all be black: no kernel can be learned from them")
    return Demo(
        "learned_kernel",
        {"images": fractions(images), "title": title, "larger": packed(filters.horizontal_edge_kernel)},
        alt=phrase(
            "Images, the responses that are wanted, those of a kernel that learns to give them, and its loss by step"
        ),
    )
