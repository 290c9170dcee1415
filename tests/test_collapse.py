"""Two convolutions in turn: one kernel does the same, unless a ReLU stands between them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import filters
from studies import collapse

rng = np.random.default_rng(0)


def in_torch(image, first, second, activation):
    """Return the response of an image to two layers of torch."""
    layers = nn.Sequential(
        nn.Conv2d(1, 1, first.shape, bias=False), activation, nn.Conv2d(1, 1, second.shape, bias=False)
    )
    layers[0].weight.data, layers[2].weight.data = (
        torch.from_numpy(kernel)[None, None] for kernel in (first, second)
    )
    return layers(torch.from_numpy(image)[None, None])[0, 0].detach().numpy()


@pytest.mark.parametrize("shapes", [((3, 3), (3, 3)), ((5, 2), (1, 4)), ((1, 1), (3, 3))])
def test_two_kernels_are_one(shapes):
    image = rng.random((14, 12)).astype(np.float32)
    first, second = (rng.uniform(-0.3, 0.3, shape).astype(np.float32) for shape in shapes)
    one = collapse.collapsed(first, second)
    assert one.shape == tuple(a + b - 1 for a, b in zip(*shapes, strict=True))
    alone = F.conv2d(torch.from_numpy(image)[None, None], torch.from_numpy(one)[None, None])[0, 0]
    np.testing.assert_allclose(alone, in_torch(image, first, second, nn.Identity()), atol=1e-6)
    np.testing.assert_allclose(alone, collapse.in_turn(image, first, second), atol=1e-6)
    np.testing.assert_allclose(
        collapse.in_turn(image, first, second, collapse.relu),
        in_torch(image, first, second, nn.ReLU()),
        atol=1e-6,
    )


def test_the_best_kernel_is_the_one_that_made_the_response():
    image, kernel = rng.random((20, 20)).astype(np.float32), rng.normal(size=(5, 5)).astype(np.float32)
    wanted = filters.convolve(image, kernel)
    best = collapse.best_kernel(image, wanted, 5)
    np.testing.assert_allclose(best, kernel, atol=1e-4)
    assert collapse.unexplained(filters.convolve(image, best), wanted) < 1e-8
    assert collapse.unexplained(np.zeros_like(wanted), wanted) == 1


def test_with_a_relu_between_no_kernel_of_that_size_does_it():
    image = rng.random((28, 28)).astype(np.float32)
    bent = collapse.in_turn(image, collapse.EDGE, collapse.EDGE, collapse.relu)
    best = filters.convolve(image, collapse.best_kernel(image, bent, 5))
    assert collapse.unexplained(best, bent) > 0.1


def test_the_figure_says_what_was_measured():
    image = rng.random((28, 28)).astype(np.float32)
    titles = [ax.get_title() for ax in collapse.draw_collapse(image).axes]
    assert len(titles) == 6 and titles[2] == "Together: a 5x5"
    apart = float(titles[3].split("by ")[1])
    assert 0 < apart < 1e-6
    bent = collapse.in_turn(image, collapse.EDGE, collapse.EDGE, collapse.relu)
    best = filters.convolve(image, collapse.best_kernel(image, bent, 5))
    assert titles[5].endswith(f"misses {collapse.unexplained(best, bent):.0%} of it")
