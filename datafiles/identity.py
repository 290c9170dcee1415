"""Which images a data set holds now, whatever was done to it, and how like they are to those of another."""

import enum
import zlib
from itertools import pairwise

import numpy as np

TOLERANCE = 0.6  # grey levels by which the class means of two encodings of the same pictures may differ


def is_as_published(parts, arrays, facts):
    """Tell whether images and labels are still those that the data set was made of, all of them.

    Parameters
    ----------
    parts : sequence of Split
        Training, validation and test images.
    arrays : dict of str to array
        ``images`` and ``labels`` of all three, as they were read or drawn.
    facts : dict
        Their `statistics`.
    """
    ends = np.cumsum([0, *facts["counts"]])
    return all(
        same_memory(part.values.pixels, arrays["images"][start:stop])
        and np.array_equal(np.asarray(part.labels), arrays["labels"][start:stop])
        for part, (start, stop) in zip(parts, pairwise(ends), strict=True)
    )


def fingerprint(parts, arrays, facts):
    """Return counts and checksum of images and labels, and the statistics of classes if they are as published."""
    now = {key: facts[key] for key in ("counts", "crc32")}
    if not is_as_published(parts, arrays, facts):
        now = {"counts": [len(part) for part in parts], "crc32": crc_of(parts)}
    if any(now[key] != facts[key] for key in now):
        return {**now, "changed": True}
    return {**now, **{key: facts[key] for key in ("class_means", "class_stds")}}


def same_memory(one, other):
    """Tell whether two arrays are the same bytes in memory, not only equal ones; one of them may be read-only."""
    address, other_address = (array.__array_interface__["data"][0] for array in (one, other))
    layout = [(array.shape, array.strides, array.dtype) for array in (one, other)]
    return address == other_address and layout[0] == layout[1]


def crc_of(splits):
    """Return the CRC-32 of all bytes of all images, then of all labels, as `statistics` does: 8 digits."""
    crc = 0
    for split in splits:
        for start in range(0, len(split), 1000):
            crc = zlib.crc32(np.ascontiguousarray(split.values.pixels[start : start + 1000]), crc)
    for split in splits:
        crc = zlib.crc32(np.asarray(split.labels).astype(np.uint8), crc)
    return f"{crc:08x}"


class Likeness(enum.Enum):
    """How like the images of two data sets are."""

    EXACT = "the same bytes"
    RECODED = "the same pictures, encoded otherwise, as a JPEG copy is"
    DIFFERENT = "other images"


def same_images(one, other):
    """Compare two fingerprints, as `MulticlassDataset.fingerprint` returns them, and return their `Likeness`.

    The pictures count as the same if the statistics of all classes agree; those of a data set that was changed, as a
    subset is, only if they are the same bytes.
    """
    if any(one[key] != other[key] for key in ("name", "title", "counts")):
        return Likeness.DIFFERENT
    if one["crc32"] == other["crc32"]:
        return Likeness.EXACT
    if one.get("changed") or other.get("changed"):
        return Likeness.DIFFERENT
    means, stds = (np.subtract(one[key], other[key]) for key in ("class_means", "class_stds"))
    close = np.abs(means).max() < TOLERANCE and np.abs(stds).max() < 5 * TOLERANCE  # blur lowers contrast
    return Likeness.RECODED if close else Likeness.DIFFERENT
