"""Ten views of an image, and what a network says to them: one view, the vote of ten, their mean."""

import hashlib
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F

import figures
import training
from figures.tracing import duplicate
from studies.uncertainty import accuracy_interval, paired
from training import kept
from training.networks import fastest_copy

CROPS = ("top left", "top right", "bottom left", "bottom right", "centre")
CENTRE = CROPS.index("centre")  # the view that is the image itself
WAYS = ("one view", "the vote of ten", "the mean of ten")
MARGIN = 2  # pixels that a view is moved by at most, as in training
BATCH = 100


def ten_views(images, margin=MARGIN):
    """Return five crops of each image, the corners and the centre, and their mirror images.

    Parameters
    ----------
    images : Tensor
        (count, channels, rows, columns).
    margin : int
        The images are extended by so many reflected pixels, and cropped to their size again: the crops are moved
        by up to ``margin`` pixels.

    Returns
    -------
    Tensor
        (10, count, channels, rows, columns); the fifth is the image itself, the tenth its mirror image.
    """
    rows, columns = images.shape[-2:]
    wide = F.pad(images, [margin] * 4, mode="reflect")
    places = [(0, 0), (0, 2 * margin), (2 * margin, 0), (2 * margin, 2 * margin), (margin, margin)]
    crops = torch.stack([wide[..., r : r + rows, c : c + columns] for r, c in places])
    return torch.cat([crops, crops.flip(-1)])


def vote(labels):
    """Return the most frequent of the labels along the first axis; of equally frequent ones the smallest."""
    return torch.mode(labels, dim=0).values


@torch.inference_mode()
def view_probabilities(net, images):
    """Return what a network says to each of ten views of images (N, C, H, W): probabilities (10, N, classes)."""
    return torch.stack([net(view).softmax(1) for view in ten_views(images)])


def answers(net, images, device=None):
    """Return what a network answers with one view, with the vote of ten, and with their mean.

    Parameters
    ----------
    net : nn.Module
        A trained network; a copy is asked.
    images : Images, array or Tensor
        (N, C, H, W), as the network takes them.
    device : torch.device, optional
        Where to compute; `training.best_device()` unless given.

    Returns
    -------
    dict of str to Tensor
        "answers": class numbers, uint8 (3, N), in the order of `WAYS`; "votes": uint8 (N,), how many of the ten views
        the winner of the vote had.
    """
    device = training.best_device() if device is None else device
    net = fastest_copy(net, torch.as_tensor(images[:2]).to(device))
    found, votes = [], []
    for start in range(0, len(images), BATCH):
        batch = torch.as_tensor(images[start : min(start + BATCH, len(images))]).to(device)
        probabilities = view_probabilities(net, batch).cpu()
        choices = probabilities.argmax(2)
        winner = vote(choices)
        found.append(torch.stack([choices[CENTRE], winner, probabilities.mean(0).argmax(1)]))
        votes.append((choices == winner).sum(0))
    return {"answers": torch.cat(found, dim=1).to(torch.uint8), "votes": torch.cat(votes).to(torch.uint8)}


def description(net, dataset):
    """Return the `kept.description` of the answers to all validation images: these weights, without a training."""
    digest = hashlib.sha256()
    for name, value in net.state_dict().items():
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    recipe = {"num_epochs": 0, "weights": digest.hexdigest(), "views": 2 * len(CROPS), "margin": MARGIN}
    return kept.description({type(net).__name__: net}, dataset, recipe)


def file_name(net):
    """Return the name of the result that keeps the answers of a network."""
    return f"views-{type(net).__name__}"


def history(found):
    """Return `answers` as the history of a training of no epoch, which can be kept."""
    return [{"epoch": 0, **found}]


def kept_answers(net, dataset, device=None, quiet=False):
    """Return the `answers` to all validation images: those that are kept for these weights and images, or new ones.

    With ``quiet`` nothing is said of kept ones.
    """
    name, wanted = type(net).__name__, description(net, dataset)
    result = kept.find(file_name(net), wanted)
    if result and quiet:
        return result.snapshots[name][0]
    if result:
        encoding = (
            "" if result.likeness is kept.Likeness.EXACT else ", on another encoding of the same pictures"
        )
        print(f"{name}: ten views of each validation image, measured before with these weights{encoding}.")
        return result.snapshots[name][0]
    print(f"{name}: ten views of each of {len(dataset.val.labels):,} validation images are measured now.")
    found = answers(net, dataset.val.values, device)
    kept.keep(file_name(net), wanted, {name: history(found)})
    return found


@figures.own_style
def draw_ten_views(dataset, images, titles):
    """Draw ten views of an image with a line of text above each."""
    fig = figures.figure(12, 5.2)
    for ax, image, title in zip(fig.subplots(2, 5).flat, images, titles, strict=True):
        figures.show_image(ax, dataset.unnormalize(image.numpy()), title)
    fig.suptitle(dataset.title, fontsize=figures.FONT, color=figures.INK)
    return fig


def show_ten_views(dataset, index=0):
    """Display the ten images that one training image becomes, moved by 4 pixels: twice as far as in training."""
    views = ten_views(torch.as_tensor(dataset.train.values[index])[None], margin=4)[:, 0]
    titles = [*CROPS, *(f"{name}, mirrored" for name in CROPS)]
    figures.show(
        draw_ten_views(dataset, views, titles), "Five crops of one training image, and their mirror images"
    )


def show_test_time_augmentation(net, dataset, index=None, device=None):
    """Display what ten views change on all validation images, and each view's answer for one of them.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        What it was trained on.
    index : int, optional
        The validation image that is shown; unless given, the one that the vote rescues most clearly.
    device : torch.device, optional
        Where to compute; `training.best_device()` unless given.
    """
    measured, labels = kept_answers(net, dataset, device), np.asarray(dataset.val.labels)
    found, votes = measured["answers"].numpy(), measured["votes"].numpy()
    right = found == labels
    if index is None:
        index = int(np.argmax(votes * (right[1] & ~right[0])))
    image = torch.as_tensor(dataset.val.values[index])[None]
    probabilities = view_probabilities(duplicate(net).cpu().eval(), image)[:, 0]
    best, names = probabilities.max(1), dataset.label_names
    titles = [f"{names[k]} {p:.0%}" for p, k in zip(best.values, best.indices, strict=True)]
    figures.show(
        draw_ten_views(dataset, ten_views(image)[:, 0], titles),
        f"Ten views of one validation image ({names[labels[index]]}), and what the network says to each",
    )
    votes = Counter(best.indices.tolist()).most_common()
    mean = probabilities.mean(0)
    said = [
        f"{names[best.indices[CENTRE]]} {best.values[CENTRE]:.0%}",
        ", ".join(f"{names[k]} {count}" for k, count in votes),
        f"{names[mean.argmax()]} {mean.max():.0%}",
    ]
    intervals = [accuracy_interval(int(row.sum()), len(labels)) for row in right]
    figures.show_table(
        (
            f"{dataset.title}: {len(labels):,} validation images",
            f"the image shown ({names[labels[index]]})",
            "right",
            "95 % interval",
        ),
        [
            (way, says, f"{row.mean():.1%}", f"{low:.1%} to {high:.1%}")
            for way, says, row, (low, high) in zip(WAYS, said, right, intervals, strict=True)
        ],
    )
    rows = []
    for first, second in ((0, 1), (0, 2), (1, 2)):
        pair = paired(found[first], found[second], labels)
        change, low, high = (f"{100 * value:+.1f}" for value in (pair.difference, pair.low, pair.high))
        rows.append(
            (f"{WAYS[second]} against {WAYS[first]}", pair.gained, pair.lost, change, f"{low} to {high}")
        )
    figures.show_table(
        ("the same images, in pairs", "gained", "lost", "percentage points", "95 % interval"), rows
    )
