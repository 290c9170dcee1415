"""What is read off a network, against real forward passes and gradients of torch."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from test_diagrams import NETWORKS, meta
from torch import nn

import cnn
import resnet
from figures.tracing import count_parameters, receptive_field, structure, trace


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_is_counted(name):
    make, shape, total = NETWORKS[name]
    net = make()
    assert sum(layer.parameters for layer in trace(net, shape)) == total == count_parameters(net)


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


class Functions(nn.Module):
    """Poolings that are functions, with arguments by place and by name."""

    def forward(self, x):
        x = F.max_pool2d(x, 3, 1, 1, dilation=(1, 1))
        return torch.sigmoid(F.avg_pool2d(F.max_pool2d(x, kernel_size=(2, 1)), 3, 2, 1))


def test_poolings_that_are_functions():
    layers = trace(Functions(), (1, 12, 12))
    assert [layer.does for layer in layers[1:]] == [
        "max pool 3×3, padding 1",
        "max pool 2×1, stride 2×1",
        "avg pool 3×3, stride 2, padding 1",
    ]
    assert layers[-1].after == "sigmoid" and layers[-1].shape == (1, 3, 6)


WINDOWS = {
    "plain": lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 5, stride=2, padding=2)),
    "rectangular": lambda: nn.Sequential(
        nn.Conv2d(1, 2, (1, 5), stride=(2, 1)), nn.MaxPool2d((3, 2), padding=(1, 0))
    ),
    "dilated": lambda: nn.Sequential(nn.Conv2d(1, 2, 3, dilation=(2, 3)), nn.MaxPool2d(3, 2, dilation=2)),
    "same": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 4, padding="same"), nn.Conv2d(2, 2, 3, padding="same", dilation=2)
    ),
    "valid": lambda: nn.Sequential(nn.Conv2d(1, 2, 3, padding="valid"), nn.AvgPool2d(2)),
    "adaptive": lambda: nn.Sequential(nn.Conv2d(1, 2, 5), nn.AdaptiveAvgPool2d(8)),
    "residual": lambda: nn.Sequential(
        nn.Conv2d(1, 8, 1), resnet.Block(8, 16, True), resnet.Block(16, 16, True)
    ),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_unit_sees_its_receptive_field_and_nothing_else(name):
    """The gradient of a unit in the middle is zero outside of its field, and not at the field's corners."""
    torch.manual_seed(0)
    net, image = WINDOWS[name]().double(), torch.rand(8, 1, 36, 36, dtype=torch.double, requires_grad=True)
    layer = trace(net, (1, 36, 36))[-1]
    output = net.eval()(image)
    assert output.shape[1:] == layer.shape
    row, column = (size // 2 for size in layer.shape[1:])
    output[:, :, row, column].abs().sum().backward()
    seen = image.grad.abs().sum((0, 1)) > 0
    for axis, place in ((1, row), (0, column)):
        (touched,) = torch.nonzero(seen.any(axis), as_tuple=True)
        size, jump, start = (numbers[1 - axis] for numbers in layer.field)
        assert touched.min() == start + place * jump and touched.max() == start + place * jump + size - 1


def test_receptive_fields_are_found_by_either_name():
    net, shape = cnn.CifarCNN(), (3, 32, 32)
    assert [receptive_field(net, shape, name).size[0] for name in ("c1", "C3", "c5")] == [5, 15, 35]
    simple = receptive_field(cnn.SimpleCNN(), (1, 28, 28), "f3")
    assert simple.size == (28, 28)  # a dense layer sees all
    assert receptive_field(torchvision.models.resnet18(), (3, 224, 224), "layer1.1.conv2").size == (43, 43)
    with pytest.raises(ValueError, match="choose from Input, C1, P2"):
        receptive_field(net, shape, "c9")


def test_structure_tells_networks_apart():
    class Edited(cnn.SimpleCNN):
        def forward(self, x):
            return self.f3(self.c1(x).relu().flatten(1))

    shape = (1, 28, 28)
    lines = structure(cnn.SimpleCNN(), shape)
    assert lines == ["conv 5×5: 9×24×24", "tanh: 9×24×24", "flatten 1: 5184", "linear: 10"]
    assert lines == structure(cnn.SimpleCNN(), shape) != structure(Edited(), shape)
    plain, residual = (structure(resnet.StagedNet(3, flag), (3, 32, 32)) for flag in (False, True))
    assert plain != residual
