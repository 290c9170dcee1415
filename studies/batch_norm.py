"""Batch norm: activations by depth, and two trainings side by side, without it and with it."""

import torch
from torch import nn

import figures
from studies.comparison import PLAIN, Study, draw_histories, histories


@torch.no_grad()
def activations_by_depth(batch_norm, depth=24, width=16, seed=0):
    """Return how much activations differ from image to image, after each layer of a network fresh from PyTorch.

    Parameters
    ----------
    batch_norm : bool
        Whether each convolution is followed by batch norm.
    depth, width : int
        Convolutions of 3x3 with a ReLU, and their channels.
    seed : int
        Of the weights and the noise that goes in.

    Returns
    -------
    list of float
        One a layer: the standard deviation of a unit over the batch, on average over all units.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        signal = torch.randn(32, width, 16, 16)
        spreads = []
        for _ in range(depth):
            signal = nn.Conv2d(width, width, 3, padding=1)(signal)
            if batch_norm:
                signal = nn.BatchNorm2d(width)(signal)
            signal = signal.relu()
            spreads.append(signal.std(dim=0).mean().item())
    return spreads


@figures.own_style
def draw_activations_by_depth():
    """Draw the spread of the activations by depth, without and with batch norm."""
    fig = figures.figure(9, 4)
    ax = fig.subplots()
    series = {}
    for name, batch_norm in (("without batch norm", False), ("with batch norm", True)):
        spreads = activations_by_depth(batch_norm)
        series[name] = (range(1, len(spreads) + 1), spreads)
    figures.curves(ax, series, "layer", "standard deviation\nfrom image to image")
    ax.set_yscale("log")
    return fig


def show_activations_by_depth():
    """Display the spread of the activations by depth, without and with batch norm."""
    figures.show(
        draw_activations_by_depth(), "Without batch norm activations shrink by depth; with it they do not"
    )


def convolution_stack(batch_norm, widths=(16, 16, 32, 32, 64, 64)):
    """Return convolutions of 3x3 with ReLU, every second one with stride 2, and a dense layer on their means."""
    layers, channels = [], 3
    for k, width in enumerate(widths):
        layers.append(nn.Conv2d(channels, width, 3, stride=2 - k % 2, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU())
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


STUDY = Study(
    name="batch-norm",
    networks={
        "without batch norm": lambda: convolution_stack(batch_norm=False),
        "with batch norm": lambda: convolution_stack(batch_norm=True),
    },
    num_epochs=8,
    recipe={**PLAIN, "learning_rate": 0.05},
)


def show_batch_norm_training(dataset, retrain=False):
    """Display two trainings side by side, without and with batch norm, at the same learning rate."""
    figures.show(
        draw_histories(histories(STUDY, dataset, retrain), dataset.title),
        "Accuracy by epoch: with batch norm the same network learns faster",
    )
