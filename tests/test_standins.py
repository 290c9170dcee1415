import numpy as np
import pytest

import cnn
from benchmarks.accuracy import transfer
from datafiles import standins
from datasets import MulticlassDataset


@pytest.fixture(scope="module")
def digits():
    return standins.digits(1000, seed=3)


def test_digits_have_the_format_of_mnist(digits):
    images, labels = digits
    assert images.shape == (1000, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (1000,) and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [100] * 10
    assert images.max() == 255 and images.min() == 0


def test_digits_are_normalised_as_mnist_is(digits):
    images = digits[0] / 255
    mass = images.sum((1, 2))
    for axis in (1, 2):
        centre = (images.sum(3 - axis) * np.arange(28)).sum(1) / mass
        assert np.abs(centre - 13.5).mean() < 0.5
    rows, columns = images.max(2) > 0.5, images.max(1) > 0.5
    extent = np.maximum(rows.sum(1), columns.sum(1))
    assert np.median(extent) in (19, 20) and extent.max() <= 21


@pytest.mark.parametrize("draw", [standins.digits, lambda n, seed: standins.scenes(n, 32, seed)])
def test_the_same_seed_draws_the_same(draw):
    for first, again in zip(draw(30, 5), draw(30, 5), strict=True):
        assert np.array_equal(first, again)
    assert not np.array_equal(draw(30, 5)[0], draw(30, 6)[0])
    assert len(draw(0, 5)[0]) == 0


def test_two_digits_of_a_kind_differ(digits):
    images, labels = digits
    for digit in range(10):
        assert len(np.unique(images[labels == digit], axis=0)) == 100


@pytest.mark.parametrize("size", [8, 32, 224])
def test_scenes_of_any_size(size):
    images, labels = standins.scenes(20, size, seed=1)
    assert images.shape == (20, 3, size, size) and images.dtype == np.uint8
    assert sorted(labels) == sorted([*range(10)] * 2)
    assert (images.reshape(20, -1).std(1) > 10).all()


def test_scenes_are_in_the_order_of_cifar():
    assert list(standins.PAINTERS) == (
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    )


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (lambda: standins.digits(-1, 0), "-1"),
        (lambda: standins.scenes(-2, 32, 0), "-2"),
        (lambda: standins.scenes(1, 7, 0), "7"),
    ],
)
def test_bad_input_is_named(call, wrong):
    with pytest.raises(ValueError, match=wrong):
        call()


@pytest.mark.parametrize("make", [cnn.SimpleCNN, cnn.PoolingCNN])
def test_networks_trained_on_drawn_digits_read_real_ones(make, real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    real = MulticlassDataset.mnist()
    assert not real.is_stand_in
    assert transfer(make, real) >= 0.75
