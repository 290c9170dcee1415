"""CifarCNN's last two layers: trained as they are, with a ReLU between them, and as the one matrix that they are."""

import torch
from torch import nn

import cnn
import figures
import training
from figures.tracing import count_parameters
from studies.comparison import (
    answers_as_history,
    answers_of,
    compared,
    kept_or_recorded,
    right_after_training,
    span,
)
from studies.uncertainty import mean_interval
from training import kept

NAME = "dense"
SEEDS = (0, 1, 2, 3, 4)  # of the first weights and of the order of the images
TRAINING_IMAGES = 10_000  # the first ones: fifteen trainings take an hour
EPOCHS = 6


def with_relu():
    """Return CifarCNN with a ReLU between F7 and F8."""
    net = cnn.CifarCNN()
    net.f8 = nn.Sequential(nn.ReLU(), net.f8)
    return net


def one_layer():
    """Return CifarCNN with one layer in place of F7 and F8."""
    net = cnn.CifarCNN()
    net.f7, net.f8 = nn.Identity(), nn.Linear(net.f7.in_features, net.f8.out_features)
    return net


AS_IT_IS, LIVE = "F7, F8", "F7, ReLU, F8"
NETWORKS = {AS_IT_IS: cnn.CifarCNN, LIVE: with_relu, "one layer": one_layer}


def right_of_one(name, dataset, seed):
    """Train one network from a seed, and return which validation images it then has right: bool (images,).

    From the same seed all networks begin with the same kernels, and see the same images in the same order.
    """
    return right_after_training(NETWORKS[name](), dataset, TRAINING_IMAGES, EPOCHS, seed)


def history(dataset, name):
    """Return what trainings of one network have right, (seeds, images), as `answers_as_history`."""
    return answers_as_history(torch.stack([right_of_one(name, dataset, seed) for seed in SEEDS]))


def description(dataset):
    """Return the `kept.description` of the study."""
    recipe = training.validated_recipe(dataset, EPOCHS, {})
    own = {"epochs": EPOCHS, "seeds": SEEDS, "training_images": TRAINING_IMAGES, "num_epochs": 0}
    return kept.description({name: make() for name, make in NETWORKS.items()}, dataset, {**recipe, **own})


def kept_answers(dataset, retrain=False):
    """Return what each network has right, {name: bool (seeds, images)}, and the title of the images.

    As `kept_or_recorded`; with ``retrain`` the first `LIVE` is trained now.
    """
    result, now = kept_or_recorded(NAME, description(dataset), f"the first “{LIVE}”", retrain)
    right = answers_of(result)
    if now:
        right[LIVE][0] = right_of_one(LIVE, dataset, SEEDS[0])
    return right, result.record["data"]["title"]


@figures.own_style
def draw_dense_layers(right, title):
    """Draw the accuracy of each training, a line a seed, and the mean of each network with its 95 % interval."""
    fig = figures.figure(5.2, 4.3)  # fits a phone, where its letters can still be read
    ax, places = fig.subplots(), range(len(right))
    accuracies = [answers.mean(1) for answers in right.values()]
    ax.plot(places, accuracies, color=figures.INK, alpha=0.35, linewidth=1.5, marker="o", markersize=5)
    means, low, high = zip(*map(mean_interval, accuracies), strict=True)
    ax.vlines(places, low, high, color=figures.SECOND, linewidth=2.5)
    ax.plot(places, means, "o", color=figures.SECOND, markersize=8)
    ax.set_xticks(places, right)
    ax.set_xlim(-0.5, len(right) - 0.5)
    ax.tick_params(labelsize=figures.FONT)
    ax.set_ylabel("accuracy", fontsize=figures.FONT)
    ax.set_title(title, fontsize=figures.FONT, color=figures.INK)
    ax.grid(color=figures.FAINT, linewidth=0.7, axis="y")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return fig


def table_rows(right):
    """Return a table's rows: parameters of the last layers, accuracies, and the comparison with CifarCNN as it is."""
    rows = []
    for name, answers in right.items():
        net = NETWORKS[name]()
        against = ("", "", "") if name == AS_IT_IS else compared(right[AS_IT_IS], answers)
        rows.append(
            (name, f"{count_parameters(net.f7) + count_parameters(net.f8):,}", span(answers), *against)
        )
    return rows


def show_dense_layers(dataset, retrain=False):
    """Display what CifarCNN has right with a ReLU between F7 and F8, without, and with one layer in place of both.

    Parameters
    ----------
    dataset : MulticlassDataset
        CIFAR-10, normalised. For any other what was recorded on CIFAR-10 is shown.
    retrain : bool
        Do one training with the ReLU now. All of them take an hour: ``make results``.
    """
    right, title = kept_answers(dataset, retrain)
    images = right[AS_IT_IS].shape[1]
    heading = (
        f"{title}: {images:,} validation images;\n{len(SEEDS)} trainings each (grey: same start),\n"
        "means and their 95 % intervals"
    )
    figures.show(
        draw_dense_layers(right, heading),
        "Accuracy of CifarCNN with and without a ReLU between F7 and F8, and with one layer, training by training",
    )
    header = (
        f"{len(SEEDS)} trainings each",
        "parameters",
        "right",
        f"against {AS_IT_IS}: points",
        "95 % interval",
        "images gained / lost, mean",
    )
    figures.show_table(header, table_rows(right))
