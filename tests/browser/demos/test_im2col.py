"""The im2col player shows what `filters` computes, in letters."""

import numpy as np
import pytest
import torch
from shown import PLACES

import filters
from demos.im2col import im2col_player

LETTERS = "abcdefghijklmnopqrstuvwxy"
IMAGE = np.arange(1, 26).reshape(5, 5)
KERNEL = np.array([[0, 1, 0], [1, 2, 1], [0, 1, 0]])


@pytest.fixture(scope="module", params=PLACES)
def player(request, show):
    return show(im2col_player(), request.param)


def expected(kernel, frame):
    """Return what the player draws in a frame, by NumPy and torch."""
    kernel = np.asarray(kernel, dtype=np.float32)
    matrix = filters.im2col(IMAGE, 3)
    product = torch.from_numpy(kernel.reshape(1, 9)) @ torch.from_numpy(matrix).float()
    filled = np.arange(9) <= frame
    return {
        "image": IMAGE,
        "kernel": kernel,
        "row": kernel.reshape(1, 9),
        "matrix": np.where(filled, matrix, np.nan),
        "products": kernel.ravel() * matrix[:, frame],
        "output": np.where(filled, product[0], np.nan).reshape(3, 3),
    }


def check(outputs, wanted):
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-4, rtol=0, err_msg=name)


def letters_of(player, title):
    """Return the texts in the picture with a title, row by row."""
    figure = player.root.locator("figure").filter(has=player.page.get_by_text(title, exact=True))
    return figure.locator("svg text").all_text_contents()


def test_every_frame(player):
    for frame in range(9):
        player.set(frame=frame)
        check(player.outputs(), expected(KERNEL, frame))
    assert "9 of 9 becomes column 9" in player.root.locator("output").all_inner_texts()


def test_letters_as_the_source_lays_them_out(player):
    player.set(frame=8)
    columns = np.array(letters_of(player, "X: a patch a column")).reshape(9, 9)
    assert "".join(columns[:, 0]) == "abcfghklm"
    assert "".join(columns[:, 1]) == "bcdghilmn"
    assert "".join(columns[:, 8]) == "mnorstwxy"
    assert "".join(letters_of(player, "Image x")) == LETTERS
    assert letters_of(player, "The kernel as a row F") == letters_of(player, "Kernel") == list("010121010")
    player.set(frame=0)
    columns = np.array(letters_of(player, "X: a patch a column")).reshape(9, 9)
    assert "".join(columns[:, 0]) == "abcfghklm" and "".join(columns[:, 1:].ravel()) == ""
    assert letters_of(player, "Output F X") == ["42"] + [""] * 8


def test_the_product_is_written_out_with_its_value(player):
    player.set(frame=4)
    text = player.root.locator(".formula").inner_text()
    assert text == "F × column 5 = 0·g + 1·h + 0·i + 1·l + 2·m + 1·n + 0·q + 1·r + 0·s = 78"
    values = {letter: number for number, letter in enumerate(LETTERS, 1)}
    assert values["h"] + values["l"] + 2 * values["m"] + values["n"] + values["r"] == 78


def test_another_kernel(show):
    kernel = [[-1, 0.25, 3], [0, 0, -2.5], [1, 99, -99]]
    player = show(im2col_player(kernel), "page")
    for frame in (0, 5, 8):
        player.set(frame=frame)
        check(player.outputs(), expected(kernel, frame))
    text = player.root.locator(".formula").inner_text()
    total = np.sum(np.array(kernel).ravel() * filters.im2col(IMAGE, 3)[:, 8])
    assert "(−1)·m + 0.25·n" in text and text.endswith(f"= {total:g}".replace("-", "−"))


@pytest.mark.parametrize(
    ("picture", "entry", "frame"),
    [
        ("Output F X", (1, 2), 5),
        ("X: a patch a column", (8, 3), 3),  # a column that is still empty
        ("X: a patch a column", (0, 8), 8),
        ("Image x", (2, 2), 4),  # the middle of the patch
        ("Image x", (4, 0), 6),
    ],
)
def test_a_click_goes_to_a_patch(player, picture, entry, frame):
    player.set(frame=1)
    player.point(picture, *entry)
    assert player.values()["frame"] == 1  # a mouse that only passes by changes nothing
    player.point(picture, *entry, press=True)
    assert player.values()["frame"] == frame
    check(player.outputs(), expected(KERNEL, frame))


def test_a_drag_goes_along(player):
    player.point("X: a patch a column", 4, 0)
    player.page.mouse.down()
    player.point("X: a patch a column", 4, 6)
    player.page.mouse.up()
    assert player.values()["frame"] == 6


def test_keys_and_play(player):
    player.set(frame=2)
    player.control("Patch").press("ArrowRight")
    player.settle()
    check(player.outputs(), expected(KERNEL, 3))
    player.control("Patch").press("End")
    player.settle()
    player.root.get_by_role("button", name="Play").click()  # from the beginning, since it was at the end
    player.page.wait_for_timeout(1700)
    player.root.get_by_role("button", name="Pause").click()
    check(player.outputs(), expected(KERNEL, 1))


def test_start_over(player):
    player.set(frame=7)
    player.root.get_by_role("button", name="Start over").click()
    player.settle()
    check(player.outputs(), expected(KERNEL, 0))
    with pytest.raises(Exception, match="Patch goes from 0 to 8"):
        player.set(frame=9)


def test_no_errors(player):
    assert player.page.page_errors == []


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.zeros((2, 2)), r"3x3.*\(2, 2\)"),
        (np.zeros((3, 3, 3)), "3x3"),
        (np.full((3, 3), np.nan), "-99 to 99"),
        (np.full((3, 3), 100), "-99 to 99"),
    ],
)
def test_kernels_that_cannot_be_shown_are_refused(kernel, message):
    with pytest.raises(ValueError, match=message):
        im2col_player(kernel)
