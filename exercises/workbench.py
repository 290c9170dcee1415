"""A network to change: its diagram, its layers, a training within a budget, and the glass box, by one call."""

import torch
from nbformat.v4 import new_code_cell, new_markdown_cell
from torch import nn

import demos
from datafiles.files import say
from exercises.showing import Result
from figures import diagrams, training_curves
from figures.tracing import duplicate
from training import best_device, check_fit, mistakes, train_model
from training.networks import place_of

NAME = "my network"
BUDGET = "Say how long it may train: `seconds=60`, or `epochs=3`."


def change_it(net, dataset, *, seconds=None, epochs=None, device=None, **recipe):
    """Show a network, train it for some seconds or epochs, and open it.

    Parameters
    ----------
    net : nn.Module
        The network, for images of the data set; changed in place.
    dataset : MulticlassDataset
        MNIST or CIFAR-10, whole or a subset.
    seconds, epochs : float or int
        How long it is trained: one of the two.
    device : torch.device or str, optional
        `training.best_device` unless given.
    **recipe
        As `training.train_model` takes it: ``learning_rate``, ``batch_size`` and so on.

    Returns
    -------
    demos.page.Demo or Result
        The glass box, or, where nothing can be trained, what is wrong and what to write instead.
    """
    device = torch.device(device or best_device())
    if problem := mistake(net, dataset, seconds, epochs, device):
        return Result(NAME, "wrong", problem.replace(" PyTorch says:", "\nPyTorch says:"))
    shape = tuple(dataset.train.values.shape[1:])
    show_layers(net, shape)
    budget = {"num_epochs": epochs} if seconds is None else {"seconds": seconds}
    try:
        snapshots = train_model(dataset, net, nn.CrossEntropyLoss(), device=device, **budget, **recipe)
    except (ValueError, FloatingPointError) as error:
        return Result(NAME, "wrong", str(error))
    show_training(snapshots, dataset)
    images = dataset.val.values[:6]
    unnormalized = {} if dataset.mean is None else {"mean": dataset.mean, "std": dataset.std}
    try:
        return demos.glass_box(
            net, images, dataset.label_names, targets=dataset.val.labels[:6], title=NAME, **unnormalized
        )
    except ValueError as error:
        return Result(NAME, "stopped", f"It is trained, but the glass box does not show it: {error}")


def mistake(net, dataset, seconds, epochs, device):
    """Say what is wrong with a network before it is trained, and what to write instead; "" if nothing is.

    Whether it takes the images and gives a number for each class is found out by trying, as `training.train_model` does
    too; see `training.mistakes`.
    """
    if isinstance(net, type) or not isinstance(net, nn.Module):
        kind = f"the class {net.__name__}, without ()" if isinstance(net, type) else f"a {type(net).__name__}"
        return f"Wanted is a network, such as nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), but this is {kind}."
    if not hasattr(dataset, "label_names"):
        return "Wanted is a data set, such as mnist or cifar, behind the network."
    if (seconds is None) == (epochs is None):
        return BUDGET
    if not any(weights.requires_grad for weights in net.parameters()):
        return "It has no parameters that could learn: at least one nn.Conv2d or nn.Linear is wanted."
    try:
        check_fit(net, dataset, dataset.train, device)
    except ValueError as error:
        return str(error)
    if mistakes.gives_probabilities(*on_two_images(net, dataset, device)):
        return (
            "It ends with a softmax or a sigmoid: what it gives are probabilities already. Leave that out. "
            "nn.CrossEntropyLoss takes the softmax itself, of logits, and would take it twice: the loss could never "
            "fall below 1.46."
        )
    return ""


def on_two_images(net, dataset, device):
    """Return a copy of a network in evaluation mode, and two images that it takes."""
    copied = duplicate(net).to(device).eval()
    return copied, torch.as_tensor(dataset.train.values[:2]).to(*place_of(copied))


def show_layers(net, shape):
    """Display diagram and layer table of a network for images (channels, rows, columns), or say why there are none."""
    try:
        diagrams.show_network(net, shape, NAME)
        diagrams.show_layer_table(net, shape)
    except ValueError as error:  # not every forward can be followed
        say(f"There is no diagram of it: {error}.")


def show_training(snapshots, dataset):
    """Display how a training went, and say for how many epochs it lasted."""
    training_curves.show_learning_curves(snapshots, f"{NAME} on {dataset.title}")
    last, seconds = snapshots[-1], snapshots[-1]["seconds"] - snapshots[0]["seconds"]
    epochs = f"{last['epoch']:.3g} epoch{'s' * (last['epoch'] != 1)}"
    say(
        f"{epochs} of {len(dataset.train):,} images in {seconds:.0f} seconds: "
        f"{last['val_accuracy']:.1%} of {len(dataset.val):,} validation images right."
    )


OPENING = """\
## Change it

A network of your own, layer by layer. Change it, and run the cell: you see its diagram and its layers, it learns for as
long as you say, and the glass box opens it. Try a third convolution, larger kernels, no pooling; or put
`MulticlassDataset.cifar().normalize()` for `mnist`, whose images have 3 channels. Where layers do not fit, you are told
what to write.

It learns from the first 10,000 digits; without `.subset(...)` from all 55,000."""

CELL = """\
from datasets import MulticlassDataset
from exercises import workbench

mnist = MulticlassDataset.mnist().subset(range(10000))
net = nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),  # (8, 12, 12)
    nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2),  # (16, 5, 5)
    nn.Flatten(), nn.Linear(16 * 5 * 5, 10),
)  # fmt: skip
workbench.change_it(net, mnist, seconds=10)  # seconds=60 for a minute; epochs=3 for three epochs"""


def change_it_cells():
    """Return the cells with the network to change, as nbformat has them."""
    return [new_markdown_cell(OPENING, id="change-it"), new_code_cell(CELL, id="change-it-network")]
