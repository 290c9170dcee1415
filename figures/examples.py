"""Pictures of a data set: some images of each class, and what a network says to others."""

import numpy as np
from matplotlib.patches import Rectangle

import figures
from figures.training_curves import by_epoch

LIKELIEST = 2  # classes shown for each example


def labels_of(dataset, count):
    """Return the class names of the first validation images."""
    return [dataset.label_names[int(label)] for label in dataset.val.labels[:count]]


@figures.own_style
def draw_classes(dataset, columns=8):
    """Draw the first training images of each class, a class a row."""
    labels = np.asarray(dataset.train.labels)
    fig = figures.figure(7, 0.58 * len(dataset.label_names))
    ax, rows = fig.add_subplot(), dataset.train.values.shape[-2]
    images = np.ones((len(dataset.label_names), columns, *dataset.train.values.shape[1:]))
    for label, row in enumerate(images):
        chosen = np.flatnonzero(labels == label)[:columns]  # none in a subset without this class
        row[: len(chosen)] = dataset.unnormalize(np.asarray(dataset.train.values[chosen]))
    figures.show_image(ax, figures.tile(np.concatenate(images), columns, gap=2, fill=1), dataset.title)
    ax.set_yticks(np.arange(len(images)) * (rows + 2) + rows / 2, dataset.label_names, fontsize=figures.FONT)
    ax.tick_params(length=0)
    return fig


def show_classes(dataset):
    """Display the ten classes, some training images of each."""
    figures.show(
        draw_classes(dataset), f"{dataset.title}: some training images of each of {dataset.label_names}"
    )


@figures.own_style
def draw_evaluation(dataset, probabilities, snapshots):
    """Draw validation images with their two likeliest classes, beside accuracy and loss by epoch.

    Parameters
    ----------
    dataset : MulticlassDataset
        Its first validation images are drawn.
    probabilities : array
        (images, classes), what the network says to them.
    snapshots : list of dict
        What `cnn.train_model` returned.

    Returns
    -------
    Figure
    """
    fig = figures.figure(11, 5.6)
    left, right = fig.subfigures(1, 2, width_ratios=[1.5, 1])
    _draw_answers(figures.bare(left.add_subplot()), dataset, probabilities)
    left.suptitle(
        f"{dataset.title}: validation images; blue is right", fontsize=figures.FONT, color=figures.INK
    )
    for ax, quantity in zip(right.subplots(2, 1), ("accuracy", "loss"), strict=True):
        figures.curves(ax, by_epoch(snapshots, quantity), "epoch", quantity)
    return fig


def _draw_answers(ax, dataset, probabilities):
    """Draw validation images, two in a row, each with its name above and bars of its likeliest classes beside it."""
    count, size = len(probabilities), dataset.val.values.shape[-1]
    below, beside = round(0.3 * size), round(1.9 * size)
    images = dataset.unnormalize(np.asarray(dataset.val.values[:count]))
    figures.show_image(ax, figures.tile(images, 2, (below, beside), fill=1))
    names, style = labels_of(dataset, count), {"va": "center", "fontsize": figures.FONT, "color": figures.INK}
    for k, (name, scores) in enumerate(zip(names, probabilities, strict=True)):
        top, left = k // 2 * (size + below) - 0.5, k % 2 * (size + beside) - 0.5
        start, length = left + 1.12 * size, 1.62 * size  # wide enough for “automobile 100%”
        ax.text(left + size / 2, top - 0.14 * size, name, ha="center", **style)
        for place, guess in enumerate(np.argsort(scores)[::-1][:LIKELIEST]):
            said, y = dataset.label_names[guess], top + size * (0.16 + 0.5 * place)
            ax.text(start, y, said, ha="left", **style)
            ax.text(start + length, y, f"{scores[guess]:.0%}", ha="right", **style)
            color = figures.SECOND if said == name else figures.ACCENT
            for share, shade in ((1, "#e8eef2"), (scores[guess], color)):
                ax.add_patch(
                    Rectangle((start, y + 0.12 * size), length * share, 0.12 * size, color=shade, linewidth=0)
                )
    rows = -(-count // 2)
    figures.within(ax)
    ax.set(xlim=(-0.5, 2 * (size + beside) - 0.5), ylim=(rows * (size + below) - below - 0.5, -below - 0.5))
