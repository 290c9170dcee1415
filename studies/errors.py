"""What a network gets wrong: which classes it mixes up, where it is sure and wrong, and how sure such counts are."""

import math

import numpy as np
import torch

import figures
from figures.tracing import duplicate
from studies.uncertainty import NORMAL_95, accuracy_interval
from studies.views_and_votes import BATCH, kept_answers

SHOWN = 6  # of the mistakes that it is surest of
NORMAL_80 = 0.841621  # 80 % of a standard normal distribution lie below so many standard deviations
PAIRS = ((0.81, 0.82), (0.81, 0.86), (0.98, 0.99))  # accuracies that are to be told apart


def confusion_matrix(answers, labels, classes):
    """Return how often images of each class get each answer.

    Parameters
    ----------
    answers, labels : array of int
        (images,): what a network says, and what is true.
    classes : int
        How many there are.

    Returns
    -------
    array of int
        (classes, classes): row by row the true class, column by column the answer.
    """
    pairs = np.asarray(labels, dtype=int) * classes + np.asarray(answers, dtype=int)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def mistakes_in(matrix):
    """Return a confusion matrix without its diagonal, the right answers."""
    return np.where(np.eye(len(matrix), dtype=bool), 0, matrix)


def images_to_tell(first, second):
    """Return how many images each of two networks must be tested on so that their accuracies can be told apart.

    So many that in four of five such tests the 95 % interval of the difference is above 0: a power of 80 %, as is
    usual (normal approximation), each network tested on images of its own. On the same images fewer are needed (see
    `studies.uncertainty.paired`).
    """
    variance = first * (1 - first) + second * (1 - second)
    return math.ceil((NORMAL_95 + NORMAL_80) ** 2 * variance / (first - second) ** 2)


def surest_mistakes(net, dataset, answers, count=SHOWN):
    """Return the validation images that a network is surest about and wrong, and how sure: two arrays (count,)."""
    wrong = np.flatnonzero(answers != np.asarray(dataset.val.labels))
    asked, probabilities = duplicate(net).cpu().eval(), []
    with torch.inference_mode():  # in batches: the maps of all at once would take 250 MB
        for part in np.split(wrong, range(BATCH, len(wrong), BATCH)):
            logits = asked(torch.as_tensor(dataset.val.values[part]))
            probabilities.append(logits.softmax(1).max(1).values)
    probabilities = torch.cat(probabilities).numpy()
    order = np.argsort(-probabilities)[:count]
    return wrong[order], probabilities[order]


@figures.own_style
def draw_errors(dataset, matrix, mistakes, answers, sureness):
    """Draw a confusion matrix, and beside it the mistakes that a network is surest of."""
    names = dataset.label_names
    fig = figures.figure(11, 4.6)
    left, right = fig.subfigures(1, 2)
    ax = left.subplots()
    ax.set_title(dataset.title, fontsize=figures.FONT, color=figures.INK)
    off = mistakes_in(matrix)
    ax.imshow(off, cmap="Blues", vmin=0, vmax=max(1, 1.6 * off.max()))
    for (row, column), value in np.ndenumerate(matrix):
        ax.text(column, row, value, ha="center", va="center", fontsize=figures.FONT - 2, color=figures.INK)
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=figures.FONT)
    ax.set_yticks(range(len(names)), names, fontsize=figures.FONT)
    figures.within(ax)
    ax.tick_params(length=0)
    ax.set_xlabel("what the network says", fontsize=figures.FONT)
    ax.set_ylabel("what it is", fontsize=figures.FONT)
    cells = right.subplots(2, -(-SHOWN // 2)).flat
    for ax in cells:
        ax.set_axis_off()
    images = dataset.unnormalize(np.asarray(dataset.val.values[mistakes]))
    for ax, image, index in zip(right.axes, images, mistakes, strict=False):
        truth, said = names[int(dataset.val.labels[index])], names[answers[index]]
        figures.show_image(ax, image, f"“{said}”\n{truth}")
    sure = f" ({min(sureness):.1%} or more)" if len(sureness) else ""
    right.suptitle(f"Surest mistakes{sure}: “answer”, truth", fontsize=figures.FONT, color=figures.INK)
    return fig


def show_errors(net, dataset, device=None):
    """Display what a trained network gets wrong on the validation images, and how many images tell how much.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        What it was trained on.
    device : torch.device, optional
        Where to compute what is not kept; `training.best_device()` unless given.
    """
    kept = kept_answers(net, dataset, device, quiet=True)  # part 12 says where they are from
    answers = kept["answers"][0].numpy()
    labels, names = np.asarray(dataset.val.labels), dataset.label_names
    matrix = confusion_matrix(answers, labels, len(names))
    mistakes, sureness = surest_mistakes(net, dataset, answers)
    figures.show(
        draw_errors(dataset, matrix, mistakes, answers, sureness),
        "How often images of each class get each answer, and the mistakes that the network is surest of",
    )
    right, count = int(np.trace(matrix)), len(labels)
    low, high = accuracy_interval(right, count)
    off = mistakes_in(matrix)
    row, column = np.unravel_index(off.argmax(), off.shape)
    rows = [
        (f"right of {count:,} validation images, and 95 % interval", f"{right:,}: {low:.1%} to {high:.1%}"),
        (
            f"most frequent mistake: {names[row]} taken for {names[column]}",
            f"{off.max()} of {matrix[row].sum()}",
        ),
        *(
            (
                f"test images that tell {one:.0%} from {other:.0%}, four times of five",
                f"{images_to_tell(one, other):,}",
            )
            for one, other in PAIRS
        ),
    ]
    figures.show_table((type(net).__name__, ""), rows)
