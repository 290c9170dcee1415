"""Sound demos pass; one broken demo for each kind of error shows that the tests of the lecture can fail."""

import demo
import lab
import pytest


def complaints_of(page, errors):
    """Return what is wrong with a notebook: its cells, its page, its demos."""
    complaints = list(errors)
    for root in page.locator(demo.DEMOS).all():
        complaints += demo.check(page, root)
    complaints += [f"no alternative text: {source}" for source in demo.images_without_text(page)]
    return complaints + page.page_errors


def test_sound_demos(open_page):
    page = open_page(["import toys", "toys.film()", "toys.explorer()"])
    errors = lab.run_all(page)
    assert page.locator(demo.DEMOS).count() == 2
    assert complaints_of(page, errors) == []
    page.close()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("toys.explorer(fault='callback')", "explorer: ZeroDivisionError"),
        ("toys.explorer(fault='draw')", "explorer: RuntimeError: planted in draw"),
        ("toys.page_error()", "planted on the page"),
        ("toys.explorer(fault='idle')", "Flip' changes nothing"),
        ("toys.explorer(fault='height')", "its height jumps"),
        ("toys.blinking()", "blinking: blank in"),
        (
            "toys.widgets.Player([toys.film().frames[0]] * 3, alt='Still', name='still')",
            "shows the same picture",
        ),
        ("toys.figures.show(toys.scene(0), alt='')", "no alternative text"),
    ],
    ids="cell callback draw page idle height blink player alt".split(),
)
def test_broken_demos(open_page, source, complaint):
    page = open_page(["import toys", source])
    found = complaints_of(page, lab.run_all(page))
    assert any(complaint in sentence for sentence in found), found
    page.close()
