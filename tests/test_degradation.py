"""Degradation: networks that differ in their shortcuts and start alike, gradients against autograd, what is kept."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from datasets import MulticlassDataset
from studies import comparison, degradation
from studies.uncertainty import accuracy_interval
from training import kept

CELLS = json.loads((Path(__file__).parent.parent / "lecture.ipynb").read_text(encoding="utf-8"))["cells"]


def test_a_start():
    net = degradation.network(3, residual=False, shift=1.0, seed=5)
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    convolutions = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert len(norms) == len(convolutions) == 19 and all((norm.bias == 1).all() for norm in norms)
    wide = convolutions[-1].weight
    assert wide.var().item() == pytest.approx(2 / wide[0].numel(), rel=0.1)
    usual = degradation.network(3, residual=True, seed=5)
    for one, other in zip(net.parameters(), usual.parameters(), strict=True):
        assert torch.equal(one, other) or ((one == 1).all() and (other == 0).all())


def test_gradients_by_depth_are_autograd_s():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.Flatten(), nn.LazyLinear(10))
    images, labels = torch.randn(6, 3, 8, 8), torch.arange(6)
    net(images)
    weights = net[0].weight, net[2].weight
    gradients = torch.autograd.grad(nn.functional.cross_entropy(net(images), labels), weights)
    wanted = [(g.norm() / w.norm()).item() for g, w in zip(gradients, weights, strict=True)]
    for _ in range(2):  # gradients do not add up
        assert degradation.gradients_by_depth(net, images, labels) == pytest.approx(wanted)


@pytest.fixture
def small(monkeypatch):
    """The study in seconds."""
    monkeypatch.setattr(degradation, "EPOCHS", 1)
    monkeypatch.setattr(degradation, "TRAINING_IMAGES", 128)
    monkeypatch.setattr(degradation, "VALIDATION", 40)


def test_trainings_of_one_network_become_one_history(small):
    dataset = MulticlassDataset.cifar().normalize().to_torch()
    trainings = [degradation.training_of("plain, 20 layers", dataset, seed) for seed in (0, 1)]
    together = comparison.together(trainings)
    assert [snapshot["epoch"] for snapshot in together] == [0, 1]
    for key in degradation.NUMBERS:
        assert together[1][key] == [one[1][key] for one in trainings]
    assert trainings[0][1]["train_loss"] != trainings[1][1]["train_loss"]
    assert [len(gradients) for gradients in together[0]["gradients"]] == [19, 19]
    wanted = 1 - trainings[1][1]["train_accuracy"]
    assert degradation.errors_of(together, "train")[1, 1] == pytest.approx(wanted)


def recorded():
    content = torch.load(kept.SHIPPED / "degradation-cifar-10.pt", weights_only=True)
    return content["snapshots"], json.loads(content["record"])


def test_on_a_stand_in_the_recorded_numbers_are_shown_and_said_to_be(cifar, capsys):
    found, title = degradation.histories(cifar)
    said = "Degradation: recorded on CIFAR-10; it was not measured on the images here (CIFAR-10 stand-in).\n"
    assert title == "CIFAR-10" and capsys.readouterr().out == said
    assert found.keys() == recorded()[0].keys()


def test_the_record_is_of_this_recipe_and_these_networks(cifar):
    wanted, (_, record) = degradation.description(cifar), recorded()
    for key in kept.COMPARED:
        assert record[key] == wanted[key], key


def test_what_is_drawn_and_listed_is_what_was_measured():
    found, _ = recorded()
    left, right = degradation.draw_degradation(found, "title").axes
    for line, history in zip(left.lines, found.values(), strict=False):
        errors = degradation.errors_of(history, "train")
        np.testing.assert_allclose(line.get_ydata(), errors.mean(1))
        seeds = len(degradation.SEEDS)
        assert errors.shape == (degradation.EPOCHS + 1, seeds) and len(left.lines) == 4 * (1 + seeds)
    for line, history in zip(right.lines, found.values(), strict=False):
        assert line.get_ydata().tolist() == history[0]["gradients"][0]
    for row, history in zip(degradation.table_rows(found), found.values(), strict=True):
        learned, validated = (degradation.errors_of(history, part)[-1] for part in ("train", "val"))
        assert row[1] == ", ".join(f"{error:.1%}" for error in learned)
        low, high = accuracy_interval(round(1000 * validated[0]), 1000)
        assert row[2].startswith(f"{validated[0]:.1%} ({low:.0%} to {high:.0%}), ")


def test_the_record_fits_the_real_images_and_one_network_is_trained_again(
    real_data, small, monkeypatch, capsys
):
    monkeypatch.undo()
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    real, trained = MulticlassDataset.cifar().normalize().to_torch(), []
    new = [{"epoch": k, **dict.fromkeys(degradation.NUMBERS, 0.5)} for k in range(degradation.EPOCHS + 1)]
    monkeypatch.setattr(degradation, "training_of", lambda *asked: trained.append(asked) or new)
    found, _ = degradation.histories(real, retrain=True)
    assert trained == [(degradation.LIVE, real, 0)]
    assert "the first “plain, 20 layers” is measured now" in capsys.readouterr().out
    before = recorded()[0]
    for name, history in found.items():
        for key in degradation.NUMBERS:
            assert history[-1][key][1:] == before[name][-1][key][1:]
            assert (history[-1][key][0] == 0.5) == (name == degradation.LIVE)


def test_recorded_gradients_are_those_of_the_first_batch(real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    real, name = MulticlassDataset.cifar().normalize().to_torch(), "plain, 20 layers"
    net = degradation.network(**degradation.NETWORKS[name], seed=0)
    found = degradation.gradients_by_depth(net, *degradation.first_batch(real))
    assert found == pytest.approx(recorded()[0][name][0]["gradients"][0], rel=1e-2)


def test_the_lecture_says_what_was_measured():
    text = next("".join(cell["source"]) for cell in CELLS if cell["id"] == "cell-97b")
    found, _ = recorded()
    said = [int(number) for number in re.findall(r"(\d+)(?: %| and)", text)]
    order = ("plain, 56 layers", "plain, 20 layers", "residual, 56 layers", "residual, 20 layers")
    end = {name: degradation.errors_of(history, "train")[-1] for name, history in found.items()}
    assert said == [round(100 * end[name].mean()) for name in order]
    plain, residual = (
        end[f"{kind}, 56 layers"] - end[f"{kind}, 20 layers"] for kind in ("plain", "residual")
    )
    assert (plain > 0.1).all() and (residual < 0.02).all()
    usual, ours = (found["plain, 56 layers"][0][key] for key in ("usual_gradients", "gradients"))
    (ratio,) = re.findall(r"(\d+) times", text)
    assert all(first[0] / first[-1] > int(ratio) for first in usual)
    assert all(first[0] / first[-1] < 10 for first in ours)


def test_on_validation_images_only_the_plain_network_of_56_layers_stands_apart():
    found, _ = recorded()
    rows = {name: degradation.errors_of(history, "val")[-1] for name, history in found.items()}
    counts = {name: [round(e * degradation.VALIDATION) for e in values] for name, values in rows.items()}
    spans = {
        name: [accuracy_interval(c, degradation.VALIDATION) for c in values]
        for name, values in counts.items()
    }
    worst = rows.pop("plain, 56 layers")
    assert worst.min() > max(values.max() for values in rows.values()) + 0.03
    others = [span for name, both in spans.items() if name != "plain, 56 layers" for span in both]
    assert max(low for low, _ in others) < min(high for _, high in others), "the others' intervals overlap"
