"""Residual networks: a block, a small network of blocks, and a pretrained network that names photographs.

Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import cnn
from datafiles import photographs
from imagenet import categories, pretrained

GUESSES = 5


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm, and beside them a shortcut, or not.

    Where the block halves the image and widens the channels, the shortcut takes every second pixel and adds channels
    of zeros, option A of K. He et al., "Deep residual learning for image recognition" (2016), so that plain and
    residual networks have the same parameters.

    Parameters
    ----------
    before, width : int
        Channels that go in and that come out: as many, or twice as many.
    residual : bool
        Whether the block has a shortcut.
    """

    def __init__(self, before, width, residual):
        super().__init__()
        self.stride, self.new_channels, self.residual = width // before, width - before, residual
        self.conv1 = nn.Conv2d(before, width, 3, stride=self.stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x):
        """Return feature maps (N, width, rows / stride, columns / stride) of (N, before, rows, columns)."""
        h = self.norm1(self.conv1(x)).relu()
        h = self.norm2(self.conv2(h))
        if self.residual:
            h = h + self.shortcut(x)
        return h.relu()

    def shortcut(self, x):
        """Return the feature maps as they are, or every second pixel of them and maps of zeros."""
        return F.pad(x[..., :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))


class StagedNet(nn.Module):
    """A network for small images with three stages of blocks: 6 * blocks + 2 layers, plain or residual.

    Parameters
    ----------
    blocks : int
        In each stage.
    residual : bool
        Whether blocks have shortcuts.
    width : int
        Channels of the first stage; the next have twice and four times as many. The paper has 16.
    """

    def __init__(self, blocks, residual, width=8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)  # halved: a quarter of the time
        self.norm = nn.BatchNorm2d(width)
        widths = [width] * blocks + [2 * width] * blocks + [4 * width] * blocks
        pairs = pairwise([width, *widths])
        self.blocks = nn.Sequential(*(Block(before, after, residual) for before, after in pairs))
        self.classifier = nn.Linear(4 * width, 10)

    def forward(self, x):
        """Return the logits (N, 10) of images (N, 3, 32, 32)."""
        h = self.norm(self.stem(x)).relu()  # (width, 16, 16)
        h = self.blocks(h)  # (4 * width, 4, 4)
        return self.classifier(h.mean(dim=(2, 3)))  # (10,)


class Guess(NamedTuple):
    """A category, as an index into the list of their names, and its probability."""

    id: int
    score: float


class Prediction(tuple):
    """``(categories, images, top5)``, as `classify` returns it, with the network that it comes from.

    ``title`` names the network, ``network`` is it, a `Pretrained`; ``features`` are its last feature maps of each
    photograph, (count, channels, 7, 7) float32.
    """

    def __new__(cls, categories, images, top5, title="", network=None, features=None):
        """Return the three as a tuple that knows the rest."""
        prediction = super().__new__(cls, (categories, images, top5))
        prediction.title, prediction.network, prediction.features = title, network, features
        return prediction


def classify(images, batch_size=8):
    """Return the five likeliest of ImageNet's thousand categories for each photograph.

    By ResNet-50 where its weights are in the data folder, else by EfficientNet-Lite0, whose weights are installed with
    the lecture. The prediction's ``title`` says which.

    Parameters
    ----------
    images : array, str, Path or bytes, or a list of them
        (count, rows, columns, 3) uint8; or a photograph of any size, or a list of such: (rows, columns, 3),
        (rows, columns) if it is grey, (rows, columns, 4) if it is transparent, which is seen on white; the path of a
        picture file, or of a folder of them; its bytes; or what was uploaded, ``ipywidgets.FileUpload().value``.
    batch_size : int
        Photographs at a time.

    Returns
    -------
    Prediction
        ``categories``: the names; ``images``: (count, 224, 224, 3) uint8, exactly the pixels that the network sees;
        ``top5``: for each photograph five `Guess`, the likeliest first.

    Raises
    ------
    ValueError
        If ``images`` are not such photographs, or ``batch_size`` is not a whole number above 0.
    """
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number of at least 1; got {batch_size!r}")
    images = photographs.in_colour(images)
    network = pretrained()
    crops = np.stack([network.see(image) for image in images])
    top5, features = guess(network, crops, batch_size)
    title = network.title
    return Prediction(list(categories()), crops.transpose(0, 2, 3, 1), top5, title, network, features)


@torch.inference_mode()
def guess(network, crops, batch_size):
    """Return the likeliest categories of each of (N, 3, 224, 224) uint8, five `Guess` each, and the feature maps."""
    device = cnn.best_device()
    body, head = (half.to(device) for half in network.halves)
    if device.type == "cpu":  # two at once are as fast there as eight, and take 100 MB less
        batch_size = min(batch_size, 2)
    images, top5, features = network.normalized(crops), [], []
    for start in range(0, len(images), batch_size):
        maps = body(images[start : start + batch_size].to(device))
        scores, ids = head(maps).softmax(1).topk(GUESSES)
        features.append(maps.cpu())
        for row in zip(ids.tolist(), scores.tolist(), strict=True):
            top5.append([Guess(*pair) for pair in zip(*row, strict=True)])
    return top5, torch.cat(features)
