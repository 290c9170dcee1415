"""Degradation: plain and residual networks of two depths, trained alike, and the gradients that they start with."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import figures
import training
from resnet import StagedNet
from studies.comparison import PLAIN, TRAINING_IMAGES, kept_or_recorded, replace_first
from studies.uncertainty import accuracy_interval
from training import kept

NAME = "degradation"
SEEDS = (0, 1)  # of the first weights and of the order of the images
EPOCHS = 8
VALIDATION = 1_000  # the first validation images
RECIPE = {**PLAIN, "batch_size": 64, "learning_rate": 0.03}
# What batch norms add at first: 0 as a rule. Then the gradient of plain networks grows from layer to layer on its way
# back, a thousandfold in 56 of them; so theirs begin with 1. Networks with shortcuts need no such help.
SHIFT = 1.0
NETWORKS = {
    "plain, 20 layers": {"blocks": 3, "residual": False, "shift": SHIFT},
    "residual, 20 layers": {"blocks": 3, "residual": True},
    "plain, 56 layers": {"blocks": 9, "residual": False, "shift": SHIFT},
    "residual, 56 layers": {"blocks": 9, "residual": True},
}
LIVE = "plain, 20 layers"  # short enough to be trained again before everyone's eyes
NUMBERS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")


def network(blocks, residual, shift=0.0, seed=0):
    """Return a `resnet.StagedNet` with He's initialisation, whose batch norms add ``shift`` at first."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        net = StagedNet(blocks, residual)
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if isinstance(layer, nn.BatchNorm2d):
                nn.init.constant_(layer.bias, shift)
    return net


def gradients_by_depth(net, images, labels):
    """Return the norm of the loss's gradient with respect to the kernels of each convolution, over the kernels' norm.

    How much a step of gradient descent changes a layer, as a share of what is there, is this times the learning rate.

    Parameters
    ----------
    net : nn.Module
        Its running averages and gradients change.
    images, labels : Tensor
        One batch.

    Returns
    -------
    list of float
        From the first convolution to the last.
    """
    net.train().zero_grad()
    F.cross_entropy(net(images), labels).backward()
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    return [(layer.weight.grad.norm() / layer.weight.norm()).item() for layer in layers]


def first_batch(dataset):
    """Return the first training images and their labels, as many as a batch has."""
    count = RECIPE["batch_size"]
    return torch.as_tensor(dataset.train.values[:count]), torch.as_tensor(dataset.train.labels[:count])


def training_of(name, dataset, seed):
    """Train one network from a seed and return its snapshots, plain numbers.

    The first has its `gradients_by_depth` before the first step, and those that it would have with no shift.
    """
    few = dataset.subset(slice(TRAINING_IMAGES))
    few.val = dataset.val.first(VALIDATION)
    net, options = network(**NETWORKS[name], seed=seed), NETWORKS[name]
    starts = {"gradients": options, "usual_gradients": {**options, "shift": 0.0}}
    gradients = {
        key: gradients_by_depth(network(**start, seed=seed), *first_batch(dataset))
        for key, start in starts.items()
    }
    history = training.train_model(
        few, net, nn.CrossEntropyLoss(), EPOCHS, seed=seed, progress=False, **RECIPE
    )
    snapshots = [{key: snapshot[key] for key in ("epoch", *NUMBERS)} for snapshot in history]
    snapshots[0] |= gradients
    return snapshots


def description(dataset):
    """Return the `kept.description` of the study."""
    recipe = training.validated_recipe(dataset, EPOCHS, RECIPE)
    own = {"num_epochs": EPOCHS, "seeds": SEEDS, "training_images": TRAINING_IMAGES, "validation": VALIDATION}
    own["starts"] = {
        name: {"he": True, "shift": options.get("shift", 0.0)} for name, options in NETWORKS.items()
    }
    networks = {name: network(**options) for name, options in NETWORKS.items()}
    return kept.description(networks, dataset, {**recipe, **own})


def histories(dataset, retrain=False, quiet=False):
    """Return the histories of all trainings, {name: history} with a number for each seed, and whose images they saw.

    As `kept_or_recorded`; with ``retrain`` the first training of `LIVE` is done now.
    """
    result, now = kept_or_recorded(NAME, description(dataset), f"the first “{LIVE}”", retrain, quiet)
    found = result.snapshots
    if now:
        replace_first(found[LIVE], training_of(LIVE, dataset, SEEDS[0]))
    return found, result.record["data"]["title"]


def errors_of(history, part):
    """Return the error on images of "train" or "val", array (epochs + 1, seeds)."""
    return 1 - np.array([snapshot[f"{part}_accuracy"] for snapshot in history])


@figures.own_style
def draw_degradation(found, title):
    """Draw the error on training images by epoch, each training a line, and the gradients by depth at the start."""
    fig = figures.figure(10, 4.6)
    left, right = fig.subplots(1, 2)
    fig.supxlabel(
        f"{TRAINING_IMAGES:,} images, batches of {RECIPE['batch_size']}, {EPOCHS} epochs, one cycle to "
        f"{RECIPE['learning_rate']}, no augmentation; He's initialisation;\n8 channels at first, after a convolution "
        f"of stride 2; {len(SEEDS)} trainings each (thin) and their mean; plain networks begin with β = {SHIFT:g}",
        fontsize=figures.FONT - 3,
        color=figures.INK,
    )
    epochs = range(EPOCHS + 1)
    errors = {name: errors_of(history, "train") for name, history in found.items()}
    means = {name: (epochs, values.mean(1)) for name, values in errors.items()}
    lines = figures.curves(left, means, "epoch", "error", f"{title}: training images")
    for line, values in zip(lines, errors.values(), strict=True):
        for one in values.T:
            left.plot(epochs, one, color=line.get_color(), linewidth=0.8)
    starts = {name: history[0]["gradients"][0] for name, history in found.items()}
    starts["plain, 56 layers, β = 0"] = found["plain, 56 layers"][0]["usual_gradients"][0]
    by_depth = {name: (np.linspace(0, 1, len(values)), values) for name, values in starts.items()}
    figures.curves(
        right, by_depth, "depth, first to last layer", "gradient / weights", "before the first step"
    )
    for line in [*lines, *right.lines]:
        line.set_marker("")
    left.set_ylim(0, 1)
    right.set_yscale("log")
    right.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    left.get_legend().remove()
    right.legend(fontsize=figures.FONT - 3, frameon=False)
    return fig


def table_rows(found):
    """Return a table's rows: the errors of each training at the end; in validation with their 95 % intervals."""
    rows = []
    for name, history in found.items():
        learned, validated = (errors_of(history, part)[-1] for part in ("train", "val"))
        intervals = [accuracy_interval(round(error * VALIDATION), VALIDATION) for error in validated]
        texts = [
            f"{e:.1%} ({low:.0%} to {high:.0%})" for e, (low, high) in zip(validated, intervals, strict=True)
        ]
        rows.append((name, ", ".join(f"{error:.1%}" for error in learned), ", ".join(texts)))
    return rows


def show_degradation(dataset, retrain=False):
    """Display the error on training images of plain and residual networks of two depths, and how they start.

    Parameters
    ----------
    dataset : MulticlassDataset
        CIFAR-10, normalised. For any other what was recorded on CIFAR-10 is shown.
    retrain : bool
        Do one training of the plain network of 20 layers now. The others take half an hour: ``make results``.
    """
    found, title = histories(dataset, retrain)
    figures.show(
        draw_degradation(found, title),
        "Left the error on training images by epoch: the plain network of 56 layers has the highest; right the "
        "gradient of each layer over its weights, before the first step",
    )
    header = (
        f"each of {len(SEEDS)} trainings",
        "error on training images",
        f"on {VALIDATION:,} validation images (95 % interval)",
    )
    figures.show_table(header, table_rows(found))
