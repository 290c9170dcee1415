"""The questions of the lecture have the answers that torch gives, or counting."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from few import first
from torch import nn
from torchvision.models import alexnet

import cnn
import exercises
import filters
from exercises import guesses


def count(net):
    return sum(weights.numel() for weights in net.parameters())


def answer(part, *data):
    """Return the answer of a part's question: a number, an option, or options in order."""
    shown = exercises.guess(part, *data).data
    options, place = shown["options"], shown["answer"]
    if options is None:
        return place
    return [options[k] for k in place] if isinstance(place, list) else options[place]


def test_numbers_that_follow_from_shapes():
    image = torch.zeros(1, 1, 28, 28)
    assert answer("Opening") == F.conv2d(image, torch.ones(1, 1, 3, 3)).shape[2]
    pixel = torch.arange(144.0).reshape(1, 1, 12, 12)
    assert answer("im2col") == (F.unfold(pixel, 5) == pixel[0, 0, 6, 6]).sum()
    net = alexnet()
    assert answer("ImageNet and AlexNet") == round(100 * count(net.classifier) / count(net)) == 96
    multiplications = [nn.Conv2d(3, 32, 5, padding=2)(torch.zeros(1, 3, n, n)).numel() for n in (32, 64)]
    assert multiplications[1] == 4 * multiplications[0]
    assert answer("Convolutional layers") == "four times as many"
    assert answer("CIFAR-10") == sorted(
        ["SimpleCNN", "PoolingCNN", "CifarCNN"], key=lambda name: count(getattr(cnn, name)())
    )
    assert count(cnn.SimpleCNN().f3) > 0.9 * count(cnn.SimpleCNN())
    assert answer("SimpleCNN") == "nearly all in the dense layer"


def test_filters_that_answer_nothing_on_an_even_grey():
    grey = torch.full((1, 1, 99, 99), 0.5, dtype=torch.float64)
    bank = torch.tensor(filters.leung_malik_bank(), dtype=torch.float64)[:, None]
    assert answer("Filter banks") == (F.conv2d(grey, bank).abs().amax((0, 2, 3)) < 1e-5).sum()


def test_stripes_that_come_back_as_fewer():
    kept = np.cos(2 * np.pi * 12 * np.arange(32) / 32)[::2]
    seen = int(answer("Subsampling"))
    np.testing.assert_allclose(kept, np.cos(2 * np.pi * seen * np.arange(16) / 16), atol=1e-12)


def test_maps_in_the_order_of_their_change(mnist):
    digit = torch.as_tensor(mnist.train.values[0][0])
    moved = F.pad(digit, (1, -1))
    kernel = torch.tensor(filters.horizontal_edge_kernel, dtype=torch.float32)[None, None]
    before, after = (F.conv2d(image[None, None], kernel).relu() for image in (digit, moved))
    smaller = {
        "average pooled": lambda x: F.avg_pool2d(x, 4),
        "max pooled": lambda x: F.max_pool2d(x, 4),
        "every fourth pixel": lambda x: x[..., ::4, ::4],
    }
    change = {name: ((f(after) - f(before)).norm() / f(before).norm()).item() for name, f in smaller.items()}
    assert answer("Pooling", digit) == sorted(change, key=change.get)


def test_digits_that_are_moved(mnist):
    digits, net = first(mnist, 10), cnn.PoolingCNN().eval()
    moved = torch.roll(torch.as_tensor(np.asarray(digits.val.values)), 4, dims=3)
    moved[..., :4] = 0
    with torch.no_grad():
        right = (net(moved).argmax(1) == torch.as_tensor(digits.val.labels)).float().mean().item()
    assert guesses.share_read(net, digits, 4) == pytest.approx(right)
    assert answer("PoolingCNN", {"PoolingCNN": net}, digits) == round(100 * right)


def test_a_batch_norm_takes_the_scale_of_the_weights_out():
    inputs, weights = torch.randn(50, 8), torch.randn(6, 8)
    one, ten = (F.batch_norm(inputs @ (k * weights).T, None, None, training=True) for k in (1, 10))
    torch.testing.assert_close(one, ten, atol=1e-3, rtol=0)
    assert answer("Batch norm") == "not at all"


def test_the_first_epoch_is_read_off_the_history():
    history = [{"epoch": epoch, "val_accuracy": 0.1 + 0.3 * epoch} for epoch in range(3)]
    assert answer("Training recipe", history) == 40


def test_images_that_a_vote_wins(mnist, monkeypatch):
    labels = torch.as_tensor(mnist.val.labels)
    one, ten = labels.clone(), labels.clone()
    one[:30] += 1
    ten[10:20] += 1
    found = {"answers": torch.stack([one, ten, ten])}
    monkeypatch.setattr(guesses.views_and_votes, "kept_answers", lambda *_, quiet: found)
    assert answer("Data augmentation", None, mnist) == 20


@pytest.mark.parametrize(("deep", "said"), [(0.9, "lower"), (0.81, "same"), (0.5, "higher")])
def test_the_error_of_a_deeper_network_is_read_off_the_histories(deep, said, mnist, monkeypatch):
    last = {"plain, 20 layers": 0.8, "plain, 56 layers": deep}
    measured = {
        name: [{"train_accuracy": [0.1, 0.1]}, {"train_accuracy": [value - 0.01, value + 0.01]}]
        for name, value in last.items()
    }
    monkeypatch.setattr(guesses.degradation, "histories", lambda *_, quiet: (measured, "MNIST"))
    assert said in answer("Residual networks", mnist)


def test_a_question_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no question for 'Closing'; there is one for: Opening"):
        exercises.guess("Closing")
