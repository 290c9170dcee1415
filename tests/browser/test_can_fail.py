"""A sound demo passes; one broken demo for each kind of fault shows that the tests of the lecture can fail."""

import demo
import pytest
import toys


@pytest.mark.parametrize("place", ["page", "jupyterlab"])
def test_a_sound_demo(show, place):
    shown = show(toys.toy(), place)
    assert demo.check(shown.page, shown.element) == []
    shown.control("Gain").fill("0")
    shown.settle()
    assert "A gain is a number" in shown.root.inner_text()
    shown.page.set_viewport_size({"width": demo.NARROW, "height": 844})
    if place == "page":
        assert demo.check_narrow(shown.element) == []


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("draw", "toys: planted in draw"),
        ("idle", "'Flip' changes nothing"),
        ("height", "its height jumps"),
        ("wide", "cut: figure"),
    ],
)
def test_broken_demos(show, fault, complaint):
    shown = show(toys.toy(fault), "page")
    found = demo.check(shown.page, shown.element)
    assert any(complaint in sentence for sentence in found), found


def test_what_is_too_small_for_a_finger_is_found(show):
    shown = show(toys.toy("small"), "page")
    shown.page.set_viewport_size({"width": demo.NARROW, "height": 844})
    assert demo.check_narrow(shown.element) == ["toys: too small for a finger: Shift"]


def test_a_demo_needs_words():
    with pytest.raises(ValueError, match="a demo needs alt"):
        toys.Demo("toys", {}, alt=" ")


@pytest.mark.parametrize("title", ["</script><b>", 'my "deep" net', "a\\b'c"])
def test_no_text_of_the_data_can_end_the_script(title, show):
    shown = show(toys.toy(title=title), "page")
    assert shown.root.get_attribute("data-demo") == title and shown.page.page_errors == []
