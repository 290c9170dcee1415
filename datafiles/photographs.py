"""Photographs as users have them: of any size, grey, transparent; made into colour pictures of a sensible shape."""

import numpy as np

ELONGATED = 4  # sides longer than so many of the others are cut before anything is enlarged


def in_colour(images):
    """Return photographs as (rows, columns, 3) uint8 each, or raise ValueError about the first that is none.

    Parameters
    ----------
    images : array or list of arrays
        (count, rows, columns, 3) uint8; or a list of (rows, columns, 3), grey (rows, columns) or transparent
        (rows, columns, 4) ones.
    """
    if not isinstance(images, (list, tuple)):
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8 or 0 in images.shape:
            raise ValueError(
                f"images must be uint8 of shape (count, rows, columns, 3), or a list of photographs; "
                f"got {images.dtype} of {images.shape}"
            )
        return images
    if not images:
        raise ValueError("images must be a list of photographs; got an empty one")
    return [_one(np.asarray(image), number) for number, image in enumerate(images)]


def _one(image, number):
    """Return a photograph of a list in colour."""
    if image.dtype == np.uint8 and 0 not in image.shape:
        if image.ndim == 2:
            return np.repeat(image[..., None], 3, axis=2)
        if image.ndim == 3 and image.shape[2] == 4:  # the rest of what is transparent is white paper
            opaque = image[..., 3:].astype(np.uint16)
            return ((image[..., :3] * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)
        if image.ndim == 3 and image.shape[2] == 3:
            return image
    raise ValueError(
        f"a photograph must be uint8 of shape (rows, columns, 3), (rows, columns) or (rows, columns, 4); "
        f"photograph {number} is {image.dtype} of {image.shape}"
    )


def middle(image):
    """Return a photograph, without the ends of one that is very long: nobody sees them, and they take gigabytes."""
    limit = ELONGATED * min(image.shape[:2])
    for axis in range(2):
        cut = (image.shape[axis] - limit) // 2
        if cut > 0:
            image = np.take(image, range(cut, image.shape[axis] - cut), axis)
    return np.ascontiguousarray(image)
