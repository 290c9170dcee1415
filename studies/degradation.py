"""Degradation: plain and residual networks of two depths, trained alike."""

import figures
from resnet import StagedNet
from studies.comparison import PLAIN, Study, draw_histories, histories

STUDY = Study(
    name="degradation",
    networks={
        "plain, 20 layers": lambda: StagedNet(blocks=3, residual=False),
        "residual, 20 layers": lambda: StagedNet(blocks=3, residual=True),
        "plain, 56 layers": lambda: StagedNet(blocks=9, residual=False),
        "residual, 56 layers": lambda: StagedNet(blocks=9, residual=True),
    },
    num_epochs=10,
    recipe={**PLAIN, "learning_rate": 0.1},
)


def show_degradation(dataset, retrain=False):
    """Display the error of plain and residual networks of two depths."""
    figures.show(
        draw_histories(histories(STUDY, dataset, retrain), dataset.title, "error"),
        "Error by epoch: the deep plain network has the highest, on the training images too",
    )
