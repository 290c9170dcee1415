"""Networks compared: trained alike on the same few images, and by their size, accuracy and time.

Trainings that take minutes keep their numbers in ``results/``, beside how they were made; on other data they are run,
and kept in the user's cache.
"""

import copy
import json
import os
import platform
import time
from pathlib import Path

import torch
from torch import nn

import datasets
import figures
import training
from figures.tracing import count_parameters

RESULTS = Path(__file__).resolve().parent.parent / "results"

TRAINING_IMAGES = 5000

PLAIN = {
    "batch_size": 128,
    "mirror": False,
    "shift": 0,
}  # no augmentation: the training loss itself is compared


def few_images(dataset, count=TRAINING_IMAGES):
    """Return a data set whose training part has only its first ``count`` images, and as many for validation."""
    few = copy.copy(dataset)
    few.train, few.val = dataset.train.first(count), dataset.val.first(count)
    return few


def recorded(name, dataset, run):
    """Return the record of an experiment on these images: shipped, else cached, else made now and cached.

    Parameters
    ----------
    name : str
        Of the experiment.
    dataset : MulticlassDataset
        Its images.
    run : callable
        Returns what to keep, as JSON can hold it.

    Returns
    -------
    dict
        ``result``, and how it was made: ``fingerprint``, ``versions``, ``machine``, ``seconds``.
    """
    file_name = f"{name}-{dataset.title.replace(' ', '-').lower()}.json"
    cache = datasets.cache_folder()
    folders = [RESULTS, *([cache / "trained"] if cache else [])]
    for folder in folders:
        try:
            record = json.loads((folder / file_name).read_text())
            if datasets.same_images(record["fingerprint"], dataset.fingerprint):
                return record
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not there, or not a record of ours: the next one, or a new one
    return write_record(folders[-1] / file_name if cache else None, dataset, run)


def write_record(path, dataset, run):
    """Run an experiment and keep its record at ``path``, if that is not None and can be written."""
    start = time.perf_counter()
    record = {
        "result": run(),
        "fingerprint": dataset.fingerprint,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "seconds": round(time.perf_counter() - start),
    }
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(record))
            temporary.replace(path)
        except OSError:
            pass  # it will be made again; the result in hand is what counts
    return record


def trained_for_comparison(networks, dataset, num_epochs, **recipe):
    """Train networks alike, from the same seed, and return {name: history}; a history is plain lists by epoch."""
    histories = {}
    for name, make in networks.items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = make()
        snapshots = training.train_model(dataset, net, nn.CrossEntropyLoss(), num_epochs=num_epochs, **recipe)
        keys = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
        histories[name] = {key: [snapshot[key] for snapshot in snapshots] for key in keys}
    return histories


def draw_histories(histories, title, quantity="accuracy"):
    """Draw the accuracy, or the "error", on training (left) and validation images (right) for several networks."""
    fig = figures.figure(12, 4.4)
    left, right = fig.subplots(1, 2, sharey=True)
    for ax, key, name in ((left, "train", "training images"), (right, "val", "validation images")):
        series = {}
        for label, history in histories.items():
            accuracy = history[f"{key}_accuracy"]
            values = [1 - value for value in accuracy] if quantity == "error" else accuracy
            series[label] = (history["epoch"], values)
        figures.curves(ax, series, "epoch", quantity, f"{title}: {name}")
    return fig


def show_comparison(trained, dataset, images=1000):
    """Display a table of networks: parameters, test accuracy, and the time for some images on this machine.

    Parameters
    ----------
    trained : dict of str to (nn.Module, list)
        Networks with their snapshots.
    dataset : MulticlassDataset
        What they were trained on.
    images : int
        How many test images are timed.
    """
    rows = []
    for name, (net, snapshots) in trained.items():
        _, accuracy = training.evaluate(net, dataset, dataset.test)
        net = net.cpu()
        batch = torch.as_tensor(dataset.test.values[:images])
        with torch.inference_mode():
            net(batch[:10])
            start = time.perf_counter()
            net(batch)
            seconds = time.perf_counter() - start
        parameters, validation = count_parameters(net), snapshots[-1]["val_accuracy"]
        rows.append(
            (name, f"{parameters:,}", f"{validation:.2%}", f"{accuracy:.2%}", f"{1000 * seconds:.0f} ms")
        )
    header = (dataset.title, "parameters", "validation", "test", f"{images:,} images")
    figures.show_table(header, rows)
