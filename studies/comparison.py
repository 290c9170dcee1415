"""Networks compared: trained alike on the same few images, and by their size, accuracy and time.

Trainings that take minutes are kept (see `training.kept`): those of the lecture's own networks in ``results/``.
"""

import time
from typing import NamedTuple

import torch
from torch import nn

import figures
import training
from figures.tracing import count_parameters
from studies.uncertainty import accuracy_interval
from training import kept
from training.networks import duplicate

TRAINING_IMAGES = 5000  # few, so that trainings take minutes, not hours
# No augmentation and little weight decay: the training loss itself is compared.
PLAIN = {"batch_size": 128, "weight_decay": 5e-4, "mirror": False, "shift": 0}
SEED = 0


class Study(NamedTuple):
    """Networks that are trained alike.

    Attributes
    ----------
    name : str
        Of its files.
    networks : dict of str to callable
        Makers of the networks, by what the picture calls them.
    num_epochs : int
    recipe : dict
        What is to differ from `training.RECIPES`.
    changes : dict of str to dict
        What is to differ from that recipe for single networks, by their names.
    """

    name: str
    networks: dict
    num_epochs: int
    recipe: dict
    changes: dict = {}  # noqa: RUF012  (a named tuple is never changed)


def few_images(dataset, count=TRAINING_IMAGES):
    """Return a data set whose training part has only its first ``count`` images, and as many for validation."""
    few = dataset.subset(slice(count))
    few.val = dataset.val.first(count)
    return few


def histories(study, dataset, retrain=False, quiet=False):
    """Return the histories of a study's networks: those that are kept for them, these images and this recipe, or new.

    Parameters
    ----------
    study : Study
        What is trained.
    dataset : MulticlassDataset
        Whose first images are used.
    retrain : bool
        Train now in any case.
    quiet : bool
        Say nothing of a result that is kept.

    Returns
    -------
    dict of str to list
        For each network, the numbers of the snapshots of `training.train_model`.
    """
    networks = made(study)
    wanted = description(study, networks, dataset)
    result = kept.find(study.name, wanted)
    if result and not retrain:
        if not quiet:
            print(kept.describe(study.name, result))
        return result.snapshots
    snapshots = trained_alike(study, networks, dataset)
    if not result or result.likeness is not kept.Likeness.EXACT:
        kept.keep(study.name, wanted, snapshots)
    return snapshots


def made(study):
    """Return the networks of a study, each made from the same seed."""
    networks = {}
    for name, make in study.networks.items():
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(SEED)
            networks[name] = make()
    return networks


def description(study, networks, dataset):
    """Return the `kept.description` of a study."""
    recipe = training.validated_recipe(dataset, study.num_epochs, study.recipe)
    settings = {"num_epochs": study.num_epochs, "seed": SEED, "training_images": TRAINING_IMAGES}
    if study.changes:
        settings["changes"] = study.changes
    return kept.description(networks, dataset, {**recipe, **settings})


def trained_alike(study, networks, dataset, **options):
    """Train the networks of a study alike, and return their snapshots without the weights."""
    few, snapshots = few_images(dataset), {}
    for name, net in networks.items():
        recipe = {**study.recipe, **study.changes.get(name, {})}
        history = training.train_model(
            few, net, nn.CrossEntropyLoss(), study.num_epochs, seed=SEED, **recipe, **options
        )
        snapshots[name] = [{key: value for key, value in s.items() if key != "weights"} for s in history]
    return snapshots


@figures.own_style
def draw_histories(snapshots, title, quantity="accuracy"):
    """Draw the accuracy, or the "error", on training (left) and validation images (right) for several networks."""
    fig = figures.figure(12, 4.4)
    left, right = fig.subplots(1, 2, sharey=True)
    for ax, key, name in ((left, "train", "training images"), (right, "val", "validation images")):
        series = {}
        for label, history in snapshots.items():
            accuracy = [snapshot[f"{key}_accuracy"] for snapshot in history]
            values = [1 - value for value in accuracy] if quantity == "error" else accuracy
            series[label] = ([snapshot["epoch"] for snapshot in history], values)
        figures.curves(ax, series, "epoch", quantity, f"{title}: {name}")
    return fig


def show_comparison(trained, dataset, images=1000):
    """Display a table of networks: parameters, accuracy on validation images, and the time for some on this machine.

    Parameters
    ----------
    trained : dict of str to (nn.Module, list)
        Networks with their snapshots.
    dataset : MulticlassDataset
        What they were trained on.
    images : int
        How many validation images are timed.
    """
    rows, count = [], len(dataset.val.labels)
    for name, (net, snapshots) in trained.items():
        net = duplicate(net).cpu().eval()
        batch = torch.as_tensor(dataset.val.values[:images])
        with torch.inference_mode():
            net(batch[:10])
            start = time.perf_counter()
            net(batch)
            seconds = time.perf_counter() - start
        accuracy = snapshots[-1]["val_accuracy"]
        low, high = accuracy_interval(round(accuracy * count), count)
        rows.append(
            (
                name,
                f"{count_parameters(net):,}",
                f"{accuracy:.2%}",
                f"{low:.1%} to {high:.1%}",
                f"{1000 * seconds:.0f} ms",
            )
        )
    validation = f"right of {count:,} validation images"
    header = (dataset.title, "parameters", validation, "95 % interval", f"time for {images:,} images")
    figures.show_table(header, rows)
