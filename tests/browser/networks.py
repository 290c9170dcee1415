"""Networks for the tests of the page: well-known ones, and random ones of all that the page can compute."""

import copy
import random

import torch
import torch.nn.functional as F
from torch import fx, nn

import resnet
from demos.page.operators import SIZES


class LeNet(nn.Module):
    """As in PyTorch's tutorial, with a view."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(16 * 4 * 4, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 16 * 4 * 4)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class Separable(nn.Module):
    """Depthwise and pointwise convolutions in turn, as in MobileNet."""

    def __init__(self):
        super().__init__()
        layers = [
            nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU6(inplace=True),
        ]
        for before, after, stride in ((8, 16, 1), (16, 24, 2), (24, 24, 1)):
            layers += [
                nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False),
                nn.BatchNorm2d(before),
            ]
            layers += [nn.ReLU6(inplace=True), nn.Conv2d(before, after, 1), nn.BatchNorm2d(after), nn.SiLU()]
        self.features, self.classifier = nn.Sequential(*layers), nn.Linear(24, 10)

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3]))


def residual20():
    """Return the residual network of 20 layers at width 16, as for CIFAR-10: 41 million multiply-adds."""
    net = resnet.StagedNet(3, residual=True, width=16)
    net.stem.stride = (1, 1)
    return net


def settled(net, seed=3):
    """Give batch norm some statistics, as after a training; return the network in evaluation mode."""
    torch.manual_seed(seed)
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            if module.affine:
                nn.init.normal_(module.weight)
                nn.init.normal_(module.bias)
    return net.eval()


# What a generated network may hold between a convolution and the next one: as modules, functions and methods.
ACTIVATIONS = [
    "nn.ReLU()", "nn.ReLU(inplace=True)", "nn.ReLU6()", "nn.LeakyReLU(0.2)", "nn.Tanh()",
    "nn.Sigmoid()", "nn.SiLU()", "nn.GELU()", "nn.GELU(approximate='tanh')",
    "F.relu(x)", "F.relu6(x)", "F.leaky_relu(x, 0.1)", "torch.tanh(x)", "torch.sigmoid(x)",
    "F.silu(x)", "F.gelu(x)", "x.relu()", "x.tanh()", "x.sigmoid()", "x.softmax(1)",
]  # fmt: skip
POOLS = [
    "nn.MaxPool2d(2)", "nn.MaxPool2d(3, 2, 1)", "nn.MaxPool2d(3, 2, ceil_mode=True)",
    "nn.MaxPool2d((2, 3), (1, 2), (1, 0))", "nn.AvgPool2d(2)", "nn.AvgPool2d(3, 2, 1)",
    "nn.AvgPool2d(3, 2, 1, count_include_pad=False)", "nn.AvgPool2d(3, 2, ceil_mode=True)",
    "nn.AvgPool2d(3, 2, 1, ceil_mode=True)", "F.max_pool2d(x, 2)", "F.avg_pool2d(x, 2, stride=1)",
    "nn.AdaptiveAvgPool2d((5, 4))", "nn.AdaptiveMaxPool2d(4)", "F.adaptive_avg_pool2d(x, 6)",
]  # fmt: skip
BETWEEN = ["nn.Dropout(0.5)", "nn.Dropout2d()", "nn.Identity()", "F.dropout(x, 0.3, self.training)"]
HEADS = ["flatten", "view", "mean", "adaptive"]


class Generated(nn.Module):
    """A network of random layers; `text` is its forward pass, a line an operation, which is what is run.

    Parameters
    ----------
    seed : int
    shape : tuple of int
        (channels, rows, columns) of an image.
    """

    def __init__(self, seed, shape):
        super().__init__()
        self.random = random.Random(seed)
        torch.manual_seed(seed)
        while not self.drawn(shape):  # again, where an image would shrink to nothing
            pass
        self.text = "\n".join(self.lines)

    def drawn(self, shape):
        """Draw a network; tell whether an image fits it."""
        self.lines, self.layers, channels = [], nn.ModuleDict(), shape[0]
        for number in range(self.random.randint(2, 4)):
            channels = self.stage(channels, shrinking=number < 2)
        try:
            self.head(channels, shape)
        except RuntimeError:
            return False
        self.code = compile("\n".join(self.lines), "forward", "exec")
        return True

    def stage(self, channels, shrinking):
        """Add a convolution, or two branches, and what follows it; return the number of channels."""
        kind = self.random.choice(["plain", "plain", "add", "join"])
        self.lines.append("y = x")
        if kind == "plain":
            channels = self.convolution(channels, same=not shrinking)
        elif kind == "add":
            self.convolution(channels, outputs=channels, same=True)
            self.lines.append(
                self.random.choice(["x = x + y", "x = torch.add(x, y)", "x += y", "x = y + 0.5 * x"])
            )
        else:
            channels += self.convolution(channels, same=True)
            self.lines.append(
                "x = torch.cat([x, y], dim=1)" if self.random.random() < 0.5 else "x = torch.cat((y, x), 1)"
            )
        if self.random.random() < 0.6:
            self.module(f"nn.BatchNorm2d({channels}, affine={self.random.random() < 0.8})")
        self.operation(self.random.choice(ACTIVATIONS))
        self.operation(self.random.choice([*POOLS, *BETWEEN] if shrinking else BETWEEN))
        return channels

    def convolution(self, channels, same, outputs=None):
        """Add a convolution that keeps the size, or not; return the number of its outputs."""
        choose = self.random.choice
        groups = choose([g for g in (1, 1, 2, channels) if channels % g == 0])
        outputs = outputs or groups * self.random.randint(1, max(1, 8 // groups))
        options = {"groups": groups, "bias": choose([True, False]), "dilation": choose([1, 1, 2, (1, 2)])}
        size = choose([1, 3, 5, (3, 2), (1, 4)])
        if same or choose([True, False]):
            options["padding"] = "same"
        else:
            options |= {"padding": choose([2, (2, 3)]), "stride": choose([1, 2, (1, 2)])}
        words = ", ".join(f"{key}={value!r}" for key, value in options.items())
        self.module(f"nn.Conv2d({channels}, {outputs}, {size}, {words})")
        return outputs

    def operation(self, words):
        """Add a module, or a function or method of x."""
        if words.startswith("nn."):
            self.module(words)
        else:
            self.lines.append(f"x = {words}")

    def module(self, words):
        name = f"layer{len(self.layers)}"
        self.layers[name] = eval(words)
        self.lines.append(f"x = self.layers.{name}(x)  # {words}")

    def head(self, channels, shape):
        """Add what makes a vector of ten numbers of the maps."""
        kind = self.random.choice(HEADS)
        self.lines += {
            "flatten": ["x = torch.flatten(x, 1)"],
            "view": ["x = x.view(x.size(0), -1)"],
            "mean": ["x = x.mean(dim=(2, 3))"],
            "adaptive": ["x = F.adaptive_avg_pool2d(x, 1)", "x = x.flatten(1)"],
        }[kind]
        self.code = compile("\n".join(self.lines), "forward", "exec")
        with torch.no_grad():
            units = self.eval()(torch.zeros(2, *shape)).shape[1]
        if self.random.random() < 0.5:
            self.module(f"nn.Linear({units}, 12, bias=False)")
            self.operation(self.random.choice(ACTIVATIONS))
            units = 12
        self.module(f"nn.Linear({units}, 10)")
        self.operation(self.random.choice(["nn.Identity()", "nn.Softmax(dim=1)", "F.log_softmax(x, dim=1)"]))

    def forward(self, x):
        names = {"self": self, "x": x, "torch": torch, "F": F}
        exec(self.code, names)
        return names["x"]


def all_activations(net, image):
    """Return (name, what comes out) of every operation on what comes from the image, in order, by torch.

    Without slices and paddings that leave all as it is.
    """
    return [(name, values[0].numpy()) for name, values in recorded(net, torch.stack([image, image]))]


@torch.inference_mode()
def recorded(net, batch):
    """Return the same for a batch of images, as tensors."""
    found = []

    class Recorder(fx.Interpreter):
        def run_node(self, node):
            value = super().run_node(node)
            name = node.target if isinstance(node.target, str) else node.target.__name__
            tensor = isinstance(value, torch.Tensor) and value.ndim > 1 and len(value) == len(batch)
            same = name in ("getitem", "pad") and value.shape == self.env[node.args[0]].shape
            if node.op.startswith("call_") and tensor and name.replace("_", "") not in SIZES and not same:
                found.append((name, value.clone()))
            return value

    Recorder(fx.symbolic_trace(copy.deepcopy(net).eval())).run(batch)
    return found
