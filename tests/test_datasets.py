"""The data's interface: what it returns, what it refuses, and that the real data are read as they are."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import datasets
import demos
from datafiles import catalogue, sources, storage
from datasets import Likeness, MulticlassDataset, load_coco, same_images
from training.batches import DeviceImages

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(params=["mnist", "cifar"])
def dataset(request):
    """Each stand-in."""
    return getattr(MulticlassDataset, request.param)()


@pytest.fixture
def real(real_data, monkeypatch):
    """Use the real data in this test."""
    monkeypatch.setenv("LECTURE_DATA", str(real_data))


def test_stand_ins(dataset):
    assert dataset.is_stand_in and dataset.title == f"{dataset.name} stand-in"
    channels, size, train = {"MNIST": (1, 28, 11_000), "CIFAR-10": (3, 32, 9_000)}[dataset.name]
    for split, count in ((dataset.train, train), (dataset.val, 1000), (dataset.test, 2000)):
        assert len(split) == len(split.values) == len(split.labels) == count
        assert split.values.shape == (count, channels, size, size)
        assert split.values.pixels.dtype == np.uint8 and split.labels.dtype == np.int64
        assert set(split.labels.tolist()) == set(range(10))
    assert len(dataset.label_names) == 10


def test_first_three_digits_are_those_of_mnist():
    assert MulticlassDataset.mnist().train.labels[:3].tolist() == [5, 0, 4]


def test_label_names():
    assert MulticlassDataset.mnist().label_names == [str(digit) for digit in range(10)]
    names = "airplane automobile bird cat deer dog frog horse ship truck"
    assert MulticlassDataset.cifar().label_names == names.split()


@pytest.mark.parametrize("index", [0, -1, slice(0, 6), [3, 1, 2], np.array([5, 5]), torch.tensor([7, 8])])
def test_values_are_pixels_in_zero_to_one(dataset, index):
    pixels = np.asarray(dataset.val.values.pixels)[np.asarray(index) if torch.is_tensor(index) else index]
    batch = dataset.val[index]
    assert isinstance(batch.values, np.ndarray) and not isinstance(batch.values, np.memmap)
    assert batch.values.dtype == np.float32
    np.testing.assert_allclose(batch.values, pixels / 255, rtol=1e-6)
    as_torch = dataset.to_torch().val[index]
    assert as_torch.values.dtype == torch.float32 and as_torch.labels.dtype == torch.int64
    np.testing.assert_array_equal(as_torch.values.numpy(), batch.values)
    np.testing.assert_array_equal(as_torch.labels.numpy(), batch.labels)


def test_values_and_labels_unpack(dataset):
    values, labels = dataset.val[0:6]
    np.testing.assert_array_equal(values, dataset.val.values[0:6])
    np.testing.assert_array_equal(labels, dataset.val.labels[0:6])


@pytest.mark.parametrize("per", ["channel", "pixel"])
def test_normalize(dataset, per):
    normal = dataset.normalize(per)
    values = normal.train.values[:]
    axes = (0, 2, 3) if per == "channel" else 0
    raw = dataset.train.values[:].astype(np.float64)
    varies = raw.std(axes) > 0
    assert np.abs(values.mean(axes, dtype=np.float64)).max() < 1e-3
    np.testing.assert_allclose(values.std(axes, dtype=np.float64)[varies], 1, atol=1e-3)
    assert normal.mean.dtype == normal.std.dtype == np.float32 and np.isfinite(values).all()
    assert dataset.mean is None  # the original is left as it was
    with pytest.raises(ValueError, match=r'per must be "channel" or "pixel", but it is .image'):
        dataset.normalize("image")


def test_pixels_that_always_agree_give_no_nan():
    pixels = np.zeros((20, 1, 8, 8), np.uint8)
    facts = datasets.statistics(pixels, np.arange(20).astype(np.uint8) % 10, 12, 4)
    assert facts["mean"] == facts["std"] == [0]
    mnist = MulticlassDataset.mnist().normalize("pixel")  # its border is always black
    assert (mnist.std == 1).any() and np.isfinite(mnist.train.values[:100]).all()


def test_unnormalize_undoes_normalize(dataset):
    for per in ("channel", "pixel"):
        normal = dataset.normalize(per)
        original, image = dataset.val.values[0], normal.val.values[0]
        np.testing.assert_allclose(normal.unnormalize(image), original, atol=1e-6)
        tensor = normal.to_torch().val.values[0:2]
        assert torch.is_tensor(normal.unnormalize(tensor))
        np.testing.assert_allclose(normal.unnormalize(tensor)[0].numpy(), original, atol=1e-6)
    assert normal.unnormalize(1e6 * np.ones_like(image)).max() == 1
    np.testing.assert_array_equal(dataset.unnormalize(original), original)


def test_pixels_cannot_be_written_and_torch_does_not_warn(dataset):
    values = dataset.train.values
    with pytest.raises(ValueError, match="read-only"):
        values.pixels[0] = 255
    with pytest.raises(TypeError, match="images cannot be written over: change a copy"):
        values[0] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = DeviceImages(dataset.train.first(3), torch.device("cpu"))
    np.testing.assert_array_equal(images.pixels, values.pixels[:3])


def test_mnist_in_another_size():
    small, large = MulticlassDataset.mnist(14), MulticlassDataset.mnist(32)
    assert small.train.values.shape == (11_000, 1, 14, 14) and large.test.values.shape == (2000, 1, 32, 32)
    image = torch.from_numpy(MulticlassDataset.mnist().train.values[:4])
    expected = torch.nn.functional.interpolate(image, (14, 14), mode="bilinear", antialias=True)
    np.testing.assert_allclose(small.train.values[:4], expected, atol=0.51 / 255)
    assert small.fingerprint["crc32"] != large.fingerprint["crc32"]


@pytest.mark.parametrize("size", [0, 7, 65, -28, 28.0, "28", None])
def test_bad_size(size):
    with pytest.raises(ValueError, match="whole number of pixels from 8 to 64, but it is"):
        MulticlassDataset.mnist(size)


def test_without_coco_photographs_of_scikit_image_are_shown():
    coco = load_coco("minival")
    assert coco["images"][:32].shape == (32, 480, 480, 3) and coco["images"].dtype == np.uint8
    assert coco["title"] == "photographs of scikit-image" and coco["is_stand_in"]
    count = coco["different"]
    assert len(coco["ids"]) == count == 12 and coco["ids"][coco["first"]] == "chelsea.png"
    for number, image in enumerate(coco["images"]):
        np.testing.assert_array_equal(image, coco["images"][number % count])
    assert len(np.unique(coco["images"][:count].mean((1, 2, 3)))) == count


def test_the_photograph_of_the_first_parts_is_that_of_scikit_image():
    from skimage import data

    pictures = demos.example_pictures(MulticlassDataset.mnist())
    assert len(pictures) == 4
    camera = data.camera()[32:-32, 32:-32].reshape(112, 4, 112, 4).mean((1, 3)) / 255
    assert pictures["scikit-image: camera"].dtype == np.float32
    np.testing.assert_allclose(pictures["scikit-image: camera"], camera, atol=0.51 / 255)


@pytest.mark.parametrize("name", ["foo", "train2017", None])
def test_unknown_part_of_coco(name):
    with pytest.raises(ValueError, match='load_coco knows "minival" only'):
        load_coco(name)


def test_a_data_set_is_loaded_once(dataset, monkeypatch):
    monkeypatch.setattr(storage, "read", None)
    monkeypatch.setattr(catalogue, "stored", None)
    again = MulticlassDataset.mnist() if dataset.name == "MNIST" else MulticlassDataset.cifar()
    assert np.shares_memory(again.train.values.pixels, dataset.train.values.pixels)


def test_stand_ins_are_the_same_in_another_folder(tmp_path, monkeypatch):
    before = MulticlassDataset.mnist().fingerprint
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    assert MulticlassDataset.mnist().fingerprint == before


def test_same_images(dataset):
    one = dataset.fingerprint
    assert json.loads(json.dumps(one)) == one
    assert same_images(one, one) is Likeness.EXACT
    pixels = np.concatenate([part.values.pixels for part in (dataset.train, dataset.val, dataset.test)])
    labels = np.concatenate([part.labels for part in (dataset.train, dataset.val, dataset.test)])
    train, validation, _ = one["counts"]

    def compare(images, labels):
        facts = datasets.statistics(images, labels.astype(np.uint8), train + validation, validation)
        return same_images(one, {**one, **{key: facts[key] for key in one if key in facts}})

    noise = np.random.default_rng(0).integers(-1, 2, pixels.shape)
    assert compare(np.clip(pixels + noise, 0, 255).astype(np.uint8), labels) is Likeness.RECODED
    assert compare(np.ascontiguousarray(pixels[..., ::-1]), labels) is Likeness.DIFFERENT
    assert compare(pixels, (labels + 1) % 10) is Likeness.DIFFERENT
    assert same_images(one, {**one, "counts": [1, 2, 3]}) is Likeness.DIFFERENT


def test_table(capsys, monkeypatch, tmp_path):
    datasets.prepare()
    printed = capsys.readouterr().out
    for name in ("MNIST", "CIFAR-10", "COCO", "ResNet-50 weights"):
        assert name in printed
    assert "stand-in digits, drawn here; LECTURE_OFFLINE forbids fetching it" in printed
    assert "put resnet50-11ad3fa6.pth (103 MB) into" in printed
    table = datasets.Table(catalogue.decide(*catalogue.CATALOGUE))
    assert table._repr_html_().count("<tr>") == 5
    MulticlassDataset.cifar()
    assert capsys.readouterr().out == ""  # the table has said it


def test_a_stand_in_is_announced_once(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    MulticlassDataset.mnist()
    MulticlassDataset.mnist()
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["MNIST: stand-in digits, drawn here; LECTURE_OFFLINE forbids fetching it"]


def test_incomplete_files_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    (tmp_path / sources.MNIST[0].path).write_bytes(b"")
    MulticlassDataset.mnist()
    (decision,) = catalogue.decide("mnist")
    assert f"{tmp_path / 'MNIST' / 'raw'} lacks train-labels-idx1-ubyte.gz" in decision.state


def test_nothing_happens_at_import(tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LECTURE_CACHE": str(tmp_path / "cache"),
        "LECTURE_DATA": str(tmp_path / "data"),
        "LECTURE_OFFLINE": "0",
    }
    code = "import sys, datasets; print('torch' in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "False" and out.stderr == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("action", ["--fetch", "--check"])
def test_command_line_offline(action, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    assert datasets.main([action]) == (1 if action == "--fetch" else 0)
    printed = capsys.readouterr().out
    assert printed.count("absent") == 4
    assert ("LECTURE_OFFLINE" in printed) == (action == "--fetch")


# Real data.


def test_real_mnist(real):
    dataset = MulticlassDataset.mnist()
    assert (dataset.title, dataset.is_stand_in) == ("MNIST", False)
    assert [len(part) for part in (dataset.train, dataset.val, dataset.test)] == [55_000, 5_000, 10_000]
    assert dataset.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert dataset.test.labels[:3].tolist() == [7, 2, 1]
    mean, std = dataset.normalize().mean.item(), dataset.normalize().std.item()
    assert (mean, std) == pytest.approx((0.1307, 0.3081), abs=5e-4)  # the values in torch's own MNIST example
    values = dataset.train.values[:]
    assert (values.mean(dtype=np.float64), values.std(dtype=np.float64)) == pytest.approx(
        (mean, std), abs=1e-5
    )


def test_real_cifar10(real):
    dataset = MulticlassDataset.cifar()
    assert (dataset.title, dataset.is_stand_in) == ("CIFAR-10", False)
    assert [len(part) for part in (dataset.train, dataset.val, dataset.test)] == [45_000, 5_000, 10_000]
    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10
    normal = dataset.normalize()
    # known to everybody who has trained on it; a JPEG copy differs a little
    np.testing.assert_allclose(normal.mean.ravel(), [0.4914, 0.4822, 0.4465], atol=0.003)
    np.testing.assert_allclose(normal.std.ravel(), [0.247, 0.2435, 0.2616], atol=0.005)
    sample = dataset.train.values[::10]
    np.testing.assert_allclose(sample.mean((0, 2, 3)), normal.mean.ravel(), atol=0.01)


def test_real_coco(real):
    coco = load_coco("minival")
    assert coco["title"] == "COCO val2017" and coco["images"].shape == (32, 480, 480, 3)
    assert coco["ids"][0] == 6818 and (coco["images"].std((1, 2, 3)) > 10).all()
    assert coco["different"] == 32 and coco["ids"][coco["first"]] == 39769
