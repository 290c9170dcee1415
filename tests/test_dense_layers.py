"""CifarCNN's last layers: three networks that differ in them alone, what is kept, and what the lecture says of it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from few import first
from torch import nn

import cnn
from datasets import MulticlassDataset
from figures.tracing import count_parameters
from studies import comparison, dense_layers
from studies.uncertainty import mean_interval, paired
from training import kept

CELLS = json.loads((Path(__file__).parent.parent / "lecture.ipynb").read_text(encoding="utf-8"))["cells"]
PLAIN, RELU, ONE = dense_layers.NETWORKS


def test_the_networks_begin_alike_and_differ_in_their_last_layers():
    nets = {name: make() for name, make in dense_layers.NETWORKS.items()}
    for net in nets.values():
        cnn.restart(net, 3)
    images = torch.randn(4, 3, 32, 32)
    features = nets[ONE]
    features(images)
    vector = features.outputs[7]
    with torch.no_grad():
        f7, f8 = (layer.weight.T for layer in (nets[PLAIN].f7, nets[PLAIN].f8))
        hidden = vector @ f7 + nets[PLAIN].f7.bias
        wanted = {
            PLAIN: hidden @ f8 + nets[PLAIN].f8.bias,
            RELU: hidden.relu() @ f8 + nets[PLAIN].f8.bias,
            ONE: vector @ features.f8.weight.T + features.f8.bias,
        }
        # One matrix does what F7 and F8 do.
        torch.testing.assert_close(
            vector @ (f7 @ f8) + nets[PLAIN].f7.bias @ f8 + nets[PLAIN].f8.bias, wanted[PLAIN]
        )
        for name, net in nets.items():
            torch.testing.assert_close(net(images), wanted[name])
    assert not torch.allclose(wanted[PLAIN], wanted[RELU])


@pytest.fixture
def small(monkeypatch):
    """The study in seconds."""
    monkeypatch.setattr(dense_layers, "EPOCHS", 1)
    monkeypatch.setattr(dense_layers, "TRAINING_IMAGES", 130)
    monkeypatch.setattr(dense_layers, "SEEDS", (0, 1))


def test_what_is_kept_is_found_and_one_network_trained_again(cifar, small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    few = first(cifar, 200, 50)
    snapshots = {name: dense_layers.history(few, name) for name in dense_layers.NETWORKS}
    kept.keep(dense_layers.NAME, dense_layers.description(few), snapshots)
    measured, title = dense_layers.kept_answers(few)
    assert title == "CIFAR-10 stand-in" and "Dense: measured before on" in capsys.readouterr().out
    assert all(right.shape == (2, 50) for right in measured.values())
    assert torch.equal(torch.from_numpy(measured[ONE][1]), dense_layers.right_of_one(ONE, few, 1))
    new, asked = torch.ones(50, dtype=torch.bool), (RELU, few, 0)
    monkeypatch.setattr(dense_layers, "right_of_one", lambda *arguments: new if arguments == asked else None)
    live, _ = dense_layers.kept_answers(few, retrain=True)
    said = "Dense: the first “F7, ReLU, F8” is measured now on CIFAR-10 stand-in, the rest was before.\n"
    assert capsys.readouterr().out == said
    assert live[RELU][0].all() and not measured[RELU][0].all()
    for name, right in measured.items():
        np.testing.assert_array_equal(live[name][1], right[1])


def test_what_is_right_is_what_the_trained_network_says(cifar):
    net, few = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10)), first(cifar, 130, 50)
    right = comparison.right_after_training(net, few, 120, 1, seed=2, asked=30)
    images = torch.as_tensor(np.asarray(few.val.values[:30]))
    assert torch.equal(right, net(images).argmax(1) == torch.as_tensor(few.val.labels[:30]))
    again = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
    comparison.right_after_training(again, few, 120, 1, seed=2)
    torch.testing.assert_close(again[1].weight, net[1].weight)
    comparison.right_after_training(again, few, 120, 1, seed=3)
    assert not torch.allclose(again[1].weight, net[1].weight)


def recorded():
    """Return what is right in the record that comes with the lecture, and the record."""
    content = torch.load(kept.SHIPPED / "dense-cifar-10.pt", weights_only=True)
    record = json.loads(content["record"])
    images = record["data"]["counts"][1]
    return {
        name: np.unpackbits(history[0]["right"].numpy(), axis=-1, count=images).astype(bool)
        for name, history in content["snapshots"].items()
    }, record


def test_on_a_stand_in_the_recorded_numbers_are_shown_and_said_to_be(cifar, capsys):
    right, title = dense_layers.kept_answers(cifar, retrain=True)
    said = "Dense: recorded on CIFAR-10; it was not measured on the images here (CIFAR-10 stand-in).\n"
    assert title == "CIFAR-10" and capsys.readouterr().out == said
    for name, answers in recorded()[0].items():
        np.testing.assert_array_equal(right[name], answers)


def test_the_record_is_of_this_recipe_and_these_networks(cifar):
    wanted, (right, record) = dense_layers.description(cifar), recorded()
    for key in kept.COMPARED:
        assert record[key] == wanted[key], key
    assert all(len(answers) == len(dense_layers.SEEDS) for answers in right.values())


def test_the_record_fits_the_real_images(real_data, monkeypatch, capsys):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    dense_layers.kept_answers(MulticlassDataset.cifar().normalize().to_torch())
    assert capsys.readouterr().out.startswith("Dense: measured before on CIFAR-10. RETRAIN = True")


def test_the_table_counts_parameters_and_compares_training_by_training():
    right, _ = recorded()
    rows = dense_layers.table_rows(right)
    plain = cnn.CifarCNN()
    dense = count_parameters(plain.f7) + count_parameters(plain.f8)
    assert [row[:2] for row in rows] == [
        (PLAIN, f"{dense:,}"),
        (RELU, f"{dense:,}"),
        (ONE, f"{1024 * 10 + 10:,}"),
    ]
    labels = np.ones(right[PLAIN].shape[1])
    for (_, _, accuracy, change, interval, images), answers in zip(rows, right.values(), strict=True):
        low, high = re.fullmatch(r"([\d.]+) to ([\d.]+) %", accuracy).groups()
        assert [low, high] == [f"{100 * end:.1f}" for end in (answers.mean(1).min(), answers.mean(1).max())]
        if answers is right[PLAIN]:
            assert (change, interval, images) == ("", "", "")
            continue
        pairs = [paired(one, other, labels) for one, other in zip(right[PLAIN], answers, strict=True)]
        mean, low, high = mean_interval([100 * pair.difference for pair in pairs])
        assert change == f"{mean:+.1f}" and interval == f"{low:+.1f} to {high:+.1f}"
        assert images == " / ".join(
            f"{np.mean([getattr(pair, part) for pair in pairs]):.0f}" for part in ("gained", "lost")
        )


def test_what_is_drawn_is_what_was_measured():
    right, _ = recorded()
    ax = dense_layers.draw_dense_layers(right, "title").axes[0]
    *trainings, means = ax.lines
    assert len(trainings) == len(dense_layers.SEEDS)
    for seed, line in enumerate(trainings):
        assert line.get_ydata().tolist() == [answers[seed].mean() for answers in right.values()]
    found = [mean_interval(answers.mean(1)) for answers in right.values()]
    np.testing.assert_allclose(means.get_ydata(), [mean for mean, _, _ in found])
    (drawn,) = ax.collections
    np.testing.assert_allclose(
        [segment[:, 1] for segment in drawn.get_segments()], [ends for _, *ends in found]
    )
    bottom, top = ax.get_ylim()
    assert all(bottom < low and high < top for _, low, high in found)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list(right)


def test_the_lecture_says_how_it_was_measured_and_what_came_out():
    text = {cell["id"]: "".join(cell["source"]) for cell in CELLS}
    assert "Five trainings of each" in text["dense-1"] and len(dense_layers.SEEDS) == 5
    counts = f"{dense_layers.TRAINING_IMAGES:,} images, {dense_layers.EPOCHS} epochs"
    assert counts in text["dense-1"].replace("\xa0", " ")
    right, _ = recorded()
    accuracies = {name: 100 * answers.mean(1) for name, answers in right.items()}
    for one, other in ((PLAIN, RELU), (PLAIN, ONE), (RELU, ONE)):
        _, low, high = mean_interval(accuracies[other] - accuracies[one])
        assert low < 0 < high, f"{one} and {other} can be told apart"
    (points,) = re.findall(r"up to (\d+) points", text["dense-3"].replace("\xa0", " "))
    assert int(points) == round(max(np.ptp(values) for values in accuracies.values()))
