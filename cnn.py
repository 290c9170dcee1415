"""The three networks of the lecture: built, trained, evaluated, and looked into.

`train_model` trains a network, `trained` gives it the weights of a training that was done before,
`evaluate` returns numbers, `evaluate_model` and `visualize_layer_output` display pictures.
"""

import torch
import torch.nn.functional as F
from torch import nn

import figures
from datafiles.files import say
from figures import activations, examples, training_curves
from training import (
    EXAMPLES,
    RECIPES,
    best_device,
    check_fit,
    classify_examples,
    evaluate,
    kept,
    left_as_it_came,
    one_cycle,
    train_model,
    validated_recipe,
    whole_number,
)

__all__ = [
    "RECIPES",
    "CifarCNN",
    "PoolingCNN",
    "SimpleCNN",
    "best_device",
    "evaluate",
    "evaluate_model",
    "one_cycle",
    "train_model",
    "trained",
    "visualize_layer_output",
]


class Network(nn.Module):
    """A network that keeps every layer's activation of its latest batch in ``outputs``, without its graph."""

    def __init__(self, num_layers):
        super().__init__()
        self.num_layers = num_layers
        self.outputs = [None] * num_layers
        self.data_title = ""  # which data the examples in `outputs` are from

    def keep(self, layer, h):
        """Store an activation, and hand it on; what is not a tensor (as in ``torch.fx``) is only handed on."""
        if isinstance(h, torch.Tensor):
            self.outputs[layer] = h.detach()
        return h


class SimpleCNN(Network):
    """One convolutional layer and a classifier, for images of digits."""

    def __init__(self):
        super().__init__(num_layers=4)
        self.c1 = nn.Conv2d(1, 9, 5)
        self.f3 = nn.Linear(9 * 24 * 24, 10)

    def forward(self, x):
        """Return the logits (N, 10) of images (N, 1, 28, 28)."""
        h = self.keep(0, x)  # (1, 28, 28)
        h = self.keep(1, self.c1(h))  # (9, 24, 24)
        h = self.keep(2, h.tanh())  # (9, 24, 24)
        return self.keep(3, self.f3(h.flatten(1)))  # (10,)


class PoolingCNN(Network):
    """The same with max pooling, which leaves the classifier a quarter of the weights."""

    def __init__(self):
        super().__init__(num_layers=4)
        self.c1 = nn.Conv2d(1, 9, 5)
        self.f3 = nn.Linear(9 * 12 * 12, 10)

    def forward(self, x):
        """Return the logits (N, 10) of images (N, 1, 28, 28)."""
        h = self.keep(0, x)  # (1, 28, 28)
        h = self.keep(1, self.c1(h))  # (9, 24, 24)
        h = self.keep(2, F.max_pool2d(h, 2, stride=2).tanh())  # (9, 12, 12)
        return self.keep(3, self.f3(h.flatten(1)))  # (10,)


class CifarCNN(Network):
    """Three convolutional layers, each followed by pooling, and two dense ones, for small colour images."""

    def __init__(self):
        super().__init__(num_layers=9)
        self.c1 = nn.Conv2d(3, 32, 5, padding=2)
        self.c3 = nn.Conv2d(32, 32, 5, padding=2)
        self.c5 = nn.Conv2d(32, 64, 5, padding=2)
        self.f7 = nn.Linear(64 * 4 * 4, 64)
        self.f8 = nn.Linear(64, 10)

    def forward(self, x):
        """Return the logits (N, 10) of images (N, 3, 32, 32)."""
        h = self.keep(0, x)  # (3, 32, 32)
        h = self.keep(1, self.c1(h))  # (32, 32, 32)
        h = self.keep(2, F.max_pool2d(h, 3, stride=2).relu())  # (32, 15, 15)
        h = self.keep(3, self.c3(h).relu())  # (32, 15, 15)
        h = self.keep(4, F.avg_pool2d(h, 3, stride=2, padding=1))  # (32, 8, 8)
        h = self.keep(5, self.c5(h).relu())  # (64, 8, 8)
        h = self.keep(6, F.avg_pool2d(h, 3, stride=2, padding=1))  # (64, 4, 4)
        h = self.keep(7, self.f7(h.flatten(1)))  # (64,)
        return self.keep(8, self.f8(h))  # (10,)


def evaluate_model(dataset, net, snapshots, device=None):
    """Display what a network says to six validation images, and how its accuracy and loss went.

    Parameters
    ----------
    dataset : MulticlassDataset
        The images.
    net : nn.Module
        The trained network; it keeps the activations for the six images.
    snapshots : list of dict
        What `train_model` returned.
    device : torch.device or str, optional
        `best_device` unless given.

    Raises
    ------
    ValueError
        If there are no snapshots, or the network cannot take the images.
    """
    if not snapshots:
        raise ValueError("evaluate_model draws how a training went, but snapshots is empty")
    device = torch.device(device or best_device())
    check_fit(net, dataset, dataset.val, device)
    net.to(device)
    probabilities = classify_examples(net, dataset).numpy()
    fig = examples.draw_evaluation(dataset, probabilities, snapshots)
    rows = zip(examples.labels_of(dataset, EXAMPLES), probabilities.argmax(1), strict=True)
    answers = ", ".join(f"{name} taken for {dataset.label_names[guess]}" for name, guess in rows)
    figures.show(fig, f"{dataset.title}: {answers}; accuracy and loss by epoch")


def visualize_layer_output(net, layer, index, widths, height):
    """Display what goes into a layer, its weights, and what comes out, for one of the six examples.

    Parameters
    ----------
    net : nn.Module
        A network that `evaluate_model`, `train_model` or `trained` has seen.
    layer : int
        A layer with weights: the number in its name, 1 for ``c1``.
    index : int
        Which of the six validation images, from 0.
    widths : sequence of three numbers
        Widths of the three pictures, in inches.
    height : float
        Height, in inches.

    Raises
    ------
    ValueError
        If the layer has no weights, the index is outside the examples, or the network has not seen them.
    """
    fig = activations.draw_layer_output(net, layer, index, widths, height)
    figures.show(fig, f"Layer {layer} of {type(net).__name__}: input, weights and output for example {index}")


def trained(net, dataset, *, num_epochs, device=None, retrain=False, seed=0, **recipe):
    """Give a network the weights of a training: one that was shipped, or done on this machine, else a new one.

    Parameters
    ----------
    net : nn.Module
        Gets the weights, and keeps the activations for six validation images.
    dataset : MulticlassDataset
        What it is trained on.
    num_epochs : int
        Epochs of the training.
    device : torch.device or str, optional
        Where a new training takes place; `best_device` unless given.
    retrain : bool
        Train now, and watch.
    seed : int
        Of the first weights and of the order of the images.
    **recipe
        What is to differ from `RECIPES`.

    Returns
    -------
    list of dict
        The snapshots of the training, as from `train_model`.

    Raises
    ------
    ValueError, FloatingPointError
        As `train_model` does.
    """
    name, device = type(net).__name__, torch.device(device or best_device())
    settings = settings_of(dataset, num_epochs, seed, **recipe)
    check_fit(net, dataset, dataset.train, device)
    wanted = kept.description({name: net}, dataset, settings)
    result = kept.find(name, wanted)
    if result and not retrain:
        say(kept.describe(name, result))
        kept.load(net, result.weights[name])
        snapshots = result.snapshots[name]
    else:
        curves = training_curves.LiveCurves(f"{name} on {dataset.title}", settings["num_epochs"])
        options = {"seed": seed, "on_epoch": curves, **recipe}
        with left_as_it_came(net):
            restart(net, settings["seed"])
            snapshots = train_model(dataset, net, nn.CrossEntropyLoss(), num_epochs, device, **options)
        other_batches = "batch_size" in snapshots[0]  # a GPU had no room for those that were asked for
        kept_before = result and result.likeness is kept.Likeness.EXACT
        if not other_batches and not kept_before:
            kept.keep(name, wanted, {name: snapshots}, {name: net})
    net.to(device)
    classify_examples(net, dataset)
    return snapshots


def settings_of(dataset, num_epochs, seed, **recipe):
    """Return all that a training depends on, besides network and images: recipe, epochs, and seed."""
    numbers = {"num_epochs": whole_number("num_epochs", num_epochs, 1), "seed": whole_number("seed", seed)}
    return {**validated_recipe(dataset, num_epochs, recipe), **numbers}


def restart(net, seed):
    """Give all layers that learn new random weights, the same for the same seed; global random numbers stay."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` would seed GPUs too
        net.cpu()
        for module in net.modules():
            own = list(module.parameters(recurse=False))
            frozen = own and not any(weights.requires_grad for weights in own)
            if hasattr(module, "reset_parameters") and not frozen:
                module.reset_parameters()
