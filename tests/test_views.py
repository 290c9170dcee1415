"""Receptive fields and ten views, against what torch and counting by hand say."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms.v2 import functional as tv

import cnn
from datasets import MulticlassDataset
from demos import receptive_fields
from figures.tracing import receptive_field, trace
from studies import errors, views_and_votes
from studies.uncertainty import paired
from training import kept

NOTEBOOK = Path(__file__).resolve().parent.parent / "lecture.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


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


class ByCorner(nn.Module):
    """Answers by the brightness of one corner, so that mirrored views disagree."""

    def forward(self, x):
        return torch.stack([x[:, 0, 0, 0], *[x[:, 0, 0, -1]] + [x[:, 0, -1, 0]] * 8], dim=1)


def test_the_answers_of_ten_views_are_the_centre_the_vote_and_the_mean(dataset):
    net, images = ByCorner(), dataset.val.values[:160]
    measured = views_and_votes.answers(net, images, device="cpu")
    probabilities = torch.stack([net(view).softmax(1) for view in views_and_votes.ten_views(images)])
    choices = probabilities.argmax(2).numpy()
    counts = [np.bincount(column) for column in choices.T]
    assert measured["answers"][0].tolist() == choices[4].tolist()
    assert measured["answers"][1].tolist() == [count.argmax() for count in counts]
    assert measured["answers"][2].tolist() == probabilities.mean(0).argmax(1).tolist()
    assert measured["votes"].tolist() == [count.max() for count in counts]


def test_answers_are_kept_for_these_weights_only(dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    few, net = dataset.subset(range(20)), nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
    few.val = few.val.first(30)
    new = views_and_votes.kept_answers(net, few, "cpu")
    assert "measured now" in capsys.readouterr().out
    again = views_and_votes.kept_answers(net, few, "cpu")
    assert "measured before" in capsys.readouterr().out
    assert all(torch.equal(new[key], again[key]) for key in ("answers", "votes"))
    with torch.no_grad():
        net[1].bias[3] += 100
    assert (views_and_votes.kept_answers(net, few, "cpu")["answers"] == 3).all()
    assert "measured now" in capsys.readouterr().out


def test_the_shipped_answers_are_those_of_the_shipped_network(dataset):
    net = cnn.CifarCNN()
    cnn.trained(net, dataset, num_epochs=20)
    shipped = views_and_votes.kept_answers(net, dataset)
    new = views_and_votes.answers(net, dataset.val.values[:100], "cpu")
    different = (shipped["answers"][:, :100] != new["answers"]).sum().item()
    assert different <= 3, "but for a rounding, or another encoding of the images"


def test_the_picture_is_an_image_that_the_vote_rescues(dataset, monkeypatch):
    shown = []
    monkeypatch.setattr(views_and_votes.figures, "show", lambda fig, alt: shown.append(alt))
    monkeypatch.setattr(views_and_votes.figures, "show_table", lambda header, rows: shown.append(rows))
    net = cnn.CifarCNN()
    cnn.trained(net, dataset, num_epochs=20)
    views_and_votes.show_test_time_augmentation(net, dataset, device="cpu")
    truth = shown[0].split("(")[1].split(")")[0]
    (_, single, *_), (_, voted, *_), _ = shown[1]
    assert not single.startswith(truth) and voted.startswith(truth)
    measured, labels = views_and_votes.kept_answers(net, dataset), np.asarray(dataset.val.labels)
    one, vote = (measured["answers"][k].numpy() == labels for k in (0, 1))
    assert shown[2][0][1:3] == ((vote & ~one).sum(), (one & ~vote).sum())


def test_what_the_lecture_says_of_votes_and_mistakes(real_data, monkeypatch):
    """Part 12: the vote may gain by chance, the mean does not. Part 10: cats and dogs, and too few test images."""
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    real, net = MulticlassDataset.cifar().normalize().to_torch(), cnn.CifarCNN()
    cnn.trained(net, real, num_epochs=20)
    found, labels = views_and_votes.kept_answers(net, real)["answers"].numpy(), np.asarray(real.val.labels)
    vote, mean, between = (paired(found[a], found[b], labels) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert vote.low < 0 < vote.high and mean.low > 0 and between.low < 0 < between.high
    off = errors.mistakes_in(errors.confusion_matrix(found[0], labels, 10))
    both = off + off.T
    assert {real.label_names[k] for k in np.unravel_index(both.argmax(), both.shape)} == {"cat", "dog"}
    assert errors.images_to_tell(0.81, 0.82) > len(real.test.labels)


def test_an_image_comes_in_as_many_versions_as_the_lecture_says():
    recipe = cnn.RECIPES["CIFAR-10"]
    versions = (2 * recipe["shift"] + 1) ** 2 * (1 + recipe["mirror"])
    text = next("".join(cell["source"]) for cell in CELLS if cell["id"] == "cell-85")
    assert f"comes in {versions} versions" in text and "up to two pixels" in text and recipe["shift"] == 2
