"""Part 4: one output of a filter on a colour image, in numbers."""

import numpy as np

from demos.page import Demo, packed, phrase

# Red turns into green from left to right, which their sum does not show; two pixels have blue as well.
COLOR_IMAGE = np.zeros((3, 5, 5))
COLOR_IMAGE[0] = [1, 1, 0, 0, 0]
COLOR_IMAGE[1] = [0, 0, 1, 1, 1]
COLOR_IMAGE[2, [1, 3], [1, 3]] = 1
# Red on the left, green on the right, and blue in the middle counts against it.
COLOR_WEIGHTS = np.array(
    [
        [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
        [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
        [[0, 0, 0], [0, -2, 0], [0, 0, 0]],
    ]
)
MIXING_WEIGHTS = np.array([2, -1, 1])  # of a 1x1 convolution: one a channel


def many_channels(image=COLOR_IMAGE, weights=COLOR_WEIGHTS, mixing=MIXING_WEIGHTS, bias=-1):
    """Point at an output of a filter on a colour image, and see the 27 products and the bias that it is the sum of.

    Parameters
    ----------
    image : array
        (3, 5, 5), from 0 to 1.
    weights : array
        (3, 3, 3), from -9 to 9: the filter, a kernel of 3x3 for each channel.
    mixing : array
        (3,), from -9 to 9: a filter of 1x1.
    bias : float
        From -5 to 5, in halves.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If a shape or a number is another one.
    """
    data = {}
    for name, values, shape, low, high in (
        ("image", image, (3, 5, 5), 0, 1),
        ("weights", weights, (3, 3, 3), -9, 9),
        ("mixing", mixing, (3,), -9, 9),
    ):
        values = np.asarray(values, dtype=np.float32)
        if values.shape != shape or not ((values >= low) & (values <= high)).all():
            raise ValueError(
                f"{name} must be {shape} numbers from {low} to {high}; got {values.shape}: {values.tolist()}"
            )
        data[name] = packed(values)
    if not (-5 <= bias <= 5 and 2 * bias == int(2 * bias)):
        raise ValueError(f"bias must be from -5 to 5, in halves; got {bias!r}")
    return Demo(
        "many_channels",
        {**data, "bias": bias},
        alt=phrase(
            "Red, green and blue of a small image, a kernel for each, the products behind an output, and the output"
        ),
    )
