"""Diagrams of networks: every layer is in them, by its name."""

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
    assert len(figures.encoded(fig)) > 2500


def test_small_kernels_in_turn_see_as_much_as_a_large_one_with_fewer_weights():
    _, rows = diagrams.stack_table()
    assert rows == [
        ["5×5", "5×5", f"{64 * 64 * 25:,}", "1"],
        ["3×3, 3×3", "5×5", f"{2 * 64 * 64 * 9:,}", "2"],
        ["7×7", "7×7", f"{64 * 64 * 49:,}", "1"],
        ["3×3, 3×3, 3×3", "7×7", f"{3 * 64 * 64 * 9:,}", "3"],
    ]
    _, [[_, _, weights, _]] = diagrams.stack_table([(3, 1)], channels=2)
    assert weights == str(2 * 2 * 10)
    saved = [round(100 * (1 - 2 * 9 / 25)), round(100 * (1 - 3 * 9 / 49))]
    assert saved == [28, 45]  # per cent, as the notebook says


def test_a_bottleneck_narrows_the_channels_and_widens_them_again():
    texts = [text.get_text() for text in diagrams.block_diagram(meta("resnet50").layer1[1]).axes[0].texts]
    boxes = ["conv 1×1\n256 → 64", "batch norm\nReLU", "conv 3×3", "batch norm\nReLU", "conv 1×1\n64 → 256"]
    assert [text for text in texts if text.startswith(("conv", "batch", "+", "ReLU"))] == [
        *boxes,
        "batch norm",
        "+",
        "ReLU",
    ]


def test_what_the_notebook_shows(capsys):
    diagrams.show_network(cnn.SimpleCNN(), (1, 28, 28), "SimpleCNN")
    diagrams.show_layer_table(cnn.CifarCNN(), (3, 32, 32))
    for show in ("alexnet", "alexnet_table", "stack_table", "residual_block"):
        assert getattr(diagrams, f"show_{show}")() is None
