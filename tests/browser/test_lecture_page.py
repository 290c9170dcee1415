"""lecture.html, made from the real lecture: read, presented and on a phone, with no kernel and no network."""

import os
from pathlib import Path

import demo
import pytest
import shown
import slides

from tools import export_html

MEGABYTES = 8
SLIDES_WITH_DEMOS = """() => [...document.querySelectorAll("main > .slide")].flatMap(
  (slide, number) => slide.querySelector(".lecture-demo") ? [number] : [])"""
ALL, COLORS = {}, {"only": ["color-contrast"]}  # of axe's rules
pytestmark = pytest.mark.timeout(900)  # the first test runs the lecture


@pytest.fixture(scope="module")
def path(saved_lecture, tmp_path_factory):
    """lecture.html, made from the lecture as JupyterLab has run and saved it."""
    path = tmp_path_factory.mktemp("page") / "lecture.html"
    export_html.export(saved_lecture, path, executed=True, megabytes=MEGABYTES)
    return path


@pytest.fixture(scope="module")
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


# Opening it takes seconds: it is opened once in each form, and looked at before it is moved.


@pytest.fixture(scope="module")
def read(open_at):
    """The page as it is read on a laptop."""
    return open_at({"width": 1440, "height": 900})


@pytest.fixture(scope="module")
def phone(open_at):
    """The page on a phone."""
    return open_at({"width": demo.NARROW, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture(scope="module")
def presented(open_at):
    """The page as slides."""
    return open_at({"width": 1280, "height": 720}, "#present")


def photograph(page, name):
    """Write a picture of what is shown, to be looked at, where LECTURE_SCREENSHOTS names a folder for them."""
    if folder := os.environ.get("LECTURE_SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"))


# Colours take longest to look at, and are the same at any width: those of the page once in each theme.
@pytest.mark.parametrize(
    ("form", "theme", "rules"),
    [
        pytest.param("read", "dark", COLORS, id="dark page"),
        pytest.param("read", "light", ALL, id="page"),
        pytest.param("phone", "light", {"without": COLORS["only"]}, id="phone"),
        pytest.param("presented", "dark", COLORS, id="dark slides"),
        pytest.param("presented", "light", ALL, id="slides"),
    ],
)
def test_accessible(form, theme, rules, request):
    page = request.getfixturevalue(form)
    page.emulate_media(color_scheme=theme)
    shown.wait_until(page, f"document.documentElement.dataset.theme == '{theme}'")
    assert slides.axe_findings(page, **rules) == []


# From the end upwards, past what was never in sight: by how many pixels more or less than asked the text moves.
SCROLL_UP = """async () => {
  const frame = () => new Promise(go => requestAnimationFrame(() => setTimeout(go)));
  const sections = [...document.querySelectorAll("main > section")];
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  await frame();
  let most = 0;
  for (let step = 0; step < 20; step++) {
    const seen = sections.find(section => section.getBoundingClientRect().bottom > 0);
    const before = seen.getBoundingClientRect().top;
    scrollBy({ top: -600, behavior: "instant" });
    await frame();
    most = Math.max(most, Math.abs(seen.getBoundingClientRect().top - before - 600));
  }
  return most;
}"""


def test_what_is_off_the_screen_is_left_out_and_nothing_jumps_when_it_comes(read):
    style = "getComputedStyle(document.querySelector('main > section')).contentVisibility"
    assert read.evaluate(style) == "auto"
    assert read.evaluate(SCROLL_UP) < 3
    read.evaluate("lecture.present(3); lecture.overview()")
    assert read.evaluate(style) == "visible"
    read.evaluate("lecture.leave()")
    assert read.evaluate(style) == "auto"


def test_it_presents_at_once(presented):
    assert presented.locator("h1").is_visible()
    presented.keyboard.press("PageDown")
    assert presented.evaluate("lecture.at") == 1


def test_on_a_phone_nothing_is_cut_or_too_small_and_nothing_scrolls_sideways(phone):
    assert slides.wider_than_window(phone) == []
    found = []
    for root in demo.all_of(phone):
        root.scroll_into_view_if_needed()
        found += demo.check_narrow(root)
        photograph(phone, f"phone-{demo.name_of(root)}")
    assert found == []


def test_no_slide_is_cut_or_too_small_to_read(presented):
    assert presented.evaluate("lecture.count") >= 60
    assert slides.problems(presented) == []


def test_every_control_of_every_demo(read):
    roots = demo.all_of(read)
    assert len(roots) >= 12
    assert [sentence for root in roots for sentence in demo.check(read, root)] == []


def test_demos_on_slides_move(presented):
    presented.set_viewport_size({"width": 1280, "height": 720})
    moved = 0
    for number in presented.evaluate(SLIDES_WITH_DEMOS):
        presented.evaluate("number => lecture.present(number)", number)
        photograph(presented, f"slide-{number + 1:02d}")
        for root in presented.query_selector_all(f".slide.current {demo.DEMOS}"):
            if demo.name_of(root) == "guesses-made":
                continue  # it only lists what the others have kept
            at = presented.evaluate("lecture.at")
            assert demo.works(root, demo.first_control(root)), demo.name_of(root)
            assert presented.evaluate("lecture.at") == at, "the key turned the slide"
            moved += 1
    assert moved == len(demo.all_of(presented)) - 1
