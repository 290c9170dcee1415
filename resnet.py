"""Residual networks: a block, a small network of blocks, and a pretrained ResNet-50 that names photographs.

ResNet-50, its weights, its preprocessing and its thousand category names are torchvision's. Source: K. He, X. Zhang,
S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016; the weights are torchvision's second set.
"""

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import ResNet50_Weights, resnet50
from torchvision.transforms import functional as vision

import cnn
import datasets
from datafiles import photographs
from datafiles.files import digest, say
from datafiles.images import Images

WEIGHTS = ResNet50_Weights.DEFAULT
FILE_NAME = WEIGHTS.url.rsplit("/", 1)[-1]
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
    """``(categories, images, top5)``, as `classify` returns it; ``title`` says which network it comes from."""

    def __new__(cls, categories, images, top5, title):
        """Return the three as a tuple with a title."""
        prediction = super().__new__(cls, (categories, images, top5))
        prediction.title = title
        return prediction


def classify(images, batch_size, retrain=False):
    """Return the five likeliest categories of each photograph.

    Without ResNet-50's weights the lecture's own CifarCNN, which knows ten classes, stands in, and says so.

    Parameters
    ----------
    images : array or list of arrays
        (count, rows, columns, 3) uint8; or a list of photographs of any sizes, (rows, columns, 3), (rows, columns) if
        they are grey, or (rows, columns, 4) if they are transparent, which are seen on white.
    batch_size : int
        Photographs at a time.
    retrain : bool
        Train the stand-in now, where there is one.

    Returns
    -------
    Prediction
        ``categories``: the names; ``images``: (count, rows, columns, 3) uint8, exactly the pixels that the network
        sees; ``top5``: for each photograph five `Guess`, the likeliest first.

    Raises
    ------
    ValueError
        If ``images`` are not such photographs, or ``batch_size`` is not a whole number above 0.
    """
    images = photographs.in_colour(images)
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number of at least 1; got {batch_size!r}")
    net = pretrained()
    if net is None:
        return stand_in(images, batch_size, retrain)
    transform = WEIGHTS.transforms()
    crops = np.stack([see(image, transform) for image in images])
    mean, std = (np.array(value, np.float32)[:, None, None] for value in (transform.mean, transform.std))
    top5 = guess(net, Images(crops, mean, std, tensors=True), batch_size)
    return Prediction(list(WEIGHTS.meta["categories"]), crops.transpose(0, 2, 3, 1), top5, "ResNet-50")


def see(image, transform):
    """Return the centre of a photograph as the network sees it, before its colours are normalised.

    Parameters
    ----------
    image : array
        (rows, columns, 3) uint8.
    transform : callable
        torchvision's `ImageClassification` preset: its sizes are used.

    Returns
    -------
    array
        (3, 224, 224) uint8.
    """
    tensor = torch.from_numpy(photographs.middle(image)).permute(2, 0, 1)
    tensor = vision.resize(
        tensor, transform.resize_size, transform.interpolation, antialias=transform.antialias
    )
    return vision.center_crop(tensor, transform.crop_size).numpy()


@torch.inference_mode()
def guess(net, images, batch_size):
    """Return the likeliest categories of each of `Images`, a list of five `Guess` each."""
    device = cnn.best_device()
    net = net.to(device).eval()
    if device.type == "cpu":  # two at once are as fast there as eight, and take 100 MB less
        batch_size = min(batch_size, 2)
    top5 = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        scores, ids = net(batch.to(device)).softmax(1).topk(GUESSES)
        for row in zip(ids.tolist(), scores.tolist(), strict=True):
            top5.append([Guess(*pair) for pair in zip(*row, strict=True)])
    return top5


def pretrained():
    """Return ResNet-50 with the weights in the data folder, or None, having said why."""
    path = datasets.resnet50_weights()
    if path is None:
        say(
            f"ResNet-50's weights are not here: put {FILE_NAME} (103 MB, {WEIGHTS.url}) "
            f"into {datasets.data_folder()} and restart the kernel."
        )
        return None
    with torch.device("meta"):
        net = resnet50(weights=None)  # no memory, no random numbers: the file brings all its weights
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        net.load_state_dict(state, assign=True)
    except Exception as error:  # what a damaged or foreign file makes torch.load raise has no common type
        reason = str(error).strip().split("\n")[0][:150]
        say(f"{path} does not hold the weights of a ResNet-50 ({reason}): replace it by {WEIGHTS.url}.")
        return None
    expected = re.search(r"-([0-9a-f]{8,})\.", path.name)
    if expected and not digest(path, "sha256").startswith(expected[1]):
        say(f"{path} is used, but it is not the official file: its checksum is not {expected[1]}.")
    return net.float()  # half of the room on disk is enough for some


def stand_in(images, batch_size, retrain=False):
    """Classify by the lecture's CifarCNN, which sees each photograph shrunk to 32x32."""
    dataset = datasets.MulticlassDataset.cifar().normalize()
    net = cnn.CifarCNN()
    cnn.trained(net, dataset, num_epochs=20, retrain=retrain)
    title = f"CifarCNN ({dataset.title}), standing in for ResNet-50"
    say(f"Until then a stand-in classifies: {title}.")
    tensors = [torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1) for image in images]
    crops = np.stack([vision.resize(image, [32, 32], antialias=True).numpy() for image in tensors])
    top5 = guess(net, Images(crops, dataset.mean, dataset.std, tensors=True), batch_size)
    return Prediction(dataset.label_names, crops.transpose(0, 2, 3, 1), top5, title)
