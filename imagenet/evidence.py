"""What a network looks at: where in a photograph it finds its classes, and what it says when a part is covered."""

from typing import NamedTuple

import numpy as np
import torch

PATCH, STEP = 96, 32  # pixels: the square that covers, and from one of its places to the next
GREY = 127


class Evidence(NamedTuple):
    """What a network looks at in photographs, for the five likeliest classes of each.

    Parameters
    ----------
    maps : array
        (count, 5, rows, columns) float32, 0 and more: Grad-CAM, see `grad_cam`.
    covered : dict of int to array
        For some photographs, by number: the scores of the five classes with a square covered, see `cover`.
    """

    maps: np.ndarray
    covered: dict


def evidence(prediction, cover_up=()):
    """Return what the network of a prediction looks at.

    Parameters
    ----------
    prediction : Prediction
        What `resnet.classify` returned.
    cover_up : iterable of int
        The photographs of which parts are covered: each takes as long as classifying 25 of them.

    Returns
    -------
    Evidence

    Raises
    ------
    ValueError
        If there is no such photograph, or the prediction has lost its network.
    """
    if getattr(prediction, "network", None) is None:
        raise ValueError(
            "prediction must be what resnet.classify returned: a plain tuple does not hold its network"
        )
    _, images, top5 = prediction
    ids, cover_up = [[guess.id for guess in guesses] for guesses in top5], list(cover_up)
    if not all(0 <= number < len(images) for number in cover_up):
        raise ValueError(
            f"there are photographs 0 to {len(images) - 1}, but parts of {cover_up} are to be covered"
        )
    network = prediction.network
    _, head = network.halves
    return Evidence(
        grad_cam(head, prediction.features, ids),
        {number: cover(network, images[number], ids[number]) for number in cover_up},
    )


def grad_cam(head, features, ids):
    """Return where in feature maps a network finds classes, by Grad-CAM.

    The maps are added up, each weighted by how much the class's logit grows with it: the mean of the logit's gradient
    over the map. What is below zero speaks against the class, and counts as zero. Source: R. Selvaraju et al.,
    "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV 2017.

    Parameters
    ----------
    head : nn.Module
        From feature maps to logits.
    features : Tensor
        (count, channels, rows, columns) of the last feature maps.
    ids : sequence of sequences of int
        The classes that are asked for, as many for each of the images.

    Returns
    -------
    array
        (count, classes, rows, columns) float32, in the units of the logit over the size of a map.
    """
    device = next(head.parameters()).device
    found = []
    for maps, classes in zip(features, ids, strict=True):
        maps = maps.to(device, copy=True)[None].requires_grad_()
        logits = head(maps)[0]
        for number in classes:
            (gradient,) = torch.autograd.grad(logits[number], maps, retain_graph=True)
            weights = gradient.mean(dim=(2, 3), keepdim=True)
            found.append((weights * maps).sum(1)[0].relu().detach().cpu())
    return torch.stack(found).view(len(features), -1, *features.shape[2:]).numpy()


def places(size=224):
    """Return the pixels at which a covering square begins, of rows and of columns alike."""
    return range(0, size - PATCH + 1, STEP)


@torch.inference_mode()
def cover(network, image, ids):
    """Return the scores of classes while a grey square covers a part of the photograph, at each place of a grid.

    Parameters
    ----------
    network : Pretrained
        The network.
    image : array
        (224, 224, 3) uint8, what it sees.
    ids : sequence of int
        The classes.

    Returns
    -------
    array
        (rows, columns, classes) float32, from 0 to 1: a row and a column for each of `places`.
    """
    device, begins = next(network.net.parameters()).device, places(len(image))
    scores = []
    for top in begins:
        for left in begins:  # one at a time: as fast on a processor as several at once, and takes 80 MB less
            covered = image.transpose(2, 0, 1)[None].copy()
            covered[..., top : top + PATCH, left : left + PATCH] = GREY
            values = network.normalized(covered)[:]
            scores.append(network.net(values.to(device)).softmax(1)[0, list(ids)].cpu())
    return torch.stack(scores).view(len(begins), len(begins), -1).numpy()
