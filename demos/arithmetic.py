"""Part 4: the arithmetic of a convolution."""

from demos.page import Demo, phrase


def arithmetic_explorer():
    """Explore the arithmetic of a convolution: where the kernel lands, what it never sees, and what it costs.

    Returns
    -------
    Demo
    """
    return Demo(
        "arithmetic",
        {},
        alt=phrase(
            "An image with its padding, the windows of a kernel on it, the output's size, and what it costs"
        ),
    )
