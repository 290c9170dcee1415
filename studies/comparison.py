"""Networks compared: trained alike on the same few images, and by their size, accuracy and time.

Trainings that take minutes are kept in ``results/`` (see `training.kept`). Of each study one member is short enough to
be measured again before everyone's eyes.
"""

import time
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

import cnn
import figures
import training
from figures.tracing import count_parameters, duplicate
from studies.uncertainty import accuracy_interval, mean_interval
from training import kept
from training.networks import fastest_copy

TRAINING_IMAGES = 5000  # few, so that trainings take minutes, not hours
# No augmentation and little weight decay: the training loss itself is compared.
PLAIN = {"batch_size": 128, "weight_decay": 5e-4, "mirror": False, "shift": 0}
BATCH = 100  # images that a network is asked about at once


class Study(NamedTuple):
    """Networks that are trained alike.

    Attributes
    ----------
    name : str
        Of its files.
    networks : dict of str to callable
        Makers of the networks, by what the picture calls them.
    live : str
        Which of them is trained again before everyone's eyes.
    num_epochs : int
    recipe : dict
        What is to differ from `training.RECIPES`.
    changes : dict of str to dict
        What is to differ from that recipe for single networks, by their names.
    seeds : tuple of int
        Of the first weights and of the order of the images: a training each.
    """

    name: str
    networks: dict
    live: str
    num_epochs: int
    recipe: dict
    changes: dict = {}  # noqa: RUF012  (a named tuple is never changed)
    seeds: tuple = (0,)


def few_images(dataset, count=TRAINING_IMAGES):
    """Return a data set whose training part has only its first ``count`` images, and as many for validation."""
    few = dataset.subset(slice(count))
    few.val = dataset.val.first(count)
    return few


def kept_or_recorded(name, wanted, live, retrain=False, quiet=False):
    """Return the kept result of a study, and whether its live member is to be measured now; say where it is from.

    One that was measured on these images; where there is none, as for most stand-ins, the one of the real images that
    comes with the lecture.

    Parameters
    ----------
    name : str
        Of its files.
    wanted : dict
        Its `kept.description`.
    live : str
        What of it is short enough to be measured before everyone's eyes, in words.
    retrain : bool
        Whether that is asked for; it is done where the rest was measured on these images with this recipe, and with
        the networks as they are now.
    quiet : bool
        Say nothing.

    Returns
    -------
    (kept.Result, bool)
    """
    here, result = wanted["data"], kept.find(name, wanted)
    own = result is not None
    result = result or kept.read(kept.SHIPPED / f"{name}-{here['name'].lower()}.pt", here)
    record, title = result.record, result.record["data"]["title"]
    images = result.likeness is not kept.Likeness.DIFFERENT and record["normalized"] == wanted["normalized"]
    recipe = record["recipe"] == wanted["recipe"] and set(record["networks"]) == set(wanted["networks"])
    if not images:
        origin = f"recorded on {title}; it was not measured on the images here ({here['title']})."
    elif not recipe:
        origin = f"recorded on {title}, with another recipe than here; tools/make_results.py measures anew."
    elif retrain:
        with_own = "" if own else " with your change of the networks"
        origin = f"{live} is measured now on {title}{with_own}, the rest was before."
    elif not own:
        origin = f"recorded on {title}, before the networks were changed. {kept.RETRAIN} measures {live} now."
    else:
        recoded = result.likeness is kept.Likeness.RECODED and title == here["name"]
        encoding = ", in another encoding of the same pictures" if recoded else ""
        origin = f"measured before on {title}{encoding}. {kept.RETRAIN} measures {live} now."
    if not quiet:
        print(f"{name.capitalize().replace('-', ' ')}: {origin}")
    return result, retrain and images and recipe


def histories(study, dataset, retrain=False):
    """Return the histories of a study's networks as `kept_or_recorded`, and the title of the images that they saw.

    Parameters
    ----------
    study : Study
    dataset : MulticlassDataset
        Whose first images are used.
    retrain : bool
        Do the first training of the study's live member now.

    Returns
    -------
    (dict of str to list, str)
        For each network, its trainings `together`.
    """
    which = f"the first “{study.live}”" if len(study.seeds) > 1 else f"“{study.live}”"
    result, now = kept_or_recorded(study.name, description(study, dataset), which, retrain)
    found = result.snapshots
    if now:
        first = trained(study, study.live, dataset, study.seeds[0], progress=True)
        replace_first(found[study.live], first)
    return found, result.record["data"]["title"]


def made(study, name, seed):
    """Return one network of a study, made from a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return study.networks[name]()


def description(study, dataset):
    """Return the `kept.description` of a study."""
    recipe = training.validated_recipe(dataset, study.num_epochs, study.recipe)
    settings = {
        "num_epochs": study.num_epochs,
        "seeds": study.seeds,
        "training_images": TRAINING_IMAGES,
        "changes": study.changes,
    }
    networks = {name: made(study, name, study.seeds[0]) for name in study.networks}
    return kept.description(networks, dataset, {**recipe, **settings})


def trained(study, name, dataset, seed, progress=False):
    """Train one network of a study from a seed, and return its snapshots without the weights."""
    recipe = {**study.recipe, **study.changes.get(name, {})}
    history = training.train_model(
        few_images(dataset),
        made(study, name, seed),
        nn.CrossEntropyLoss(),
        study.num_epochs,
        seed=seed,
        progress=progress,
        **recipe,
    )
    return [{key: value for key, value in snapshot.items() if key != "weights"} for snapshot in history]


def trained_alike(study, dataset):
    """Train all networks of a study from all its seeds, and return their histories, each `together`."""
    return {
        name: together([trained(study, name, dataset, seed) for seed in study.seeds])
        for name in study.networks
    }


def together(trainings):
    """Return one history of several trainings of a network: each number becomes a list, one entry a training."""
    return [
        {"epoch": same[0]["epoch"], **{key: [one[key] for one in same] for key in same[0] if key != "epoch"}}
        for same in zip(*trainings, strict=True)
    ]


def replace_first(history, snapshots):
    """Put the numbers of a new training in the place of the first of those that are `together`."""
    for kept_one, new in zip(history, snapshots, strict=True):
        for key in new.keys() & kept_one.keys() - {"epoch"}:
            kept_one[key][0] = new[key]


def right_after_training(net, dataset, images, num_epochs, seed, asked=None):
    """Train a network from a seed on some images, and return which validation images it then has right.

    Parameters
    ----------
    net : nn.Module
        It begins with new weights.
    dataset : MulticlassDataset
    images : int
        It learns from the first so many training images.
    num_epochs, seed : int
        As in `training.train_model`.
    asked : int, optional
        It is asked about the first so many validation images; about all unless given.

    Returns
    -------
    Tensor
        (asked,) bool.
    """
    few = dataset.subset(slice(images))
    few.val = dataset.val.first(100)  # evaluated after each epoch, to no purpose
    cnn.restart(net, seed)
    training.train_model(few, net, nn.CrossEntropyLoss(), num_epochs, seed=seed, progress=False)
    questions = torch.as_tensor(dataset.val.values[:asked])
    net = fastest_copy(net.cpu(), questions[:2])
    with torch.inference_mode():
        answers = torch.cat([net(batch).argmax(1) for batch in questions.split(BATCH)])
    return answers == torch.as_tensor(dataset.val.labels[:asked])


def answers_as_history(right):
    """Return bool answers (..., images), 8 a byte, as the history of a training of no epoch, which can be kept."""
    return [{"epoch": 0, "right": torch.from_numpy(np.packbits(np.asarray(right), axis=-1))}]


def answers_of(result):
    """Return what each network of a kept `Result` has right, {name: bool (..., validation images)}."""
    images = result.record["data"]["counts"][1]
    return {
        name: np.unpackbits(history[0]["right"].numpy(), axis=-1, count=images).astype(bool)
        for name, history in result.snapshots.items()
    }


def compared(first, second):
    """Return how two networks compare, training by training, on the same images, in words for a table.

    Parameters
    ----------
    first, second : array of bool
        (trainings, images): what each training of one network has right, and of the other.

    Returns
    -------
    (str, str, str)
        The difference of accuracies in percentage points, second minus first; its 95 % interval, as far as other
        trainings would change it; and how many images the second gains and loses, on average over the trainings.
    """
    change, low, high = (100 * value for value in mean_interval(second.mean(1) - first.mean(1)))
    gained, lost = (second & ~first).sum(1).mean(), (first & ~second).sum(1).mean()
    return f"{change:+.1f}", f"{low:+.1f} to {high:+.1f}", f"{gained:.0f} / {lost:.0f}"


def span(right):
    """Return the lowest and the highest accuracy of trainings, from bool (trainings, images), in words for a table."""
    accuracies = 100 * right.mean(1)
    return f"{accuracies.min():.1f} to {accuracies.max():.1f} %"


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
