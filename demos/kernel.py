"""Part 2: the kernel explorer."""

from demos.page import Demo, fractions, phrase


def kernel_explorer(pictures):
    """Explore kernels: choose one or type one, turn, scale and flip it, and read the sum under the pointer.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1], by name; the user can add one of their own in the page.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there is no picture, or one is not a matrix of numbers from 0 to 1.
    """
    return Demo(
        "kernel",
        {"pictures": named(pictures)},
        alt=phrase(
            "A picture, a kernel, the response of the picture to it, and the products under the pointer"
        ),
    )


def named(pictures):
    """Return pictures as the page takes them."""
    if not pictures or any(len(getattr(image, "shape", ())) != 2 for image in pictures.values()):
        raise ValueError("wanted are pictures by name, {name: array of (rows, columns)}, at least one")
    return {name: fractions(image) for name, image in pictures.items()}
