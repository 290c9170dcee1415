"""Networks with a typical mistake are refused before training, with the line to write instead, before torch's words."""

import pytest
import torch
from few import QUIET, first
from torch import nn

import cnn
from training import mistakes


class Own(nn.Module):
    """A network with a forward of its own, as textbooks write it."""

    def __init__(self, shaped):
        super().__init__()
        self.c1, self.f2, self.shaped = nn.Conv2d(1, 8, 5), nn.Linear(8 * 12 * 12, 10), shaped

    def forward(self, x):
        return self.f2(self.shaped(nn.functional.max_pool2d(self.c1(x).relu(), 2)))


def row(*layers):
    return nn.Sequential(*layers)


def conv():
    return nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2)  # (8, 12, 12)


# What is wrong, the network, what is said, and what PyTorch says behind it.
WRONG = {
    "flattened size": (
        lambda: row(*conv(), nn.Flatten(), nn.Linear(8 * 24 * 24, 10)),
        r"net\[4\] \(Linear\) is made for 4,608 numbers, but gets 1,152: the maps of net\[2\] \(MaxPool2d\) are "
        r"8 × 12 × 12\. Write nn\.Linear\(8 \* 12 \* 12, 10\)\. PyTorch says: mat1 and mat2",
    ),
    "flattened size in a forward": (
        lambda: nn.Sequential(Own(lambda h: h[..., :6, :].flatten(1))),
        r"made for 1,152 numbers, but gets 576 .*Write nn\.Linear\(576, 10\)\. PyTorch says",
    ),
    "size between dense layers": (
        lambda: row(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(64, 10)),
        r"net\[3\] \(Linear\) is made for 64 numbers, but gets 100 from net\[1\] \(Linear\)\. "
        r"Write nn\.Linear\(100, 10\)",
    ),
    "nothing flattened": (
        lambda: row(*conv(), nn.Linear(8 * 12 * 12, 10)),
        r"maps of shape \(8, 12, 12\) from net\[2\].*put nn\.Flatten\(\) before it, and make it "
        r"nn\.Linear\(8 \* 12 \* 12, 10\)",
    ),
    "batch dimension flattened": (
        lambda: row(*conv(), nn.Flatten(0), nn.Linear(8 * 12 * 12, 10)),
        r"gets 2,304 numbers in one row: the batch was flattened.*keeps the batch dimension",
    ),
    "batch dimension flattened in a forward": (
        lambda: Own(lambda h: h.reshape(-1)),
        r"Layer f2 \(Linear\) gets 2,304 numbers in one row.*x\.flatten\(1\)",
    ),
    "too many channels": (
        lambda: row(nn.Conv2d(3, 8, 5), nn.Flatten(), nn.Linear(8 * 24 * 24, 10)),
        r"net\[0\] \(Conv2d\) is made for 3 channels, but the images have 1\. Write nn\.Conv2d\(1, 8, 5\)",
    ),
    "channels of the layer before": (
        lambda: row(*conv(), nn.Conv2d(16, 4, 3), nn.Flatten(), nn.Linear(400, 10)),
        r"net\[3\] \(Conv2d\) is made for 16 channels, but net\[2\] \(MaxPool2d\) gives 8",
    ),
    "channels in and out swapped": (
        lambda: row(nn.Conv2d(8, 1, 5), nn.Flatten(), nn.Linear(8 * 24 * 24, 10)),
        r"channels swapped: first come those that go in.*begin with nn\.Conv2d\(1, 8, 5\)",
    ),
    "batch norm": (
        lambda: row(nn.Conv2d(1, 8, 5), nn.BatchNorm2d(16), nn.Flatten(), nn.Linear(8 * 24 * 24, 10)),
        r"net\[1\] \(BatchNorm2d\), for 16 channels, does not fit .*Write nn\.BatchNorm2d\(8\)",
    ),
    "batch norm of rows": (
        lambda: row(nn.Conv2d(1, 8, 5), nn.BatchNorm1d(8), nn.Flatten(), nn.Linear(8 * 24 * 24, 10)),
        r"Write nn\.BatchNorm2d\(8\)",
    ),
    "pooled to nothing": (
        lambda: row(*conv(), nn.MaxPool2d(8), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 10)),
        r"net\[4\] \(MaxPool2d\) gets maps of 1×1, which its window does not fit into",
    ),
    "kernel larger than the image": (
        lambda: row(nn.Conv2d(1, 8, 29), nn.Flatten(), nn.Linear(8, 10)),
        r"gets maps of 28×28, smaller than its 29×29 kernel",
    ),
    "flattened before a convolution": (
        lambda: row(nn.Flatten(), nn.Conv2d(1, 8, 5)),
        r"gets 784 numbers in a row, and no maps: nn\.Flatten\(\) belongs behind the last convolution",
    ),
    "too few classes": (
        lambda: row(nn.Flatten(), nn.Linear(784, 7), nn.ReLU()),
        r"gives \(2, 7\).*10 classes, so its last dense layer, net\[1\] \(Linear\), must be nn\.Linear\(784, 10\)",
    ),
    "maps for classes": (
        lambda: row(*conv()),
        r"gives maps of shape \(8, 12, 12\): end with nn\.Flatten\(\) and nn\.Linear\(8 \* 12 \* 12, 10\)",
    ),
    "no dense layer": (lambda: row(nn.Conv2d(1, 1, 5), nn.Flatten()), r"end with nn\.Linear\(576, 10\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_network_that_does_not_fit_is_told_what_to_write(name, mnist):
    make, says = WRONG[name]
    with pytest.raises(ValueError, match=says):
        cnn.train_model(first(mnist, 20), make(), nn.CrossEntropyLoss(), 1, **QUIET)


@pytest.mark.parametrize(
    "name", [name for name in WRONG if "Write nn.Linear(" in WRONG[name][1].replace("\\", "")]
)
def test_the_number_that_is_told_is_the_right_one(name, mnist):
    """Write what is said in place of the layer that is named, and it fits."""
    net = WRONG[name][0]()
    with pytest.raises(ValueError) as refusal:
        cnn.train_model(first(mnist, 20), net, nn.CrossEntropyLoss(), 1, **QUIET)
    size = eval(str(refusal.value).split("Write nn.Linear(")[1].split(", 10)")[0])
    wrong = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    wrong.in_features, wrong.weight = size, nn.Parameter(torch.zeros(10, size))
    cnn.train_model(first(mnist, 20), net, nn.CrossEntropyLoss(), 1, **QUIET)


def test_channels_last_are_recognised():
    images = torch.zeros(2, 28, 30, 3)
    assert "images.permute(0, 3, 1, 2)" in mistakes.explained(nn.Sequential(nn.Conv2d(3, 8, 5)), images)


def test_what_fails_for_other_reasons_is_left_to_torch(mnist):
    class Failing(nn.Module):
        def forward(self, x):
            raise RuntimeError("of its own")

    with pytest.raises(ValueError, match=r"images of shape \(1, 28, 28\): of its own$"):
        cnn.train_model(first(mnist, 20), Failing(), nn.CrossEntropyLoss(), 1, **QUIET)


def test_labels_that_are_not_whole_are_refused(mnist):
    few = first(mnist, 20).to_torch()
    few.train.labels = few.train.labels.float()
    with pytest.raises(
        ValueError, match=r"labels must be whole numbers.*training are torch.float32.*labels\.long\(\)"
    ):
        cnn.train_model(few, cnn.PoolingCNN(), nn.CrossEntropyLoss(), 1, **QUIET)


@pytest.mark.parametrize(
    ("last", "probabilities"),
    [
        ([nn.Softmax(1)], True),
        ([nn.Softmax(1), nn.Identity()], True),
        ([nn.Sigmoid()], True),
        ([nn.ReLU()], False),
        ([nn.LogSoftmax(1)], False),
        ([], False),
    ],
)
def test_probabilities_are_told_from_logits(last, probabilities):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), *last)
    assert mistakes.gives_probabilities(net, torch.rand(2, 1, 28, 28)) == probabilities
