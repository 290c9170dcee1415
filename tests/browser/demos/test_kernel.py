"""The kernel explorer shows what `filters` computes."""

import ast
import io
from itertools import product

import numpy as np
import pytest
from PIL import Image
from shown import PLACES

import filters
from demos.kernel import kernel_explorer

rng = np.random.default_rng(0)
PICTURES = {"small": rng.random((28, 28), dtype=np.float32), "tall": rng.random((60, 40), dtype=np.float32)}
OWN = "Your own numbers"


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show):
    return show(kernel_explorer(PICTURES), request.param)


def expected(picture, weights, row, column):
    """Return what the explorer draws, by NumPy: the border of the picture is repeated outwards."""
    rows, columns = weights.shape
    margins = [(rows // 2, (rows - 1) // 2), (columns // 2, (columns - 1) // 2)]
    padded = np.pad(picture, margins, mode="edge")
    return {
        "image": picture,
        "kernel": weights,
        "response": filters.convolve(padded, weights),
        "products": padded[row : row + rows, column : column + columns] * weights,
    }


def check(outputs, wanted):
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(outputs[name], values, atol=1e-4, rtol=0, err_msg=name)


def test_classic_kernels_over_a_grid(explorer):
    grid = product(PICTURES, filters.CLASSIC, (0.5, 4), (37, 180), (False, True))
    for picture, kind, scale, angle, flip in grid:
        explorer.set(picture=picture, kernel=kind, scale=scale, angle=angle, flip=flip, row=11, column=20)
        weights = filters.classic_kernel(kind, scale, angle if "Horizontal" in kind else 0)
        weights = weights[::-1, ::-1] if flip else weights
        check(explorer.outputs(), expected(PICTURES[picture], weights, 11, 20))


def test_typed_numbers_choose_themselves(explorer):
    explorer.set(picture="tall", kernel="Blur", flip=False, row=59, column=0)
    explorer.control("Own numbers").fill("1 2, 0\n0 1 0\n 3 0 −1\n")
    explorer.settle()
    assert explorer.values()["kernel"] == OWN
    assert explorer.control("Scale").is_disabled() and explorer.control("Angle").is_disabled()
    weights = np.array([[1, 2, 0], [0, 1, 0], [3, 0, -1]])
    check(explorer.outputs(), expected(PICTURES["tall"], weights, 59, 0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3", "as many numbers"),
        ("1 a", "numbers only"),
        ("", "one row"),
        ("1 nan", "numbers only"),
        ("\n".join(["1"] * 16), "at most 15"),
    ],
)
def test_bad_numbers_are_said_beside_the_input_and_change_nothing(explorer, text, message):
    explorer.control("Own numbers").fill("1 0 -1")
    explorer.settle()
    before = explorer.outputs()
    explorer.control("Own numbers").fill(text)
    explorer.settle()
    assert message in explorer.root.locator(".control:has(textarea) [role=alert]").inner_text()
    check(explorer.outputs(), before)
    explorer.control("Own numbers").fill("1 0 -2")
    explorer.settle()
    assert (
        explorer.root.locator("[role=alert]").all_inner_texts()
        == [""] * explorer.root.locator("[role=alert]").count()
    )
    assert explorer.outputs()["kernel"].tolist() == [[1, 0, -2]]


def test_the_pointer_moves_the_window_and_so_do_the_keys(explorer):
    explorer.set(picture="tall", kernel="Horizontal bar", scale=1, angle=0, flip=False)
    explorer.point("The picture, with the window of the kernel", 41, 7)
    assert (explorer.values()["row"], explorer.values()["column"]) == (41, 7)
    explorer.control("Row").press("ArrowRight")
    explorer.control("Column").press("ArrowLeft")
    explorer.settle()
    check(explorer.outputs(), expected(PICTURES["tall"], filters.classic_kernel("Horizontal bar"), 42, 6))


def test_sliders_end_where_the_picture_ends(explorer):
    explorer.set(picture="tall", row=59, column=39)
    explorer.set(picture="small")
    explorer.outputs()
    assert (explorer.values()["row"], explorer.values()["column"]) == (27, 27)
    with pytest.raises(Exception, match="Row goes from 0 to 27"):
        explorer.set(row=28)
    with pytest.raises(Exception, match="no control colour"):
        explorer.set(colour=1)


def test_start_over(explorer):
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    opening = explorer.values()
    assert opening["picture"] == "small" and opening["kernel"] == "Horizontal edge" and opening["row"] == 14


def test_the_line_of_python_gives_the_kernel(explorer):
    explorer.set(kernel="Horizontal edge", scale=1.7, angle=30, flip=True)
    line = explorer.root.evaluate("root => root.demo.python()")
    assert len(ast.parse(line).body) == 2
    names = {}
    exec(line, names)
    wanted = filters.classic_kernel("Horizontal edge", 1.7, 30)[::-1, ::-1]
    np.testing.assert_allclose(names["kernel"], wanted, atol=1e-6)
    assert names["kernel"].dtype == np.float32


def test_own_picture_from_a_file(explorer):
    level = np.zeros((200, 400, 3), np.uint8)
    level[:, 200:] = (255, 0, 0)
    file = io.BytesIO()
    Image.fromarray(level).save(file, "PNG")
    explorer.root.locator("input[type=file]").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    explorer.page.wait_for_timeout(500)
    assert explorer.values()["picture"] == "Your own picture"
    image = explorer.outputs()["image"]
    assert image.shape == (56, 112)
    np.testing.assert_allclose(image[:, :55], 0, atol=1e-6)
    np.testing.assert_allclose(image[:, 57:], 0.299, atol=0.005)
    explorer.root.locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    explorer.page.wait_for_timeout(300)
    assert (
        "notes.txt is not a picture"
        in explorer.root.locator(".control:has(select) [role=alert]").first.inner_text()
    )


# A picture of 30 x 20 grey pixels, pasted or dropped as a browser hands it over.
GIVE = """async (root, kind) => {
  const canvas = new OffscreenCanvas(30, 20), context = canvas.getContext("2d"), transfer = new DataTransfer();
  context.fillStyle = "rgb(128, 128, 128)";
  context.fillRect(0, 0, 30, 20);
  transfer.items.add(new File([await canvas.convertToBlob()], "grey.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true, clipboardData: transfer, dataTransfer: transfer };
  root.dispatchEvent(kind == "paste" ? new ClipboardEvent(kind, options) : new DragEvent(kind, options));
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_own_picture_by_paste_and_drop(explorer, kind):
    explorer.set(picture="small")
    explorer.root.evaluate(GIVE, kind)
    explorer.page.wait_for_timeout(400)
    assert explorer.values()["picture"] == "Your own picture"
    image = explorer.outputs()["image"]
    assert image.shape == (20, 30)
    np.testing.assert_allclose(image, 128 / 255, atol=0.005)


def test_the_camera_is_filtered_live(show, camera_browser):
    live = show(kernel_explorer(PICTURES), "page", camera_browser)
    live.root.get_by_role("button", name="Camera").click()
    live.page.wait_for_timeout(1500)
    assert live.values()["picture"] == "Your own picture"
    first = live.outputs()
    live.page.wait_for_timeout(1000)
    second = live.outputs()
    assert max(first["image"].shape) == 112
    assert np.abs(first["image"] - second["image"]).max() > 0.05, "the picture stands still"
    weights = filters.classic_kernel("Horizontal edge")
    check(second, expected(second["image"].astype(np.float32), weights, 14, 14))
    live.set(picture="small")
    live.page.wait_for_timeout(300)
    assert live.root.get_by_role("button", name="Camera").inner_text() == "Camera"
    assert live.page.page_errors == []


def test_without_a_camera_a_sentence_says_so(explorer):
    explorer.root.get_by_role("button", name="Camera").click()
    explorer.root.locator("[role=alert]", has_text="No camera").wait_for()


def test_a_move_lays_out_nothing_around_the_demo(show):
    change = "root => { root.querySelector('figcaption').textContent += '.' }"
    assert show(kernel_explorer(PICTURES), "page").laid_out(change) == ["DIV class='frame'"]


def test_no_errors(explorer):
    assert explorer.page.page_errors == []


@pytest.mark.parametrize("bad", [{}, {"colour": np.zeros((3, 8, 8))}, {"bright": np.full((8, 8), 2.0)}])
def test_pictures_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="pictures"):
        kernel_explorer(bad)
