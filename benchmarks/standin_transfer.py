"""Print how well the two MNIST networks, trained on drawn digits only, do on real MNIST.

    python benchmarks/standin_transfer.py FOLDER [--part train]

FOLDER holds ``MNIST/raw/*.gz``. The digits were designed against MNIST's training images (``--part train``); the
test images are for the figure that is reported.
"""

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent))
import standins

FILES = {"test": "t10k", "train": "train"}


def networks():
    """Return fresh networks with the layers of SimpleCNN and PoolingCNN."""
    simple = nn.Sequential(nn.Conv2d(1, 9, 5), nn.Tanh(), nn.Flatten(), nn.Linear(9 * 24 * 24, 10))
    pooling = nn.Sequential(
        nn.Conv2d(1, 9, 5), nn.MaxPool2d(2), nn.Tanh(), nn.Flatten(), nn.Linear(9 * 12 * 12, 10)
    )
    return {"SimpleCNN": simple, "PoolingCNN": pooling}


def mnist(folder, part="test"):
    """Return 10,000 real digits, float32 (10000, 1, 28, 28) in [0, 1], and their labels."""
    raw = Path(folder) / "MNIST" / "raw"
    with gzip.open(raw / f"{FILES[part]}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:10000]
    with gzip.open(raw / f"{FILES[part]}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)[:10000]
    return torch.from_numpy(images / np.float32(255)), torch.from_numpy(labels.astype(np.int64))


def train(net, count, seed, epochs=5, batch=100):
    """Train on ``count`` drawn digits with a one-cycle schedule."""
    drawn, labels = standins.digits(count, seed)
    images, labels = torch.from_numpy(drawn[:, None] / np.float32(255)), torch.from_numpy(labels)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps = epochs * -(-count // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=steps)
    for _ in range(epochs):
        for chosen in torch.randperm(count).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(net(images[chosen]), labels[chosen]).backward()
            optimizer.step()
            schedule.step()


@torch.inference_mode()
def accuracy(net, images, labels):
    """Return the share of images that the network labels rightly."""
    return float((net(images).argmax(1) == labels).float().mean())


def main():
    """Train each network with three seeds, and print its accuracy on the real images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with MNIST/raw/*.gz")
    parser.add_argument("--part", choices=FILES, default="test", help="which real images to measure on")
    arguments = parser.parse_args()
    images, labels = mnist(arguments.folder, arguments.part)
    for seed in range(3):
        torch.manual_seed(seed)
        for name, net in networks().items():
            train(net, 11000, seed)
            share = accuracy(net, images, labels)
            print(f"{name:<11} seed {seed}: {share:.2%} of real MNIST ({arguments.part})", flush=True)


if __name__ == "__main__":
    main()
