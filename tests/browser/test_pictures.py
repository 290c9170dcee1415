"""The README's pictures are made by a command, of what may be published, and are small enough for a page."""

import pytest
from PIL import Image

import datasets
from tools import make_pictures


@pytest.mark.parametrize("name", make_pictures.DEMOS)
def test_the_pictures_that_are_committed(name):
    path = make_pictures.FOLDER / f"{name.replace('_', '-')}.webp"
    assert path.stat().st_size < 1.5e6
    with Image.open(path) as picture:
        assert picture.width == make_pictures.WIDTH + 2 * make_pictures.MARGIN
        assert (getattr(picture, "n_frames", 1) > 20) == (name == "drawing")


def test_a_picture_is_made(chromium, tmp_path):
    path = make_pictures.make("filters", chromium, tmp_path, tmp_path)
    with Image.open(path) as picture:
        colours = picture.convert("RGB").getcolors(1 << 24)
    assert len(colours) > 500  # a photograph and its response


@pytest.mark.slow
def test_the_film_ends_in_a_three(chromium, tmp_path):
    page, root = make_pictures.show(chromium, make_pictures.drawing(), tmp_path)
    frames, times = make_pictures.film(page, root)
    bars = root.evaluate("root => [...root.demo.outputs().probabilities.data]")
    page.close()
    assert bars.index(max(bars)) == 3
    assert len(frames) == len(times) and frames[0].tobytes() != frames[-1].tobytes()


@pytest.mark.parametrize("name", ["drawing", "glass_box", "imagenet"])
def test_real_data_are_not_published(name, monkeypatch):
    class Real:
        is_stand_in = False

        def normalize(self):
            return self

        to_torch = normalize

    monkeypatch.setattr(datasets.MulticlassDataset, "mnist", lambda *_: Real())
    monkeypatch.setattr(datasets.MulticlassDataset, "cifar", lambda *_: Real())
    monkeypatch.setattr(datasets, "load_coco", lambda *_: {"is_stand_in": False})
    with pytest.raises(ValueError, match="published"):
        make_pictures.DEMOS[name]()
