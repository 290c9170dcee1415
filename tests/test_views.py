"""Receptive fields and ten views, against what torch and counting by hand say."""

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms.v2 import functional as tv

import cnn
from datasets import MulticlassDataset
from demos import receptive_fields
from figures.tracing import receptive_field, trace
from studies import views_and_votes


@pytest.fixture(scope="module")
def dataset():
    return MulticlassDataset.cifar().normalize().to_torch()


@pytest.mark.parametrize("name", ["c1", "c3"])
def test_the_measured_field_fills_the_box_and_nothing_else(name, dataset):
    torch.manual_seed(0)
    net = cnn.CifarCNN()
    field = receptive_fields.measured_fields(net, dataset.val.values[:64], [name])[name][
        1, 1
    ]  # the middle unit
    (size, _), (jump, _), (start, _) = receptive_field(net, (3, 32, 32), name)
    rows = next(layer.shape[1] for layer in trace(net, (3, 32, 32)) if layer.target == name)
    corner = start + rows // 2 * jump
    seen = np.argwhere(field > 0)
    assert seen.min() == corner and seen.max() == corner + size - 1
    assert field.max() == 1 and net.training  # a copy was looked at


def test_ten_views_are_five_crops_and_their_mirror_images():
    images = torch.rand(2, 3, 8, 9)
    ten = views_and_votes.ten_views(images, margin=2)
    wide = nn.functional.pad(images, [2] * 4, mode="reflect")
    wanted = tv.ten_crop(wide, [8, 9])  # corners, centre, then the same mirrored
    torch.testing.assert_close(ten[:5], torch.stack(wanted[:5]))
    torch.testing.assert_close(ten[5:], ten[:5].flip(-1))
    torch.testing.assert_close(ten[4], images)


def test_the_vote_is_the_most_frequent_label_not_the_largest():
    labels = torch.tensor([[3, 9], [5, 1], [5, 1], [8, 9], [5, 2]])
    assert views_and_votes.vote(labels).tolist() == [5, 1]


def test_test_time_augmentation_counts_right(dataset):
    class ByCorner(nn.Module):
        """Answers by the brightness of one corner, so that mirrored views disagree."""

        def forward(self, x):
            return torch.stack([x[:, 0, 0, 0], *[x[:, 0, 0, -1]] + [x[:, 0, -1, 0]] * 8], dim=1)

    net = ByCorner()
    measured = views_and_votes.test_time_augmentation(net, dataset, images=60, index=7, device="cpu")
    ten = views_and_votes.ten_views(dataset.test.values[:60])
    probabilities = torch.stack([net(view).softmax(1) for view in ten])
    labels = dataset.test.labels[:60]
    choices = probabilities.argmax(2).numpy()
    voted = [np.bincount(column).argmax() for column in choices.T]
    assert measured.single == pytest.approx((choices[4] == labels.numpy()).mean())
    assert measured.voted == pytest.approx((voted == labels.numpy()).mean())
    assert measured.averaged == pytest.approx(
        (probabilities.mean(0).argmax(1) == labels).double().mean().item()
    )
    torch.testing.assert_close(measured.probabilities, probabilities[:, 7])
    assert measured.label == labels[7]
