"""Part 3: Canny's edge detector."""

from demos.kernel import named
from demos.page import Demo, phrase


def canny_explorer(pictures):
    """Explore Canny's edge detector: smoothing, gradient, thinning and linking, each a picture.

    The page computes what `skimage.feature.canny` does: J. Canny, "A computational approach to edge detection", IEEE
    PAMI 8(6), 1986. The gradient is that of Sobel's kernels, whose weights of one sign add up to 4.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1], by name; it opens on the last. The user can add one of their own in the page.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there is no picture, or one is not a matrix of numbers from 0 to 1.
    """
    return Demo(
        "canny",
        {"pictures": named(pictures)},
        alt=phrase(
            "A picture smoothed, its gradient, the gradient's ridges, and those that are linked to edges"
        ),
    )
