"""The exported page as it is presented: keys, fragments, overview, notes, address; and the check of slides can fail."""

import pytest
import slides
from small_lecture import CELLS, still


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The small lecture as a page."""
    return slides.write(CELLS, tmp_path_factory.mktemp("slides") / "small.html")


@pytest.fixture
def open_at(chromium, path):
    """Function that opens the small lecture at an address; no page may ask for anything, or fail."""
    pages = []

    def open_at(address="#present", **options):
        pages.append(slides.open_offline(chromium, path, address, **options))
        return pages[-1]

    yield open_at
    for page in pages:
        assert page.requests == [] and page.errors == []
        page.context.close()


def shown(page):
    """Return the title of the slide that is shown, and how many fragments are still to come."""
    return page.evaluate(
        """() => { const slide = document.querySelector(".slide.current");
             return [slide.dataset.title, slide.querySelectorAll(".slide-later").length] }"""
    )


def is_presenting(page):
    """Return whether slides are shown rather than the page."""
    return page.evaluate("document.documentElement.classList.contains('presenting')")


def test_slides_are_made_by_the_convention(open_at):
    page = open_at()
    titles = page.evaluate(
        "[...document.querySelectorAll('main > .slide')].map(slide => slide.dataset.title)"
    )
    assert titles == [
        "A small lecture",
        "1. Questions",
        "Move the slider",
        titles[3],  # a formula
        "2. Pictures",
        "layer weights C1 234",  # a table after a picture has a slide of its own
        "A square one stands beside the text",
        "Two boxes",
        "The loop",
        "4",  # and so has what is printed below code that is shown
        "class Net",
    ]


def test_keys_turn_slides_and_show_fragments_one_by_one(open_at):
    page = open_at()
    steps = {
        "ArrowRight": ["1. Questions", 2],
        "PageDown": ["1. Questions", 1],
        " ": ["1. Questions", 0],
        "ArrowDown": ["Move the slider", 0],
        "PageUp": ["1. Questions", 0],
        "ArrowLeft": ["1. Questions", 1],
        "ArrowUp": ["1. Questions", 2],
        "End": ["class Net", 0],
        "Home": ["A small lecture", 0],
    }
    for key, wanted in steps.items():
        page.keyboard.press(key)
        assert shown(page) == wanted, key
    answer = page.get_by_text("It is four.")
    page.keyboard.press("ArrowRight")
    assert not answer.is_visible()
    page.keyboard.press("ArrowRight")
    assert answer.is_visible()
    assert not page.get_by_text("Only readers see this").is_visible()
    assert page.locator(".slide-strip").inner_text().split() == ["1.", "Questions", "2", "/", "11"]


def test_the_page_becomes_slides_and_slides_the_page(open_at):
    page = open_at("", viewport={"width": 1440, "height": 900})
    assert not is_presenting(page)
    page.locator("h2").nth(1).scroll_into_view_if_needed()
    page.evaluate("document.querySelectorAll('h2')[1].scrollIntoView({ behavior: 'instant' })")
    page.keyboard.press("p")
    assert is_presenting(page) and shown(page)[0] == "2. Pictures"
    page.keyboard.press("Escape")  # to the overview,
    page.keyboard.press("Escape")  # to the page
    assert not is_presenting(page) and "#" not in page.url
    assert abs(page.locator("h2").nth(1).bounding_box()["y"]) < 200
    page.locator("#present-button").click()
    assert is_presenting(page)
    page.locator(".slide-strip").get_by_label("Leave").click()
    assert not is_presenting(page)


def test_the_address_follows_the_slide(open_at):
    page = open_at("#present-3")
    assert shown(page)[0] == "Move the slider"
    page.keyboard.press("PageUp")
    assert page.url.endswith("#present-2")
    page.reload()
    assert shown(page)[0] == "1. Questions"
    page.evaluate("location.hash = '#present-99'")
    page.wait_for_timeout(100)
    assert shown(page)[0] == "class Net"


def test_overview(open_at):
    page = open_at("#present-2")
    page.keyboard.press("o")
    jumps = page.locator(".slide-jump:visible")
    assert jumps.count() == 11
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")  # the next part is in a row of its own
    assert page.evaluate("document.activeElement.innerText").startswith("layer weights")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert shown(page)[0].startswith("A square one")
    page.keyboard.press("Escape")
    jumps.nth(0).click()
    assert shown(page)[0] == "A small lecture"


def test_a_demo_keeps_its_state_and_its_keys(open_at):
    page = open_at("#present-3")
    slider, values = (
        page.get_by_label("Shift"),
        "document.querySelector('[data-demo=toys]').demo.values.shift",
    )
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(values) == 5 and shown(page)[0] == "Move the slider"
    page.keyboard.press("Escape")  # back to the slide
    assert page.evaluate("document.activeElement.matches('.slide.current')")
    page.keyboard.press("o")
    page.keyboard.press("p")
    assert not is_presenting(page)
    assert page.evaluate(values) == 5 and page.locator("[data-demo=toys]").count() == 1
    slider.press("ArrowLeft")
    page.keyboard.press("p")
    assert not is_presenting(page)  # the key was the slider's
    slider.evaluate("slider => slider.blur()")
    page.keyboard.press("p")
    assert is_presenting(page) and page.evaluate(values) == 4


def test_keys_of_a_remote_control_turn_the_slide_from_any_control_but_a_text(open_at):
    page = open_at("#present-3")
    page.get_by_label("Shift").focus()
    page.keyboard.press("PageDown")
    assert page.url.endswith("#present-4")
    page.keyboard.press("PageUp")
    page.get_by_label("Gain").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("o")
    assert page.url.endswith("#present-3") and page.get_by_label("Gain").input_value() == "1o"
    page.get_by_label("Kind").focus()
    page.keyboard.press("s")  # no window opens: the key is the list's
    assert len(page.context.pages) == 1


def test_a_clicked_button_gives_the_keys_back(open_at):
    page = open_at("#present-3")
    page.get_by_text("Start over").click()
    page.keyboard.press("ArrowRight")
    assert page.url.endswith("#present-4")


def test_a_sweeping_finger_turns_the_slide(open_at):
    page = open_at("#present-2", has_touch=True)
    sweep = """across => {
      const target = document.querySelector(".slide.current");
      const at = x => new Touch({ identifier: 1, target, clientX: x, clientY: 300 });
      const send = (kind, x, touches) => target.dispatchEvent(
        new TouchEvent(kind, { bubbles: true, touches, changedTouches: [at(x)] }));
      send("touchstart", 600, [at(600)]);
      send("touchend", 600 + across, []);
    }"""
    page.evaluate(sweep, -200)
    assert shown(page) == ["1. Questions", 1]
    page.evaluate(sweep, -20)
    assert shown(page) == ["1. Questions", 1]
    page.evaluate(sweep, 200)
    assert shown(page) == ["1. Questions", 2]


def test_notes_and_clock_in_a_second_window(open_at):
    page = open_at("#present-2")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value
    text = notes.locator("body").inner_text()
    assert "1. Questions" in text and "Ask, and wait for" in text and "2 / 11" in text
    assert notes.locator("mjx-container").count() == 1
    assert "2 steps more on this slide, then Move the slider" in text
    began = notes.locator("#elapsed").inner_text()
    notes.wait_for_timeout(1300)
    assert notes.locator("#elapsed").inner_text() > began
    assert ":" in notes.locator("#clock").inner_text()
    page.keyboard.press("PageDown")
    assert "1 step more" in notes.locator("#next").inner_text()
    notes.bring_to_front()
    notes.keyboard.press("PageDown")
    notes.locator("#forward").click()
    assert notes.locator("h1").inner_text() == "Move the slider" and shown(page)[0] == "Move the slider"
    notes.locator("#restart").click()
    assert notes.locator("#elapsed").inner_text() == "0:00:00"
    assert slides.axe_findings(notes) == []


def test_help_black_and_theme(open_at):
    page = open_at("#present-2")
    page.keyboard.press("?")
    assert page.get_by_text("overview of all slides").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_text("overview of all slides").is_visible() and is_presenting(page)
    page.keyboard.press("b")
    assert not page.get_by_text("plus two").is_visible()
    page.keyboard.press(".")
    assert page.get_by_text("plus two").is_visible()
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") != theme


def test_nothing_is_cut_or_too_small(open_at):
    assert slides.problems(open_at()) == []


def test_a_window_of_any_shape_shows_the_whole_slide(open_at):
    assert slides.problems(open_at("#present-3"), sizes=[(1024, 768), (390, 844), (844, 390)]) == []


def test_what_can_be_drawn_at_any_size_takes_what_the_text_leaves(open_at):
    page = open_at("#present-3")
    demo = page.locator("[data-demo=toys]")
    height = demo.evaluate("demo => parseFloat(getComputedStyle(demo).getPropertyValue('--lecture-height'))")
    size = demo.evaluate("demo => parseFloat(getComputedStyle(demo).getPropertyValue('--lecture-size'))")
    assert height >= 540 and size >= 18
    assert demo.bounding_box()["height"] <= height + 1
    page.evaluate("lecture.present(4)")
    wide = page.locator(".cell-still img").nth(0).bounding_box()
    assert wide["width"] > 900
    page.evaluate("lecture.present(6)")
    square, text = (
        page.locator(".cell-still img").nth(1).bounding_box(),
        page.locator(".current p").bounding_box(),
    )
    assert square["height"] > 550 and text["x"] + text["width"] <= square["x"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe(open_at, theme):
    page = open_at(color_scheme=theme)
    for number in (1, 2, 4, 8):
        page.evaluate("number => lecture.present(number)", number)
        assert slides.axe_findings(page, "main > .current") == []
    assert slides.axe_findings(page) == []
    page.keyboard.press("o")
    assert slides.axe_findings(page) == []


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ("<div style='height:900px'>tall</div>", "div “tall” sticks out at the bottom"),
        ("<div style='width:2000px'>wide</div>", "div “wide” sticks out at the right"),
        ("<div style='height:20px;overflow:hidden'>one<br>two</div>", "hides"),
        ("<p style='font-size:13px'>small</p>", "p “small” has letters of 13.0 px"),
        (
            "<svg viewBox='0 0 2000 900'><text x='9' y='99' font-size='20'>label</text></svg>",
            "text “label” has letters of 1",
        ),
        ("<p>one</p><p style='margin-top:-80px'>two</p>", "p “two” lies upon p “one”"),
        (still(2000, 90), "is only"),
        ("<span></span>", "nothing is shown"),
    ],
    ids="tall wide hidden small label upon still empty".split(),
)
def test_the_check_of_slides_can_fail(chromium, tmp_path, shown, sentence):
    path = slides.write([slides.code("f()", shown, slide_type="slide")], tmp_path / "faulty.html")
    page = slides.open_offline(chromium, path, "#present")
    found = slides.problems(page, sizes=[(1280, 720)])
    assert any(sentence in problem for problem in found), found
    page.context.close()
