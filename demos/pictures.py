"""The pictures that the demos of parts 2, 3 and 8 offer."""

import numpy as np
from PIL import Image

import pooling
from datafiles import sources

ROWS = 112  # of the photograph, four times those of a digit: what a kernel of 21x21 filters within a frame


def example_pictures(digits):
    """Return the pictures that the explorers offer, by name.

    Parameters
    ----------
    digits : MulticlassDataset
        Its first three training images are used.

    Returns
    -------
    dict of str to array
        float32 (rows, columns) in [0, 1]: three digits, and a photograph that scikit-image brings along.
    """
    images, labels = (np.asarray(part[:3]) for part in (digits.train.values, digits.train.labels))
    names = [f"{digits.title}: {digits.label_names[int(label)]}" for label in labels]
    return {**dict(zip(names, images[:, 0], strict=True)), "scikit-image: camera": camera()}


def camera():
    """Return scikit-image's photograph "camera", its central 448x448 pixels shrunk to 112x112, in [0, 1]."""
    with Image.open(sources.scikit_image("camera.png")) as image:
        grey = np.asarray(image.convert("L"), dtype=float)
    middle = grey[32:-32, 32:-32]
    return pooling.pool(middle, len(middle) // ROWS).round().astype(np.float32) / 255
