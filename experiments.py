"""Networks compared: with batch norm and without, plain and residual, and one convolution on several devices.

Each experiment is a function that returns numbers, and another that draws them. Those that train for minutes keep
their numbers in ``results/``, beside how they were made; on other data they are run, and kept in the user's cache.
"""

import copy
import json
import os
import platform
import time
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

import cnn
import datasets
import plots

RESULTS = Path(__file__).resolve().parent / "results"

# Part 13: batch norm


@torch.no_grad()
def activations_by_depth(batch_norm, depth=24, width=16, seed=0):
    """Return how much activations differ from image to image, after each layer of a network fresh from PyTorch.

    Parameters
    ----------
    batch_norm : bool
        Whether each convolution is followed by batch norm.
    depth, width : int
        Convolutions of 3x3 with a ReLU, and their channels.
    seed : int
        Of the weights and the noise that goes in.

    Returns
    -------
    list of float
        One a layer: the standard deviation of a unit over the batch, on average over all units.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        signal = torch.randn(32, width, 16, 16)
        spreads = []
        for _ in range(depth):
            signal = nn.Conv2d(width, width, 3, padding=1)(signal)
            if batch_norm:
                signal = nn.BatchNorm2d(width)(signal)
            signal = signal.relu()
            spreads.append(signal.std(dim=0).mean().item())
    return spreads


def draw_activations_by_depth():
    """Draw the spread of the activations by depth, without and with batch norm."""
    fig = plots.figure(9, 4)
    ax = fig.subplots()
    series = {}
    for name, batch_norm in (("without batch norm", False), ("with batch norm", True)):
        spreads = activations_by_depth(batch_norm)
        series[name] = (range(1, len(spreads) + 1), spreads)
    plots.curves(ax, series, "layer", "standard deviation\nfrom image to image")
    ax.set_yscale("log")
    return fig


def show_activations_by_depth():
    """Display the spread of the activations by depth, without and with batch norm."""
    plots.show(
        draw_activations_by_depth(), "Without batch norm activations shrink by depth; with it they do not"
    )


# Experiments that train. All on the same few images, so that they take minutes, not hours.

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
        snapshots = cnn.train_model(dataset, net, nn.CrossEntropyLoss(), num_epochs=num_epochs, **recipe)
        keys = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
        histories[name] = {key: [snapshot[key] for snapshot in snapshots] for key in keys}
    return histories


def run_batch_norm(dataset, num_epochs=8):
    """Train one network of six convolutions without and with batch norm, at the same learning rate."""
    networks = {
        "without batch norm": lambda: convolution_stack(batch_norm=False),
        "with batch norm": lambda: convolution_stack(batch_norm=True),
    }
    return trained_for_comparison(networks, few_images(dataset), num_epochs, learning_rate=0.05, **PLAIN)


def convolution_stack(batch_norm, widths=(16, 16, 32, 32, 64, 64)):
    """Return convolutions of 3x3 with ReLU, every second one with stride 2, and a dense layer on their means."""
    layers, channels = [], 3
    for k, width in enumerate(widths):
        layers.append(nn.Conv2d(channels, width, 3, stride=2 - k % 2, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU())
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def draw_histories(histories, title, quantity="accuracy"):
    """Draw the accuracy, or the "error", on training (left) and validation images (right) for several networks."""
    fig = plots.figure(12, 4.4)
    left, right = fig.subplots(1, 2, sharey=True)
    for ax, key, name in ((left, "train", "training images"), (right, "val", "validation images")):
        series = {}
        for label, history in histories.items():
            accuracy = history[f"{key}_accuracy"]
            values = [1 - value for value in accuracy] if quantity == "error" else accuracy
            series[label] = (history["epoch"], values)
        plots.curves(ax, series, "epoch", quantity, f"{title}: {name}")
    return fig


def show_batch_norm_training(dataset):
    """Display two trainings side by side, without and with batch norm."""
    record = recorded("batch-norm", dataset, lambda: run_batch_norm(dataset))
    plots.show(
        draw_histories(record["result"], dataset.title),
        "Accuracy by epoch: with batch norm the same network learns faster",
    )


# Part 14: speed


class Speed(NamedTuple):
    """How fast one device computes a convolution."""

    device: str
    milliseconds: float  # an image
    gigaflops: float  # billion multiplications and additions a second


@torch.inference_mode()
def convolution_speed(images=16, repeats=5):
    """Time AlexNet's second convolution (64 to 192 channels, 5x5, 27x27 pixels) on what this machine has.

    Parameters
    ----------
    images : int
        In a batch.
    repeats : int
        The fastest of so many runs counts.

    Returns
    -------
    list of Speed
        One thread of the CPU, all its threads, and the GPU if there is one.
    """
    layer, threads = nn.Conv2d(64, 192, 5, padding=2), torch.get_num_threads()
    operations = 2 * 192 * 27 * 27 * 64 * 5 * 5  # an image
    places = [("CPU, 1 thread", "cpu", 1)]
    if threads > 1:
        places.append((f"CPU, {threads} threads", "cpu", threads))
    best = cnn.best_device()
    if best.type != "cpu":
        places.append(
            (torch.cuda.get_device_name() if best.type == "cuda" else best.type.upper(), best, threads)
        )
    speeds = []
    try:
        for name, device, count in places:
            torch.set_num_threads(count)
            moved, batch = layer.to(device), torch.randn(images, 64, 27, 27, device=device)
            seconds = []
            for _ in range(repeats + 1):  # the first run sets things up and is not counted
                start = time.perf_counter()
                moved(batch).sum().item()  # .item() waits for the device
                seconds.append(time.perf_counter() - start)
            each = min(seconds[1:]) / images
            speeds.append(Speed(name, 1000 * each, operations / each / 1e9))
    finally:
        torch.set_num_threads(threads)
    return speeds


def show_convolution_speed():
    """Display how fast this machine computes one convolution of AlexNet."""
    speeds = convolution_speed()
    plots.show_table(
        ("AlexNet's second convolution", "time per image", "operations per second", "ratio"),
        [
            (
                speed.device,
                f"{speed.milliseconds:.2f} ms",
                f"{speed.gigaflops:,.0f} billion",
                f"{speeds[0].milliseconds / speed.milliseconds:.1f} x",
            )
            for speed in speeds
        ],
    )


# Part 15: plain against residual


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm, and beside them a shortcut, or not.

    Where the block halves the image and widens the channels, the shortcut takes every second pixel and adds zeros,
    option A of K. He et al., "Deep residual learning for image recognition" (2016), so that plain and residual
    networks have the same parameters.
    """

    def __init__(self, before, width, residual):
        super().__init__()
        self.stride, self.residual = width // before, residual
        self.conv1 = nn.Conv2d(before, width, 3, stride=self.stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x):
        """Return the feature maps (count, width, rows / stride, columns / stride) of (count, before, rows, columns)."""
        h = self.norm1(self.conv1(x)).relu()
        h = self.norm2(self.conv2(h))
        if self.residual:
            kept = x[..., :: self.stride, :: self.stride]
            h = h + F.pad(kept, (0, 0, 0, 0, 0, h.shape[1] - kept.shape[1]))
        return h.relu()


class StagedNet(nn.Module):
    """A network for small images with three stages of blocks: 6 * blocks + 2 layers, plain or residual.

    Parameters
    ----------
    blocks : int
        In each stage.
    residual : bool
        Whether blocks have shortcuts.
    width : int
        Channels of the first stage; the next have twice and four times as many. The paper has 16.
    """

    def __init__(self, blocks, residual, width=8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)  # 16 x 16: a quarter of the time
        self.norm = nn.BatchNorm2d(width)
        widths = [width] * blocks + [2 * width] * blocks + [4 * width] * blocks
        self.blocks = nn.Sequential(
            *(Block(before, after, residual) for before, after in zip([width, *widths], widths, strict=False))
        )
        self.classifier = nn.Linear(4 * width, 10)

    def forward(self, x):
        """Return the logits (count, 10) of images (count, 3, 32, 32)."""
        h = self.norm(self.stem(x)).relu()
        h = self.blocks(h)
        return self.classifier(h.mean(dim=(2, 3)))


def run_degradation(dataset, num_epochs=10, blocks=(3, 9)):
    """Train plain and residual networks of 20 and 56 layers alike (three stages of 3 and 9 blocks)."""
    networks = {}
    for count in blocks:
        for residual in (False, True):
            name = f"{'residual' if residual else 'plain'}, {6 * count + 2} layers"
            networks[name] = lambda count=count, residual=residual: StagedNet(count, residual)
    return trained_for_comparison(networks, few_images(dataset), num_epochs, learning_rate=0.1, **PLAIN)


def show_degradation(dataset):
    """Display the error of plain and residual networks of two depths."""
    record = recorded("degradation", dataset, lambda: run_degradation(dataset))
    plots.show(
        draw_histories(record["result"], dataset.title, "error"),
        "Error by epoch: the deep plain network has the highest, on the training images too",
    )


def make_records(dataset):
    """Run the experiments that train, and write their records into ``results/``."""
    for name, run in (("batch-norm", run_batch_norm), ("degradation", run_degradation)):
        path = RESULTS / f"{name}-{dataset.title.replace(' ', '-').lower()}.json"
        write_record(path, dataset, lambda run=run: run(dataset))
