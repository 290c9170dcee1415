"""Transfer: what is learned from few images with the features of a network that was trained on others, and without."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import cnn
import figures
import training
from datafiles import sources
from datafiles.files import digest
from imagenet.pretrained import pretrained_lite0
from studies.comparison import kept_or_recorded, right_after_training
from studies.uncertainty import accuracy_interval
from training import kept

NAME = "transfer"
COUNTS = (100, 1_000, 10_000)  # the first training images
EPOCHS = {100: 50, 1_000: 20, 10_000: 10}  # of CifarCNN; twice as many of 100 images taught it nothing
# Of CifarCNN's weights and of the order of its images; the linear classifier has one solution.
SEEDS = (0, 1, 2)
VALIDATION = 1_000  # the first validation images
# Of 500 other training images, 400 more to learn from, 73 % were right at 128 pixels and 74 % at the network's own
# 224, which is within chance, and takes three times as long.
SIZE = 128
DECAY = 0.1  # of the linear classifier; from 0.001 to 1 it made a difference of 1 % there
BATCH = 8  # more at once are slower on a processor, whose caches they do not fit
WAYS = "EfficientNet-Lite0, frozen", "CifarCNN from scratch"


@torch.inference_mode()
def features(network, pixels, size):
    """Return what a network makes of small images: the means of its last feature maps.

    Parameters
    ----------
    network : Pretrained
        Its first half is moved to the fastest device.
    pixels : array
        (N, 3, rows, columns) uint8.
    size : int
        They are enlarged to so many pixels first, as the network resizes photographs.

    Returns
    -------
    Tensor
        (N, channels) float32.
    """
    device = training.best_device()
    body, found = network.halves[0].to(device), []
    for start in range(0, len(pixels), BATCH):
        batch = torch.from_numpy(np.array(pixels[start : start + BATCH]))
        large = network.resized(batch, [size, size])
        found.append(body(network.normalized(large.numpy())[:].to(device)).mean((2, 3)).cpu())
    return torch.cat(found)


def linear_classifier(inputs, labels, classes, decay):
    """Return the linear classifier of smallest loss: cross-entropy, and ``decay`` / 2 times the sum of squared weights.

    There is one: the loss is convex, so no seed has a say.

    Parameters
    ----------
    inputs : Tensor
        (N, channels); each channel is standardised for the fit.
    labels : Tensor
        (N,) int64.
    classes : int
    decay : float

    Returns
    -------
    nn.Linear
        From channels as they come to logits.
    """
    mean, std = inputs.mean(0).double(), inputs.std(0).double().clamp(min=1e-6)
    standard = (inputs - mean) / std
    weights = torch.zeros(classes, inputs.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=500, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = F.cross_entropy(standard @ weights.T + bias, labels) + decay / 2 * weights.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    layer = nn.Linear(inputs.shape[1], classes)
    with torch.no_grad():
        layer.weight.copy_(weights / std)
        layer.bias.copy_(bias - (weights / std) @ mean)
    return layer


def with_frozen_features(dataset, counts):
    """Return what linear classifiers have right that learned from the first training images: bool (counts, images)."""
    network, labels = pretrained_lite0(), torch.as_tensor(dataset.train.labels)
    inputs = features(network, dataset.train.values.pixels[: max(counts)], SIZE)
    asked, wanted = features(network, dataset.val.values.pixels[:VALIDATION], SIZE), labels_of(dataset)
    layers = [linear_classifier(inputs[:n], labels[:n], len(dataset.label_names), DECAY) for n in counts]
    with torch.no_grad():
        return torch.stack([layer(asked).argmax(1) == wanted for layer in layers])


def from_scratch(dataset, counts):
    """Return what CifarCNN has right that learned from the same images alone: bool (counts, seeds, images)."""
    return torch.stack([torch.stack([right_of_one(dataset, n, seed) for seed in SEEDS]) for n in counts])


def right_of_one(dataset, count, seed):
    """Return what one CifarCNN has right that learned from the first ``count`` training images."""
    return right_after_training(cnn.CifarCNN(), dataset, count, EPOCHS[count], seed, VALIDATION)


def labels_of(dataset):
    """Return the labels of the validation images that are asked about."""
    return torch.as_tensor(dataset.val.labels[:VALIDATION])


def history(dataset, counts):
    """Return what is right as the history of a training of no epoch, which can be kept."""
    frozen, scratch = with_frozen_features(dataset, counts), from_scratch(dataset, counts)
    return [{"epoch": 0, "frozen": frozen, "scratch": scratch}]


def description(dataset):
    """Return the `kept.description` of the study: its images, both networks, and how both learn."""
    recipe = training.validated_recipe(dataset, max(EPOCHS.values()), {})
    own = {"counts": COUNTS, "epochs": EPOCHS, "seeds": SEEDS, "validation": VALIDATION, "num_epochs": 0}
    own |= {"size": SIZE, "decay": DECAY, "weights": digest(sources.find_lite0(), "sha256")}
    return kept.description({"CifarCNN": cnn.CifarCNN()}, dataset, {**recipe, **own})


def kept_answers(dataset, retrain=False):
    """Return what is right, bool arrays (counts, images) and (counts, seeds, images), and the title of the images.

    As `kept_or_recorded`; with ``retrain`` what the first images teach is measured now.
    """
    live = f"what {COUNTS[0]} images teach"
    result, now = kept_or_recorded(NAME, description(dataset), live, retrain)
    frozen, scratch = (result.snapshots["CifarCNN"][0][way].numpy() for way in ("frozen", "scratch"))
    if now:
        (new,) = history(dataset, COUNTS[:1])
        frozen[0], scratch[0] = new["frozen"][0], new["scratch"][0]
    return frozen, scratch, result.record["data"]["title"]


@figures.own_style
def draw_transfer(frozen, scratch, title):
    """Draw accuracies by the number of training images, and the 95 % interval of each training.

    Parameters
    ----------
    frozen, scratch : array of bool
        (counts, images) and (counts, seeds, images): what was right.
    title : str
    """
    fig = figures.figure(5.2, 4.4)  # fits a phone, where its letters can still be read
    ax = fig.subplots()
    ax.set_xscale("log")
    means = frozen.mean(1), scratch.mean((1, 2))
    series = {name: (COUNTS, mean) for name, mean in zip(WAYS, means, strict=True)}
    quantity = f"training images\n(CifarCNN: {', '.join(map(str, EPOCHS.values()))} epochs)"
    lines = figures.curves(ax, series, quantity, "accuracy", title)
    for line, right in zip(lines, (frozen[:, None], scratch), strict=True):
        seeds = right.shape[1]
        apart = 10 ** (0.03 * (np.arange(seeds) - (seeds - 1) / 2))  # intervals stand side by side
        for count, trainings in zip(COUNTS, right, strict=True):
            intervals = [accuracy_interval(int(answers.sum()), len(answers)) for answers in trainings]
            ax.vlines(count * apart, *zip(*intervals, strict=True), color=line.get_color(), linewidth=2)
    ax.set_xticks(COUNTS, [f"{count:,}" for count in COUNTS])
    ax.minorticks_off()
    ax.set_ylim(0, 1)
    ax.legend(fontsize=figures.FONT, frameon=False, loc="lower right", borderaxespad=0)
    return fig


def show_transfer(dataset, retrain=False):
    """Display what 100, 1,000 and 10,000 images teach a linear classifier on frozen features, and a CifarCNN.

    Parameters
    ----------
    dataset : MulticlassDataset
        CIFAR-10, normalised. For any other the numbers that were recorded on CIFAR-10 are shown.
    retrain : bool
        Measure now what the first 100 images teach. The rest takes half an hour: ``make results``.
    """
    frozen, scratch, title = kept_answers(dataset, retrain)
    figures.show(
        draw_transfer(frozen, scratch, f"{title}: {frozen.shape[1]:,} validation images,\n95 % intervals"),
        "Accuracy by training images: a linear classifier on frozen features of EfficientNet-Lite0 is above CifarCNN "
        "from scratch, most where images are few",
    )
