"""Kept results: weights and histories that come with the lecture, and those made on this machine.

A result is what one training left, or a study of several networks trained alike. It is one file of ``torch.save``:
``snapshots`` (for each network, as `train_model` returns them), ``weights`` (for those that keep them, in half
precision) and ``record``, a JSON text that says how it was made. It is read with ``weights_only=True``, which builds
tensors and plain values only. It is used if networks, images and recipe are the ones asked for; a file that is not is
left as it is.
"""

import contextlib
import inspect
import itertools
import json
import os
import platform
import re
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy
import torch

from datafiles.files import say
from datafiles.identity import Likeness, same_images
from datafiles.storage import cache_folder
from figures.tracing import structure

SHIPPED = Path(__file__).resolve().parent.parent / "results"
LARGEST = 50_000_000  # bytes of a result file: many times what the lecture's networks need
COMPARED = ("networks", "normalized", "recipe")  # what of a record must agree, besides the images


class Result(NamedTuple):
    """A result that was found.

    Attributes
    ----------
    snapshots : dict of str to list
        For each network, as `train_model` returns them.
    weights : dict of str to dict
        State dicts, where they were kept.
    record : dict
        How it was made.
    likeness : Likeness
        How like its images are to those here.
    """

    snapshots: dict
    weights: dict
    record: dict
    likeness: Likeness


def description(networks, dataset, recipe):
    """Return what a result depends on: the networks, the images, and the recipe.

    Parameters
    ----------
    networks : dict of str to nn.Module
        By name.
    dataset : MulticlassDataset
        What they are trained on.
    recipe : dict
        All that a training depends on besides, ``num_epochs`` among it.
    """
    parts = {
        "networks": {name: _described(net, dataset) for name, net in networks.items()},
        "normalized": dataset.normalization,
        "recipe": recipe,
        "data": dataset.fingerprint,
    }
    return json.loads(json.dumps(parts))  # as they are when read back: lists for tuples


def _described(net, dataset):
    """Return shapes of a network's weights, what it computes, and the weights that it starts with and keeps."""
    try:
        computes = structure(net, dataset.train.values.shape[1:])
    except ValueError:  # torch.fx cannot follow every Python
        computes = [*str(net).split("\n"), *_code(net)]
    frozen = {name: _crc(value) for name, value in net.named_parameters() if not value.requires_grad}
    described = {"weights": _shapes(net.state_dict()), "computes": computes}
    return {**described, "frozen": frozen} if frozen else described


def _code(net):
    """Return the lines of code of a network's own ``forward`` methods, those of its parts included."""
    kinds = dict.fromkeys(type(module) for module in net.modules())
    own = [kind.forward for kind in kinds if not kind.__module__.startswith("torch.")]
    lines = []
    for forward in own:
        try:
            lines += inspect.getsource(forward).split("\n")
        except (OSError, TypeError):  # typed into a console
            lines.append(forward.__code__.co_code.hex())
    return [line.strip() for line in lines if line.strip()]


def _crc(value):
    return f"{zlib.crc32(value.detach().cpu().contiguous().float().numpy()):08x}"


def _shapes(state):
    """Return the shapes of a state dict, {name: "32×3×5×5"}."""
    return {name: "×".join(map(str, value.shape)) for name, value in state.items()}


def file_stem(name, wanted):
    """Return how the files of results begin: ``CifarCNN-cifar-10``; ``wanted`` is a `description`."""
    return f"{name}-{re.sub('[^a-z0-9]+', '-', wanted['data']['title'].lower())}"


def own_folder():
    """Return the folder of this user's own results, or None if nothing can be written."""
    folder = cache_folder()
    return folder / "trained" if folder else None


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
        weights = {
            name: {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
            for name, state in content["weights"].items()
        }
        _check(record, snapshots, weights)
        return Result(snapshots, weights, record, same_images(record["data"], data))
    except Exception as error:  # what a foreign file makes torch.load raise has no common type
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise ValueError(f"{path} is not a result of this lecture ({reason})") from None


def _check(record, snapshots, weights):
    """Raise ValueError unless snapshots and weights are complete, and those of the networks in the record."""
    networks, epochs = record["networks"], list(range(record["recipe"]["num_epochs"] + 1))
    if not networks or set(snapshots) != set(networks):
        raise ValueError("its snapshots are not those of the networks that it names")
    if any([snapshot["epoch"] for snapshot in history] != epochs for history in snapshots.values()):
        raise ValueError("epochs are missing")
    if set(weights) != set(record["weights_of"]):
        raise ValueError("weights are missing")
    for name, state in weights.items():
        if _shapes(state) != networks[name]["weights"]:
            raise ValueError("its weights are not those of the network that it names")
        if not all(torch.isfinite(value).all() for value in state.values()):
            raise ValueError("a weight is not a number")


def find(name, wanted):
    """Look for a result: first among those that came with the lecture, then among this user's own.

    One on exactly these images is preferred to one on another encoding of the same pictures. A file that cannot be
    used is said, and left alone.

    Parameters
    ----------
    name : str
        Of the network or study.
    wanted : dict
        Its `description`.

    Returns
    -------
    Result or None
    """
    similar = None
    for folder in (SHIPPED, own_folder()):
        for path in sorted(folder.glob(f"{file_stem(name, wanted)}*.pt")) if folder else ():
            try:
                result = read(path, wanted["data"])
            except ValueError as error:
                say(f"{error}. It is left as it is, and not used.")
                continue
            if any(result.record.get(key) != wanted[key] for key in COMPARED):
                continue
            if result.likeness is Likeness.EXACT:
                return result
            if result.likeness is Likeness.RECODED and similar is None:
                similar = result
    return similar


def load(net, weights):
    """Give a network kept weights; those of its own that are frozen stay, to the last digit."""
    frozen = {name: value for name, value in net.named_parameters() if not value.requires_grad}
    net.load_state_dict({**weights, **frozen})


RETRAIN = "RETRAIN = True in the first cell (in Python, retrain=True)"


def describe(name, result):
    """Return what a reader should know of a result that is used: a sentence or two."""
    epochs, data = result.record["recipe"]["num_epochs"], result.record["data"]
    images = f"{data['counts'][0]:,} images of " if data.get("changed") else ""
    begin = f"{name}: trained before, for {epochs} epoch{'s' * (epochs > 1)} on {images}{data['title']}"
    # Stand-ins are drawn anew on each machine, some of which round otherwise: that is no other encoding.
    if result.likeness is Likeness.RECODED and not data["title"].endswith("stand-in"):
        return (
            f"{begin}, on another encoding of the same pictures: {result.record['images']}. A validation image here "
            f"may have been among its training images. {RETRAIN} trains on yours."
        )
    accuracies = [history[-1]["val_accuracy"] for history in result.snapshots.values()]
    right = f" ({accuracies[0]:.1%} of the validation images right)" if len(accuracies) == 1 else ""
    return f"{begin}{right}. {RETRAIN} trains now."


def keep(name, wanted, snapshots, networks=None):
    """Keep a result among this user's own, if there is a folder to write to, and it is complete.

    Parameters
    ----------
    name, wanted
        As in `find`.
    snapshots : dict of str to list
        For each network, as `train_model` returned them; none is kept if a training was stopped.
    networks : dict of str to nn.Module, optional
        The networks whose weights are to be kept.
    """
    folder, complete = own_folder(), wanted["recipe"]["num_epochs"] + 1
    if folder is None or any(len(history) < complete for history in snapshots.values()):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".", suffix=".part") as own:
            part = Path(own) / "result.pt"
            write(part, wanted, snapshots, networks)
            if part.stat().st_size > LARGEST:
                say(f"{name} is too large to be kept: its weights take more than {LARGEST / 1e6:.0f} MB.")
                return
            publish(part, folder, file_stem(name, wanted))
    except OSError as error:
        say(f"This training could not be kept in {folder} ({error}).")


def publish(path, folder, stem):
    """Give a file the first free name ``<stem>-<number>.pt`` in ``folder``, whoever else does so meanwhile."""
    for number in itertools.count(1):
        target = folder / f"{stem}-{number}.pt"
        try:
            os.link(path, target)  # fails where there is a file already, unlike a renaming
            return
        except FileExistsError:
            continue
        except OSError:  # a file system without links: claim the name by an empty file
            with contextlib.suppress(FileExistsError):
                target.touch(exist_ok=False)
                os.replace(path, target)
                return


def write(path, wanted, snapshots, networks=None, **facts):
    """Write a result file, all of it or nothing, and return its record.

    Parameters
    ----------
    path : Path
        The file.
    wanted, snapshots, networks
        As in `keep`.
    **facts
        More for the record, such as accuracies.
    """
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__}
    record = {
        **wanted,
        "weights_of": list(networks or {}),
        "images": "as they are on this machine",
        "versions": versions,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        **facts,
    }
    content = {
        "weights": {name: _halved(net.state_dict()) for name, net in (networks or {}).items()},
        "snapshots": {name: [_halved(s) for s in history] for name, history in snapshots.items()},
        "record": json.dumps(record),
    }
    part = path.with_name(
        f"{path.name}.part"
    )  # made as any file, for others to read where the folder is shared
    try:
        torch.save(content, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return record


def _halved(values):
    """Return a dict with its tensors of floats in half precision: three digits, which no accuracy here notices."""
    return {name: half(value) if isinstance(value, torch.Tensor) else value for name, value in values.items()}


def half(value):
    """Return a tensor on the processor, in half precision where it holds floats that are not too large for it."""
    value = value.detach().cpu().contiguous()
    if not value.is_floating_point():
        return value.clone()
    halved = value.half()
    return halved if halved.isfinite().all() else value.float()
