"""Part 2: paint where a kernel will answer, then see where it does."""

import numpy as np

from demos.page import Demo, fractions, packed, phrase


def guess_response(part, question, image, kernel, title=None):
    """Have one paint where a kernel will answer positively and where negatively, before the response is shown.

    What counts as an answer is a third of the strongest response. The share of pixels that are right, of those that
    are painted or answer, is kept in the page; `guesses_made` lists it.

    Parameters
    ----------
    part : str
        Of the lecture, such as "Convolution".
    question : str
        As a room reads it.
    image : array
        (rows, columns) in [0, 1]; there are zeros around it.
    kernel : array
        (rows, columns).
    title : str, optional
        Where the image is from.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If image or kernel is not a matrix of numbers.
    """
    image, kernel = (np.asarray(values, dtype=np.float32) for values in (image, kernel))
    for name, values in (("image", image), ("kernel", kernel)):
        if values.ndim != 2 or not values.size:
            raise ValueError(f"{name} must be a matrix (rows, columns); got shape {values.shape}")
    data = {"image": fractions(image), "kernel": packed(kernel), "title": title or phrase("Picture")}
    return Demo("guess_response", {"part": part, "question": question, **data}, alt=question)
