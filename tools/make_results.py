"""Train the lecture's networks and write ``results/``: weights, histories, and how they were made.

    python tools/make_results.py [--only NAME ...]

Each item is trained in a process of its own, on the real data (which must be there: ``python -m datasets --fetch``)
or on the stand-ins. Everything is chosen on validation images; the test images are counted once a training, at its end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cnn  # noqa: E402
from datasets import MulticlassDataset  # noqa: E402
from exercises.clinic import runs  # noqa: E402
from studies import (  # noqa: E402
    batch_norm,
    comparison,
    degradation,
    dense_layers,
    shifts,
    transfer,
    views_and_votes,
)
from training import kept  # noqa: E402

SEED = 0
# What the lecture trains: network, data set, epochs. The stand-ins are fewer images, and easier.
TRAININGS = {
    "simple-real": (cnn.SimpleCNN, "mnist", 5),
    "pooling-real": (cnn.PoolingCNN, "mnist", 5),
    "cifar-real": (cnn.CifarCNN, "cifar", 20),
    "simple-stand-in": (cnn.SimpleCNN, "mnist", 5),
    "pooling-stand-in": (cnn.PoolingCNN, "mnist", 5),
    "cifar-stand-in": (cnn.CifarCNN, "cifar", 20),
}
ITEMS = [
    *TRAININGS,
    *("studies-real", "studies-stand-in"),
    *("degradation-real", "shifts-real", "dense-real"),
    *("views-real", "views-stand-in"),
    "transfer-real",
    *("clinic-real", "clinic-stand-in"),
]
BLOCK = 8  # pixels: JPEG compresses squares of this size, one by one
VISIBLE = 1.03  # by this factor and more, steps between such squares exceed those inside them


def load(name, stand_in):
    """Return a data set as the lecture uses it, or stop if it is not the one that is wanted."""
    dataset = MulticlassDataset.mnist() if name == "mnist" else MulticlassDataset.cifar().normalize()
    if dataset.is_stand_in != stand_in:
        sys.exit(f"{dataset.title} is what there is: get the real data first (python -m datasets --fetch)")
    return dataset.to_torch()


def encoding(pixels):
    """Say in words how images (N, C, H, W) were encoded, from the steps between neighbouring columns."""
    steps = np.abs(np.diff(pixels[:5000].astype(float), axis=3)).mean((0, 1, 2))
    borders = np.arange(BLOCK - 1, len(steps), BLOCK)
    ratio = steps[borders].mean() / steps[np.concatenate([borders - 1, borders + 1])].mean()
    if ratio < VISIBLE:
        return f"not a JPEG re-encoding (steps at the borders of 8x8 blocks: {ratio:.3f} of those beside)"
    return f"a JPEG re-encoding (steps at the borders of 8x8 blocks: {ratio:.3f} of those beside)"


def train(item):
    """Train one network, evaluate what will be shipped, and write it."""
    make, name, num_epochs = TRAININGS[item]
    dataset = load(name, item.endswith("stand-in"))
    net, start = make(), time.perf_counter()
    cnn.restart(net, SEED)
    snapshots = cnn.train_model(dataset, net, nn.CrossEntropyLoss(), num_epochs, seed=SEED)
    seconds = time.perf_counter() - start
    net.load_state_dict({key: kept.half(value).float() for key, value in net.state_dict().items()})
    accuracy = {part: cnn.evaluate(net, dataset, getattr(dataset, part))[1] for part in ("val", "test")}
    name = make.__name__
    wanted = kept.description({name: net}, dataset, cnn.settings_of(dataset, num_epochs, SEED))
    rounded = {part: round(value, 4) for part, value in accuracy.items()}
    ship(
        name, wanted, dataset, {name: snapshots}, {name: net.cpu()}, accuracy=rounded, seconds=round(seconds)
    )
    print(f"{name}: {accuracy['val']:.2%} of validation, {accuracy['test']:.2%} of test images right")


def run_studies(item):
    """Train the networks of the study of batch norm, and write their histories."""
    dataset = load("cifar", item.endswith("stand-in"))
    study, start = batch_norm.STUDY, time.perf_counter()
    snapshots = comparison.trained_alike(study, dataset)
    wanted = comparison.description(study, dataset)
    ship(study.name, wanted, dataset, snapshots, seconds=round(time.perf_counter() - start))


def train_degradation():
    """Train plain and residual networks of two depths from several seeds, and write their histories."""
    dataset, start = load("cifar", stand_in=False), time.perf_counter()
    snapshots = {
        name: comparison.together(
            [degradation.training_of(name, dataset, seed) for seed in degradation.SEEDS]
        )
        for name in degradation.NETWORKS
    }
    seconds = round(time.perf_counter() - start)
    ship(degradation.NAME, degradation.description(dataset), dataset, snapshots, seconds=seconds)


def measure_shifts():
    """Write what several trainings of four networks read of digits that are moved."""
    dataset, start = load("mnist", stand_in=False), time.perf_counter()
    snapshots = {name: shifts.history(dataset, name) for name in shifts.NETWORKS}
    seconds = round(time.perf_counter() - start)
    ship(shifts.NAME, shifts.description(dataset), dataset, snapshots, seconds=seconds)


def train_dense_layers():
    """Write what several trainings of CifarCNN have right, with other last layers too."""
    dataset, start = load("cifar", stand_in=False), time.perf_counter()
    snapshots = {name: dense_layers.history(dataset, name) for name in dense_layers.NETWORKS}
    seconds = round(time.perf_counter() - start)
    ship(dense_layers.NAME, dense_layers.description(dataset), dataset, snapshots, seconds=seconds)


def measure_views(item):
    """Write what the shipped CifarCNN answers to ten views of each validation image."""
    dataset, net = load("cifar", item.endswith("stand-in")), cnn.CifarCNN()
    cnn.trained(net, dataset, num_epochs=TRAININGS["cifar-real"][2])
    start = time.perf_counter()
    found = views_and_votes.answers(net, dataset.val.values)
    wanted = views_and_votes.description(net, dataset)
    snapshots = {type(net).__name__: views_and_votes.history(found)}
    seconds = round(time.perf_counter() - start)
    ship(views_and_votes.file_name(net), wanted, dataset, snapshots, seconds=seconds)


def measure_transfer():
    """Write what few images teach with the features of another network, and without."""
    dataset, start = load("cifar", stand_in=False), time.perf_counter()
    snapshots = {"CifarCNN": transfer.history(dataset, transfer.COUNTS)}
    seconds = round(time.perf_counter() - start)
    ship(transfer.NAME, transfer.description(dataset), dataset, snapshots, seconds=seconds)


def ship(name, wanted, dataset, snapshots, networks=None, **facts):
    """Write a result into ``results/``, and its record, for people, beside it."""
    path = kept.SHIPPED / f"{kept.file_stem(name, wanted)}.pt"
    images = encoding(np.asarray(dataset.train.values.pixels))
    record = kept.write(path, wanted, snapshots, networks, images=images, **facts)
    path.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def in_own_process(item):
    """Make one item; the stand-ins where no data folder can be found and nothing be fetched."""
    environment, command = dict(os.environ), [sys.executable, __file__, "--item", item]
    if item.endswith("real"):
        return subprocess.run(command).returncode
    with tempfile.TemporaryDirectory() as folder:
        environment.update(LECTURE_DATA=folder, LECTURE_CACHE=folder, LECTURE_OFFLINE="1")
        return subprocess.run(command, env=environment).returncode


def main():
    """Make what the command line asks for; return how many items could not be made."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--only", nargs="+", choices=ITEMS, default=ITEMS, metavar="NAME", help=", ".join(ITEMS)
    )
    parser.add_argument("--item", choices=ITEMS, help=argparse.SUPPRESS)  # what `in_own_process` says
    options = parser.parse_args()
    kept.SHIPPED.mkdir(exist_ok=True)
    if not options.item:
        return sum(in_own_process(item) != 0 for item in options.only)
    if options.item in TRAININGS:
        train(options.item)
    elif options.item.startswith("views"):
        measure_views(options.item)
    elif options.item.startswith("transfer"):
        measure_transfer()
    elif options.item.startswith("degradation"):
        train_degradation()
    elif options.item.startswith("dense"):
        train_dense_layers()
    elif options.item.startswith("shifts"):
        measure_shifts()
    elif options.item.startswith("clinic"):
        runs.make(load("mnist", options.item.endswith("stand-in")))
    else:
        run_studies(options.item)
    return 0


if __name__ == "__main__":
    sys.exit(main())
