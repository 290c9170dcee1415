"""Networks as the page computes them, step by step, against torch."""

import copy

import numpy as np
import page_modules
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import cnn
import resnet
from demos.page.network import network_steps


class LeNet(nn.Module):
    """Of 1998 in today's words, with a view."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.pool = nn.AvgPool2d(2)
        self.fc1, self.fc2, self.fc3 = nn.Linear(16 * 5 * 5, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.dropout = nn.Dropout()

    def forward(self, x):
        x = self.pool(torch.tanh(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = self.dropout(torch.sigmoid(self.fc1(x)))
        x = F.dropout(self.fc2(x).relu(), 0.5, training=self.training)
        return F.log_softmax(self.fc3(x), dim=1)


class Branches(nn.Module):
    """Something of everything else: padding of all kinds, groups, gates, joined branches, constants."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centre", torch.rand(1, 3, 1, 1))
        self.reflect = nn.Conv2d(3, 8, 3, stride=2, padding=1, padding_mode="reflect")
        self.circular = nn.Conv2d(3, 8, (2, 4), padding="same", padding_mode="circular", bias=False)
        self.even = nn.Conv2d(8, 8, (4, 2), padding="same", groups=4)
        self.valid = nn.Conv2d(8, 8, 3, padding="valid", dilation=2)
        self.pool, self.average = (
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        )
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 16, 1), nn.Hardsigmoid())
        self.norm, self.flat_norm = nn.BatchNorm2d(16), nn.BatchNorm1d(64)
        self.acts = nn.Sequential(
            nn.LeakyReLU(0.2), nn.ELU(0.7), nn.SiLU(), nn.GELU(), nn.Hardswish(), nn.Softplus(2)
        )
        self.flatten, self.dense = nn.Flatten(), nn.Linear(64, 7, bias=False)

    def forward(self, x):
        x = (x - self.centre) / 0.5
        one, other = self.reflect(x), self.circular(x)[..., ::2, ::2]
        one = self.even(F.pad(one, (1, -2, 0, 1), value=0.5)[:, :, :, 1:])
        other = self.valid(F.pad(other, (2, 2, 2, 2), mode="replicate"))
        x = torch.cat([one[:, :, :8, :8], other[:, :, :8, :8]], dim=1)
        x = self.norm(x * self.gate(x))
        x += 0.25
        x = self.acts(x).clamp(max=2.0)
        x = torch.cat([self.pool(x), self.average(x)], 1)
        x = x - x.softmax(1)
        x = F.adaptive_max_pool2d(x, (2, 1)) * F.gelu(x.mean((2, 3), keepdim=True), approximate="tanh")
        x = self.flat_norm(self.flatten(x))
        return 1 - F.softmax(self.dense(x), dim=-1)


NETWORKS = {
    "SimpleCNN": (cnn.SimpleCNN, (1, 28, 28)),
    "PoolingCNN": (cnn.PoolingCNN, (1, 28, 28)),
    "CifarCNN": (cnn.CifarCNN, (3, 32, 32)),
    "ResNet": (lambda: resnet.StagedNet(2, residual=True), (3, 32, 32)),
    "LeNet": (LeNet, (1, 28, 28)),
    "Branches": (Branches, (3, 20, 19)),
}


@pytest.fixture(scope="module")
def modules(chromium):
    return page_modules.Modules(chromium)


def built(name):
    """Return a network with random weights, and statistics where it has batch norm, ready for evaluation."""
    torch.manual_seed(3)
    make, shape = NETWORKS[name]
    net = make()
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    return net.eval(), torch.randn(shape)


@torch.inference_mode()
def activations(net, image):
    """Return the output of each module by its name, and of the network as "", for one image."""
    net, found = copy.deepcopy(net), {}
    for name, module in net.named_modules():
        module.register_forward_hook(
            lambda _, __, output, name=name: found.update({name: output[0].clone().numpy()})
        )
    net(image[None])
    return found


def close(shown, wanted):
    """Tell whether activations agree to 1e-4 of their range."""
    return shown.shape == wanted.shape and np.abs(shown - wanted).max() <= 1e-4 * np.ptp(wanted)


@pytest.mark.filterwarnings("ignore:Using padding=.same")
@pytest.mark.parametrize("name", NETWORKS)
def test_every_activation_is_that_of_torch(modules, name):
    net, image = built(name)
    steps = network_steps(net, image.shape)
    (shown,) = modules.call("network.js", "activations", [[steps, image]])
    assert [list(values.shape) for values in shown] == [step["shape"] for step in steps]
    wanted = activations(net, image)
    assert close(shown[-1], wanted.pop(""))
    names = [step["name"] for step in steps]
    compared = [module for module in wanted if module in names]
    assert len(compared) >= sum(hasattr(module, "weight") for module in net.modules())
    for module in compared:
        last = len(names) - 1 - names[::-1].index(module)
        assert close(shown[last], wanted[module]), module


@pytest.mark.parametrize("name", ["SimpleCNN", "PoolingCNN", "CifarCNN"])
def test_what_the_lecture_keeps_of_its_networks_is_there(modules, name):
    net, image = built(name)
    (shown,) = modules.call("network.js", "activations", [[network_steps(net, image.shape), image]])
    with torch.inference_mode():
        net(image[None])
    for kept in net.outputs:
        assert any(close(values, kept[0].numpy()) for values in shown)


def test_weights_are_half_precision_only_where_they_are_already():
    net = cnn.SimpleCNN()
    assert network_steps(net, (1, 28, 28))[1]["weight"]["$"] == "float32"
    net.load_state_dict({key: value.half().float() for key, value in net.state_dict().items()})
    assert network_steps(net, (1, 28, 28))[1]["weight"]["$"] == "float16"
    nn.init.constant_(net.c1.weight, 1e6)
    assert network_steps(net, (1, 28, 28))[1]["weight"]["$"] == "float32", "infinite as float16"


def test_reading_leaves_a_network_as_it_is():
    net = resnet.StagedNet(1, residual=True).train().half()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    network_steps(net, (3, 32, 32))
    assert net.training and all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


class Odd(nn.Module):
    """A network with one operation."""

    def __init__(self, does):
        super().__init__()
        self.does, self.weight = does, nn.Parameter(torch.randn(2, 3, 2, 2))
        self.transposed, self.bias = nn.ConvTranspose2d(3, 2, 3), nn.Parameter(torch.randn(2, 3, 8, 8))
        self.unkept = nn.BatchNorm2d(3, track_running_stats=False)

    def forward(self, x):
        return self.does(self, x)


@pytest.mark.parametrize(
    ("does", "message"),
    [
        (lambda net, x: x.cumsum(1), "cannot compute cumsum, which follows input; it knows conv2d"),
        (lambda net, x: net.transposed(x), r"cannot compute transposed \(ConvTranspose2d\)"),
        (lambda net, x: x.relu().max(1), "cannot compute max"),
        (lambda net, x: x * x.mean().item(), "mean joins the images"),
        (lambda net, x: x.mean(0, keepdim=True) + x, "mean joins the images"),
        (lambda net, x: x.view(1, -1), "view joins the images"),
        (lambda net, x: x.softmax(0), "softmax: it joins the images"),
        (lambda net, x: x + net.bias, "add: it differs from image to image"),
        (lambda net, x: torch.add(x, x, alpha=2), r"add: the page does not know its options \['alpha'\]"),
        (lambda net, x: torch.cat([x, x], 2), "cat: the page joins channels only"),
        (lambda net, x: x[:, 0], "getitem: the page knows slices"),
        (lambda net, x: x[:1], "getitem joins the images"),
        (lambda net, x: F.dropout(x), "dropout: it is random"),
        (lambda net, x: net.unkept(x), "unkept: it normalises by the images"),
        (lambda net, x: F.conv2d(x, x[:, :, :3, :3] + 0), "its weights or options come from the image"),
        (lambda net, x: (x, x), "networks that return one tensor"),
        (lambda net, x: x if x.sum() > 0 else -x, "cannot be read without numbers"),
        (lambda net, x: F.linear(x, net.bias[0, 0]), "dense layers on vectors"),
    ],
)
def test_what_the_page_cannot_compute_is_named(does, message):
    with pytest.raises(ValueError, match=message):
        network_steps(Odd(does), (3, 8, 8))


def test_a_network_is_a_list_of_layers_too(modules):
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU6(), nn.Hardtanh(-1, 0.5), nn.AdaptiveMaxPool2d(2), nn.Flatten()
    )
    image = torch.randn(3, 8, 8)
    (shown,) = modules.call("network.js", "activations", [[network_steps(net, image.shape), image]])
    assert close(shown[-1], net(image[None])[0].detach().numpy())


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"\(3, 28, 28\) does not fit SimpleCNN"):
        network_steps(cnn.SimpleCNN(), (3, 28, 28))
    with pytest.raises(ValueError, match="input_shape must be"):
        network_steps(cnn.SimpleCNN(), (28, 28))


def test_steps_in_words(modules):
    wanted = ["conv 5×5, padding 2", "max pool 3×3, stride 2", "ReLU", "conv 5×5, padding 2", "ReLU"]
    wanted += [
        "avg pool 3×3, stride 2, padding 1",
        "conv 5×5, padding 2",
        "ReLU",
        "avg pool 3×3, stride 2, padding 1",
    ]
    steps = network_steps(cnn.CifarCNN(), (3, 32, 32))
    words = modules.call("network.js", "inWords", [[step] for step in steps])
    assert words == ["input", *wanted, "reshape", "dense", "dense"]
