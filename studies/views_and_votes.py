"""Ten views of an image, and what a network says to them: one view, the vote of ten, their mean."""

import copy
from collections import Counter
from typing import NamedTuple

import torch
import torch.nn.functional as F

import figures
import training
from training.batches import LAYOUT


def ten_views(images, margin=2):
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


class TestTimeAugmentation(NamedTuple):
    """Accuracies with one view, with the vote of ten, with their mean; and the predictions for one image."""

    single: float
    voted: float
    averaged: float
    probabilities: torch.Tensor  # (10 views, classes)
    label: int


@torch.inference_mode()
def test_time_augmentation(net, dataset, images=1000, index=0, device=None):
    """Measure what ten views change on the first ``images`` test images.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        What it was trained on.
    images : int
        How many test images.
    index : int
        Which of them to return the single predictions of.
    device : torch.device, optional
        Where to compute; `training.best_device()` unless given.

    Returns
    -------
    TestTimeAugmentation
    """
    device = training.best_device() if device is None else device
    net = copy.deepcopy(net).to(device, memory_format=LAYOUT).eval()
    labels = torch.as_tensor(dataset.test.labels[:images])
    probabilities = []
    for start in range(0, len(labels), 100):
        batch = torch.as_tensor(dataset.test.values[start : min(start + 100, len(labels))]).to(device)
        probabilities.append(torch.stack([net(view).softmax(1) for view in ten_views(batch)]).cpu())
    probabilities = torch.cat(probabilities, dim=1)

    def accuracy(predicted):
        return (predicted == labels).double().mean().item()

    views = probabilities.argmax(2)
    return TestTimeAugmentation(
        accuracy(views[4]),
        accuracy(vote(views)),
        accuracy(probabilities.mean(0).argmax(1)),
        probabilities[:, index],
        int(labels[index]),
    )


def draw_ten_views(dataset, images, titles):
    """Draw ten views of an image with a line of text above each."""
    fig = figures.figure(12, 5.2)
    for ax, image, title in zip(fig.subplots(2, 5).flat, images, titles, strict=True):
        figures.show_image(ax, dataset.unnormalize(image.numpy()), title)
    fig.suptitle(dataset.title, fontsize=figures.FONT, color=figures.INK)
    return fig


def show_ten_views(dataset, index=0):
    """Display the ten images that one training image becomes."""
    views = ten_views(torch.as_tensor(dataset.train.values[index])[None], margin=4)[:, 0]
    crops = ["top left", "top right", "bottom left", "bottom right", "centre"]
    titles = crops + [f"{name}, mirrored" for name in crops]
    figures.show(
        draw_ten_views(dataset, views, titles), "Five crops of one training image, and their mirror images"
    )


def show_test_time_augmentation(net, dataset, images=1000, index=0, device=None):
    """Display each view's prediction for one image, and the accuracy of one view, of the vote and of the mean."""
    measured = test_time_augmentation(net, dataset, images, index, device)
    views = ten_views(torch.as_tensor(dataset.test.values[index])[None])[:, 0]
    best = measured.probabilities.max(1)
    titles = [f"{dataset.label_names[k]} {p:.0%}" for p, k in zip(best.values, best.indices, strict=True)]
    figures.show(draw_ten_views(dataset, views, titles), f"Ten views of one test image: {', '.join(titles)}")
    votes = Counter(best.indices.tolist())
    mean = measured.probabilities.mean(0)
    names = dataset.label_names
    figures.show_table(
        (
            f"{dataset.title}: {images:,} test images",
            "the image above",
            "accuracy",
            "change, percentage points",
        ),
        [
            ("one view", names[best.indices[4]], f"{measured.single:.1%}", ""),
            (
                "the most frequent of ten",
                ", ".join(f"{names[k]} {count}" for k, count in votes.most_common()),
                f"{measured.voted:.1%}",
                f"{100 * (measured.voted - measured.single):+.1f}",
            ),
            (
                "the mean of ten",
                f"{names[mean.argmax()]} {mean.max():.0%}",
                f"{measured.averaged:.1%}",
                f"{100 * (measured.averaged - measured.single):+.1f}",
            ),
        ],
    )
