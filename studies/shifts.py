"""Shifted digits: what four networks read when digits are moved, over several trainings of each."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import cnn
import figures
import training
from studies.comparison import answers_as_history, answers_of, compared, kept_or_recorded, span
from studies.uncertainty import mean_interval
from training import kept
from training.networks import fastest_copy

NAME = "shifts"
EPOCHS = 3  # two fewer than the lecture's own networks: there are twenty trainings
SHIFTS = tuple(range(7))  # pixels to the right
BATCH = 250


def perceptron():
    """Return a perceptron of one hidden layer, with about as many parameters as SimpleCNN."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 64), nn.Tanh(), nn.Linear(64, 10))


def global_average_network():
    """Return two convolutions, and the mean of each map where other networks have a dense layer that knows places."""
    return nn.Sequential(
        *(nn.Conv2d(1, 9, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()),  # (9, 14, 14)
        *(nn.Conv2d(9, 32, 5, padding=2), nn.ReLU()),  # (32, 14, 14)
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),  # (32,), (10,)
    )


NETWORKS = {
    "perceptron": perceptron,
    "SimpleCNN": cnn.SimpleCNN,
    "PoolingCNN": cnn.PoolingCNN,
    "global average": global_average_network,
}
LIVE = "PoolingCNN"  # trained again before everyone's eyes
# Of the first weights and of the order of the images; the last network takes three times as long as the others.
SEEDS = {name: (0, 1, 2, 3, 4) for name in NETWORKS} | {"global average": (0, 1, 2, 3)}


def shifted(images, shift):
    """Return images (..., columns) moved to the right by some pixels; black comes in, what leaves is lost."""
    return F.pad(images, (shift, 0))[..., : images.shape[-1]]


@torch.inference_mode()
def right_when_shifted(net, split, shifts=SHIFTS):
    """Return which images of a part of a data set a network reads when they are moved: bool (shifts, images)."""
    images, labels = torch.as_tensor(split.values[:]), torch.as_tensor(split.labels)
    net = fastest_copy(net, images[:2])
    found = [
        torch.cat([net(shifted(batch, shift)).argmax(1) for batch in images.split(BATCH)]) for shift in shifts
    ]
    return torch.stack(found) == labels


def right_of_one(name, dataset, seed):
    """Train one network from a seed, and return what it then reads: bool (shifts, images)."""
    net = NETWORKS[name]()
    cnn.restart(net, seed)
    training.train_model(dataset, net, nn.CrossEntropyLoss(), EPOCHS, seed=seed, progress=False)
    return right_when_shifted(net, dataset.val)


def history(dataset, name):
    """Return what trainings of one network read, (seeds, shifts, images), as `answers_as_history`."""
    return answers_as_history(torch.stack([right_of_one(name, dataset, seed) for seed in SEEDS[name]]))


def description(dataset):
    """Return the `kept.description` of the study."""
    recipe = training.validated_recipe(dataset, EPOCHS, {})
    own = {"epochs": EPOCHS, "seeds": SEEDS, "shifts": SHIFTS, "num_epochs": 0}
    return kept.description({name: make() for name, make in NETWORKS.items()}, dataset, {**recipe, **own})


def kept_answers(dataset, retrain=False):
    """Return what each network reads, {name: bool (seeds, shifts, images)}, and the title of the images.

    As `kept_or_recorded`; with ``retrain`` the first `LIVE` is trained now.
    """
    result, now = kept_or_recorded(NAME, description(dataset), f"the first {LIVE}", retrain)
    right = answers_of(result)
    if now:
        right[LIVE][0] = right_of_one(LIVE, dataset, SEEDS[LIVE][0])
    return right, result.record["data"]["title"]


@figures.own_style
def draw_shifted(right, title):
    """Draw the mean accuracy of each network's trainings by shift, with its 95 % interval; ``right`` as kept."""
    fig = figures.figure(5.6, 4.5)  # no wider: it fits a phone
    ax = fig.subplots()
    by_shift = {
        name: [mean_interval(shares) for shares in answers.mean(2).T] for name, answers in right.items()
    }
    means = {name: (SHIFTS, [mean for mean, _, _ in found]) for name, found in by_shift.items()}
    lines = figures.curves(ax, means, "moved to the right, pixels", "accuracy", title)
    for line, found in zip(lines, by_shift.values(), strict=True):
        _, low, high = zip(*found, strict=True)
        ax.vlines(SHIFTS, low, np.minimum(high, 1), color=line.get_color(), linewidth=2)
    ax.set_ylim(0, 1.02)
    return fig


def comparison_rows(right, shifts=(0, 4), names=("SimpleCNN", "PoolingCNN")):
    """Return a table's rows that compare two networks, training by training, on the same moved images."""
    rows = []
    for shift in shifts:
        first, second = (right[name][:, SHIFTS.index(shift)] for name in names)
        rows.append((f"moved by {shift}", span(first), span(second), *compared(first, second)))
    return rows


def show_shifted(dataset, retrain=False):
    """Display what four networks read of digits that are moved, and SimpleCNN beside PoolingCNN in numbers.

    Parameters
    ----------
    dataset : MulticlassDataset
        MNIST, not normalised. For any other what was recorded on MNIST is shown.
    retrain : bool
        Train one PoolingCNN now; the rest takes a quarter of an hour: ``make results``.
    """
    right, title = kept_answers(dataset, retrain)
    images = right["PoolingCNN"].shape[2]
    counts = sorted({len(answers) for answers in right.values()})
    trainings = " or ".join(map(str, counts))
    heading = f"{title}: {images:,} validation images,\n{trainings} trainings each, 95 % intervals"
    figures.show(
        draw_shifted(right, heading),
        "Accuracy by shift: all fall when digits move, the network with global average pooling least",
    )
    header = (
        f"{len(right['SimpleCNN'])} trainings each",
        "SimpleCNN",
        "PoolingCNN",
        "difference, points",
        "95 % interval",
        "images gained / lost, mean",
    )
    figures.show_table(header, comparison_rows(right))
