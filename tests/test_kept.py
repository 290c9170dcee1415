"""Results that are kept: found for the same network, images and recipe, and refused where they are damaged."""

import io
import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torch.fx
import torch.nn.functional as F
from fault_cases import entering
from few import NETWORKS, Misbehaving, data_for, first, interrupt
from torch import nn

import cnn
from datasets import MulticlassDataset
from training import kept

CASES = []
case = entering(CASES)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Let a test ship its own results, into an empty folder."""
    folder = tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(kept, "SHIPPED", folder)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch, shipped):
    """Give a test its own cache of trainings."""
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path / "trained")
    return tmp_path / "trained"


def train_quickly(dataset, net=None, **options):
    """Call `cnn.trained` with a training that takes a moment."""
    net = net or cnn.PoolingCNN()
    return net, cnn.trained(net, dataset, num_epochs=1, device="cpu", **options)


def test_a_training_is_kept_and_found_again(mnist, cache, capsys):
    few = first(mnist, 100)
    net, snapshots = train_quickly(few)
    (path,) = cache.glob("*")
    assert path.name == "PoolingCNN-mnist-stand-in-1.pt"
    capsys.readouterr()
    again, loaded = train_quickly(few)
    assert (
        "PoolingCNN: trained before, for 1 epoch on 100 images of MNIST stand-in" in capsys.readouterr().out
    )
    for name, value in net.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-3, atol=1e-4)
    assert [s["val_loss"] for s in loaded] == [s["val_loss"] for s in snapshots]
    train_quickly(few, retrain=True)  # an equal training is there already
    assert list(cache.glob("*")) == [path]


@pytest.mark.parametrize("change", [{"seed": 1}, {"learning_rate": 0.01}, {"batch_size": 10}])
def test_another_recipe_is_another_training(change, mnist, cache):
    few = first(mnist, 100)
    train_quickly(few)
    train_quickly(few, **change)
    assert len(list(cache.glob("*"))) == 2


def test_an_edited_network_is_trained_anew(mnist, cache):
    few = first(mnist, 100)
    train_quickly(few)

    class PoolingCNN(cnn.PoolingCNN):  # the same name and weights, another activation
        def forward(self, x):
            return self.f3(F.max_pool2d(self.c1(x), 2).relu().flatten(1))

    train_quickly(few, PoolingCNN())
    assert len(list(cache.glob("*"))) == 2


def test_another_normalisation_is_another_training(mnist, cache):
    train_quickly(first(mnist, 100))
    train_quickly(first(mnist.normalize(), 100))
    assert len(list(cache.glob("*"))) == 2


def test_another_encoding_of_the_same_pictures_is_said(mnist, cache, monkeypatch, capsys):
    few = first(mnist, 100)
    few.title = "MNIST"
    train_quickly(few)
    monkeypatch.setattr(kept, "same_images", lambda one, other: kept.Likeness.RECODED)
    train_quickly(few)
    said = capsys.readouterr().out
    assert (
        "on another encoding of the same pictures" in said
        and "RETRAIN = True in the first cell (in Python, retrain=True) trains on yours" in said
    )
    monkeypatch.setattr(kept, "same_images", lambda one, other: kept.Likeness.DIFFERENT)
    train_quickly(few)
    assert len(list(cache.glob("*"))) == 2


def test_stand_ins_that_another_machine_rounds_otherwise_are_not_talked_of(mnist, cache, monkeypatch, capsys):
    few = first(mnist, 100)
    train_quickly(few)
    monkeypatch.setattr(kept, "same_images", lambda one, other: kept.Likeness.RECODED)
    train_quickly(few)
    said = capsys.readouterr().out
    assert "trained before" in said and "encoding" not in said and "JPEG" not in said


@case(
    "training on a subset, then on the whole data set",
    "serves each for the same images only",
    "trained before, for 1 epoch on 200 images of",
)
def test_a_training_of_a_subset_is_served_for_the_same_subset_alone(mnist, cache, capsys):
    few = mnist.subset(range(200))
    for learning_rate in (0.02, np.float64(0.02), 0.02):
        train_quickly(few, learning_rate=learning_rate)
    assert "trained before, for 1 epoch on 200 images of MNIST stand-in" in capsys.readouterr().out
    assert len(list(cache.glob("*.pt"))) == 1
    train_quickly(mnist.subset(range(1, 201)), learning_rate=0.02)
    train_quickly(mnist.subset(slice(200)).normalize(), learning_rate=0.02)
    train_quickly(mnist.normalize().subset(slice(200)), learning_rate=0.02)
    assert "trained before" not in capsys.readouterr().out
    assert len(list(cache.glob("*.pt"))) == 4


@pytest.mark.parametrize("links", [True, False])
@case("two kernels that finish a training at the same moment", "keeps both, each in a file of its own")
def test_files_kept_at_the_same_moment_are_all_kept_whole(links, mnist, cache, monkeypatch):
    few, net = first(mnist, 100), cnn.PoolingCNN()
    wanted = kept.description({"PoolingCNN": net}, few, {"num_epochs": 0})
    if not links:

        def refuse(*_):
            raise OSError("no links here")

        monkeypatch.setattr(os, "link", refuse)
    with ThreadPoolExecutor(8) as pool:
        all_at_once = [
            pool.submit(
                kept.keep,
                "PoolingCNN",
                wanted,
                {"PoolingCNN": [{"epoch": 0, "seconds": k}]},
                {"PoolingCNN": net},
            )
            for k in range(8)
        ]
        for each in all_at_once:
            each.result()
    assert sorted(path.name[-5:] for path in cache.glob("*")) == [
        f"{k}.pt".rjust(5, "-") for k in range(1, 9)
    ]
    results = [kept.read(path, few.fingerprint) for path in cache.glob("*")]
    assert {result.snapshots["PoolingCNN"][0]["seconds"] for result in results} == set(range(8))


class Malice:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def bad_files(tmp_path, good):
    """Return the contents of result files that must not be used, {what is wrong: bytes}."""

    def saved(content):
        stream = io.BytesIO()
        torch.save(content, stream)
        return stream.getvalue()

    content = torch.load(io.BytesIO(good), weights_only=True)
    record = json.loads(content["record"])
    weights, snapshots = content["weights"]["PoolingCNN"], content["snapshots"]["PoolingCNN"]
    place = good.index(b"num_epochs")
    nan = {name: torch.full_like(value, torch.nan) for name, value in weights.items()}

    def saved_weights(state):
        return saved({**content, "weights": {"PoolingCNN": state}})

    return {
        "empty": b"",
        "an error page": b"<!DOCTYPE html><title>404</title>" * 50,
        "cut off": good[: len(good) // 2],
        "one byte turned": good[:place] + bytes([good[place] ^ 255]) + good[place + 1 :],
        "of another program": saved({"model": torch.zeros(3)}),
        "a list": saved([1, 2, 3]),
        "malicious": saved_weights(Malice(tmp_path / "was-run")),
        "malicious, plain pickle": pickle.dumps(Malice(tmp_path / "was-run")),
        "weights of another network": saved_weights(cnn.SimpleCNN().state_dict()),
        "weights missing": saved_weights({}),
        "no weights": saved({**content, "weights": {}}),
        "not numbers": saved_weights(nan),
        "no record": saved({**content, "record": "{}"}),
        "epochs missing": saved({**content, "snapshots": {"PoolingCNN": snapshots[1:]}}),
        "no data in the record": saved({**content, "record": json.dumps({**record, "data": {}})}),
    }


@case(
    "kept training that is damaged, foreign, or would run code",
    "leaves it alone, trains anew",
    "is left as it is, and not used",
)
def test_files_that_are_not_results_are_refused_and_left_alone(mnist, cache, tmp_path, capsys):
    few = first(mnist, 100)
    train_quickly(few)
    (path,) = cache.glob("*")
    good = path.read_bytes()
    for what, content in bad_files(tmp_path, good).items():
        path.write_bytes(content)
        capsys.readouterr()
        _, snapshots = train_quickly(few)
        said = capsys.readouterr().out
        assert "left as it is, and not used" in said and str(path) in said, what
        assert "trained before" not in said and len(snapshots) == 2, what
        assert path.read_bytes() == content, what
        assert not (tmp_path / "was-run").exists(), what
        (other,) = set(cache.glob("*")) - {path}
        assert kept.read(other, few.fingerprint).likeness is kept.Likeness.EXACT, what
        other.unlink()


def test_an_interrupted_training_is_not_kept(mnist, cache, monkeypatch):
    criterion = Misbehaving(step=2, action=interrupt)
    monkeypatch.setattr(nn, "CrossEntropyLoss", lambda: criterion)
    _, snapshots = train_quickly(first(mnist, 200))
    assert len(snapshots) == 1 and not cache.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
def test_a_file_is_written_whole_or_not_at_all(error, mnist, cache, monkeypatch, capsys):
    real_save = torch.save

    def half_saved(content, file):
        real_save({"weights": content["weights"]}, file)
        raise error

    monkeypatch.setattr(torch, "save", half_saved)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            train_quickly(first(mnist, 100))
    else:
        train_quickly(first(mnist, 100))
        assert "could not be kept" in capsys.readouterr().out
    assert not list(cache.glob("*"))


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes there")
def test_others_can_read_what_is_kept_where_the_folder_is_shared(mnist, cache):
    before = os.umask(0o022)
    try:
        train_quickly(first(mnist, 100))
    finally:
        os.umask(before)
    (path,) = cache.glob("*")
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_training_in_smaller_batches_than_asked_for_is_not_kept_under_their_size(mnist, cache, monkeypatch):
    class Small(nn.CrossEntropyLoss):
        def forward(self, logits, labels):
            if logits.requires_grad and len(labels) > 25:
                raise torch.OutOfMemoryError("no room")
            return super().forward(logits, labels)

    monkeypatch.setattr(nn, "CrossEntropyLoss", Small)
    _, snapshots = train_quickly(first(mnist, 100), batch_size=50)
    assert len(snapshots) == 2 and not cache.exists()
    train_quickly(first(mnist, 100), batch_size=25)
    assert len(list(cache.glob("*"))) == 1


def test_nothing_can_be_written(mnist, cache, monkeypatch):
    monkeypatch.setattr(kept, "own_folder", lambda: None)
    _, snapshots = train_quickly(first(mnist, 100))
    assert len(snapshots) == 2


# What is shipped


def test_shipped_results_are_small():
    assert sum(path.stat().st_size for path in kept.SHIPPED.glob("*")) < 3_000_000


@pytest.mark.parametrize("path", sorted(kept.SHIPPED.glob("[A-Z]*CNN-*.pt")), ids=lambda path: path.stem)
def test_shipped_results_say_how_they_were_made(path):
    result = kept.read(path, json.loads(path.with_suffix(".json").read_text())["data"])
    record = result.record
    assert record == json.loads(path.with_suffix(".json").read_text())
    assert {"networks", "recipe", "data", "images", "versions", "accuracy", "machine"} <= set(record)
    wanted = {"SimpleCNN-mnist": 0.975, "PoolingCNN-mnist": 0.98, "CifarCNN-cifar-10": 0.81}.get(
        path.stem, 0.7
    )
    assert record["accuracy"]["test"] >= wanted
    assert record["images"].startswith("a JPEG re-encoding") == (path.stem == "CifarCNN-cifar-10")


def shipped_network_agrees(make, dataset, monkeypatch):
    """Load what is shipped for a data set, without training, and evaluate it again."""
    net, epochs = make(), 20 if make is cnn.CifarCNN else 5
    path = kept.SHIPPED / f"{kept.file_stem(make.__name__, {'data': dataset.fingerprint})}.json"
    accuracy = json.loads(path.read_text())["accuracy"]
    monkeypatch.setattr(cnn, "train_model", lambda *_, **__: pytest.fail("what is shipped was not found"))
    cnn.trained(net, dataset, num_epochs=epochs, device="cpu")
    for part in ("val", "test"):
        again = cnn.evaluate(net, dataset, getattr(dataset, part), "cpu")[1]
        assert again == pytest.approx(accuracy[part], abs=0.002)  # other processors round otherwise


@pytest.mark.slow
@pytest.mark.parametrize("make", NETWORKS)
def test_shipped_networks_are_as_good_as_recorded(make, mnist, cifar, monkeypatch):
    shipped_network_agrees(make, data_for(make, mnist, cifar), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("make", NETWORKS)
def test_shipped_networks_are_as_good_as_recorded_on_real_data(make, real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    name = "cifar" if make is cnn.CifarCNN else "mnist"
    dataset = getattr(MulticlassDataset, name)()
    shipped_network_agrees(make, dataset.normalize() if name == "cifar" else dataset, monkeypatch)
