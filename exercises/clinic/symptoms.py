"""What the instruments show of a run in a few numbers, and which fault shows in which of them."""

import math
from statistics import median
from typing import NamedTuple

GUESSING = math.log(10)  # the loss of a network that gives every digit the same probability
SOFTMAX_TWICE = -math.log(math.e / (math.e + 9))  # the least loss of cross-entropy on probabilities, 1.46


class Signs(NamedTuple):
    """The vital signs of a run.

    Attributes
    ----------
    train_loss, train_accuracy, val_loss, val_accuracy, test_accuracy : float
        At the end; in training the mean of the last epoch.
    val_losses : list of float
        By epoch.
    smallest_loss : float
        Of any step.
    turn : float
        Cosine of the angle between the gradients of two steps that follow each other; the median epoch's.
    gradient : float
        Norm of the gradient in the layer where it is smallest; the median epoch's.
    classes : float
        Different labels in a batch.
    same_answers : float
        Share of the validation images that get the same answer when the network is asked twice.
    pixels : tuple of float
        Standard deviation of the pixels that go in, in training and in validation.
    spread : float
        Standard deviation of what a layer gives, where it is largest, at the end; infinite if that is not a number.
    dead : dict of str to float
        Share of the units behind each layer's ReLU that are zero for every validation image, after the first epoch.
    images : int
        Different images that were learned from.
    """

    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    test_accuracy: float
    val_losses: list
    smallest_loss: float
    turn: float
    gradient: float
    classes: float
    same_answers: float
    pixels: tuple
    spread: float
    dead: dict
    images: int


def number(value):
    """Return a number; infinity for None, which stands for one that was not finite."""
    return math.inf if value is None else value


def signs(run):
    """Return the `Signs` of a run, as `instruments.run` returns it."""
    epochs, losses = run["epochs"], [number(loss) for loss in run["losses"]]
    first, last = epochs[0], epochs[-1]
    gradients = [[number(part) for part in epoch["gradients"].values()] for epoch in epochs]
    return Signs(
        *(number(last[key]) for key in ("train_loss", "train_accuracy", "val_loss", "val_accuracy")),
        test_accuracy=number(run["test_accuracy"]),
        val_losses=[number(epoch["val_loss"]) for epoch in epochs],
        smallest_loss=min(losses),
        turn=median([epoch["turn"] or 0.0 for epoch in epochs]),
        gradient=min(median(layer) for layer in zip(*gradients, strict=True)),
        classes=last["classes"],
        same_answers=last["same_answers"],
        pixels=tuple(last["spread"][part]["images"] for part in ("training", "validation")),
        spread=max(number(value) for part in last["spread"].values() for value in part.values()),
        dead=first["dead"],
        images=sum(run["learned_from"].values()),
    )


def exploded(s, h):
    """Tell whether activations are many times as large as the healthy ones."""
    return s.spread > 50 * h.spread


def same_pixels(s):
    """Tell whether the pixels spread alike in training and in validation."""
    training, validation = s.pixels
    return abs(validation / training - 1) < 0.2


def mixed(s):
    """Tell whether batches hold many classes."""
    return s.classes > 5


def in_circles(s):
    """Tell whether gradients hardly turn from step to step."""
    return s.turn > 0.9


# Each takes the signs of a run and those of the healthy one.
SHOWS = {
    "no zero_grad": lambda s, h: in_circles(s),
    "no eval()": lambda s, h: s.same_answers < 0.97,
    "labels shuffled": lambda s, h: (
        min(s.val_losses) > GUESSING - 0.1
        and s.gradient > 0.2 * h.gradient
        and mixed(s)
        and not (exploded(s, h) or in_circles(s))
    ),
    "softmax twice": lambda s, h: (
        min(s.smallest_loss, *s.val_losses) >= SOFTMAX_TWICE and s.train_accuracy > 0.5
    ),
    "learning rate 100 times too high": lambda s, h: exploded(s, h) and not in_circles(s),
    "learning rate 100 times too low": lambda s, h: (
        s.val_losses == sorted(s.val_losses, reverse=True)
        and s.train_loss > 2 * h.train_loss
        and s.val_loss < GUESSING - 0.1
        and s.gradient > h.gradient
        and mixed(s)
        and same_pixels(s)
    ),
    "normalisation forgotten in validation": lambda s, h: (
        not same_pixels(s) and s.val_accuracy < h.val_accuracy - 0.04
    ),
    "test images in training": lambda s, h: (
        s.test_accuracy > s.val_accuracy + 0.03 and s.images > 1.5 * h.images and same_pixels(s)
    ),
    "all weights zero": lambda s, h: min(s.dead.values(), default=0) == 1 and s.gradient == 0,
    "data sorted by class": lambda s, h: s.classes < 3 and s.val_accuracy < h.val_accuracy - 0.04,
    "dead ReLU": lambda s, h: (
        max(s.dead.values(), default=0) == 1
        and min(s.dead.values()) < 0.5
        and s.gradient == 0
        and not exploded(s, h)
    ),
}


def shown(run, healthy):
    """Return the names of the faults whose symptom a run shows, beside a healthy one."""
    s, h = signs(run), signs(healthy)
    return [name for name, shows in SHOWS.items() if shows(s, h)]
