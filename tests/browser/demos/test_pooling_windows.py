"""The pooling explorer shows what torch's pooling computes."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shown import PLACES

from demos.pooling_windows import pooling_explorer

rng = np.random.default_rng(0)
LEVELS = rng.integers(0, 6, (28, 28)) / np.float32(255)  # with ties
PICTURES = {"small": LEVELS, "tall": rng.random((60, 40), dtype=np.float32), "least": LEVELS[:8, :8]}


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show):
    return show(pooling_explorer(PICTURES), request.param)


def expected(picture, kind, size, stride, row, column):
    """Return what the explorer draws, by torch."""
    image = torch.from_numpy(np.array(PICTURES[picture]))[None, None]
    largest, places = F.max_pool2d(image, size, stride, return_indices=True)
    pooled = largest if kind == "max" else F.avg_pool2d(image, size, stride)
    top, left = row * stride, column * stride
    winner = np.unravel_index(places[0, 0, row, column].item(), image.shape[2:])
    return {
        "picture": PICTURES[picture],
        "window": PICTURES[picture][top : top + size, left : left + size],
        "pooled": pooled[0, 0].numpy(),
        "winner": winner if kind == "max" else np.zeros(0),
    }


def check(explorer, *setting):
    outputs, wanted = explorer.outputs(), expected(*setting)
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-4, rtol=0, err_msg=f"{name} of {setting}")


def ends(explorer):
    """Return the last row and column that the sliders go to."""
    return [int(explorer.control(label).get_attribute("max")) for label in ("Row", "Column")]


def test_pooling_over_a_grid(explorer):
    for picture, kind, size, stride in product(PICTURES, ("max", "average"), (1, 3, 8), (1, 2, 5)):
        explorer.set(picture=picture, kind=kind, size=size, stride=stride)
        last = [(length - size) // stride for length in PICTURES[picture].shape]
        assert ends(explorer) == last
        row, column = last[0], last[1] // 2
        explorer.set(row=row, column=column)
        check(explorer, picture, kind, size, stride, row, column)


def test_the_window_says_its_numbers(explorer):
    explorer.set(picture="small", kind="max", size=3, stride=2, row=4, column=6)
    window = PICTURES["small"][8:11, 12:15]
    assert f"Window: maximum {window.max():.2f}" in explorer.root.inner_text()
    texts = explorer.root.locator("figure", has_text="Window:").locator("text")
    assert texts.all_text_contents() == [f"{number:.2f}" for number in window.ravel()]
    explorer.set(kind="average")
    assert f"Window: mean {window.mean():.2f}" in explorer.root.inner_text()
    assert explorer.root.locator("rect.second").count() == 0
    explorer.set(picture="tall", kind="max", size=8, stride=1, row=0, column=0)
    assert texts.count() == 64 and explorer.root.locator("rect.second").count() == 2


def test_a_press_or_drag_moves_the_window_and_so_do_the_keys(explorer):
    explorer.set(picture="tall", kind="max", size=3, stride=2, row=0, column=0)
    explorer.point("The picture", 41, 7, press=True)  # the middle of the window of (20, 3)
    assert (explorer.values()["row"], explorer.values()["column"]) == (20, 3)
    explorer.point("The picture", 59, 39, press=True)  # the last window
    assert (explorer.values()["row"], explorer.values()["column"]) == (28, 18)
    explorer.point("The pooled picture", 5, 6)
    explorer.page.mouse.down()
    explorer.point("The pooled picture", 7, 9)
    explorer.page.mouse.up()
    explorer.point("The pooled picture", 1, 1)  # released: pointing alone moves nothing
    assert (explorer.values()["row"], explorer.values()["column"]) == (7, 9)
    explorer.control("Row").press("ArrowRight")
    explorer.control("Column").press("ArrowLeft")
    explorer.settle()
    check(explorer, "tall", "max", 3, 2, 8, 8)


def test_sliders_end_where_the_pooled_picture_ends(explorer):
    explorer.set(picture="tall", kind="max", size=1, stride=1)
    explorer.set(row=59, column=39)
    explorer.set(picture="small", size=8, stride=8)
    explorer.outputs()
    assert (explorer.values()["row"], explorer.values()["column"]) == (2, 2)
    with pytest.raises(Exception, match="Row goes from 0 to 2"):
        explorer.set(row=3)
    explorer.set(picture="least")
    assert explorer.control("Row").is_disabled() and explorer.control("Column").is_disabled()
    assert explorer.control("Stride").is_disabled()  # one window only
    explorer.set(size=3)
    assert explorer.control("Stride").is_enabled()


def test_start_over(explorer):
    explorer.set(picture="least", kind="average", size=8, stride=4)  # its sliders end at 0
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    check(explorer, "small", "max", 3, 2, 5, 5)


def test_no_errors(explorer):
    assert explorer.page.page_errors == []


@pytest.mark.parametrize(
    "bad",
    [{}, {"colour": np.zeros((3, 8, 8))}, {"bright": np.full((8, 8), 2.0)}, {"low": np.zeros((7, 30))}],
)
def test_pictures_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="pictures"):
        pooling_explorer(bad)
