"""The final networks on the test sets: whatever was chosen, validation images chose it."""

import torch

import cnn
import figures
from datafiles.identity import Likeness
from studies.uncertainty import accuracy_interval
from training import kept

WHEN_TRAINED, NOW = "when it was trained", "now"


def recorded_accuracy(net, dataset):
    """Return the accuracy on exactly these test images that came with exactly these weights, or None."""
    stem = kept.file_stem(type(net).__name__, {"data": dataset.fingerprint})
    for path in kept.SHIPPED.glob(f"{stem}.pt"):
        result = kept.read(path, dataset.fingerprint)
        weights, own = result.weights.get(type(net).__name__, {}), net.state_dict()
        same = own.keys() == weights.keys() and all(
            torch.equal(value.cpu(), weights[name]) for name, value in own.items()
        )
        if same and result.likeness is Likeness.EXACT:
            return result.record["accuracy"]["test"]
    return None


def right_in_test(net, dataset, device=None):
    """Return (right, images, when): how many test images a network reads, and when that was counted.

    The weights that come with the lecture were evaluated once, by ``tools/make_results.py``; others are now.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        What it was trained on.
    device : torch.device, optional
        `training.best_device()` unless given.
    """
    accuracy, count = recorded_accuracy(net, dataset), len(dataset.test.labels)
    when = WHEN_TRAINED if accuracy is not None else NOW
    if accuracy is None:
        _, accuracy = cnn.evaluate(net, dataset, dataset.test, device)
    return round(accuracy * count), count, when


def show_test_accuracy(nets, device=None):
    """Display how many test images the final networks read, with 95 % intervals.

    Parameters
    ----------
    nets : dict of str to (nn.Module, MulticlassDataset)
        Networks by name, and what each was trained on.
    device : torch.device, optional
        `training.best_device()` unless given.
    """
    rows = []
    for name, (net, dataset) in nets.items():
        right, count, when = right_in_test(net, dataset, device)
        low, high = accuracy_interval(right, count)
        rows.append(
            (
                name,
                dataset.title,
                f"{right:,} of {count:,}",
                f"{right / count:.2%}",
                f"{low:.1%} to {high:.1%}",
                when,
            )
        )
    figures.show_table(
        ("final network", "test images of", "right", "accuracy", "95 % interval", "counted"), rows
    )
