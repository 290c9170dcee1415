"""Pictures of a data set: some images of each class, and what a network says to others."""

import numpy as np

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
    for label, ax in enumerate(fig.subplots(len(dataset.label_names))):
        chosen = np.flatnonzero(labels == label)[:columns]  # none in a subset without this class
        images = dataset.unnormalize(np.asarray(dataset.train.values[chosen]))
        if not len(chosen):
            images = np.ones((1, *dataset.train.values.shape[1:]))
        figures.show_image(ax, figures.tile(images, columns, gap=2, fill=1), "" if label else dataset.title)
        ax.set_yticks([images.shape[-1] // 2], [dataset.label_names[label]], fontsize=figures.FONT)
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
    count = len(probabilities)
    fig = figures.figure(11, 5.6)
    left, right = fig.subfigures(1, 2, width_ratios=[1.5, 1])
    cells = left.subplots(3, 4, width_ratios=[1, 1.1, 1, 1.1]).reshape(-1, 2)
    images = dataset.unnormalize(np.asarray(dataset.val.values[:count]))
    for ax in cells[count:].flat:  # where there are fewer validation images
        ax.set_axis_off()
    for (image_ax, bar_ax), image, name, scores in zip(
        cells[:count], images, labels_of(dataset, count), probabilities, strict=True
    ):
        figures.show_image(image_ax, image, name)
        likeliest = np.argsort(scores)[::-1][:LIKELIEST]
        names = [dataset.label_names[k] for k in likeliest]
        for bar, guess in zip(figures.bars(bar_ax, names, scores[likeliest]), names, strict=True):
            bar.set_color(figures.SECOND if guess == name else figures.FAINT)
        bar_ax.set_box_aspect(0.6)
    left.suptitle(f"{dataset.title}: validation images", fontsize=figures.FONT, color=figures.INK)
    for ax, quantity in zip(right.subplots(2, 1), ("accuracy", "loss"), strict=True):
        figures.curves(ax, by_epoch(snapshots, quantity), "epoch", quantity)
    return fig
