"""Part 15: ResNet-34, block by block."""

import re
from itertools import groupby

from demos.page import Demo, phrase
from figures.tracing import torchvision_network, trace

INPUT = (3, 224, 224)  # an image of ImageNet


def resnet34_player():
    """Play ResNet-34 from its first layer to its last, a residual block at a time; opens on the whole network.

    All numbers are read off torchvision's modules.

    Returns
    -------
    Demo
    """
    net = torchvision_network("resnet34")
    return Demo(
        "resnet34",
        {"image": INPUT[1], "steps": steps_of(net, INPUT)},
        alt=phrase(
            "ResNet-34: 16 residual blocks in four sizes of feature map; a shortcut leads past each of them, dashed "
            "where the shape changes"
        ),
    )


def steps_of(net, input_shape):
    """Return what a torchvision ResNet is built of: its residual blocks, and each other layer by itself.

    Returns
    -------
    list of dict
        ``layers``: in their order, each with what it ``does``, ``stride``, the output's ``shape``, its number of
        ``parameters``, a batch norm's included, and the rows of the ``field`` that a unit sees. ``shortcut``: the
        parameters of the convolution on a block's shortcut, 0 where there is none, None for what is not a block.
    """
    steps = []
    for name, members in groupby(trace(net, input_shape)[1:], place):
        members = list(members)
        fitting = [layer for layer in members if "downsample" in layer.target]
        steps.append(
            {
                "layers": [numbers(layer) for layer in members if layer not in fitting],
                "shortcut": sum(layer.parameters for layer in fitting) if "." in name else None,
            }
        )
    return steps


def place(layer):
    """Return the name of the block that a layer is in, such as "layer1.0", or its own."""
    block = re.match(r"layer\d+\.\d+", layer.target)
    return block[0] if block else layer.target


def numbers(layer):
    """Return what the page shows of a layer."""
    return {
        "does": layer.does.split(",")[0],
        "stride": layer.window.stride[0],
        "shape": list(layer.shape),
        "parameters": layer.parameters,
        "field": layer.field.size[0],
    }
