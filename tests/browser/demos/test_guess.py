"""A question takes one guess, then answers; the guesses are kept, and listed at the end."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shown import PLACES

import filters
from demos import guess, guess_response, guesses_made

COMMIT, OVER = "This is my guess", "Start over"
rng = np.random.default_rng(0)
DIGIT = (rng.random((12, 10)) > 0.6).astype(np.float32)
NOTHING, RIGHT, WRONG, MISSED, VAIN = range(5)


@pytest.fixture(scope="module", params=PLACES)
def place(request):
    return request.param


def press(shown, name):
    shown.root.get_by_role("button", name=name, exact=True).click()
    shown.settle()


def verdict(shown):
    return shown.root.locator(".verdict").inner_text()


def test_a_number_is_typed(show, place):
    shown = show(guess("Opening", "How many rows?", 26, "28 − 3 + 1.", within=0.1), place)
    assert shown.root.get_by_role("button", name=COMMIT).is_disabled()
    assert shown.outputs() == {} and "26" not in shown.root.inner_text()
    shown.control("Your guess").fill("about 20")
    shown.settle()
    assert "Type a number" in shown.root.get_by_role("alert").inner_text()
    assert shown.root.get_by_role("button", name=COMMIT).is_disabled()
    shown.control("Your guess").fill("20")
    shown.settle()
    assert shown.outputs()["guess"].tolist() == [20] and "26" not in shown.root.inner_text()
    shown.control("Your guess").press("Enter")
    shown.settle()
    assert verdict(shown) == "You said 20; it is 26. 28 − 3 + 1."
    assert shown.outputs()["answer"].tolist() == [26]
    assert shown.control("Your guess").is_disabled(), "who has committed cannot change it"
    press(shown, OVER)
    assert verdict(shown) == "" and "answer" not in shown.outputs()
    for typed, right in (("26", True), ("27,5", True), ("28.7", False)):
        shown.control("Your guess").fill(typed)
        press(shown, COMMIT)
        assert verdict(shown).startswith("Right: 26.") == right, typed
        press(shown, OVER)
    assert shown.page.page_errors == []


def test_a_number_is_read_as_it_is_written_here(show):
    shown = show(guess("Layers", "How many?", 51840, "By counting."), "page")
    for typed, meant in (("51,840", 51840), ("1,051,840.5", 1051840.5), ("0,125", 0.125), ("-2,5", -2.5)):
        shown.control("Your guess").fill(typed)
        shown.settle()
        assert shown.outputs()["guess"].tolist() == [meant], typed


def test_one_of_some_options_is_chosen(show, place):
    shown = show(
        guess("SimpleCNN", "Where?", "here", "So it is.", options=["there", "here", "nowhere"]), place
    )
    press(shown, "there")
    assert shown.outputs()["guess"].tolist() == [0] and verdict(shown) == ""
    press(shown, "nowhere")
    press(shown, COMMIT)
    assert verdict(shown) == "You said nowhere; it is here. So it is."
    assert shown.outputs()["answer"].tolist() == [1]
    assert shown.root.locator(".answer").inner_text() == "here"
    assert shown.root.get_by_role("button", name="there").is_disabled()
    press(shown, OVER)
    assert shown.root.locator(".answer").count() == 0
    press(shown, "here")
    press(shown, COMMIT)
    assert verdict(shown) == "Right: here. So it is."
    press(shown, OVER)
    assert shown.page.page_errors == []


def test_options_are_brought_into_order(show, place):
    shown = show(guess("CIFAR-10", "Order?", ["b", "c", "a"], "Counted.", options=["a", "b", "c"]), place)
    assert shown.outputs()["guess"].tolist() == [0, 1, 2]
    assert shown.root.get_by_role("button", name="Move a up").is_disabled()
    press(shown, "Move a down")
    assert shown.outputs()["guess"].tolist() == [1, 0, 2]
    press(shown, COMMIT)
    assert verdict(shown) == "You said b, a, c; it is b, c, a. Counted."
    assert shown.root.locator("li.answer").count() == 1  # b stands where it belongs
    press(shown, OVER)
    press(shown, "Move a down")
    press(shown, "Move a down")
    press(shown, COMMIT)
    assert verdict(shown) == "Right: b, c, a. Counted."
    press(shown, OVER)
    assert shown.page.page_errors == []


def centred(image, kernel):
    """Return torch's response, as large as the image."""
    weights = torch.tensor(kernel)[None, None]
    return F.conv2d(torch.tensor(image)[None, None], weights, padding="same")[0, 0].numpy()


def test_a_response_is_painted(show, place):
    kernel = filters.horizontal_edge_kernel.astype(np.float32)
    shown = show(guess_response("Convolution", "Where?", DIGIT, kernel, "A digit"), place)
    assert shown.root.get_by_role("button", name=COMMIT).is_disabled()
    response = centred(DIGIT, kernel)
    signs = np.where(np.abs(response) >= np.abs(response).max() / 3, np.sign(response), 0)
    wanted = np.zeros_like(DIGIT)

    def dab(row, column, pen, width):
        top, left = max(0, row - (width - 1) // 2), max(0, column - (width - 1) // 2)
        bottom, right = row - (width - 1) // 2 + width, column - (width - 1) // 2 + width
        wanted[top:bottom, left:right] = pen

    shown.set(pen="red: positive", width=1, row=0, column=0)
    press(shown, "Paint here")
    dab(0, 0, 1, 1)
    shown.set(pen="blue: negative", width=4)
    shown.point("The picture: paint on it", 4, 5, press=True)
    dab(4, 5, -1, 4)
    shown.set(pen="red: positive", width=3)
    shown.point("The picture: paint on it", 9, 3, press=True)
    dab(9, 3, 1, 3)
    shown.set(pen="rubber", width=2)
    shown.point("The picture: paint on it", 4, 4, press=True)
    dab(4, 4, 0, 2)
    outputs = shown.outputs()
    np.testing.assert_array_equal(outputs["painted"], wanted)
    assert "response" not in outputs and "kinds" not in outputs
    press(shown, COMMIT)
    outputs = shown.outputs()
    np.testing.assert_allclose(outputs["response"], response, atol=1e-5)
    kinds = np.select(
        [(wanted == 0) & (signs == 0), wanted == 0, wanted == signs, signs != 0],
        [NOTHING, MISSED, RIGHT, WRONG],
        VAIN,
    )
    np.testing.assert_array_equal(outputs["kinds"], kinds)
    assert {RIGHT, WRONG, MISSED, VAIN} <= set(kinds.ravel()), "the test paints one of each"
    share = (kinds == RIGHT).sum() / (kinds != NOTHING).sum()
    np.testing.assert_allclose(outputs["share"], [share], rtol=1e-5)
    assert f"you have {(kinds == RIGHT).sum()};" in verdict(shown) and f"{share:.0%}"[:-1] in verdict(shown)
    shown.point("The picture: paint on it", 0, 0, press=True)
    np.testing.assert_array_equal(shown.outputs()["painted"], wanted)  # committed
    press(shown, OVER)
    assert not shown.outputs()["painted"].any()
    assert shown.page.page_errors == []


class Several:
    """Demos one below the other."""

    def __init__(self, *demos):
        self.demos = demos

    def _repr_html_(self):
        return "".join(demo._repr_html_() for demo in self.demos)


def test_guesses_are_kept_listed_and_forgotten(show, place):
    first = guess("SimpleCNN", "Where?", "here", "So it is.", options=["there", "here"])
    second = guess("Opening", "How many?", 26, "Counted.")
    shown = show(Several(first, second, guesses_made(["Opening", "SimpleCNN"])), place)
    table = shown.page.locator("[data-demo=guesses-made]")
    assert "You have not guessed yet" in table.inner_text()
    press(shown, "there")
    press(shown, COMMIT)
    other = shown.page.locator("[data-demo=guess-Opening]")
    other.get_by_label("Your guess").fill("26")
    other.get_by_role("button", name=COMMIT).click()
    shown.settle()
    assert "2 guesses: 1 right, 1 surprise." in table.inner_text()
    rows = [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()]
    assert rows == [["Opening", "How many?", "26", "26", "✓"], ["SimpleCNN", "Where?", "there", "here", "✗"]]
    if place == "page":  # loaded again, it still knows
        shown.page.reload()
        shown.page.wait_for_timeout(500)
        assert "2 guesses" in table.inner_text()
        assert verdict(shown) == "You said there; it is here. So it is."
    table.get_by_role("button", name="Forget all guesses").click()
    shown.settle()
    assert "You have not guessed yet" in table.inner_text()
    assert verdict(shown) == "" and shown.root.get_by_role("button", name="there").is_enabled()
    assert shown.page.page_errors == []


def test_a_copy_of_a_question_does_not_take_the_guess_away(show):
    question = guess("Opening", "How many?", 26, "Counted.")
    shown = show(Several(question, question, guesses_made(["Opening"])), "page")
    table, copy = (
        shown.page.locator("[data-demo=guesses-made]"),
        shown.page.locator("[data-demo=guess-Opening]").last,
    )
    shown.control("Your guess").fill("26")
    press(shown, COMMIT)
    copy.get_by_label("Your guess").fill("20")
    shown.settle()
    assert "1 guess: 1 right" in table.inner_text()
    press(shown, OVER)
    assert "You have not guessed yet" in table.inner_text()


@pytest.mark.parametrize(
    ("answer", "options", "message"),
    [
        (float("nan"), None, "must be a number"),
        ("c", ["a", "b"], "one of the options"),
        (["a"], ["a", "b"], "all of them in order"),
    ],
)
def test_an_answer_that_is_none_is_refused(answer, options, message):
    with pytest.raises(ValueError, match=message):
        guess("Opening", "What?", answer, "", options=options)


def test_a_response_needs_matrices():
    with pytest.raises(ValueError, match="kernel must be a matrix"):
        guess_response("Convolution", "Where?", DIGIT, np.ones(3))
