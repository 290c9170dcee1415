"""What a network trained on ImageNet looks for first, beside a filter bank that people designed."""

import numpy as np
from torch import nn

import figures
import filters


def first_kernels(net):
    """Return the kernels of a network's first convolution, each over its largest weight.

    Parameters
    ----------
    net : nn.Module
        A network with a convolution.

    Returns
    -------
    array
        (kernels, channels, rows, columns) float32, from -1 to 1.

    Raises
    ------
    ValueError
        If it has no convolution.
    """
    first = next((module for module in net.modules() if isinstance(module, nn.Conv2d)), None)
    if first is None:
        raise ValueError(f"{type(net).__name__} has no convolution whose kernels could be shown")
    return over_largest(first.weight.detach().float().cpu().numpy())


def over_largest(kernels):
    """Return kernels, (count, ...), each over its largest weight; one of zeros stays as it is."""
    largest = np.abs(kernels).reshape(len(kernels), -1).max(1)
    return kernels / np.where(largest > 0, largest, 1).reshape(-1, *[1] * (kernels.ndim - 1))


@figures.own_style
def draw_first_kernels(network):
    """Draw the bank of Leung and Malik, and the kernels of a `Pretrained` network's first layer in colour."""
    bank, kernels = over_largest(filters.leung_malik_bank()), first_kernels(network.net)
    fig = figures.figure(
        5.2, 4.4
    )  # no wider than high by much: it fits a phone, where its titles can still be read
    left, right = fig.subplots(1, 2)
    figures.show_signed(left, figures.tile(bank, 6, gap=6), title=f"Leung and Malik:\n{len(bank)} filters")
    columns = int(np.ceil(np.sqrt(len(kernels) * 3 / 4)))  # in the shape of the bank: six by eight
    colours = figures.tile(0.5 + 0.5 * kernels, columns, fill=1)  # grey is 0
    figures.show_image(
        right, colours, f"{network.title}:\n{len(kernels)} kernels, {kernels.shape[2]}x{kernels.shape[3]}"
    )
    return fig


def show_first_kernels(network):
    """Display what `draw_first_kernels` draws; ``network`` is that of a prediction."""
    figures.show(
        draw_first_kernels(network),
        f"Left the filters that people designed, right the first kernels that {network.title} learned, in colour",
    )
