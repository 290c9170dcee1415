"""Part 5: backwards through a layer, in numbers."""

import numpy as np

from demos.page import Demo, packed, phrase

# Whole numbers of one digit, no two alike in a window's maximum: every sum can be checked by hand.
BACKWARDS_IMAGE = np.array(
    [[1, 0, 2, 0, 1], [0, 5, 1, 3, 0], [2, 1, 4, 1, 2], [0, 7, 1, 6, 0], [1, 0, 2, 0, 3]]
)
BACKWARDS_KERNEL = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
BACKWARDS_GRADIENT = np.array([[1, 0, 0], [0, 2, 0], [0, 0, -1]])


def backwards(image=BACKWARDS_IMAGE, kernel=BACKWARDS_KERNEL, gradient=BACKWARDS_GRADIENT):
    """Carry a gradient back through a convolution, max pooling and average pooling, each with windows of 3x3.

    Parameters
    ----------
    image : array
        5x5, numbers from -9 to 9: what goes into the layer.
    kernel : array
        3x3, numbers from -9 to 9.
    gradient : array
        3x3, numbers from -9 to 9: how much the loss grows with each number that comes out.

    Returns
    -------
    Demo
        It shows the gradients of kernel and input, each sum written out, and the same number by finite differences.

    Raises
    ------
    ValueError
        If a shape or a number is another one.
    """
    data = {}
    for name, values, side in (("image", image, 5), ("kernel", kernel, 3), ("gradient", gradient, 3)):
        values = np.asarray(values, dtype=np.float32)
        if values.shape != (side, side) or not (np.abs(values) <= 9).all():
            raise ValueError(
                f"{name} must be {side}x{side} numbers from -9 to 9; got {values.shape}: {values.tolist()}"
            )
        data[name] = packed(values)
    return Demo(
        "backwards",
        data,
        alt=phrase(
            "An image, a kernel and their output, each above its gradient, and the sum behind an entry of a gradient"
        ),
    )
