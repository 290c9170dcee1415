"""Part 10: receptive fields, the box that a unit can see and the pixels that it listens to."""

import numpy as np
import torch

from demos.page import Demo, fractions, packed, phrase
from figures.tracing import duplicate, trace

SHOWN = 6  # validation images to choose from
MEASURED = 64  # validation images that a gradient is averaged over


def receptive_field_explorer(net, dataset, names=("c1", "c3", "c5")):
    """Choose a layer and a unit: see the box that it can see, and how strongly it depends on each pixel.

    The boxes follow from kernel sizes, strides and paddings. The gradients are measured here, for nine units of each
    layer, see `measured_fields`.

    Parameters
    ----------
    net : nn.Module
        A trained network; it is left as it is.
    dataset : MulticlassDataset
        Its validation images, normalised as for the training.
    names : sequence of str
        Convolutions of the network.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there are no names, a layer is not there or has no feature maps, or the images do not fit the network.
    """
    shape = tuple(dataset.val.values.shape[1:])
    layers = {layer.target: layer for layer in trace(net, shape) if layer.kind == "convolution"}
    if not names or any(name not in layers for name in names):
        raise ValueError(
            f"names must be convolutions of the network, {', '.join(layers)}, but they are {names!r}"
        )
    measured = measured_fields(net, dataset.val.values[:MEASURED], names)
    return Demo(
        "receptive_fields",
        {
            "title": dataset.title,
            "images": fractions(dataset.unnormalize(np.asarray(dataset.val.values[:SHOWN]))),
            "layers": [
                {
                    "name": layers[name].name,
                    "shape": list(layers[name].shape[1:]),
                    **{
                        key: list(value) for key, value in layers[name].field._asdict().items()
                    },  # size, jump, start
                    **dict(
                        zip(("rows", "columns"), map(grid, layers[name].shape[1:]), strict=True)
                    ),  # measured ones
                    "gradients": packed(measured[name]),
                }
                for name in names
            ],
        },
        alt=phrase(
            "A picture with the box of pixels that a unit can see, and how strongly the unit depends on each of them"
        ),
    )


def grid(length):
    """Return the first, the middle and the last place of a row."""
    return sorted({0, length // 2, length - 1})


def measured_fields(net, images, names):
    """Measure how strongly units depend on each pixel: the gradient's magnitude, on average over images.

    For each image the gradient is that of another channel of the layer, in turn: averages over 64 images and a
    channel of each are smoother, in the same time, than over all 64 channels of one image.

    Parameters
    ----------
    net : nn.Module
        The network.
    images : array or Tensor
        (N, C, H, W), as the network takes them.
    names : sequence of str
        Its convolutions.

    Returns
    -------
    dict of str to array
        For each name float32 (3, 3, H, W), for units in the first, middle and last row and column, or fewer of a map
        that has fewer; the largest of each unit is 1.
    """
    net, kept = duplicate(net).cpu().eval().requires_grad_(False), {}
    for name in names:
        net.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: kept.update({name: output})
        )
    pixels = torch.as_tensor(images).clone().requires_grad_()
    net(pixels)
    number, fields = torch.arange(len(pixels)), {}
    for name in names:
        units = kept[name][number, number % kept[name].shape[1]]  # (N, rows, columns)
        rows, columns = map(grid, units.shape[1:])
        field = torch.zeros(len(rows), len(columns), *pixels.shape[2:])
        for r, row in enumerate(rows):
            for c, column in enumerate(columns):
                (gradient,) = torch.autograd.grad(units[:, row, column].sum(), pixels, retain_graph=True)
                field[r, c] = gradient.abs().mean((0, 1))
        fields[name] = (field / field.amax((2, 3), keepdim=True).clamp_min(1e-30)).numpy()
    return fields
