"""Accuracy of the shipped networks, evaluated now: on the data that is here, and from drawn digits to real ones.

python benchmarks/accuracy.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cnn
from datasets import MulticlassDataset
from training import kept


def transfer(make, real):
    """Return the test accuracy on real MNIST of a network whose shipped weights have seen drawn digits only."""
    name, net = make.__name__, make()
    result = kept.read(kept.SHIPPED / f"{name}-mnist-stand-in.pt", real.fingerprint)
    net.load_state_dict(result.weights[name])
    return cnn.evaluate(net, real, real.test)[1]


def main():
    """Print one table row a network; nothing is trained where shipped or cached weights fit."""
    mnist, cifar = MulticlassDataset.mnist(), MulticlassDataset.cifar().normalize()
    rows = []
    for make, dataset, epochs in (
        (cnn.SimpleCNN, mnist, 5),
        (cnn.PoolingCNN, mnist, 5),
        (cnn.CifarCNN, cifar, 20),
    ):
        net = make()
        cnn.trained(net, dataset.to_torch(), num_epochs=epochs)
        _, accuracy = cnn.evaluate(net, dataset, dataset.test)
        rows.append((make.__name__, dataset.title, dataset.title, f"{accuracy:.2%}"))
    if not mnist.is_stand_in:
        for make in (cnn.SimpleCNN, cnn.PoolingCNN):
            rows.append((make.__name__, "MNIST stand-in", "MNIST", f"{transfer(make, mnist):.2%}"))
    print("\n| network | trained on | test images of | right |\n| --- | --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
