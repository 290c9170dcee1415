"""Labelled images that stay bytes until they are asked for, and their statistics."""

import enum
import zlib
from typing import NamedTuple

import numpy as np

GRID = 4  # rows and columns of the coarse class means in a fingerprint
TOLERANCE = 0.6  # grey levels by which the class means of two encodings of the same pictures may differ


class Batch(NamedTuple):
    """Images and their labels: ``values`` (n, C, H, W) float32 and ``labels`` (n,) int64."""

    values: object
    labels: object


def normalization(mean=None, std=None):
    """Return scale and offset, so that ``bytes * scale + offset`` is (x / 255 - mean) / std; x / 255 without mean."""
    if mean is None:
        return np.array(1 / 255, np.float32), np.array(0, np.float32)
    return 1 / (np.float32(255) * std), -mean / std


class Images:
    """Images that stay bytes until they are asked for.

    ``images[index]`` takes whatever index numpy takes and returns float32 in [0, 1], or (x - mean) / std.

    Parameters
    ----------
    pixels : array
        (N, C, H, W) uint8, usually a memory map.
    mean, std : array, optional
        (C, 1, 1) or (C, H, W) float32, in the units of [0, 1].
    tensors : bool
        Whether to return torch tensors.
    """

    def __init__(self, pixels, mean=None, std=None, tensors=False):
        self.pixels, self.mean, self.std, self.tensors = pixels, mean, std, tensors
        self.scale, self.offset = normalization(mean, std)

    @property
    def shape(self):
        """(N, C, H, W)."""
        return self.pixels.shape

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        values = np.asarray(self.pixels[plain(index)], dtype=np.float32) * self.scale
        values += self.offset
        if self.tensors:
            import torch

            return torch.from_numpy(values)
        return values

    def __repr__(self):
        return f"Images(shape={self.shape})"


def plain(index):
    """Return an index that numpy understands; a torch tensor is one that it does not."""
    return index.cpu().numpy() if hasattr(index, "cpu") else index


class Split:
    """Images with their labels: the training, validation or test part of a data set.

    Parameters
    ----------
    values : Images
        The images.
    labels : array or Tensor
        (N,) int64.
    """

    def __init__(self, values, labels):
        self.values, self.labels = values, labels

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return Batch(self.values[index], self.labels[plain(index)])

    def first(self, count):
        """Return the first ``count`` images and their labels, as bytes still: nothing is read."""
        values = self.values
        images = Images(values.pixels[:count], values.mean, values.std, values.tensors)
        return Split(images, self.labels[:count])

    def __repr__(self):
        return f"Split({len(self):,} images of shape {self.values.shape[1:]})"


def pixel_moments(pixels):
    """Return mean and standard deviation of each pixel over all images, (C, H, W) float32, in [0, 1]."""
    total, squares = np.zeros((2, *pixels.shape[1:]), np.int64)
    for start in range(0, len(pixels), 1000):
        part = pixels[start : start + 1000].astype(np.int64)
        total += part.sum(0)
        squares += (part**2).sum(0)
    mean = total / len(pixels)
    variance = np.maximum(squares / len(pixels) - mean**2, 0)
    return (mean / 255).astype(np.float32), (np.sqrt(variance) / 255).astype(np.float32)


def statistics(images, labels, train, validation):
    """Return the facts about labelled images that are worth computing once.

    Parameters
    ----------
    images : array
        (N, C, H, W) uint8: ``train`` training images, of which the last ``validation`` validate, then test images.
    labels : array
        (N,) uint8.
    train, validation : int
        Images.

    Returns
    -------
    dict
        ``counts`` of training, validation and test images; ``crc32`` of all bytes; ``mean`` and ``std`` of each
        channel of the training images in [0, 1]; and, over training and validation images, the ``class_means`` of a
        coarse grid, (classes, C, GRID, GRID), and ``class_stds``, (classes, C), in grey levels.
    """
    levels = np.arange(256) / 255
    channels = images.shape[1]
    histogram = np.zeros((2, 10, channels, 256), np.int64)  # training or validation, class, channel, level
    grid = np.zeros((10, channels, GRID, GRID))
    block = [length // GRID for length in images.shape[2:]]
    for label in range(10):
        for part, (start, stop) in enumerate([(0, train - validation), (train - validation, train)]):
            chosen = images[start:stop][labels[start:stop] == label]
            for channel in range(channels):
                histogram[part, label, channel] = np.bincount(chosen[:, channel].ravel(), minlength=256)
            cells = chosen[:, :, : GRID * block[0], : GRID * block[1]]
            cells = cells.reshape(len(chosen), channels, GRID, block[0], GRID, block[1])
            grid[label] += cells.sum((0, 3, 5), dtype=np.int64)
    classes = np.bincount(labels[:train], minlength=10)
    grid /= np.maximum(classes, 1)[:, None, None, None] * (block[0] * block[1])
    mean, std = _moments(histogram[0].sum(0), levels)
    return {
        "counts": [train - validation, validation, len(images) - train],
        "crc32": f"{zlib.crc32(labels, zlib.crc32(images)):08x}",
        "mean": mean.tolist(),
        "std": std.tolist(),
        "class_means": np.round(grid, 2).tolist(),
        "class_stds": np.round(_moments(histogram.sum(0), levels)[1] * 255, 2).tolist(),
    }


def _moments(histogram, levels):
    """Return mean and standard deviation of the values counted in the last axis of ``histogram``."""
    share = histogram / np.maximum(histogram.sum(-1, keepdims=True), 1)
    mean = share @ levels
    return mean, np.sqrt(np.maximum(share @ levels**2 - mean**2, 0))


class Likeness(enum.Enum):
    """How like the images of two data sets are."""

    EXACT = "the same bytes"
    RECODED = "the same pictures, encoded otherwise, as a JPEG copy is"
    DIFFERENT = "other images"


def same_images(one, other):
    """Compare two fingerprints, as `MulticlassDataset.fingerprint` returns them, and return their `Likeness`.

    The pictures count as the same if the statistics of all classes agree.
    """
    if any(one[key] != other[key] for key in ("name", "title", "counts")):
        return Likeness.DIFFERENT
    if one["crc32"] == other["crc32"]:
        return Likeness.EXACT
    means, stds = (np.subtract(one[key], other[key]) for key in ("class_means", "class_stds"))
    close = np.abs(means).max() < TOLERANCE and np.abs(stds).max() < 5 * TOLERANCE  # blur lowers contrast
    return Likeness.RECODED if close else Likeness.DIFFERENT
