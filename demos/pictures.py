"""The pictures that the demos of parts 2, 3 and 8 offer."""

import numpy as np

import pooling

PHOTOGRAPH = 5  # of the lecture's 32: two cats on a couch, light and dark, with edges of all directions
ROWS = 120  # of the photograph: what a kernel of 21x21 filters within a frame


def example_pictures(digits, photographs):
    """Return the pictures that the explorers offer, by name.

    Parameters
    ----------
    digits : MulticlassDataset
        Its first three training images are used.
    photographs : dict
        What `datasets.load_coco` returns; one of its photographs is used, in grey and shrunk to 120x120.

    Returns
    -------
    dict of str to array
        float32 (rows, columns) in [0, 1].
    """
    images, labels = (np.asarray(part[:3]) for part in (digits.train.values, digits.train.labels))
    names = [f"{digits.title}: {digits.label_names[int(label)]}" for label in labels]
    grey = photographs["images"][PHOTOGRAPH].mean(axis=2)
    small = pooling.pool(grey, len(grey) // ROWS).round() / np.float32(255)
    return {**dict(zip(names, images[:, 0], strict=True)), photographs["title"]: small}
