"""Receptive fields of a trained network: the box that a unit can see, and the pixels that it listens to."""

import copy

import torch

import figures
from figures.tracing import receptive_field


def measured_field(net, dataset, name, images=24):
    """Return how strongly the centre units of a layer depend on each pixel, on average over validation images.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        Whose validation images are shown.
    name : str
        A convolution of the network.
    images : int
        How many of them.

    Returns
    -------
    (array, int)
        float32 (rows, columns), the magnitudes of the gradient, the largest 1; and the row (and column) of the
        unit in its feature map.
    """
    net = copy.deepcopy(net).cpu().eval()
    kept = {}
    net.get_submodule(name).register_forward_hook(lambda module, inputs, output: kept.update(output=output))
    pixels = torch.as_tensor(dataset.val.values[:images]).requires_grad_()
    net(pixels)
    centre = kept["output"].shape[-1] // 2
    total = 0
    for channel in kept["output"].unbind(1):
        (gradient,) = torch.autograd.grad(channel[:, centre, centre].sum(), pixels, retain_graph=True)
        total = total + gradient.abs().mean(dim=(0, 1))
    return (total / total.max()).numpy(), centre


def draw_receptive_fields(net, dataset, names=("c1", "c3", "c5")):
    """Draw, for the centre unit of each layer, the box that it can see and the pixels that it listens to."""
    fig = figures.figure(4 * len(names), 4.6)
    for ax, name in zip(fig.subplots(1, len(names)), names, strict=True):
        box = receptive_field(net, dataset.val.values.shape[1:], name)
        field, centre = measured_field(net, dataset, name)
        figures.bare(ax, f"{name.upper()}: sees {box.size[0]}x{box.size[1]} pixels")
        ax.imshow(field, cmap="magma", vmin=0, vmax=1, interpolation="nearest")
        row, column = (start + centre * jump for start, jump in zip(box.start, box.jump, strict=True))
        figures.mark(ax, row, column, *box.size)
    return fig


def show_receptive_fields(net, dataset):
    """Display theoretical and measured receptive fields of the three convolutions of `cnn.CifarCNN`."""
    figures.show(
        draw_receptive_fields(net, dataset),
        "Three maps of the gradient of a unit's activation, bright in the centre, each in a box",
    )
