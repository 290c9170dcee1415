"""Degradation: plain and residual networks of two depths, trained alike."""

import figures
from resnet import StagedNet
from studies.comparison import PLAIN, draw_histories, few_images, recorded, trained_for_comparison


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
    figures.show(
        draw_histories(record["result"], dataset.title, "error"),
        "Error by epoch: the deep plain network has the highest, on the training images too",
    )
