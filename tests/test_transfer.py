"""Transfer: frozen features, the linear classifier on them, what is kept, and what the lecture says of it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import cross_entropy

import cnn
import training
from datasets import MulticlassDataset
from imagenet.pretrained import pretrained_lite0
from studies import transfer
from studies.uncertainty import accuracy_interval
from training import kept

NOTEBOOK = Path(__file__).resolve().parent.parent / "lecture.ipynb"


@pytest.fixture(scope="module")
def dataset():
    return MulticlassDataset.cifar().normalize().to_torch()


def test_features_are_the_input_of_the_network_s_own_classifier():
    network, pixels = pretrained_lite0(), np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8)
    found = transfer.features(network, pixels, 64)
    photographs = [Image.fromarray(image.transpose(1, 2, 0)) for image in pixels]
    large = np.stack([np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC)) for image in photographs])
    with torch.inference_mode():
        logits = network.net((torch.tensor(large).permute(0, 3, 1, 2) - 127.0) / 128)
        own = network.net.classifier(found)
    assert found.shape == (3, 1280)
    assert (own - logits).abs().max() < 0.02 * logits.abs().max()  # a byte may be rounded otherwise


def test_features_do_not_depend_on_the_batch():
    network, pixels = pretrained_lite0(), np.random.default_rng(1).integers(0, 256, (9, 3, 32, 32), np.uint8)
    one_by_one = torch.cat([transfer.features(network, pixels[k : k + 1], 32) for k in range(9)])
    torch.testing.assert_close(transfer.features(network, pixels, 32), one_by_one, atol=1e-4, rtol=1e-3)


def test_the_linear_classifier_is_the_minimum_of_its_loss():
    torch.manual_seed(0)
    inputs, labels = 5 * torch.randn(60, 7) + 3, torch.randint(0, 4, (60,))
    inputs[:, 6] = 2  # a channel that says nothing
    layer = transfer.linear_classifier(inputs, labels, 4, decay=0.1)
    mean, std = inputs.mean(0), inputs.std(0).clamp(min=1e-6)
    weights = (layer.weight.detach() * std).requires_grad_()
    bias = (layer.bias.detach() + layer.weight.detach() @ mean).requires_grad_()
    loss = cross_entropy((inputs - mean) / std @ weights.T + bias, labels) + 0.05 * weights.square().sum()
    loss.backward()
    assert weights.grad.abs().max() < 1e-4 and bias.grad.abs().max() < 1e-4
    assert weights.abs().max() > 0.1 and layer.weight[:, 6].abs().max() * std[6] < 1e-6


@pytest.fixture
def small(monkeypatch):
    """The study in seconds: small images for the network, few for the answers, an epoch."""
    monkeypatch.setattr(transfer, "SIZE", 32)
    monkeypatch.setattr(transfer, "VALIDATION", 40)
    monkeypatch.setattr(transfer, "COUNTS", (20, 60))
    monkeypatch.setattr(transfer, "EPOCHS", {20: 1, 60: 1})


def test_both_learn_from_the_same_first_images(dataset, small, monkeypatch):
    seen, train = [], training.train_model

    def watched(few, net, criterion, num_epochs, **options):
        seen.append(
            (
                len(few.train),
                options["seed"],
                torch.equal(few.train.labels, dataset.train.labels[: len(few.train)]),
            )
        )
        return train(few, net, criterion, num_epochs, **options)

    monkeypatch.setattr(training, "train_model", watched)
    (found,) = transfer.history(dataset, (20, 60))
    assert found["frozen"].shape == (2, 40) and found["scratch"].shape == (2, 3, 40)
    assert seen == [(count, seed, True) for count in (20, 60) for seed in (0, 1, 2)]
    network, labels = pretrained_lite0(), torch.as_tensor(dataset.train.labels)
    layer = transfer.linear_classifier(
        transfer.features(network, dataset.train.values.pixels[:60], 32), labels[:60], 10, transfer.DECAY
    )
    with torch.no_grad():
        said = layer(transfer.features(network, dataset.val.values.pixels[:40], 32)).argmax(1)
    assert torch.equal(found["frozen"][1], said == dataset.val.labels[:40])


def shown(dataset, monkeypatch, **options):
    """Return the axes that `show_transfer` draws."""
    figs = []
    monkeypatch.setattr(transfer.figures, "show", lambda fig, alt: figs.append(fig))
    transfer.show_transfer(dataset, **options)
    return figs[0].axes[0]


def recorded():
    """Return the result of CIFAR-10 that comes with the lecture: what is right, by way, and its record."""
    content = torch.load(kept.SHIPPED / "transfer-cifar-10.pt", weights_only=True)
    return content["snapshots"]["CifarCNN"][0], json.loads(content["record"])


def test_on_a_stand_in_the_recorded_numbers_are_shown_and_said_to_be(dataset, monkeypatch, capsys):
    ax, (right, record) = shown(dataset, monkeypatch), recorded()
    said = capsys.readouterr().out
    assert (
        said
        == "Transfer: recorded on CIFAR-10; it was not measured on the images here (CIFAR-10 stand-in).\n"
    )
    assert ax.get_title() == "CIFAR-10: 1,000 validation images,\n95 % intervals" and not record["data"][
        "title"
    ].endswith("stand-in")
    frozen, scratch = ax.lines
    np.testing.assert_allclose(frozen.get_ydata(), right["frozen"].float().mean(1))
    np.testing.assert_allclose(scratch.get_ydata(), right["scratch"].float().mean((1, 2)))
    drawn = [segment[:, 1] for collection in ax.collections for segment in collection.get_segments()]
    trainings = [*right["frozen"], *right["scratch"].flatten(0, 1)]
    np.testing.assert_allclose(drawn, [accuracy_interval(int(row.sum()), 1000) for row in trainings])


def test_the_record_is_of_this_recipe_and_these_networks(dataset):
    wanted, (_, record) = transfer.description(dataset), recorded()
    for key in kept.COMPARED:
        assert record[key] == wanted[key], key


def test_the_record_fits_the_real_images(real_data, monkeypatch, capsys):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    real = MulticlassDataset.cifar().normalize().to_torch()
    shown(real, monkeypatch)
    assert capsys.readouterr().out.startswith("Transfer: measured before on CIFAR-10. RETRAIN = True")
    monkeypatch.setattr(transfer, "VALIDATION", 60)  # only so many are asked about again
    (layer,) = transfer.with_frozen_features(real, (100,))  # as recorded, but for a rounding
    assert (layer != recorded()[0]["frozen"][0][:60]).sum() <= 2


def test_retrain_measures_the_first_images_only(dataset, small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    kept.keep(transfer.NAME, transfer.description(dataset), {"CifarCNN": transfer.history(dataset, (20, 60))})
    before = [line.get_ydata() for line in shown(dataset, monkeypatch).lines]
    fresh = {
        "epoch": 0,
        "frozen": torch.ones(1, 40, dtype=torch.bool),
        "scratch": torch.zeros(1, 3, 40, dtype=torch.bool),
    }
    monkeypatch.setattr(transfer, "history", lambda dataset, counts: [fresh] if counts == (20,) else None)
    after = [line.get_ydata() for line in shown(dataset, monkeypatch, retrain=True).lines]
    assert "what 20 images teach is measured now on CIFAR-10 stand-in" in capsys.readouterr().out
    assert [after[0][0], after[1][0]] == [1, 0]
    assert [line[1] for line in after] == [line[1] for line in before]


def test_the_lecture_says_what_the_figure_shows():
    right, _ = recorded()
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = next("".join(cell["source"]) for cell in cells if cell["id"] == "cell-105e")
    frozen, scratch = right["frozen"].float().mean(1), right["scratch"].float().mean((1, 2))
    said = [int(number) for number in re.findall(r"(\d+) %", text)]
    wanted = (frozen[0], scratch[0], frozen[2], scratch[2])
    assert said == [round(100 * value.item()) for value in wanted]
    assert (frozen > right["scratch"].float().mean(2).amax(1)).all(), "above each of the trainings"


def test_a_network_of_another_size_has_another_record(dataset, monkeypatch):
    wanted = transfer.description(dataset)
    monkeypatch.setattr(transfer, "SIZE", 96)
    assert transfer.description(dataset)["recipe"] != wanted["recipe"]
    monkeypatch.undo()
    monkeypatch.setattr(cnn, "CifarCNN", lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10)))
    assert transfer.description(dataset)["networks"] != wanted["networks"]
