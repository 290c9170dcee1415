"""lecture.html, made from the real lecture: read, presented and on a phone, with no kernel and no network."""

import os
from pathlib import Path

import demo
import pytest
import slides
from conftest import REAL_DATA, ROOT

from tools import export_html

MEGABYTES = 8
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": demo.NARROW, "height": 844}
SLIDES_WITH_DEMOS = """() => [...document.querySelectorAll("main > .slide")].flatMap(
  (slide, number) => slide.querySelector(".lecture-demo") ? [number] : [])"""
pytestmark = pytest.mark.timeout(900)  # the first test runs the lecture


@pytest.fixture(scope="module")
def path(own_folders, tmp_path_factory):
    """lecture.html, on real data where they are at hand."""
    path = tmp_path_factory.mktemp("page") / "lecture.html"
    with pytest.MonkeyPatch.context() as patch:
        if REAL_DATA:
            patch.setenv("LECTURE_DATA", REAL_DATA)
        export_html.export(ROOT / "lecture.ipynb", path, seconds=300, megabytes=MEGABYTES)
    return path


@pytest.fixture
def open_at(chromium, path):
    """Function that opens the page, offline; no page may ask for anything, or fail."""
    pages = []

    def open_at(viewport, address="", **options):
        page = slides.open_offline(chromium, path, address, viewport=viewport, **options)
        page.page_errors = page.errors
        pages.append(page)
        return page

    yield open_at
    for page in pages:
        assert page.requests == [] and page.errors == []
        page.context.close()


def photograph(page, name):
    """Write a picture of what is shown, to be looked at, where LECTURE_SCREENSHOTS names a folder for them."""
    if folder := os.environ.get("LECTURE_SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"))


def test_every_control_of_every_demo(open_at):
    page = open_at(WIDE)
    roots = demo.all_of(page)
    assert len(roots) >= 12
    assert [sentence for root in roots for sentence in demo.check(page, root)] == []


def test_on_a_phone_nothing_is_cut_or_too_small_and_nothing_scrolls_sideways(open_at):
    page = open_at(PHONE, has_touch=True, is_mobile=True)
    assert slides.wider_than_window(page) == []
    found = []
    for root in demo.all_of(page):
        root.scroll_into_view_if_needed()
        found += demo.check_narrow(root)
        photograph(page, f"phone-{demo.name_of(root)}")
    assert found == []


# Of the dark theme, only whether it can be read, which does not depend on the width of the page.
@pytest.mark.parametrize(
    ("viewport", "address", "theme", "rules"),
    [
        pytest.param(WIDE, "", "light", [], id="page"),
        pytest.param(PHONE, "", "light", [], id="phone"),
        pytest.param(WIDE, "#present", "light", [], id="slides"),
        pytest.param(WIDE, "", "dark", ["color-contrast"], id="dark page"),
        pytest.param(WIDE, "#present", "dark", ["color-contrast"], id="dark slides"),
    ],
)
def test_accessible(open_at, viewport, address, theme, rules):
    assert slides.axe_findings(open_at(viewport, address, color_scheme=theme), rules=rules) == []


def test_no_slide_is_cut_or_too_small_to_read(open_at):
    page = open_at({"width": 1280, "height": 720}, "#present")
    assert page.evaluate("lecture.count") >= 60
    assert slides.problems(page) == []


def test_demos_on_slides_move(open_at):
    page = open_at({"width": 1280, "height": 720}, "#present")
    moved = 0
    for number in page.evaluate(SLIDES_WITH_DEMOS):
        page.evaluate("number => lecture.present(number)", number)
        photograph(page, f"slide-{number + 1:02d}")
        for root in page.query_selector_all(f".slide.current {demo.DEMOS}"):
            if demo.name_of(root) == "guesses-made":
                continue  # it only lists what the others have kept
            at = page.evaluate("lecture.at")
            assert demo.works(root, demo.first_control(root)), demo.name_of(root)
            assert page.evaluate("lecture.at") == at, "the key turned the slide"
            moved += 1
    assert moved == len(demo.all_of(page)) - 1


def test_it_presents_at_once(open_at):
    page = open_at({"width": 1280, "height": 720}, "#present")
    assert page.locator("h1").is_visible()
    page.keyboard.press("PageDown")
    assert page.evaluate("lecture.at") == 1
