import numpy as np
import pytest
import torch
import torchvision
from torch import nn

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
def test_every_parameter_is_counted(name):
    make, shape, total = NETWORKS[name]
    net = make()
    assert sum(layer.parameters for layer in trace(net, shape)) == total
    assert sum(p.numel() for p in net.parameters()) == total
    _, rows = diagrams.layer_table(net, shape)
    assert rows[-1][0] == "Total" and rows[-1][3] == f"{total:,}"


@pytest.mark.parametrize("name", ["SimpleCNN", "PoolingCNN", "CifarCNN"])
def test_shapes_are_those_of_a_real_forward_pass(name):
    make, shape, _ = NETWORKS[name]
    net = make()
    net.forward(torch.zeros(2, *shape))
    seen = [tuple(kept.shape[1:]) for kept in net.outputs]
    assert {layer.shape for layer in trace(net, shape)} <= set(seen)
    assert len(trace(net, shape)) in (net.num_layers, net.num_layers - 1)  # SimpleCNN's tanh is no layer here


@pytest.mark.parametrize("name", ["SimpleCNN", "CifarCNN"])
def test_tracing_leaves_the_network_as_it_is(name):
    make, shape, _ = NETWORKS[name]
    net = make().train()
    before = [p.clone() for p in net.parameters()]
    trace(net, shape)
    assert net.training and all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_names_are_those_of_the_lecture():
    names = [layer.name for layer in trace(cnn.CifarCNN(), (3, 32, 32))]
    assert names == ["Input", "C1", "P2", "C3", "P4", "C5", "P6", "F7", "F8"]
    names = [layer.name for layer in trace(meta("alexnet"), (3, 224, 224))]
    assert names == ["Input", "C1", "P1", "C2", "P2", "C3", "C4", "C5", "P5", "F6", "F7", "F8"]


def test_multiplications_are_those_of_a_counted_convolution():
    layers = trace(nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, groups=2), nn.ReLU()), (4, 9, 11))
    assert layers[1].shape == (6, 4, 5) and layers[1].after == "ReLU"
    assert layers[1].multiply_adds == 6 * 4 * 5 * (4 // 2) * 3 * 3
    assert sum(layer.multiply_adds for layer in trace(meta("alexnet"), (3, 224, 224))) == 714_188_480


@pytest.mark.parametrize(
    ("pool", "does"),
    [
        (nn.MaxPool2d(3, stride=2, padding=1), "max pool 3×3, stride 2, padding 1"),
        (nn.AvgPool2d(2), "avg pool 2×2, stride 2"),
        (nn.AdaptiveAvgPool2d(1), "avg pool 12×12"),
    ],
)
def test_poolings_that_are_modules(pool, does):
    assert trace(nn.Sequential(pool), (1, 12, 12))[1].does == does


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match=r"\(28, 28\)"):
        trace(cnn.SimpleCNN(), (28, 28))
    with pytest.raises(ValueError, match=r"\(1, 32, 32\)"):
        trace(cnn.SimpleCNN(), (1, 32, 32))


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


def test_receptive_field_agrees_with_the_gradient():
    torch.manual_seed(0)
    net = torchvision.models.resnet18(weights=None).eval()
    image = torch.randn(1, 3, 224, 224, requires_grad=True)
    features = net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(image)))))
    features[0, :, 28, 28].sum().backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    steps = diagrams.residual_steps(net, (3, 224, 224))
    assert rows.max() - rows.min() + 1 <= diagrams.receptive_fields(steps)[2] == 43


def test_what_the_notebook_shows(capsys):
    diagrams.show_network(cnn.SimpleCNN(), (1, 28, 28), "SimpleCNN")
    diagrams.show_layer_table(cnn.CifarCNN(), (3, 32, 32))
    for show in ("alexnet", "alexnet_table", "residual_block", "resnet34"):
        assert getattr(diagrams, f"show_{show}")() is None
