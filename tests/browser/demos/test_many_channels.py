"""Many channels: the products and the outputs are those of torch's convolution of a colour image."""

import numpy as np
import pytest
import torch
from shown import PLACES
from torch.nn import functional as F

from demos.many_channels import COLOR_IMAGE, COLOR_WEIGHTS, MIXING_WEIGHTS, many_channels

rng = np.random.default_rng(0)


@pytest.fixture(scope="module", params=PLACES)
def demo(request, show):
    return show(many_channels(), request.param)


def check(demo, image, weights, bias, row, column):
    outputs = demo.outputs()
    image, weights = (np.asarray(values, dtype=np.float32) for values in (image, weights))
    wanted = F.conv2d(
        torch.from_numpy(image)[None], torch.from_numpy(weights)[None], torch.tensor([float(bias)])
    )
    np.testing.assert_allclose(outputs["output"], wanted[0, 0], atol=1e-5)
    size = weights.shape[1]
    products = image[:, row : row + size, column : column + size] * weights
    assert products.size == 3 * size**2
    np.testing.assert_allclose(outputs["products"], products, atol=1e-5)
    np.testing.assert_allclose(outputs["kernels"], weights)
    np.testing.assert_allclose(products.sum() + bias, wanted[0, 0, row, column], atol=1e-5)


def test_every_output_of_3x3(demo):
    demo.set(size="3×3", bias=-1)
    for row, column in np.ndindex(3, 3):
        demo.set(row=row, column=column)
        check(demo, COLOR_IMAGE, COLOR_WEIGHTS, -1.0, row, column)
    assert "27 weights and a bias: 28 parameters" in demo.root.locator(".note").inner_text()


def test_1x1_mixes_the_channels_of_a_pixel(demo):
    demo.set(size="1×1", row=4, column=1, bias=2.5)
    check(demo, COLOR_IMAGE, MIXING_WEIGHTS[:, None, None], 2.5, 4, 1)
    assert "3 weights and a bias: 4 parameters" in demo.root.locator(".note").inner_text()
    demo.set(size="3×3")  # which has fewer places
    assert demo.values()["row"] == 2


def test_each_entry_has_the_colour_of_the_image(demo):
    entries = demo.root.get_by_role("img", name="The image, drawn", exact=True).locator(".entries path")
    fills = entries.evaluate_all("entries => entries.map(entry => entry.getAttribute('fill'))")
    colors = np.moveaxis(np.round(255 * np.asarray(COLOR_IMAGE)).astype(int), 0, 2).reshape(-1, 3)
    assert fills == [f"rgb({red} {green} {blue})" for red, green, blue in colors]


def test_the_sum_is_written_out(demo):
    demo.root.get_by_role("button", name="Start over").click()
    demo.settle()
    assert demo.root.locator(".formula").inner_text() == "o(1, 1) = 3 + 3 + 0 + bias (−1) = 5"
    captions = demo.root.locator("figcaption").all_inner_texts()
    assert [text for text in captions if "Σ" in text] == [f"Products: Σ {total}" for total in (3, 3, 0)]


def test_an_output_is_chosen_by_pointing_and_by_keys(demo):
    demo.set(size="3×3")
    demo.point("Output, drawn", 0, 2)
    assert demo.values() | {"row": 0, "column": 2} == demo.values()
    check(demo, COLOR_IMAGE, COLOR_WEIGHTS, demo.values()["bias"], 0, 2)
    demo.control("Output row").press("ArrowRight")
    demo.settle()
    assert demo.values()["row"] == 1


def test_numbers_of_ones_own_from_python(show):
    image, weights, mixing = rng.random((3, 5, 5)), rng.uniform(-9, 9, (3, 3, 3)), rng.uniform(-9, 9, 3)
    demo = show(many_channels(image, weights, mixing, 0.5), "page")
    check(demo, image, weights, 0.5, 1, 1)
    demo.set(size="1×1", row=3, column=4)
    check(demo, image, mixing[:, None, None], 0.5, 3, 4)
    assert demo.page.page_errors == []


def test_no_errors(demo):
    assert demo.page.page_errors == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": np.zeros((5, 5))}, r"image must be \(3, 5, 5\) numbers from 0 to 1; got \(5, 5\)"),
        ({"image": np.full((3, 5, 5), 2)}, "image must be"),
        ({"weights": np.full((3, 3, 3), np.nan)}, "weights must be"),
        ({"mixing": np.zeros(4)}, "mixing must be"),
        ({"bias": 0.3}, "in halves"),
        ({"bias": 6}, "from -5 to 5"),
        ({"bias": float("nan")}, "from -5 to 5"),
    ],
)
def test_what_cannot_be_shown_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        many_channels(**options)
