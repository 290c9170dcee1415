"""Classification against torchvision's own model and transforms, with random weights; what is said without weights."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import ResNet50_Weights, resnet50
from torchvision.transforms import functional as vision

import datasets
import resnet

rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (3, 300, 260, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def weights():
    """The state of a ResNet-50 with random weights whose answers differ from picture to picture."""
    torch.manual_seed(0)
    net = resnet50(weights=None)
    torch.nn.init.normal_(net.fc.weight, std=0.3)
    return net.state_dict()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a function that saves a state dict and makes it the file of the weights."""

    def put(state, name="resnet50-11ad3fa6.pth"):
        path = tmp_path / name
        torch.save(state, path)
        monkeypatch.setattr(datasets, "resnet50_weights", lambda: path)
        return path

    return put


def test_the_same_answers_as_torchvision(weights, place, capsys):
    place(weights)
    categories, images, top5 = prediction = resnet.classify(IMAGES, batch_size=2)
    assert "not the official file" in capsys.readouterr().out
    assert prediction.title == "ResNet-50" and categories == ResNet50_Weights.DEFAULT.meta["categories"]
    assert images.shape == (3, 224, 224, 3) and images.dtype == np.uint8

    net = resnet50(weights=None)
    net.load_state_dict(weights)
    transform = ResNet50_Weights.DEFAULT.transforms()
    for image, guesses in zip(IMAGES, top5, strict=True):
        with torch.inference_mode():
            scores = net.eval()(transform(torch.from_numpy(image).permute(2, 0, 1))[None]).softmax(1)[0]
        wanted = scores.topk(5)
        assert [guess.id for guess in guesses] == wanted.indices.tolist()
        np.testing.assert_allclose([guess.score for guess in guesses], wanted.values, rtol=1e-3, atol=1e-6)


def test_the_crop_is_what_the_network_sees(weights, place):
    place(weights, "resnet50.pth")
    transform = ResNet50_Weights.DEFAULT.transforms()
    picture = torch.from_numpy(IMAGES[0]).permute(2, 0, 1)
    crop = torch.from_numpy(resnet.classify(IMAGES[:1], 1)[1][0].copy()).permute(2, 0, 1)
    mean, std = (torch.tensor(v)[:, None, None] for v in (transform.mean, transform.std))
    torch.testing.assert_close((crop / 255 - mean) / std, transform(picture), atol=1e-5, rtol=1e-5)


def test_batches_of_any_size_give_the_same(weights, place):
    place(weights, "resnet50.pth")
    one, all_at_once = (resnet.classify(IMAGES, batch_size)[2] for batch_size in (1, 8))
    for a, b in zip(one, all_at_once, strict=True):
        assert [guess.id for guess in a] == [guess.id for guess in b]


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_weights_of_another_type_are_used(dtype, weights, place):
    place({name: value.to(dtype) if value.is_floating_point() else value for name, value in weights.items()})
    top5 = resnet.classify(IMAGES[:1], 1)[2]
    assert [guess.id for guess in top5[0]] and all(0 <= guess.score <= 1 for guess in top5[0])


def test_photographs_of_many_shapes(weights, place):
    place(weights)
    grey = rng.integers(0, 256, (40, 300), dtype=np.uint8)
    clear = np.dstack([IMAGES[0], np.zeros((300, 260), np.uint8)])
    opaque = np.dstack([IMAGES[1], np.full((300, 260), 255, np.uint8)])
    banner = rng.integers(0, 256, (10, 20_000, 3), dtype=np.uint8)
    _, images, top5 = resnet.classify([grey, clear, opaque, banner, IMAGES[1]], 2)
    assert images.shape == (5, 224, 224, 3) and len(top5) == 5
    assert (images[0] == images[0][..., :1]).all() and (images[1] == 255).all()
    np.testing.assert_array_equal(images[2], images[4])


def test_only_the_ends_of_a_very_long_photograph_are_cut():
    transform = ResNet50_Weights.DEFAULT.transforms()
    for shape in ((60, 301, 3), (500, 61, 3)):
        down, right, colour = np.indices(shape)
        image = (127.5 + 127 * np.sin(down / 5 + right / 7 + colour)).astype(np.uint8)
        tensor = torch.from_numpy(image).permute(2, 0, 1)
        resized = vision.resize(tensor, transform.resize_size, transform.interpolation, antialias=True)
        whole = vision.center_crop(resized, transform.crop_size).numpy().astype(int)
        assert np.abs(resnet.see(image, transform) - whole).max() < 12  # of 255: half a pixel


class Malicious:
    """An object that would run code when unpickled."""

    def __reduce__(self):
        """Return what to run."""
        return (pytest.fail, ("the pickle ran code",))


@pytest.mark.parametrize(
    "state",
    [{"fc.weight": torch.zeros(2, 2)}, {"x": Malicious()}, "text"],
    ids=["foreign", "malicious", "text"],
)
def test_a_file_that_is_no_resnet50_is_said_and_not_used(state, place, capsys):
    path = place(state)
    assert resnet.pretrained() is None
    said = capsys.readouterr().out
    assert str(path) in said and "does not hold the weights of a ResNet-50" in said


def test_without_weights_the_cell_says_what_to_do_and_goes_on(monkeypatch, capsys):
    monkeypatch.setattr(datasets, "resnet50_weights", lambda: None)
    scenes = datasets.load_coco("minival")["images"][:4]
    categories, images, top5 = prediction = resnet.classify(scenes, batch_size=3)
    said = capsys.readouterr().out
    for word in ("resnet50-11ad3fa6.pth", "103 MB", str(datasets.data_folder()), "stand-in"):
        assert word in said
    assert "standing in" in prediction.title and categories == datasets.MulticlassDataset.cifar().label_names
    small = np.asarray(Image.fromarray(scenes[0]).resize((32, 32), Image.Resampling.BILINEAR), dtype=int)
    assert images.shape == (4, 32, 32, 3) and np.abs(images[0].astype(int) - small).max() <= 2
    for guesses in top5:
        scores = [guess.score for guess in guesses]
        assert len(guesses) == 5 and scores == sorted(scores, reverse=True) and sum(scores) <= 1.0001


@pytest.mark.parametrize(
    "images, batch_size, message",
    [
        (IMAGES[0], 1, r"shape \(count, rows, columns, 3\)"),
        (IMAGES / 255, 1, "got float64"),
        (IMAGES[:0], 1, r"\(0, 300"),
        ([], 1, "got an empty one"),
        ([IMAGES[0], IMAGES[0] / 255], 1, "photograph 1 is float64"),
        ([IMAGES[0][..., :2]], 1, r"photograph 0 is uint8 of \(300, 260, 2\)"),
        (IMAGES, 0, "batch_size must be"),
        (IMAGES, 2.5, "batch_size must be"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(images, batch_size, message):
    with pytest.raises(ValueError, match=message):
        resnet.classify(images, batch_size)
