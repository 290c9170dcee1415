"""Part 4: a convolutional layer in numbers."""

import numpy as np

from demos.page import Demo, packed, phrase

# A bright cross, and the two simplest filters that tell its bars apart.
LAYER_IMAGE = np.array([[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0]])
LAYER_FILTERS = np.array([[[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]]])


def convolutional_layer(image=LAYER_IMAGE, filters=LAYER_FILTERS):
    """Check a layer with two filters by hand: every number can be seen, and all but the outputs changed.

    Parameters
    ----------
    image : array
        5x5, numbers from 0 to 1.
    filters : array
        Two of 3x3, numbers from -9 to 9.

    Returns
    -------
    Demo
        One frame an output pixel: those of the first filter, then those of the second.

    Raises
    ------
    ValueError
        If a shape or a number is another one.
    """
    image, filters = np.asarray(image, dtype=np.float32), np.asarray(filters, dtype=np.float32)
    if image.shape != (5, 5) or not ((image >= 0) & (image <= 1)).all():
        raise ValueError(
            f"an image of 5x5 numbers from 0 to 1 is wanted; got {image.shape}: {image.tolist()}"
        )
    if filters.shape != (2, 3, 3) or not (np.abs(filters) <= 9).all():
        raise ValueError(
            f"two filters of 3x3 numbers from -9 to 9 are wanted; got {filters.shape}: {filters.tolist()}"
        )
    return Demo(
        "convolutional_layer",
        {"image": packed(image), "filters": packed(filters)},
        alt=phrase("An image of 5x5, two filters of 3x3 and their two outputs of 3x3, in numbers"),
    )
