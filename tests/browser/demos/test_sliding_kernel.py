"""The sliding kernel shows what `filters` computes."""

import numpy as np
import pytest
from shown import PLACES

import filters
from demos.sliding_kernel import HORIZONTAL_EDGE, sliding_kernel

rng = np.random.default_rng(0)
DIGIT = rng.integers(256, size=(28, 28)) / np.float32(255)
IMAGE, OUTPUT = "The digit, with the window of the kernel", "The output so far"


@pytest.fixture(scope="module", params=PLACES)
def player(request, show):
    return show(sliding_kernel(DIGIT, "MNIST"), request.param)


def shrunk(digit):
    """Return the middle of a digit, averaged down to at most 12 pixels a side."""
    block = max(1, min(digit.shape) // 12)
    rows, columns = (min(12, length // block) for length in digit.shape)
    top, left = (digit.shape[0] - rows * block) // 2, (digit.shape[1] - columns * block) // 2
    middle = digit[top : top + rows * block, left : left + columns * block]
    return middle.reshape(rows, block, columns, block).mean((1, 3))


def expected(digit, kernel, frame):
    """Return what the demo draws in a frame, by NumPy."""
    image = shrunk(digit)
    output = filters.convolve(image, kernel)
    row, column = divmod(frame, output.shape[1])
    patch = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    done = np.where(np.arange(output.size).reshape(output.shape) <= frame, output, np.nan)
    products = patch * kernel
    return {
        "image": image,
        "patch": patch,
        "products": products,
        "sum": [[products.sum()]],
        "output": done,
    }


def check(outputs, wanted):
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-4, rtol=0, err_msg=name)


def test_every_frame(player):
    for frame in range(0, 100, 9):
        player.set(frame=frame)
        check(player.outputs(), expected(DIGIT, HORIZONTAL_EDGE, frame))
    assert "row 9, column 9" in player.root.locator("output").all_inner_texts()
    with pytest.raises(Exception, match="Output pixel goes from 0 to 99"):
        player.set(frame=100)


@pytest.mark.parametrize("shape", [(60, 40), (24, 31), (7, 9), (12, 12)])
def test_other_digits_and_kernels(show, shape):
    digit, kernel = rng.random(shape, dtype=np.float32), rng.standard_normal((2, 4))
    player = show(sliding_kernel(digit, kernel=kernel), "page")
    rows, columns = (
        length - size + 1 for length, size in zip(shrunk(digit).shape, kernel.shape, strict=True)
    )
    for frame in (0, columns, rows * columns - 1):
        player.set(frame=frame)
        check(player.outputs(), expected(digit, kernel, frame))
    assert player.page.page_errors == []


def test_the_numbers_of_the_patch_and_its_weights_are_written(player):
    player.set(frame=0)
    patch = player.root.locator("figure", has_text="Patch × kernel").locator("svg text")
    assert patch.count() == 9
    wanted = [f"{value:.2f}".rstrip("0").rstrip(".") for value in shrunk(DIGIT)[:3, :3].ravel()]
    weights = ["×0.25", "×0.5", "×0.25", "×0", "×0", "×0", "×−0.25", "×−0.5", "×−0.25"]
    assert patch.all_text_contents() == [a + b for a, b in zip(wanted, weights, strict=True)]
    assert "MNIST: a pixel is the mean of 2×2" in player.root.locator("figcaption").all_inner_texts()


@pytest.mark.parametrize(
    ("picture", "pixel", "frame"),
    [
        (IMAGE, (1, 1), 0),  # the middle of the window
        (IMAGE, (0, 0), 0),
        (IMAGE, (5, 7), 46),
        (IMAGE, (11, 11), 99),
        (OUTPUT, (0, 9), 9),
        (OUTPUT, (9, 0), 90),
    ],
)
def test_a_click_goes_to_a_pixel(player, picture, pixel, frame):
    player.set(frame=50)
    player.point(picture, *pixel)
    assert player.values()["frame"] == 50  # a mouse that only passes by changes nothing
    player.point(picture, *pixel, press=True)
    assert player.values()["frame"] == frame
    check(player.outputs(), expected(DIGIT, HORIZONTAL_EDGE, frame))


def test_a_drag_moves_the_window(player):
    player.point(IMAGE, 2, 2)
    player.page.mouse.down()
    player.point(IMAGE, 6, 4)
    assert player.values()["frame"] == 53
    player.page.mouse.up()


def test_keys(player):
    player.set(frame=20)
    slider = player.control("Output pixel")
    for key, frame in (("ArrowRight", 21), ("ArrowLeft", 20), ("PageUp", 30), ("End", 99), ("Home", 0)):
        slider.press(key)
        player.settle()
        assert player.values()["frame"] == frame
        check(player.outputs(), expected(DIGIT, HORIZONTAL_EDGE, frame))


def test_it_plays_and_a_click_in_the_picture_stops_it(player):
    player.set(frame=10)
    player.root.get_by_role("button", name="Play").click()
    player.page.wait_for_timeout(900)
    assert 12 <= player.values()["frame"] < 20
    player.point(OUTPUT, 7, 7, press=True)
    player.page.wait_for_timeout(500)
    assert player.values()["frame"] == 77
    assert player.root.get_by_role("button", name="Play").count() == 1


def test_start_over_opens_with_a_strong_output_in_the_middle(player):
    player.set(frame=0)
    player.root.get_by_role("button", name="Start over").click()
    player.settle()
    frame = player.values()["frame"]
    output = filters.convolve(shrunk(DIGIT), HORIZONTAL_EDGE).ravel()
    strong = np.flatnonzero(np.abs(output) >= 0.6 * np.abs(output).max())
    assert frame in strong and abs(frame - 50) == np.abs(strong - 50).min()


def test_a_move_lays_out_nothing_around_the_demo(show):
    change = "root => { root.querySelector('figcaption').textContent += '.' }"
    assert show(sliding_kernel(DIGIT, "MNIST"), "page").laid_out(change) == ["DIV class='frame'"]


def test_a_slider_s_longer_bar_does_not_layer_the_page_anew(show):
    player = show(sliding_kernel(DIGIT, "MNIST"), "page")
    change = "root => { root.querySelector('input[type=range]').value = %d }"
    player.layerings(change % 50)
    assert [player.layerings(change % value) for value in (60, 80, 98)] == [0, 0, 0]


def test_no_errors(player):
    assert player.page.page_errors == []


@pytest.mark.parametrize(
    ("digit", "kernel", "message"),
    [
        (np.zeros((3, 28, 28)), None, r"matrix.*\(3, 28, 28\)"),
        (np.zeros((0, 28)), None, "with entries"),
        (np.full((28, 28), 255), None, "from 0 to 1"),
        (np.full((28, 28), np.nan), None, "from 0 to 1"),
        (np.zeros((2, 2)), None, "does not fit"),
        (np.zeros((28, 28)), np.zeros((5, 5)), "at most 4x4"),
        (np.zeros((28, 28)), np.zeros(3), "at most 4x4"),
        (np.zeros((28, 28)), np.full((3, 3), np.inf), "finite"),
    ],
)
def test_what_cannot_be_shown_is_refused(digit, kernel, message):
    with pytest.raises(ValueError, match=message):
        sliding_kernel(digit, kernel=kernel)
