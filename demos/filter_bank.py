"""Part 3: the filter bank."""

from demos.kernel import named
from demos.page import Demo, phrase


def filter_bank_explorer(pictures):
    """Explore the Leung-Malik bank: choose one of its 48 filters, and see the response of a picture to it.

    The page computes the filters from their definition, as `filters.leung_malik_bank` does: as numbers they would
    weigh 600 kB.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1], by name.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there is no picture, or one is not a matrix of numbers from 0 to 1.
    """
    return Demo(
        "filter_bank",
        {"pictures": named(pictures)},
        alt=phrase("The 48 Leung-Malik filters, and the response of a picture to one of them"),
    )
