"""Labelled images that stay bytes until they are asked for, and their statistics."""

import zlib
from typing import NamedTuple

import numpy as np

GRID = 4  # rows and columns of the coarse class means in a fingerprint


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

    ``images[index]`` takes whatever index numpy takes and returns float32 in [0, 1], or (x - mean) / std: the same
    numbers as this index of the whole array.

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
        self.writable = pixels  # torch warns of arrays that are not; nobody writes there
        self.mean, self.std, self.tensors = mean, std, tensors
        self.scale, self.offset = normalization(mean, std)

    @property
    def pixels(self):
        """The bytes, read-only, since they belong to every data set that is made of this one."""
        view = self.writable.view()
        view.flags.writeable = False
        return view

    @property
    def shape(self):
        """(N, C, H, W)."""
        return self.writable.shape

    def __len__(self):
        return len(self.writable)

    def __getitem__(self, index):
        index, scale, offset = plain(index), self.scale, self.offset
        if not chooses_whole_images(index):  # then each number needs the moments of its own channel or pixel
            scale, offset = (np.broadcast_to(moment, self.shape)[index] for moment in (scale, offset))
        values = np.asarray(self.pixels[index], dtype=np.float32) * scale
        values += offset  # in place: a whole part takes half a gigabyte
        values = np.asarray(values, order="C")
        if self.tensors:
            import torch

            return torch.from_numpy(values)
        return values

    def __setitem__(self, index, values):
        raise TypeError(
            "a data set's images cannot be written over: change a copy, such as values[:], "
            "or choose other images with dataset.subset(indices)"
        )

    def like(self, pixels):
        """Return other pixels, given out as these are."""
        return Images(pixels, self.mean, self.std, self.tensors)

    def __repr__(self):
        return f"Images(shape={self.shape})"


def plain(index):
    """Return an index that numpy understands; a torch tensor is one that it does not."""
    if isinstance(index, tuple):
        return tuple(map(plain, index))
    return index.detach().cpu().numpy() if hasattr(index, "detach") else index


def chooses_whole_images(index):
    """Tell whether an index leaves channels, rows and columns as they are."""
    return not isinstance(index, tuple) and (np.ndim(index) < 2 or np.asarray(index).dtype != bool)


def places(index, count):
    """Return which of ``count`` images an index means: a number, an array of numbers, or a slice from left to right.

    Parameters
    ----------
    index : int, slice, list of int, array or Tensor
        Numbers from -count to count - 1, or a Boolean for each image.

    Raises
    ------
    IndexError
        If the index is of another kind, or there is no such image.
    """
    wanted = "wanted is a number, a slice, a list of numbers, or a Boolean for each of the images"
    if isinstance(index, slice):
        forward = index.step is None or index.step > 0
        return index if forward else np.arange(count)[index].copy()  # torch knows no negative steps
    index = list(index) if isinstance(index, range) else plain(index)
    if isinstance(index, tuple):
        raise IndexError(
            f"images and their labels are chosen together by one index, not {len(index)}: {wanted}"
        )
    chosen = np.asarray(index, dtype=np.int64 if np.size(index) == 0 else None)
    if chosen.dtype == np.uint8 and chosen.shape == (count,) and count and chosen.max() < 2:
        raise IndexError(
            "0 and 1 for each image may mean a mask or image numbers: use .astype(bool) or .astype(int)"
        )
    if chosen.dtype == bool and chosen.shape != (count,):
        raise IndexError(f"a mask needs {count:,} Booleans, one an image, but its shape is {chosen.shape}")
    if chosen.dtype.kind not in "iub" or chosen.ndim > 1:
        raise IndexError(f"{index!r:.60} chooses no images: {wanted}")
    if chosen.dtype == bool:
        return np.flatnonzero(chosen)
    if chosen.size and not (-count <= chosen.min() and chosen.max() < count):
        raise IndexError(
            f"there are {count:,} images, 0 to {count - 1:,}; an index reaches outside: {index!r:.60}"
        )
    return chosen.astype(np.int64) % max(count, 1) if chosen.ndim else int(chosen) % count


class Split:
    """Images with their labels: the training, validation or test part of a data set.

    ``split[index]`` returns both as a `Batch`, for any index that `places` takes.

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
        index = places(index, len(self))
        return Batch(self.values[index], self.labels[index])

    def first(self, count):
        """Return the first ``count`` images and their labels, as bytes still: nothing is read."""
        return self.chosen(slice(count))

    def chosen(self, index):
        """Return a split of the images that an index chooses (see `places`), as bytes still."""
        index = places(index, len(self))
        if isinstance(index, int):
            raise IndexError(f"a part of the images is wanted: [{index}] for one image, not {index}")
        return Split(self.values.like(self.values.writable[index]), self.labels[index])

    def __repr__(self):
        return f"Split({len(self):,} images of shape {self.values.shape[1:]})"


def channel_moments(pixels):
    """Return mean and standard deviation of each channel over all images, (C, 1, 1) float32, in [0, 1]."""
    channels = pixels.shape[1]
    histogram = np.zeros((channels, 256), np.int64)
    for start in range(0, len(pixels), 1000):
        for channel in range(channels):
            histogram[channel] += np.bincount(pixels[start : start + 1000, channel].ravel(), minlength=256)
    return tuple(
        moment.astype(np.float32)[:, None, None] for moment in _moments(histogram, np.arange(256) / 255)
    )


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
