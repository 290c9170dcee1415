"""Results of trainings: the weights and histories that come with the lecture, and those of this machine.

A result is one file of ``torch.save``: ``net`` (the weights, half precision), ``snapshots`` (as `cnn.train_model`
returns them) and ``record``, a JSON text that says how it was made. It is read with ``weights_only=True``, which
builds tensors and plain values only, and is used if network, images and recipe are the ones asked for. A file that
is not is left as it is.
"""

import json
import os
import platform
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy
import torch

import datasets

SHIPPED = Path(__file__).resolve().parent.parent / "results"
LARGEST = 50_000_000  # bytes of a result file: many times what the lecture's networks need


class Result(NamedTuple):
    """A training that was found: its weights and snapshots, its record, and how like its images are to those here."""

    weights: dict
    snapshots: list
    record: dict
    likeness: str


def stem_of(net, dataset):
    """Return how the result files for a network and a data set begin: ``CifarCNN-cifar-10``."""
    return f"{type(net).__name__}-{re.sub('[^a-z0-9]+', '-', dataset.title.lower())}"


def cached_folder():
    """Return the folder of this user's own trainings, or None if nothing can be written."""
    folder = datasets.cache_folder()
    return folder / "trained" if folder else None


def wanted(net, dataset, settings):
    """Return the part of a record that must agree: the network, the images, and the recipe."""
    shape = () if dataset.mean is None else dataset.mean.shape
    parts = {
        "network": {name: list(value.shape) for name, value in net.state_dict().items()},
        "normalized": ["not", "per channel", "per pixel"][0 if not shape else 1 if shape[-1] == 1 else 2],
        "recipe": settings,
        "data": dataset.fingerprint,
    }
    return json.loads(json.dumps(parts))  # as they are when read back: lists for tuples


def read(path, data):
    """Read a result file.

    Parameters
    ----------
    path : Path
        The file.
    data : dict
        Fingerprint of the images here.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If the file is not a result: damaged, of another program, or one that would run code if it were trusted.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST:,} bytes")
        content = torch.load(path, map_location="cpu", weights_only=True)
        record, snapshots = json.loads(content["record"]), content["snapshots"]
        weights = {name: value.float() for name, value in content["net"].items()}
        if {name: list(value.shape) for name, value in weights.items()} != record["network"]:
            raise ValueError("its weights are not those of the network that it names")
        if not all(torch.isfinite(value).all() for value in weights.values()):
            raise ValueError("a weight is not a number")
        if [snapshot["epoch"] for snapshot in snapshots] != list(range(record["recipe"]["num_epochs"] + 1)):
            raise ValueError("epochs are missing")
        return Result(weights, snapshots, record, datasets.same_images(record["data"], data))
    except Exception as error:  # what a foreign file makes torch.load raise has no common type
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise ValueError(f"{path} is not a result of this lecture ({reason})") from None


def find(net, dataset, settings):
    """Look for a training of this network on these images by this recipe.

    Those that came with the lecture are looked at first, then this user's own. One on exactly these images is
    preferred to one on another encoding of the same pictures. A file that cannot be used is said, and left alone.

    Parameters
    ----------
    net : nn.Module
        The network that the weights are for.
    dataset : MulticlassDataset
        The images.
    settings : dict
        The recipe, number of epochs and seed.

    Returns
    -------
    Result or None
    """
    want, similar = wanted(net, dataset, settings), None
    for folder in (SHIPPED, cached_folder()):
        for path in sorted(folder.glob(f"{stem_of(net, dataset)}*.pt")) if folder else ():
            try:
                result = read(path, want["data"])
            except ValueError as error:
                print(f"{error}. It is left as it is, and not used.")
                continue
            if any(result.record.get(key) != want[key] for key in ("network", "normalized", "recipe")):
                continue
            if result.likeness == "exact":
                return result
            if result.likeness and similar is None:
                similar = result
    return similar


def describe(result, net, dataset):
    """Return what a reader should know of a result that is used: a sentence or two."""
    epochs, accuracy = result.record["recipe"]["num_epochs"], result.snapshots[-1]["val_accuracy"]
    begin = f"{type(net).__name__}: trained before, for {epochs} epochs on {dataset.title}"
    if result.likeness == "exact":
        return f"{begin} ({accuracy:.1%} of the validation images right). retrain=True trains it now."
    return (
        f"{begin}, on another encoding of the same pictures: {result.record['images']}. A validation image here may "
        "have been among its training images. retrain=True trains it on yours."
    )


def keep(net, dataset, settings, snapshots):
    """Keep a training among this user's own, if there is a folder to write to.

    Parameters
    ----------
    net : nn.Module
        The trained network.
    dataset, settings, snapshots
        As in `find`, and what `cnn.train_model` returned.
    """
    folder = cached_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stem, number = stem_of(net, dataset), 1
        while (path := folder / f"{stem}-{number}.pt").exists():  # an old file is never written over
            number += 1
        write(path, net, dataset, settings, snapshots)
    except OSError as error:
        print(f"This training could not be kept in {folder} ({error}).")


def write(path, net, dataset, settings, snapshots, **facts):
    """Write a result file, all of it or nothing.

    Parameters
    ----------
    path : Path
        The file.
    net, dataset, settings, snapshots
        As in `keep`.
    **facts
        More for the record, such as accuracies.

    Returns
    -------
    dict
        The record.
    """
    record = {
        **wanted(net, dataset, settings),
        "images": "as they are on this machine",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        **facts,
    }
    content = {
        "net": {name: half(value) for name, value in net.state_dict().items()},
        "snapshots": [{**snapshot, "weights": half(snapshot["weights"])} for snapshot in snapshots],
        "record": json.dumps(record),
    }
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            torch.save(content, file)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise
    return record


def half(value):
    """Return a tensor on the processor in half precision (three digits, which no accuracy here notices)."""
    value = value.detach().cpu().contiguous()
    return value.half() if value.is_floating_point() else value.clone()
