"""How close `cnn.train_model` comes to the arithmetic it cannot do without.

    python benchmarks/throughput.py [--pairs 41]

A bare loop of forward, loss, backward and step on one batch that is ready is timed against one epoch of
`cnn.train_model`, validation included, with the same batch size, memory layout and optimiser. The two take turns
on a tenth of the images, so that what else the machine does befalls both. On the processor the stand-ins serve: the
pixels do not matter. On a GPU the images lie in its memory.
"""

import argparse
import copy
import platform
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cnn
from datasets import MulticlassDataset
from training.batches import LAYOUT, DeviceImages

WANTED = {"cpu": 0.9, "cuda": 0.85}


def machine(device):
    """Return the name of what the figures were taken on."""
    if device.type == "cuda":
        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    name = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def wait(device):
    """Wait until a GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def bare_rate(make, dataset, device, steps):
    """Return the images per second of forward, loss, backward and step on one batch."""
    recipe = cnn.RECIPES[dataset.name]
    images = DeviceImages(dataset.train, device)
    net = make().to(device, memory_format=LAYOUT).train()
    batch = images.normalized(images.pixels[: recipe["batch_size"]])
    labels = images.labels[: len(batch)]
    momentum, decay = recipe["momentum"], recipe["weight_decay"]
    # Steps of size 0: on one batch, over and over, others would end in other arithmetic (zeros, denormal numbers).
    optimizer = torch.optim.SGD(net.parameters(), 0, momentum=momentum, weight_decay=decay, nesterov=True)
    criterion = nn.CrossEntropyLoss()
    wait(device)
    start = time.perf_counter()
    for _ in range(steps):
        loss = criterion(net(batch), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    wait(device)
    return steps * len(batch) / (time.perf_counter() - start)


def training_rate(make, dataset, device):
    """Return the images per second of one epoch of `cnn.train_model`, its validation included."""
    snapshots = cnn.train_model(dataset, make(), nn.CrossEntropyLoss(), 1, device, progress=False)
    return snapshots[-1]["images_per_second"]


def tenth(dataset):
    """Return a data set with a tenth of the training and of the validation images."""
    few = copy.copy(dataset)
    few.train, few.val = (split.first(len(split) // 10) for split in (dataset.train, dataset.val))
    return few


def compare(make, dataset, device, pairs):
    """Return the medians of both rates and of their ratio over pairs that take turns."""
    dataset = tenth(dataset)
    steps = -(-len(dataset.train) // cnn.RECIPES[dataset.name]["batch_size"])
    bare_rate(make, dataset, device, 20)  # the first steps set things up
    rows = []
    for _ in range(pairs):
        bare = bare_rate(make, dataset, device, steps)
        ours = training_rate(make, dataset, device)
        rows.append((ours, bare, ours / bare))
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def main():
    """Print a row for each network; return 0 if all ratios are reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=41)
    options = parser.parse_args()
    device, reached = cnn.best_device(), True
    mnist, cifar = MulticlassDataset.mnist(), MulticlassDataset.cifar().normalize()
    wanted = WANTED.get(device.type, 0.85)
    print("| network | train_model, images/s | bare loop, images/s | ratio | wanted |")
    print("| --- | --- | --- | --- | --- |")
    for make, dataset in ((cnn.SimpleCNN, mnist), (cnn.PoolingCNN, mnist), (cnn.CifarCNN, cifar)):
        ours, bare, ratio = compare(make, dataset, device, options.pairs)
        reached = reached and ratio >= wanted
        print(f"| {make.__name__} | {ours:,.0f} | {bare:,.0f} | {ratio:.2f} | {wanted} |", flush=True)
    print(f"\nMedians of {options.pairs} pairs on {machine(device)}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
