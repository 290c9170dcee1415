"""Diagrams of networks: every layer is in them, by its name."""

import numpy as np
import pytest
import torch
import torchvision

import cnn
import figures
from figures import diagrams
from figures.tracing import trace


def meta(name):
    with torch.device("meta"):
        return getattr(torchvision.models, name)(weights=None)


NETWORKS = {
    "SimpleCNN": (cnn.SimpleCNN, (1, 28, 28), 52_084),
    "PoolingCNN": (cnn.PoolingCNN, (1, 28, 28), 13_204),
    "CifarCNN": (cnn.CifarCNN, (3, 32, 32), 145_578),
    "AlexNet": (lambda: meta("alexnet"), (3, 224, 224), 61_100_840),
    "ResNet-34": (lambda: meta("resnet34"), (3, 224, 224), 21_797_672),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_table_counts_every_parameter(name):
    make, shape, total = NETWORKS[name]
    header, rows = diagrams.layer_table(make(), shape)
    assert rows[-1][0] == "Total" and rows[-1][header.index("Parameters")] == f"{total:,}"


@pytest.mark.parametrize("name", ["SimpleCNN", "PoolingCNN", "CifarCNN", "AlexNet"])
def test_a_diagram_names_every_layer(name):
    make, shape, _ = NETWORKS[name]
    fig = diagrams.network_diagram(make(), shape, name)
    texts = {text.get_text() for text in fig.axes[0].texts}
    assert {layer.name for layer in trace(make(), shape)} <= texts
    assert len(figures.png(fig)) > 5000


def test_resnet34_has_sixteen_blocks_and_34_layers():
    steps = diagrams.residual_steps(meta("resnet34"), (3, 224, 224))
    blocks = steps[1:-1]
    assert [sum(step.stage == k for step in blocks) for k in (1, 2, 3, 4)] == [3, 4, 6, 3]
    assert [step.stage for step in blocks if step.shortcut] == [2, 3, 4]
    assert sum(layer.parameters > 0 for step in steps for layer in step.layers) == 34


def test_the_player_builds_resnet34_step_by_step():
    draw, labels = diagrams.resnet34_frames()
    assert len(labels) == 18
    assert labels[0].startswith("1 layer,") and labels[-1].startswith("34 layers, 21.80 million")
    first, last = (np.frombuffer(figures.png(draw(k)), np.uint8) for k in (0, 17))
    assert len(first) != len(last) or (first != last).any()


def test_what_the_notebook_shows(capsys):
    diagrams.show_network(cnn.SimpleCNN(), (1, 28, 28), "SimpleCNN")
    diagrams.show_layer_table(cnn.CifarCNN(), (3, 32, 32))
    for show in ("alexnet", "alexnet_table", "residual_block", "resnet34"):
        assert getattr(diagrams, f"show_{show}")() is None
