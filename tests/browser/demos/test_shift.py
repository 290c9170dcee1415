"""The shift explorer shows what torch computes of a moved digit."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shown import PLACES

import filters
from demos.shift import shift_explorer

rng = np.random.default_rng(0)
DIGIT = np.zeros((28, 28), dtype=np.float32)
DIGIT[1:27, 5:20] = rng.random((26, 15))  # a move of 4 pixels takes some of it out of the picture
SHIFTS = list(product((-4, -1, 0, 3), (-3, 0, 1, 4)))


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show):
    return show(shift_explorer(DIGIT, "Noise"), request.param)


def maps_of(image, kernel):
    """Return the feature map and the three smaller ones, by torch."""
    feature = F.conv2d(torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None]).relu()
    maps = {
        "feature": feature,
        "average": F.avg_pool2d(feature, 4),
        "max": F.max_pool2d(feature, 4),
        "fourth": feature[..., ::4, ::4],
    }
    return {name: values[0, 0].numpy() for name, values in maps.items()}


def expected(down, right, kernel=filters.horizontal_edge_kernel):
    """Return what the explorer draws."""
    image = np.pad(DIGIT, 4)[4 - down : 32 - down, 4 - right : 32 - right].copy()
    before, after = maps_of(DIGIT, kernel), maps_of(image, kernel)
    change = [np.linalg.norm(after[name] - before[name]) / np.linalg.norm(before[name]) for name in before]
    return {"digit": image, **after, "change": change, "apart": [0]}  # 0: exactly, away from the border


def check(explorer, wanted):
    outputs = explorer.outputs()
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-4, rtol=0, err_msg=name)


def test_maps_and_changes_over_a_grid(explorer):
    for down, right in SHIFTS:
        explorer.set(down=down, right=right)
        check(explorer, expected(down, right))


def test_shifting_and_convolving_change_places_away_from_the_border(explorer):
    for down, right in SHIFTS:
        explorer.set(down=down, right=right)
        feature = maps_of(DIGIT, filters.horizontal_edge_kernel)["feature"]
        after = maps_of(expected(down, right)["digit"], filters.horizontal_edge_kernel)["feature"]
        rows, columns = (
            slice(max(0, by), n + min(0, by)) for by, n in zip((down, right), feature.shape, strict=True)
        )
        back = (
            slice(rows.start - down, rows.stop - down),
            slice(columns.start - right, columns.stop - right),
        )
        np.testing.assert_allclose(after[rows, columns], feature[back], atol=1e-5)
        assert explorer.outputs()["apart"].tolist() == [0]
        height, width = (n - abs(by) for by, n in zip((down, right), feature.shape, strict=True))
        said = f"differ by 0 in the {height}×{width} places that both have"
        assert said in explorer.root.locator(".note").inner_text()


def test_the_axis_cuts_no_bar_and_stays(explorer):
    longest = max(max(expected(down, right)["change"]) for down, right in product(range(-4, 5), repeat=2))
    for down, right in SHIFTS:
        explorer.set(down=down, right=right)
        widths = explorer.root.locator(".bars i").evaluate_all(
            "bars => bars.map(bar => parseFloat(bar.style.width))"
        )
        wanted = 100 * np.array(expected(down, right)["change"]) / longest
        np.testing.assert_allclose(widths, wanted, atol=0.01)
        assert max(widths) <= 100


def test_a_drag_moves_the_digit_and_so_do_the_keys(explorer):
    explorer.set(down=0, right=1)
    explorer.point("The digit", 10, 10)
    assert explorer.values() == {"down": 0, "right": 1}
    explorer.page.mouse.down()
    explorer.settle()
    assert explorer.values() == {"down": 0, "right": 1}  # it stays under the pointer
    explorer.point("The digit", 12, 7)
    assert explorer.values() == {"down": 2, "right": -2}
    explorer.point("The digit", 25, 7)
    assert explorer.values() == {"down": 4, "right": -2}
    explorer.page.mouse.up()
    explorer.point("The digit", 10, 10)
    assert explorer.values() == {"down": 4, "right": -2}
    explorer.control("Down").press("ArrowLeft")
    explorer.control("Right").press("ArrowRight")
    explorer.settle()
    check(explorer, expected(3, -1))


def test_moves_that_are_too_far(explorer):
    with pytest.raises(Exception, match="Down goes from -4 to 4"):
        explorer.set(down=5)


def test_start_over(explorer):
    explorer.set(down=-4, right=-4)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    check(explorer, expected(0, 1))


def test_no_errors(explorer):
    assert explorer.page.page_errors == []


def test_another_kernel(show):
    kernel = np.array([[1, -1], [2, 0], [-1, 0.5]], dtype=np.float32)
    explorer = show(shift_explorer(DIGIT, kernel=kernel), "page")
    explorer.set(down=-2, right=3)
    check(explorer, expected(-2, 3, kernel))


def test_a_digit_without_responses_changes_nothing(show):
    explorer = show(shift_explorer(np.zeros((28, 28))), "page")
    assert explorer.outputs()["change"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("digit", "kernel", "message"),
    [
        (np.zeros((1, 28, 28)), None, "digit must be a matrix"),
        (DIGIT, np.ones(5), "kernel must be a matrix"),
        (np.zeros((7, 28)), None, "at least 4 rows and columns"),
        (DIGIT * 3, None, "from 0 to 1"),
        (DIGIT, np.full((3, 3), np.nan), "finite"),
    ],
)
def test_what_cannot_be_used_is_refused(digit, kernel, message):
    with pytest.raises(ValueError, match=message):
        shift_explorer(digit, kernel=kernel)
