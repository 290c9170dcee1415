"""The convolutional layer in numbers shows what torch computes."""

import numpy as np
import pytest
import torch
from shown import PLACES
from torch.nn import functional as F

from demos.convolutional_layer import LAYER_FILTERS, LAYER_IMAGE, convolutional_layer

rng = np.random.default_rng(0)
IMAGE = "The image: paint on it"


@pytest.fixture(scope="module", params=PLACES)
def layer(request, show):
    return show(convolutional_layer(), request.param)


def expected(image, filters, frame):
    """Return what the demo draws, by torch."""
    image, filters = np.asarray(image, dtype=np.float32), np.asarray(filters, dtype=np.float32)
    outputs = F.conv2d(torch.from_numpy(image)[None, None], torch.from_numpy(filters)[:, None])[0]
    f, row, column = np.unravel_index(frame, (2, 3, 3))
    products = image[row : row + 3, column : column + 3] * filters[f]
    np.testing.assert_allclose(products.sum(), outputs[f, row, column], atol=1e-4)
    return {"image": image, "filters": filters, "outputs": outputs.numpy(), "products": products}


def check(outputs, wanted):
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-4, rtol=0, err_msg=name)


def typed(matrix):
    return "\n".join(" ".join(f"{value:g}" for value in row) for row in matrix)


def fill(layer, label, text):
    layer.control(label).fill(text)
    layer.settle()


def start_over(layer):
    layer.root.get_by_role("button", name="Start over").click()
    layer.settle()


def test_every_output_pixel(layer):
    start_over(layer)
    for frame in range(18):
        layer.set(frame=frame)
        check(layer.outputs(), expected(LAYER_IMAGE, LAYER_FILTERS, frame))


def test_images_and_filters_over_a_grid(layer):
    for frame in (0, 8, 9, 13, 17):
        image = rng.integers(101, size=(5, 5)) / 100
        filters = rng.integers(-900, 901, size=(2, 3, 3)) / 100
        layer.set(image=typed(image), filter0=typed(filters[0]), filter1=typed(filters[1]), frame=frame)
        check(layer.outputs(), expected(image, filters, frame))
    start_over(layer)


def test_every_number_is_written(layer):
    start_over(layer)
    written = {
        figure.locator("figcaption").inner_text(): figure.locator("svg text").all_text_contents()
        for figure in layer.root.locator("figure").all()
    }
    outputs = expected(LAYER_IMAGE, LAYER_FILTERS, 0)["outputs"]
    wanted = {
        "Image i": LAYER_IMAGE,
        "Filter w₀": LAYER_FILTERS[0],
        "Filter w₁": LAYER_FILTERS[1],
        "Output o₀": outputs[0],
        "Output o₁": outputs[1],
    }
    assert written == {
        title: [f"{value:g}".replace("-", "−") for value in np.ravel(values)]
        for title, values in wanted.items()
    }


def test_the_sum_is_written_out(layer):
    start_over(layer)
    layer.set(frame=10)  # the second filter, at (0, 1)
    text = layer.root.locator(".formula").inner_text()
    assert text == "o₁ = 0·(−1) + 1·2 + 0·(−1) + 0·(−1) + 1·2 + 0·(−1) + 1·(−1) + 1·2 + 1·(−1) = 4"


def test_outputs_are_chosen_by_pointing_and_by_keys(layer):
    start_over(layer)
    layer.point("Output o₀", 2, 1)
    assert layer.values()["frame"] == 7
    layer.point("Output o₁", 1, 2)
    assert layer.values()["frame"] == 14
    layer.control("Output pixel").press("ArrowRight")
    layer.settle()
    check(layer.outputs(), expected(LAYER_IMAGE, LAYER_FILTERS, 15))
    assert "o₁(2, 0)" in layer.root.locator("output").all_inner_texts()


def test_pixels_are_painted(layer):
    start_over(layer)
    painted = LAYER_IMAGE.copy()
    layer.point(IMAGE, 0, 0)
    check(layer.outputs(), expected(painted, LAYER_FILTERS, 0))  # a mouse that only passes by paints nothing
    layer.point(IMAGE, 0, 0, press=True)
    painted[0, 0] = 1
    check(layer.outputs(), expected(painted, LAYER_FILTERS, 0))
    assert layer.values()["image"] == typed(painted)
    layer.point(IMAGE, 0, 0, press=True)
    painted[0, 0] = 0
    check(layer.outputs(), expected(painted, LAYER_FILTERS, 0))
    # The first pixel of a stroke, a one, decides that all of them become zeros.
    layer.point(IMAGE, 2, 0)
    layer.page.mouse.down()
    for column in (1, 2, 3):
        layer.point(IMAGE, 2, column)
    layer.point(IMAGE, 1, 3)
    layer.page.mouse.up()
    painted[2, :4] = 0
    check(layer.outputs(), expected(painted, LAYER_FILTERS, 0))


def test_numbers_are_typed(layer):
    start_over(layer)
    fill(layer, "Image i", typed(0.5 * LAYER_IMAGE))
    fill(layer, "Filter w₁", "1, 0 −1\n\n 2 0 -2 \n1 0 -1")
    check(
        layer.outputs(),
        expected(0.5 * LAYER_IMAGE, [LAYER_FILTERS[0], [[1, 0, -1], [2, 0, -2], [1, 0, -1]]], 0),
    )


@pytest.mark.parametrize(
    ("label", "text", "message"),
    [
        ("Image i", "1 0 1", "Type 5 rows of 5 numbers from 0 to 1."),
        ("Image i", typed(2 * LAYER_IMAGE), "from 0 to 1"),
        ("Filter w₀", "1 2 3\n4 5 6", "Type 3 rows of 3 numbers from −9 to 9."),
        ("Filter w₀", "1 2 3\n4 5 6\n7 8", "3 rows of 3"),
        ("Filter w₁", "1 2 3\n4 x 6\n7 8 9", "3 rows of 3"),
        ("Filter w₁", "1 2 3\n4 10 6\n7 8 9", "from −9 to 9"),
        ("Filter w₁", "", "3 rows of 3"),
    ],
)
def test_bad_numbers_are_said_beside_the_input_and_change_nothing(layer, label, text, message):
    start_over(layer)
    before = layer.outputs()
    fill(layer, label, text)
    alerts = layer.root.locator("[role=alert]")
    assert message in layer.control(label).locator("xpath=..").locator("[role=alert]").inner_text()
    assert sum(bool(said) for said in alerts.all_inner_texts()) == 1
    check(layer.outputs(), before)
    start_over(layer)
    assert not any(alerts.all_inner_texts())
    check(layer.outputs(), before)


def test_painting_mends_a_text_that_cannot_be_read(layer):
    start_over(layer)
    fill(layer, "Image i", "1 0")
    layer.point(IMAGE, 4, 4, press=True)
    painted = LAYER_IMAGE.copy()
    painted[4, 4] = 1
    check(layer.outputs(), expected(painted, LAYER_FILTERS, 0))
    assert layer.values()["image"] == typed(painted)


def test_start_over(layer):
    layer.set(frame=11, filter0=typed(np.ones((3, 3))))
    layer.point(IMAGE, 0, 4, press=True)
    start_over(layer)
    check(layer.outputs(), expected(LAYER_IMAGE, LAYER_FILTERS, 0))


def test_numbers_of_ones_own_from_python(show):
    image, filters = rng.random((5, 5)), rng.uniform(-9, 9, size=(2, 3, 3))
    layer = show(convolutional_layer(image, filters), "page")
    check(layer.outputs(), expected(image, filters, 0))


def test_no_errors(layer):
    assert layer.page.page_errors == []


@pytest.mark.parametrize(
    ("image", "filters", "message"),
    [
        (np.zeros((4, 5)), LAYER_FILTERS, r"5x5.*\(4, 5\)"),
        (2 * LAYER_IMAGE, LAYER_FILTERS, "from 0 to 1"),
        (np.full((5, 5), np.nan), LAYER_FILTERS, "from 0 to 1"),
        (LAYER_IMAGE, LAYER_FILTERS[:1], r"two filters.*\(1, 3, 3\)"),
        (LAYER_IMAGE, 5 * LAYER_FILTERS, "-9 to 9"),
    ],
)
def test_what_cannot_be_shown_is_refused(image, filters, message):
    with pytest.raises(ValueError, match=message):
        convolutional_layer(image, filters)
