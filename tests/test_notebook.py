"""The notebook as a text: its sixteen parts, short cells, nothing from another host."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parent.parent / "lecture.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
PARTS = [
    "Opening",
    "Convolution",
    "Filter banks",
    "Convolutional layers",
    "im2col",
    "SimpleCNN",
    "Subsampling",
    "Pooling",
    "PoolingCNN",
    "CIFAR-10",
    "Training recipe",
    "Data augmentation",
    "Batch norm",
    "ImageNet and AlexNet",
    "Residual networks",
    "Close",
]


def slide_type(cell):
    """Return what a cell is when the lecture is presented."""
    return cell["metadata"].get("slideshow", {}).get("slide_type", "-")


def count_words(text):
    """Return the number of words outside of formulas."""
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$", " ", text, flags=re.DOTALL)
    return len(re.findall(r"[A-Za-z][A-Za-z'-]*", text))


def prose_by_part():
    """Return the Markdown of each part, without the speaker's notes, {title: text}."""
    parts, title = {}, None
    for cell in CELLS:
        if cell["cell_type"] == "markdown" and slide_type(cell) != "notes":
            text = "".join(cell["source"])
            if match := re.match(r"## (\d+)\. (.*)", text):
                title = match[2]
            parts[title] = parts.get(title, "") + text + "\n"
    parts.pop(None, None)
    return parts


def test_the_sixteen_parts_in_order():
    assert list(prose_by_part()) == PARTS


@pytest.mark.parametrize("part", PARTS)
def test_each_part_says_what_a_student_must_understand(part):
    words = count_words(prose_by_part()[part])
    assert 80 <= words <= 300, words


def test_each_part_opens_with_a_slide_that_a_room_can_read():
    words = 0  # on the slide, so far
    for number, cell in enumerate(CELLS):
        kind, text = slide_type(cell), "".join(cell["source"])
        assert kind in ("slide", "subslide", "fragment", "skip", "notes", "-"), f"cell {number}: {kind}"
        if kind in ("slide", "subslide"):
            words = 0
        if cell["cell_type"] == "markdown" and kind not in ("skip", "notes"):
            assert kind == "slide" or not re.match(r"##? ", text), f"cell {number} opens a part, not a slide"
            words += count_words(text)
            assert words <= 110, f"cell {number} ends a slide of {words} words"


def test_cells_are_short_clean_and_led_into_by_prose():
    for number, cell in enumerate(CELLS):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            assert source.count("\n") < 15, f"cell {number} is too long"
            assert not cell["outputs"] and cell["execution_count"] is None, f"cell {number} holds outputs"
        foreign = re.search(r"!\[[^]]*\]\(https?:|<(img|script|video|iframe)", source)
        assert not foreign, f"cell {number} shows something from elsewhere: {foreign}"
