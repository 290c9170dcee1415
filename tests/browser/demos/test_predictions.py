"""The prediction explorer shows what `resnet.classify` returned, and the pixels of its photographs."""

import base64
import io

import demo as demo_checks
import numpy as np
import pytest
import torch
from PIL import Image
from shown import PLACES
from torch.nn.functional import interpolate

import resnet
from demos.predictions import encoded, prediction_explorer
from imagenet.evidence import GREY, PATCH, STEP, Evidence

COUNT = 12
NAMES = [
    "German short-haired pointer",
    "cat",
    "black-and-tan coonhound",
    "dog",
    "ship",
    "tub & vat",
    "<b>bold</b>",
]
PICTURE = "The photograph as the network sees it"


def predicted(rows, columns):
    """Return what `resnet.classify` could return for photographs of soft colours."""
    random = np.random.default_rng(1)
    coarse = random.integers(0, 256, (COUNT, 6, 6, 3), np.uint8)
    images = np.stack([np.asarray(Image.fromarray(image).resize((columns, rows))) for image in coarse])
    top5 = []
    for _ in range(COUNT):
        ids, scores = random.permutation(len(NAMES))[:5], np.sort(random.dirichlet(np.ones(5)))[::-1]
        top5.append([resnet.Guess(int(k), float(score)) for k, score in zip(ids, scores, strict=True)])
    return resnet.Prediction(NAMES, images, top5, "ResNet-50")


LARGE, SMALL = predicted(224, 224), predicted(32, 32)
EVIDENCE, COVERED = "evidence", "part covered"


def looked_at():
    """Return what a network could look at in the large photographs: parts of two of them are covered."""
    random = np.random.default_rng(2)
    maps = random.random((COUNT, 5, 7, 7), np.float32) * 3
    maps[2, 1] = 0
    return Evidence(maps, {k: random.random((5, 5, 5), np.float32) for k in (4, 9)})


LOOKED = looked_at()


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show):
    return awake(show(prediction_explorer(LARGE, "COCO", evidence=LOOKED), request.param))


def awake(explorer):
    """Wait until the browser has read all photographs."""
    explorer.root.evaluate(
        "root => Promise.all([...root.querySelectorAll('.strip img')].map(image => image.decode()))"
    )
    explorer.settle()
    return explorer


def decoded(image):
    """Return what Pillow reads from the bytes that the page gets, from 0 to 1."""
    data = base64.b64decode(encoded(image).split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) / 255


def check(explorer, prediction, number):
    """Compare what is drawn, and what is written, with a photograph and its guesses."""
    categories, images, top5 = prediction
    outputs = explorer.outputs()
    assert outputs.keys() == {"photograph", "ids", "scores"}
    np.testing.assert_allclose(outputs["photograph"], decoded(images[number]), atol=3 / 255, rtol=0)
    assert outputs["ids"].tolist() == [guess.id for guess in top5[number]]
    np.testing.assert_allclose(outputs["scores"], [guess.score for guess in top5[number]], atol=1e-6)
    rows = explorer.root.locator(".bars > div")
    for row, guess in zip(rows.all(), top5[number], strict=True):
        assert row.inner_text().split("\n") == [categories[guess.id], f"{100 * guess.score:.1f} %"]


def test_every_photograph(explorer):
    for number in range(COUNT):
        explorer.set(photograph=number)
        check(explorer, LARGE, number)
        assert (
            explorer.root.locator(".strip [aria-selected=true]").get_attribute("alt")
            == f"Photograph {number + 1}"
        )


def test_bars_are_as_long_as_the_scores(explorer):
    explorer.set(photograph=3)
    explorer.settle()
    widths = explorer.root.locator(".bars i").evaluate_all(
        "bars => bars.map(bar => bar.offsetWidth / bar.parentNode.offsetWidth)"
    )
    np.testing.assert_allclose(widths, [guess.score for guess in LARGE[2][3]], atol=0.01)


def test_a_click_on_a_small_picture_chooses_it(explorer):
    explorer.set(photograph=0)
    explorer.root.get_by_alt_text("Photograph 6", exact=True).click()
    explorer.settle()
    assert explorer.values()["photograph"] == 5
    check(explorer, LARGE, 5)


def test_keys_choose_and_scroll_the_strip(explorer):
    explorer.control("Photograph").press("Home")
    strip = explorer.root.get_by_role("listbox", name="Photographs")
    strip.focus()
    for key, number in (
        ("ArrowRight", 1),
        ("ArrowLeft", 0),
        ("ArrowLeft", 0),
        ("End", COUNT - 1),
        ("ArrowRight", COUNT - 1),
    ):
        strip.press(key)
        explorer.settle()
        assert explorer.values()["photograph"] == number, key
        inside = strip.evaluate("""strip => {
          const [box, chosen] = [strip, strip.querySelector("[aria-selected=true]")]
            .map(node => node.getBoundingClientRect());
          return chosen.left >= box.left && chosen.right <= box.right;
        }""")
        assert inside, "the chosen photograph is out of sight"
    explorer.control("Photograph").press("ArrowLeft")
    explorer.settle()
    check(explorer, LARGE, COUNT - 2)


def test_names_are_text_and_never_cut(explorer):
    assert explorer.root.locator(".bars b b, .bars span b").count() == 0
    for number in range(COUNT):
        explorer.set(photograph=number)
        cut = explorer.root.locator(".bars span").evaluate_all(
            "names => names.filter(name => name.scrollWidth > name.clientWidth + 1 && name.clientWidth).length"
        )
        assert cut == 0


def test_start_over(explorer):
    explorer.set(photograph=9, show=COVERED, square=0)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    assert explorer.values() == {"photograph": 0, "show": "photograph", "place": 0, "square": 12}
    check(explorer, LARGE, 0)


def test_evidence_is_where_the_photograph_keeps_its_light(explorer):
    for number, place in ((0, 0), (5, 3), (2, 1)):
        explorer.set(photograph=number, show=EVIDENCE, place=place)
        outputs, wanted = explorer.outputs(), LOOKED.maps[number, place]
        np.testing.assert_allclose(outputs["evidence"], wanted, atol=2e-3)
        light = torch.from_numpy(wanted / max(wanted.max(), 1e-6))[None, None]
        light = interpolate(light, (224, 224), mode="bilinear", align_corners=False)[0, 0, ..., None]
        drawn = decoded(LARGE[1][number]) * (0.15 + 0.85 * light.numpy())
        np.testing.assert_allclose(outputs["photograph"], drawn, atol=4 / 255, rtol=0)
        name = NAMES[LARGE[2][number][place].id]
        assert f"finds evidence for {name};" in explorer.root.locator(".note").inner_text()
        assert explorer.control("Evidence for").get_attribute("aria-valuetext") == name


def test_a_click_on_a_class_shows_its_evidence(explorer):
    explorer.set(photograph=7, show="photograph", place=0)
    assert explorer.control("Evidence for").is_disabled()
    explorer.root.locator(".bars > div").nth(2).click()
    explorer.settle()
    assert explorer.values()["show"] == EVIDENCE and explorer.values()["place"] == 2
    assert explorer.root.locator(".bars .chosen").inner_text().startswith(NAMES[LARGE[2][7][2].id])
    np.testing.assert_allclose(explorer.outputs()["evidence"], LOOKED.maps[7, 2], atol=2e-3)


def test_covered_parts_and_their_scores(explorer):
    for number, down, right in ((4, 0, 3), (9, 4, 1)):
        explorer.set(photograph=number, show=COVERED, square=5 * down + right)
        outputs, drawn = explorer.outputs(), decoded(LARGE[1][number])
        drawn[STEP * down : STEP * down + PATCH, STEP * right : STEP * right + PATCH] = GREY / 255
        np.testing.assert_allclose(outputs["photograph"], drawn, atol=3 / 255, rtol=0)
        wanted = LOOKED.covered[number][down, right]
        np.testing.assert_allclose(outputs["scores"], wanted)
        shown = explorer.root.locator(".bars b").all_inner_texts()
        assert shown == [f"{100 * score:.1f} %" for score in wanted.astype(float)]
        before = LARGE[2][number][0].score
        said = explorer.root.locator(".note").inner_text()
        assert f"had {100 * before:.1f} %, and has {100 * wanted[0]:.1f} % with this part covered" in said


def test_the_square_follows_the_pointer(explorer):
    explorer.set(photograph=4, show=COVERED, square=12)
    for row, column, down, right in ((3, 5, 0, 0), (112, 200, 2, 4), (220, 80, 4, 1)):
        explorer.point(PICTURE, row, column)
        assert explorer.values()["square"] == 5 * down + right
    explorer.set(show="photograph")
    explorer.point(PICTURE, 3, 5)
    assert explorer.values()["square"] == 21


def test_photographs_whose_parts_were_not_covered_say_so(explorer):
    explorer.set(photograph=3, show=COVERED)
    assert explorer.root.locator(".note").inner_text().endswith("only: number 5 and number 10.")
    assert explorer.control("Square").is_disabled()
    check(explorer, LARGE, 3)


def test_no_errors(explorer):
    assert explorer.page.page_errors == []
    with pytest.raises(Exception, match="Photograph goes from 0 to 11"):
        explorer.set(photograph=COUNT)


def test_controls_sizes_and_a_phone(show):
    explorer = awake(show(prediction_explorer(LARGE, "COCO", first=4, evidence=LOOKED), "page"))
    assert demo_checks.check(explorer.page, explorer.element) == []
    explorer.page.set_viewport_size({"width": demo_checks.NARROW, "height": 844})
    assert demo_checks.check_narrow(explorer.element) == []


def test_small_pictures_lose_nothing(show):
    explorer = awake(show(prediction_explorer(SMALL, "COCO"), "page"))
    explorer.set(photograph=7)
    np.testing.assert_allclose(explorer.outputs()["photograph"], SMALL[1][7] / 255, atol=1e-6)
    rendering = explorer.root.get_by_role("img", name=PICTURE).evaluate(
        "canvas => getComputedStyle(canvas).imageRendering"
    )
    assert rendering == "pixelated"


def test_it_opens_on_the_photograph_that_was_asked_for(show):
    explorer = awake(show(prediction_explorer(LARGE, "COCO", first=5), "page"))
    assert explorer.values() == {"photograph": 5}
    check(explorer, LARGE, 5)
    for first in (-1, COUNT, 0.5):
        with pytest.raises(ValueError, match="first must be one of the photographs 0 to 11"):
            prediction_explorer(LARGE, "COCO", first)


def test_one_photograph(show):
    categories, images, top5 = LARGE
    explorer = awake(show(prediction_explorer((categories, images[:1], top5[:1]), "COCO"), "page"))
    check(explorer, LARGE, 0)
    assert explorer.control("Photograph").is_disabled()
    assert explorer.page.page_errors == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "what resnet.classify returns"),
        (LARGE[:2], "what resnet.classify returns"),
        ((NAMES, LARGE[1][:0], []), "at least one"),
        ((NAMES, LARGE[1] / 255, LARGE[2]), "must be uint8"),
        ((NAMES, LARGE[1][:3], LARGE[2]), "five guesses for each of 3"),
        ((NAMES, LARGE[1], [row[:4] for row in LARGE[2]]), "five guesses for each of 12"),
        ((NAMES[:3], LARGE[1], LARGE[2]), "there are 3 names"),
        ((NAMES, LARGE[1], [[(0, 2.0)] * 5] * COUNT), "scores go from 0 to 1"),
    ],
)
def test_what_is_no_prediction_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        prediction_explorer(bad, "COCO")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (LOOKED.maps, "what imagenet.evidence returns"),
        (Evidence(LOOKED.maps[:3], {}), "maps .* of 12 photographs"),
        (Evidence(-LOOKED.maps, {}), "maps .* of 12 photographs"),
        (Evidence(LOOKED.maps, {12: LOOKED.covered[4]}), "for 12"),
        (Evidence(LOOKED.maps, {1: LOOKED.covered[4][1:]}), r"are \(5, 5, 5\); got \(4, 5, 5\)"),
    ],
)
def test_what_is_no_evidence_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        prediction_explorer(LARGE, "COCO", evidence=bad)
