"""The images of a data set as bytes on a device, and the batches that are made of them there."""

from itertools import pairwise

import torch

EVALUATED_AT_ONCE = 100  # images: their activations stay in the cache, which is faster than more at a time

# A step took 0.55 to 0.85 of the time of the usual layout, for each of the networks.
LAYOUT = torch.channels_last


class DeviceImages:
    """The images of a split as bytes on a device, which makes float batches of them there.

    A float would take four times the memory of a byte, and four times as long to gather.

    Parameters
    ----------
    split : Split
        Images and labels, and how the images are normalised.
    device : torch.device
        Where they go; on the processor they stay in the file that they are mapped from.
    name : str
        What an error calls them: "training".

    Attributes
    ----------
    layout, dtype
        Of the batches, as the network wants them (see `training.networks.fit`).
    """

    def __init__(self, split, device, name="given"):
        self.name, self.layout, self.dtype = name, LAYOUT, torch.float32
        images = split.values
        arrays = images.writable, split.labels, images.scale, images.offset
        self.pixels, self.labels, self.scale, self.offset = (torch.as_tensor(a).to(device) for a in arrays)

    def __len__(self):
        return len(self.labels)

    def normalized(self, pixels):
        """Return bytes (N, C, H, W) as normalised floats."""
        # Multiplied in the layout of the bytes, where a channel's pixels lie together: a third of the time.
        floats = (pixels * self.scale).add_(self.offset)
        return floats.to(self.dtype).contiguous(memory_format=self.layout)

    def in_order(self, count=None):
        """Yield the first ``count`` (images, labels) as they come, all unless given."""
        pixels, labels = (array[:count].split(EVALUATED_AT_ONCE) for array in (self.pixels, self.labels))
        for images, answers in zip(pixels, labels, strict=True):
            yield self.normalized(images), answers

    def shuffled(self, batch_size, generator, mirror, shift):
        """Yield (images, labels) in random order, mirrored and shifted at random if asked for."""
        count, device = len(self), self.labels.device
        # All random numbers of an epoch are drawn at once, on the processor: the same on every device.
        order = torch.randperm(count, generator=generator).to(device)
        mirrored = torch.rand(count, generator=generator).to(device).lt(0.5)
        moves = torch.randint(2 * shift + 1, (2, count), generator=generator).to(device)
        for start, stop in pairwise(batch_limits(count, batch_size)):
            part = slice(start, stop)
            # A fifth of the time of `self.pixels[order[part]]`, which copies pixel by pixel.
            pixels, labels = (array.index_select(0, order[part]) for array in (self.pixels, self.labels))
            if mirror or shift:
                pixels = moved(pixels, mirrored[part] & mirror, *(moves[:, part] - shift))
            yield self.normalized(pixels), labels


def batch_limits(count, batch_size):
    """Return where the batches of an epoch begin, and ``count``.

    An image over at the end joins the last batch: batch norm cannot learn from one, and its step would be too large.
    """
    starts = list(range(0, count, batch_size))
    if batch_size > 1 and len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return [*starts, count]


def moved(pixels, mirrored, up, left):
    """Mirror and shift each image of a batch in its own way; what comes in at the border repeats the border.

    Parameters
    ----------
    pixels : Tensor
        (N, C, H, W).
    mirrored : Tensor
        (N,) bool: whether left and right change places, before the shift.
    up, left : Tensor
        (N,) int64: by how many pixels; negative ones go down and right.

    Returns
    -------
    Tensor
        (N, C, H, W).
    """
    count, channels, height, width = pixels.shape
    rows, columns = (torch.arange(size, device=pixels.device) for size in (height, width))
    rows = (rows + up[:, None]).clamp(0, height - 1)
    columns = (columns + left[:, None]).clamp(0, width - 1)
    columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    source = (rows[:, :, None] * width + columns[:, None]).view(count, 1, -1)
    return pixels.flatten(2).gather(2, source.expand(-1, channels, -1)).view_as(pixels)
