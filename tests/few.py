"""What the tests of networks and their training share: few images, and a loss that misbehaves."""

import copy

import pytest
import torch
from torch import nn

import cnn

NETWORKS = [cnn.SimpleCNN, cnn.PoolingCNN, cnn.CifarCNN]
QUIET = {"device": "cpu", "progress": False}
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def first(dataset, train, val=50):
    """Return a data set with few images."""
    few = copy.copy(dataset)
    few.train, few.val, few.test = (
        dataset.train.first(train),
        dataset.val.first(val),
        dataset.test.first(val),
    )
    return few


def data_for(make, mnist, cifar):
    return cifar if make is cnn.CifarCNN else mnist


class Misbehaving(nn.CrossEntropyLoss):
    """A loss that does something else at its n-th training step."""

    def __init__(self, step, action):
        super().__init__()
        self.step, self.action, self.count = step, action, 0

    def forward(self, logits, labels):
        self.count += logits.requires_grad
        if logits.requires_grad and self.count == self.step:
            self.action(logits)
        return super().forward(logits, labels)


def interrupt(logits):
    """Do what the stop button does; not by a signal, which a process started in the background may ignore."""
    raise KeyboardInterrupt
