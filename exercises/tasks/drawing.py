"""Random inputs that a student can check by hand: small whole numbers."""

import numpy as np

SHAPES = [  # of an image and a kernel
    ((2, 3), (2, 2)),
    ((1, 1), (1, 1)),
    ((4, 3), (2, 3)),
    ((3, 6), (3, 2)),
    ((5, 5), (1, 4)),
    ((6, 5), (3, 3)),
]


def integers(generator, *shape):
    """Return whole numbers from -4 to 9 as float32, of a shape, in random order."""
    return generator.integers(-4, 10, shape).astype(np.float32)


def with_gradients(generator, which):
    """Return images (``which`` 0) or kernels (1), each with a gradient of the size of the image's response."""
    cases = []
    for pair in SHAPES:
        response = [n - k + 1 for n, k in zip(*pair, strict=True)]
        cases.append((integers(generator, *pair[which]), integers(generator, *response)))
    return cases
