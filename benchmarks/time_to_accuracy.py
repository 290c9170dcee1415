"""How long CifarCNN takes to the accuracy that the original recipe reaches in 20 epochs, and what 20 epochs give.

    python benchmarks/time_to_accuracy.py [--epochs 20] [--short 6]

In one run, on real CIFAR-10, with the same training images and threads: the original's recipe in a plain loop, this
lecture's recipe with few epochs, and with 20. Validation images judge: the original after each epoch, of which the best
counts, in its favour; ours at the end. The test images stay closed. Evaluation is outside all times.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from throughput import machine, wait

import cnn
from datasets import MulticlassDataset

SHARE = 0.30  # of the original's time, at most
FINAL = 0.81  # validation accuracy after all epochs, at least
SEED = 0


def original(dataset, num_epochs, device):
    """Train by the original's recipe: plain SGD at one rate, batches of 100, normalised float images.

    Returns
    -------
    list of (float, float)
        Seconds of training so far, and validation accuracy, after each epoch.
    """
    net = cnn.CifarCNN()
    cnn.restart(net, SEED)
    net.to(device)
    images = torch.as_tensor(dataset.train.values[:])
    labels = torch.as_tensor(dataset.train.labels)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    generator, seconds, reached = torch.Generator().manual_seed(SEED), 0.0, []
    for _ in range(num_epochs):
        net.train()
        start = time.perf_counter()
        for indices in torch.randperm(len(images), generator=generator).split(100):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images[indices].to(device)), labels[indices].to(device))
            loss.backward()
            optimizer.step()
        wait(device)
        seconds += time.perf_counter() - start
        reached.append((seconds, cnn.evaluate(net, dataset, dataset.val, device)[1]))
    return reached


def ours(dataset, num_epochs, device):
    """Train by this lecture's recipe; return seconds (validation included), validation accuracy and the snapshots."""
    net = cnn.CifarCNN()
    cnn.restart(net, SEED)
    criterion = nn.CrossEntropyLoss()
    snapshots = cnn.train_model(dataset, net, criterion, num_epochs, device, seed=SEED, progress=False)
    seconds = snapshots[-1]["seconds"] - snapshots[0]["seconds"]
    return seconds, cnn.evaluate(net, dataset, dataset.val, device)[1], snapshots


def main():
    """Print a row for each training; return 0 if both aims are reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=20, help="of the original and of the long training")
    parser.add_argument("--short", type=int, default=6, help="epochs of the short training")
    options = parser.parse_args()
    dataset, device = MulticlassDataset.cifar().normalize().to_torch(), cnn.best_device()
    if dataset.is_stand_in:
        sys.exit("This needs real CIFAR-10: python -m datasets --fetch, or LECTURE_DATA=folder")
    reached = original(dataset, options.epochs, device)
    limit, (best_seconds, best) = reached[-1][0], max(reached, key=lambda row: row[1])
    print("| recipe | epochs | training, s | share of the original's | validation accuracy |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| original, at its end | {options.epochs} | {limit:.0f} | 1 | {reached[-1][1]:.2%} |")
    best_epoch = reached.index((best_seconds, best)) + 1
    print(
        f"| original, at its best | {best_epoch} | {best_seconds:.0f} | {best_seconds / limit:.2f} | {best:.2%} |"
    )
    results = []
    for num_epochs in (options.short, options.epochs):
        seconds, accuracy, snapshots = ours(dataset, num_epochs, device)
        results.append((seconds, accuracy))
        print(f"| this | {num_epochs} | {seconds:.0f} | {seconds / limit:.2f} | {accuracy:.2%} |", flush=True)
    rate = statistics.median(snapshot["images_per_second"] for snapshot in snapshots[1:])
    print(f"\n{rate:,.0f} images/s on {machine(device)}")
    if device.type == "cuda":
        print(f"Peak of GPU memory: {torch.cuda.max_memory_allocated() / 1e6:.0f} MB")
    (short_seconds, short_accuracy), (_, final) = results
    return 0 if short_accuracy >= best and short_seconds <= SHARE * limit and final >= FINAL else 1


if __name__ == "__main__":
    sys.exit(main())
