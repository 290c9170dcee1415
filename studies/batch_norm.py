"""Initialisation and batch norm: activations by depth, and trainings at several learning rates."""

from functools import partial

import numpy as np
import torch
from torch import nn

import figures
from studies.comparison import PLAIN, Study, histories

# What is compared, each by what it does to a convolution of its own.
WAYS = {
    "PyTorch's initialisation": {},
    "He's initialisation": {"he": True},
    "with batch norm": {"batch_norm": True},
}
SMALL = 0.01  # standard deviation of AlexNet's first weights in all layers (A. Krizhevsky et al., 2012)
BY_DEPTH = {
    f"{SMALL} in all": {"std": SMALL},
    "PyTorch's": {},
    "He's": {"he": True},
    "batch norm": {"batch_norm": True},
}
RATES = (0.01, 0.05, 0.2)  # learning rates at the height of the cycle
SHOWN = 0.05  # whose curves are drawn


def he_initialise(layer):
    """Draw the weights of a layer as K. He et al., "Delving deep into rectifiers" (2015), do for ReLU; no bias.

    Their variance is 2 / (numbers that go into a unit), six times that of PyTorch's: then the mean square of what goes
    in stays the same from layer to layer, whatever the depth.
    """
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)


@torch.no_grad()
def activations_by_depth(batch_norm=False, he=False, std=None, activation="relu", depth=24, width=16, seed=0):
    """Return how much activations differ from image to image, after each layer of a network that was never trained.

    Parameters
    ----------
    batch_norm : bool
        Whether each convolution is followed by batch norm.
    he : bool
        Whether the weights are drawn as He's; as PyTorch draws them otherwise.
    std : float, optional
        Their standard deviation, where they are drawn from one normal distribution in all layers; no bias.
    activation : str
        "relu" or "tanh".
    depth, width : int
        Convolutions of 3x3 with an activation, and their channels.
    seed : int
        Of the weights and the noise that goes in.

    Returns
    -------
    list of float
        One a layer: the standard deviation of a unit over the batch, on average over all units.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        signal = torch.randn(32, width, 8, 8).double()  # a float would end where biases leave no digits
        spreads = []
        for _ in range(depth):
            layer = nn.Conv2d(width, width, 3, padding=1)
            if he:
                he_initialise(layer)
            if std is not None:
                nn.init.normal_(layer.weight, std=std)
                nn.init.zeros_(layer.bias)
            signal = layer.double()(signal)
            if batch_norm:
                signal = nn.BatchNorm2d(width).double()(signal)
            signal = getattr(signal, activation)()
            spreads.append(signal.std(dim=0).mean().item())
    return spreads


@figures.own_style
def draw_activations_by_depth():
    """Draw the spread of the activations by depth under tanh and ReLU: three initialisations, and batch norm."""
    fig = figures.figure(9, 3.6)
    axes = fig.subplots(1, 2, sharey=True)
    for ax, activation, name in zip(axes, ("tanh", "relu"), ("tanh", "ReLU"), strict=True):
        found = {
            way: activations_by_depth(**options, activation=activation) for way, options in BY_DEPTH.items()
        }
        series = {way: (range(1, len(spreads) + 1), spreads) for way, spreads in found.items()}
        figures.curves(ax, series, "layer", "", name)
        ax.set_yscale("log")
    axes[0].get_legend().remove()
    axes[0].set_ylabel("standard deviation\nfrom image to image", fontsize=figures.FONT)
    return fig


def show_activations_by_depth():
    """Display the spread of the activations by depth under tanh and ReLU: three initialisations, and batch norm."""
    figures.show(
        draw_activations_by_depth(),
        "Activations fade by depth with small weights and with PyTorch's, more under ReLU than under tanh; with He's "
        "they last, and with batch norm",
    )


def convolution_stack(batch_norm=False, he=False, widths=(16, 16, 32, 32, 64, 64)):
    """Return convolutions of 3x3 with ReLU, every second one with stride 2, and a dense layer on their means."""
    layers, channels = [], 3
    for k, width in enumerate(widths):
        layers.append(nn.Conv2d(channels, width, 3, stride=2 - k % 2, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU())
        channels = width
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
    for layer in net:
        if he and isinstance(layer, (nn.Conv2d, nn.Linear)):
            he_initialise(layer)
    return net


def at(name, rate):
    """Return the name of a training: of one of the `WAYS`, at a learning rate."""
    return f"{name}, {rate}"


STUDY = Study(
    name="batch-norm",
    networks={
        at(name, rate): partial(convolution_stack, **way) for name, way in WAYS.items() for rate in RATES
    },
    live=at("with batch norm", SHOWN),
    num_epochs=8,
    recipe=PLAIN,
    changes={at(name, rate): {"learning_rate": rate} for name in WAYS for rate in RATES},
    seeds=(0, 1, 2),
)


def accuracies_of(history):
    """Return the accuracy on validation images, array (epochs + 1, trainings)."""
    return np.array([snapshot["val_accuracy"] for snapshot in history])


@figures.own_style
def draw_batch_norm_training(found, title):
    """Draw the accuracy on validation images: by epoch at one learning rate, and at the end for all of them.

    Parameters
    ----------
    found : dict of str to list
        The histories of `STUDY`.
    title : str
        Of the data set.
    """
    fig = figures.figure(12, 4.4)
    left, right = fig.subplots(1, 2, sharey=True)
    curves = {name: accuracies_of(found[at(name, SHOWN)]) for name in WAYS}
    ends = {name: np.array([accuracies_of(found[at(name, rate)])[-1] for rate in RATES]) for name in WAYS}
    epochs = [snapshot["epoch"] for snapshot in found[STUDY.live]]
    for ax, places, series, words in (
        (left, epochs, curves, ("epoch", "validation accuracy", f"{title}: learning rate {SHOWN}")),
        (right, RATES, ends, ("learning rate", "", f"after {STUDY.num_epochs} epochs")),
    ):
        means = {name: (places, values.mean(1)) for name, values in series.items()}
        for line, values in zip(figures.curves(ax, means, *words), series.values(), strict=True):
            line.set_marker("")
            ax.plot(places, values, "o", color=line.get_color(), markersize=5, alpha=0.7)
    right.get_legend().remove()
    right.set_xscale("log")
    right.set_xticks(RATES, [str(rate) for rate in RATES], minor=False)
    right.minorticks_off()
    fig.supxlabel(
        f"{len(STUDY.seeds)} trainings each, a dot a training, lines through their means",
        fontsize=figures.FONT - 3,
        color=figures.INK,
    )
    return fig


def show_batch_norm_training(dataset, retrain=False):
    """Display trainings side by side: two initialisations, and batch norm, at three learning rates.

    Parameters
    ----------
    dataset : MulticlassDataset
        CIFAR-10, normalised. For images on which it was not measured, what was recorded on CIFAR-10 is shown.
    retrain : bool
        Do one training now. The others take a quarter of an hour: ``make results``.
    """
    figures.show(
        draw_batch_norm_training(*histories(STUDY, dataset, retrain)),
        "Accuracy on validation images, for two initialisations and with batch norm, by epoch and by learning rate",
    )
