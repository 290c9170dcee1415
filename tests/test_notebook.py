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


def prose_by_part():
    """Return the Markdown of each part, {title: text}."""
    parts, title = {}, None
    for cell in CELLS:
        if cell["cell_type"] == "markdown":
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
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$", " ", prose_by_part()[part], flags=re.DOTALL)
    words = re.findall(r"[A-Za-z][A-Za-z'-]*", text)
    assert 80 <= len(words) <= 300, len(words)


def test_cells_are_short_clean_and_led_into_by_prose():
    for number, cell in enumerate(CELLS):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            assert source.count("\n") < 15, f"cell {number} is too long"
            assert not cell["outputs"] and cell["execution_count"] is None, f"cell {number} holds outputs"
        foreign = re.search(r"!\[[^]]*\]\(https?:|<(img|script|video|iframe)", source)
        assert not foreign, f"cell {number} shows something from elsewhere: {foreign}"
