"""The page's Canny edge detector against scikit-image's: every step, and the edges pixel by pixel."""

import base64
import io
from itertools import product

import demo as demo_checks
import numpy as np
import pytest
import scipy.ndimage as ndi
from PIL import Image
from shown import PLACES
from skimage.feature import canny
from skimage.feature._canny import _nonmaximum_suppression_bilinear, _preprocess

from demos import example_pictures
from demos.canny import canny_explorer

rng = np.random.default_rng(0)
PICTURES = {"noise": rng.random((28, 28), dtype=np.float32), "tall": rng.random((60, 40), dtype=np.float32)}
PICTURES["square"] = np.pad(
    np.ones((12, 12), np.float32), 9
)  # neighbours that are equally strong: roundings decide
ALTS = ("The picture, smoothed", "The gradient", "The ridges of the gradient", "The edges")
NONE, DROPPED, LINKED, STRONG = range(4)


@pytest.fixture(scope="module")
def pictures(mnist):
    """Digits and the photograph of the lecture, and hard cases."""
    return {**PICTURES, **example_pictures(mnist)}


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show, pictures):
    return show(canny_explorer(pictures), request.param)


def expected(picture, sigma, low, high):
    """Return the steps by scikit-image and SciPy."""
    smoothed, inside = _preprocess(picture, None, sigma, "constant", 0)
    down, right = ndi.sobel(smoothed, axis=0), ndi.sobel(smoothed, axis=1)
    magnitude = np.sqrt(down * down + right * right)
    return {
        "smoothed": smoothed,
        "magnitude": magnitude,
        "direction": np.degrees(np.arctan2(-down, right)) % 360,
        "thin": _nonmaximum_suppression_bilinear(down, right, magnitude, inside, 0),
        "edges": canny(picture, sigma, low, high),
    }


def check(outputs, wanted, low, high):
    for name in ("smoothed", "magnitude", "thin"):
        np.testing.assert_allclose(outputs[name], wanted[name], atol=1e-6, rtol=0, err_msg=name)
    turn = np.abs(outputs["direction"] - wanted["direction"])
    assert (np.minimum(turn, 360 - turn)[wanted["magnitude"] > 1e-3] < 0.1).all()
    np.testing.assert_array_equal(outputs["edges"], wanted["edges"])
    states, thin = outputs["states"], wanted["thin"]
    low, high = np.float32(low), np.float32(high)
    np.testing.assert_array_equal(states == STRONG, (thin >= high) & (thin > 0))
    np.testing.assert_array_equal(states == NONE, (thin == 0) | (thin < low))
    np.testing.assert_array_equal(states >= LINKED, wanted["edges"])


def test_every_step_over_a_grid(explorer, pictures):
    linked = dropped = 0
    for name, sigma in product(pictures, (0, 0.7, 1, 2.3, 4)):
        for low, high in ((0, 0.05), (0.3, 0.8), (0.5, 0.5), (0.2, 2)):
            explorer.set(picture=name, sigma=sigma, low=low, high=high)
            outputs = explorer.outputs()
            check(outputs, expected(pictures[name], sigma, low, high), low, high)
            linked += (outputs["states"] == LINKED).sum()
            dropped += (outputs["states"] == DROPPED).sum()
    assert linked > 1000 and dropped > 1000


def test_each_picture_shows_its_step(explorer, pictures):
    name = list(pictures)[-1]
    explorer.set(picture=name, sigma=1, low=0.3, high=0.8)
    outputs, light = explorer.outputs(), pixels(explorer, ALTS[0])
    np.testing.assert_allclose(light[..., 0], outputs["smoothed"], atol=1 / 255)
    strength = outputs["magnitude"] / outputs["magnitude"].max()
    for channel, turn in enumerate((0, 120, 240)):
        wanted = strength * (0.5 + 0.5 * np.cos(np.radians(outputs["direction"] - turn)))
        np.testing.assert_allclose(pixels(explorer, ALTS[1])[..., channel], wanted, atol=1 / 255)
    thinned = outputs["thin"] / outputs["magnitude"].max()
    np.testing.assert_allclose(pixels(explorer, ALTS[2])[..., 0], thinned, atol=1 / 255)
    colors = pixels(explorer, ALTS[3])
    for state, shade in ((STRONG, (255, 255, 255)), (LINKED, (92, 194, 242)), (DROPPED, (87, 97, 110))):
        assert (np.abs(255 * colors[outputs["states"] == state] - shade) <= 1).all(), state


def test_a_small_picture_is_shown_as_large_as_the_photograph(explorer):
    explorer.set(picture="noise", sigma=1, low=0.3, high=0.8)
    outputs = explorer.outputs()
    for alt, name in ((ALTS[0], "smoothed"), (ALTS[2], "thin")):
        shades = outputs[name] / (outputs["magnitude"].max() if name == "thin" else 1)
        large = shades.repeat(4, axis=0).repeat(4, axis=1)
        np.testing.assert_allclose(pixels(explorer, alt)[..., 0], large, atol=1 / 255)
    explorer.point(ALTS[3], 4 * 20 + 3, 4 * 7)
    assert (explorer.values()["row"], explorer.values()["column"]) == (20, 7)
    assert explorer.marks() == [[80, 28, 4, 4]] * 4


def test_another_picture_does_not_layer_the_page_anew(show):
    small, large = PICTURES["noise"], rng.random((112, 112), dtype=np.float32)
    explorer = show(canny_explorer({"small": small, "large": large}), "page")
    change = "root => root.demo.set({ picture: '%s' })"
    assert [explorer.layerings(change % name) for name in ("small", "large", "small")] == [0, 0, 0]


def pixels(explorer, alt):
    """Return what a canvas shows, (rows, columns, 3) in [0, 1]."""
    canvas = explorer.root.get_by_role("img", name=alt, exact=True)
    png = canvas.evaluate("canvas => canvas.toDataURL()").partition(",")[2]
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        return np.asarray(picture.convert("RGB")) / 255


def written(explorer):
    return explorer.root.locator("figcaption").all_inner_texts(), explorer.root.locator(".note").inner_text()


def test_a_pixel_is_followed_through_all_four_by_pointer_and_keys(explorer, pictures):
    name = list(pictures)[-1]
    explorer.set(picture=name, sigma=1, low=0.3, high=0.8)
    outputs = explorer.outputs()
    said = {
        STRONG: ("yes", "a ridge, at least high."),
        LINKED: ("yes", "a ridge, at least low and linked to a strong one."),
        DROPPED: ("no", "a ridge, at least low, but not linked to a strong one."),
    }
    for alt, (state, (edge, reason)) in zip(ALTS, said.items(), strict=False):
        row, column = np.argwhere(outputs["states"] == state)[5]
        explorer.point(alt, row, column)
        assert (explorer.values()["row"], explorer.values()["column"]) == (row, column)
        titles, note = written(explorer)
        assert titles == [
            f"1. Smoothed: {outputs['smoothed'][row, column]:.2f}",
            f"2. Gradient: {outputs['magnitude'][row, column]:.2f}",
            f"3. Ridge: {outputs['thin'][row, column]:.2f}",
            f"4. Edge: {edge}",
        ]
        assert note.startswith(
            f"({row}, {column}): brighter towards {outputs['direction'][row, column]:.0f}°; "
        )
        assert note.endswith(reason)
        assert explorer.marks() == [[row, column, 1, 1]] * 4
    explorer.control("Row").press("ArrowRight")
    explorer.control("Column").press("ArrowLeft")
    explorer.settle()
    assert written(explorer)[1].startswith(f"({row + 1}, {column - 1}): ")


def test_the_neighbours_that_are_named_are_those_along_the_gradient(explorer, pictures):
    """By SciPy's interpolation, at a step of one row or column along the gradient."""
    name = list(pictures)[-1]
    explorer.set(picture=name, sigma=1.5, low=0.3, high=0.8)
    outputs = explorer.outputs()
    magnitude, direction = outputs["magnitude"], np.radians(outputs["direction"])
    for row, column in np.argwhere(magnitude[1:-1, 1:-1] > 0.3)[::160] + 1:
        explorer.set(row=int(row), column=int(column))
        step = np.array([-np.sin(direction[row, column]), np.cos(direction[row, column])])
        step /= np.abs(step).max()
        pixel = np.array([row, column])
        places = np.stack([pixel + step, pixel - step], axis=1)
        wanted = sorted(ndi.map_coordinates(magnitude, places, order=1))
        words = written(explorer)[1].split("have ")[1].split(":")[0].split(" and ")
        np.testing.assert_allclose(sorted(map(float, words)), wanted, atol=0.0051)


def test_the_steps_stand_side_by_side(explorer):
    boxes = [explorer.root.get_by_role("img", name=alt, exact=True).bounding_box() for alt in ALTS]
    ends = [box["x"] + box["width"] for box in boxes]
    assert all(end <= box["x"] for end, box in zip(ends, boxes[1:], strict=False))
    assert min(min(box["width"], box["height"]) for box in boxes) > 150


def test_where_no_edge_can_be(explorer):
    explorer.set(picture="square", sigma=0, row=0, column=5)
    assert written(explorer)[1] == "(0, 5): at the border of the picture there is no edge."
    explorer.set(row=3, column=5)
    assert written(explorer)[1] == "(3, 5): here nothing changes."
    explorer.set(picture="noise", sigma=1)
    rows, columns = np.nonzero(explorer.outputs()["thin"][1:-1, 1:-1] == 0)
    explorer.set(row=int(rows[0]) + 1, column=int(columns[0]) + 1)
    titles, note = written(explorer)
    assert titles[2:] == ["3. Ridge: no", "4. Edge: no"] and note.endswith(": no ridge.")


def test_the_low_threshold_goes_no_higher_than_the_high_one(explorer):
    explorer.set(high=1.5, low=1.2)
    explorer.set(high=0.5)
    explorer.outputs()
    assert explorer.values()["low"] == 0.5
    with pytest.raises(Exception, match=r"Low threshold goes from 0 to 0\.5"):
        explorer.set(low=0.6)


def test_start_over(explorer, pictures):
    explorer.set(picture="noise", sigma=3, low=0.1, high=0.2)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    values, magnitude = explorer.values(), explorer.outputs()["magnitude"]
    row, column = np.unravel_index(magnitude.argmax(), magnitude.shape)
    opening = {"picture": list(pictures)[-1], "sigma": 1, "low": 0.3, "high": 0.8, "own": None}
    assert values == {**opening, "row": row, "column": column}, "it opens on the strongest edge"


def test_own_picture(explorer):
    level = np.zeros((200, 400, 3), np.uint8)
    level[:, 200:] = 255
    file = io.BytesIO()
    Image.fromarray(level).save(file, "PNG")
    explorer.root.locator("input[type=file]").set_input_files(
        {"name": "step.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    explorer.page.wait_for_timeout(500)
    assert explorer.values()["picture"] == "Your own picture"
    edges = explorer.outputs()["edges"]
    assert edges.shape == (56, 112) and edges[1:-1, 55:57].any(axis=1).all() and not edges[:, :54].any()


def test_no_errors(explorer):
    assert explorer.page.page_errors == []


def test_controls_sizes_and_a_phone(show, pictures):
    explorer = show(canny_explorer(pictures), "page")
    assert demo_checks.check(explorer.page, explorer.element) == []
    explorer.page.set_viewport_size({"width": demo_checks.NARROW, "height": 844})
    assert demo_checks.check_narrow(explorer.element) == []


def test_a_picture_of_one_pixel_and_of_one_row(show):
    explorer = show(
        canny_explorer({"line": np.linspace(0, 1, 9, dtype=np.float32)[None], "dot": np.ones((1, 1))}), "page"
    )
    for name in ("dot", "line"):
        explorer.set(picture=name)
        assert not explorer.outputs()["edges"].any()


@pytest.mark.parametrize("bad", [{}, {"colour": np.zeros((3, 8, 8))}, {"bright": np.full((8, 8), 2.0)}])
def test_pictures_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="pictures"):
        canny_explorer(bad)


def test_what_the_lecture_says_of_the_photograph(pictures):
    """In part 3, beside the demo: what smoothing takes away, and what the low threshold is for."""
    photograph = pictures["scikit-image: camera"]
    fine, coarse = (canny(photograph, sigma, 0.3, 0.8) for sigma in (1, 2))
    tripod, outline = (slice(72, 112), slice(51, 112)), (slice(8, 72), slice(1, 38))
    assert fine[tripod].sum() > 50 and not coarse[tripod].any()
    assert coarse[outline].any(axis=0).all(), "a line from the shoulder to the head"
    assert coarse[:, :55].sum() > 0.6 * fine[:, :55].sum(), "the coat is not gone"
    pieces = [ndi.label(canny(photograph, 1, low, 0.8), np.ones((3, 3)))[1] for low in (0.3, 0.8)]
    assert pieces[1] > 1.5 * pieces[0]
