"""Photographs as users have them: arrays or files of any size, grey, transparent, for print, turned by the camera."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ELONGATED = 4  # sides longer than so many of the others are cut before anything is enlarged
FILES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
WANTED = (
    "a photograph must be the path of a picture file, its bytes, or uint8 of shape (rows, columns, 3), "
    "(rows, columns) or (rows, columns, 4)"
)


def in_colour(images):
    """Return photographs as an iterator over (rows, columns, 3) uint8, or raise ValueError about one that is none.

    All are checked before the first is read; files are read one after another, so that a folder of large ones takes
    little memory.

    Parameters
    ----------
    images : array, str, Path, bytes or PIL image, or a list of these
        (count, rows, columns, 3) uint8; one photograph, (rows, columns, 3), grey (rows, columns) or transparent
        (rows, columns, 4); the path of a picture file, or of a folder: its pictures in the order of their names; the
        bytes of a picture file; what was uploaded, the ``value`` of an ``ipywidgets.FileUpload``.
    """
    listed = _listed(images)
    if not len(listed):
        raise ValueError("images must be photographs; got none")
    for number, image in enumerate(listed):
        _check(image, number)
    return map(_colours, listed)


def _listed(images):
    """Return photographs one by one: arrays, PIL images, paths of files, files in memory."""
    if isinstance(images, (str, Path)):
        path = Path(images).expanduser()
        if not path.is_dir():
            return [path]
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in FILES)
        if not found:
            raise ValueError(f"the folder {path} holds no pictures ({', '.join(sorted(FILES))})")
        return found
    if isinstance(images, (bytes, bytearray, memoryview)):
        return [in_memory(images)]
    if isinstance(images, Mapping):  # of a FileUpload
        if not {"name", "content"} <= set(images):
            raise ValueError(
                f"an uploaded photograph has a name and a content; this one has {', '.join(images)}"
            )
        return [in_memory(images["content"], images["name"])]
    if isinstance(images, Image.Image):
        return [images]
    if not isinstance(images, (list, tuple)):
        images = np.asarray(images)
        return images if images.ndim == 4 else [images]
    alone = (str, Path, Image.Image, bytes, bytearray, memoryview, Mapping)
    return [
        found
        for image in images
        for found in (_listed(image) if isinstance(image, alone) else [np.asarray(image)])
    ]


def in_memory(content, name="its bytes"):
    """Return the bytes of a picture file as a file."""
    file = io.BytesIO(content)
    file.name = name
    return file


def _check(image, number):
    """Raise ValueError if an array, PIL image or file is no photograph."""
    if isinstance(image, (Path, io.BytesIO)):
        try:
            with Image.open(image):  # reads its head only
                return
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            name = image.name if isinstance(image, io.BytesIO) else image
            reason = str(error).replace(repr(image), "it")
            raise ValueError(f"photograph {number}, {name}, cannot be read: {reason}") from error
    if isinstance(image, Image.Image):
        return
    shape = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
    if image.dtype != np.uint8 or 0 in image.shape or not shape:
        raise ValueError(f"{WANTED}; photograph {number} is {image.dtype} of {image.shape}")


def _colours(image):
    """Return an array, PIL image or file in colour."""
    if isinstance(image, (Path, io.BytesIO)):
        try:
            with Image.open(image) as opened:
                return _colours(opened)
        except OSError as error:
            raise ValueError(f"{image.name} cannot be read to its end: {error}") from error
    if isinstance(image, Image.Image):
        image = np.asarray(_converted(ImageOps.exif_transpose(image)))
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=2)
    if image.shape[2] == 4:  # the rest of what is transparent is white paper
        opaque = image[..., 3:].astype(np.uint16)
        return ((image[..., :3] * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)
    return image


def _converted(image):
    """Return a PIL image of any mode as RGB, or RGBA where it is transparent."""
    if image.mode.startswith("I"):  # grey of 16 bits: the upper eight
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    transparent = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def middle(image):
    """Return a photograph, without the ends of one that is very long: nobody sees them, and they take gigabytes."""
    limit = ELONGATED * min(image.shape[:2])
    for axis in range(2):
        cut = (image.shape[axis] - limit) // 2
        if cut > 0:
            image = np.take(image, range(cut, image.shape[axis] - cut), axis)
    return np.require(image, requirements="CW")  # torch warns of arrays that cannot be written
