"""Networks that students bring: the ten that courses use, and random ones."""

import random
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    """As in PyTorch's own tutorial of old, with ``view``."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.f3, self.f4, self.f5 = nn.Linear(16 * 5 * 5, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = x.view(-1, 16 * 5 * 5)
        return self.f5(F.relu(self.f4(F.relu(self.f3(x)))))


class DropoutNet(nn.Module):
    """With dropout, and ``view(len(x), -1)``."""

    def __init__(self, share=0.5):
        super().__init__()
        self.conv, self.drop2, self.drop = nn.Conv2d(3, 8, 3), nn.Dropout2d(0.1), nn.Dropout(share)
        self.dense = nn.Linear(8 * 15 * 15, 10)

    def forward(self, x):
        h = self.drop2(F.max_pool2d(self.conv(x), 2).relu())
        return self.dense(self.drop(h.view(len(x), -1)))


class Residual(nn.Module):
    def __init__(self, before, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, width, 3, stride=width // before, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        shortcut = nn.Conv2d(before, width, 1, stride=width // before, bias=False)
        self.shortcut = nn.Identity() if before == width else shortcut

    def forward(self, x):
        h = self.body(x)
        h += self.shortcut(x)
        return F.relu(h)


def dense_head(width):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


def conv(before, after, size=3, **options):
    return nn.Sequential(nn.Conv2d(before, after, size, **options), nn.ReLU())


def alexnet():
    return nn.Sequential(
        *conv(3, 12, 5, stride=2, padding=2),
        nn.LocalResponseNorm(5),
        nn.MaxPool2d(3, stride=2),
        *conv(12, 16, padding="same", groups=2),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(16 * 3 * 3, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


def vgg():
    blocks = [(3, 8), (8, 16), (16, 16)]
    body = [(*conv(a, b, padding=1), *conv(b, b, padding=1), nn.MaxPool2d(2)) for a, b in blocks]
    return nn.Sequential(
        *(layer for block in body for layer in block), nn.Flatten(), nn.Linear(16 * 4 * 4, 10)
    )


def resnet18():
    widths = [8, 8, 8, 16, 16, 32, 32, 64, 64]
    blocks = [Residual(a, b) for a, b in pairwise(widths)]
    stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(*stem, *blocks, *dense_head(64))


def mobilenet():
    def separable(a, b, stride=1):
        depthwise = nn.Conv2d(a, a, 3, stride, padding=1, groups=a, bias=False)
        return depthwise, nn.BatchNorm2d(a), nn.ReLU6(), nn.Conv2d(a, b, 1), nn.BatchNorm2d(b), nn.Hardswish()

    return nn.Sequential(*separable(3, 8, 2), *separable(8, 16), *separable(16, 16, 2), *dense_head(16))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 32), nn.Tanh(), nn.Linear(32, 10))


def all_convolutional():
    return nn.Sequential(
        *conv(3, 8, padding=1),
        *conv(8, 16, stride=2, padding=1),
        *conv(16, 16, dilation=2, padding="same"),
        nn.Conv2d(16, 10, 1),
        nn.AvgPool2d(16),
        nn.Flatten(),
    )


def lazy():
    return nn.Sequential(
        nn.LazyConv2d(8, 3, stride=2), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10)
    )


def batchnorm1d():
    return nn.Sequential(
        *conv(3, 4, 5, stride=3), nn.Flatten(), nn.Linear(4 * 100, 20), nn.BatchNorm1d(20), nn.Linear(20, 10)
    )


TEN = {
    "LeNet": LeNet,
    "AlexNet-like": alexnet,
    "VGG-like": vgg,
    "ResNet-18": resnet18,
    "MobileNet-like": mobilenet,
    "MLP": mlp,
    "all convolutional": all_convolutional,
    "lazy": lazy,
    "BatchNorm1d": batchnorm1d,
    "dropout and view": DropoutNet,
}


class View(nn.Module):
    """What ``x.view(x.size(0), -1)`` in a ``forward`` does."""

    def forward(self, x):
        return x.view(x.size(0), -1)


def random_network(seed, channels=3, size=32):
    """Return a network for images of ``size`` x ``size``, drawn at random: the same for the same seed.

    Convolutions of any size, stride, dilation, padding and number of groups, poolings as modules, batch norms,
    activations; then a flattening of one kind or another, and dense layers with or without batch norm.
    """
    draw, layers = random.Random(seed), []
    torch.manual_seed(seed)
    probe = torch.zeros(2, channels, size, size)
    for _ in range(draw.randint(1, 4)):
        side, dilation = draw.choice([1, 2, 3, 5, (3, 1)]), draw.choice([1, 1, 2])
        same = draw.random() < 0.3
        groups = draw.choice([k for k in (1, 2, 3) if probe.shape[1] % k == 0])
        layers.append(
            nn.Conv2d(
                probe.shape[1],
                groups * draw.randint(1, 4),
                side,
                stride=1 if same else draw.choice([1, 1, 2]),
                padding="same" if same else draw.choice([0, 1]),
                dilation=dilation,
                groups=groups,
                bias=draw.random() < 0.5,
            )
        )
        kinds = [nn.ReLU(), nn.Tanh(), nn.LeakyReLU(0.1), nn.GELU(), nn.Identity()]
        width = layers[-1].out_channels
        layers += [nn.BatchNorm2d(width)] * (draw.random() < 0.3) + [draw.choice(kinds)]
        if draw.random() < 0.4:
            layers.append(
                draw.choice([nn.MaxPool2d(2), nn.AvgPool2d(3, 2, padding=1), nn.MaxPool2d(3, stride=1)])
            )
        probe = nn.Sequential(*layers)(torch.zeros(2, channels, size, size))
        if min(probe.shape[2:]) < 10:
            break
    if draw.random() < 0.3:
        layers.append(nn.AdaptiveAvgPool2d(draw.choice([1, 2])))
    layers.append(draw.choice([nn.Flatten, View])())
    units = nn.Sequential(*layers)(torch.zeros(2, channels, size, size)).shape[1]
    if draw.random() < 0.5:
        layers += [nn.Linear(units, 12), nn.BatchNorm1d(12), nn.ReLU()]
        units = 12
    return nn.Sequential(*layers, draw.choice([nn.Linear(units, 10), nn.LazyLinear(10)]))
