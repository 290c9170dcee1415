"""The notebook as a text: its sixteen parts, short cells, nothing from another host."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
from fault_cases import entering
from IPython.core.interactiveshell import InteractiveShell
from torch import nn
from traitlets.config import Config

import cnn
import demos  # noqa: F401  (these are looked up by name)
import resnet  # noqa: F401
import studies  # noqa: F401
from figures import advice, diagrams
from training import kept

CASES = []
case = entering(CASES)
NOTEBOOK = Path(__file__).resolve().parent.parent / "lecture.ipynb"
MAKEFILE = NOTEBOOK.with_name("Makefile")
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
MOST_WORDS = 4 * 130  # in a part: four minutes, read aloud
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
    assert 80 <= words <= MOST_WORDS, words


def minutes_by_part():
    """Return how long each part takes by the rule that the lecture's table names, {title: minutes}."""
    title, shown = None, {part: 0 for part in PARTS}
    for cell in CELLS:
        source = "".join(cell["source"])
        if match := re.match(r"## \d+\. (.*)", source):
            title = match[1]
        if title and cell["cell_type"] == "code" and slide_type(cell) != "skip":
            shown[title] += 2 if re.search(r"\bdemos\.|\bexercises\.guess\(", source) else 1
    return {part: round(count_words(text) / 130 + shown[part]) for part, text in prose_by_part().items()}


def test_the_table_of_parts_tells_how_long_each_takes():
    (table,) = ["".join(cell["source"]) for cell in CELLS if "| minutes |" in "".join(cell["source"])]
    rows = re.findall(r"^\| (\d+) \| (.+?) \| .+? \| (\d+) \|$", table, re.M)
    assert [(int(number), part) for number, part, _ in rows] == list(enumerate(PARTS, 1))
    assert {part: int(minutes) for _, part, minutes in rows} == minutes_by_part()
    minutes = list(minutes_by_part().values())
    ways = re.findall(r"\*\*(?:\d × )?50 minutes\*\*: (.*)", table)
    for lesson in [*ways[0].split(", then "), *ways[1].split(", then ")]:
        assert sum(minutes[int(number) - 1] for number in re.findall(r"\d+", lesson)) <= 50, lesson
    assert ways[2].startswith("all parts")


def minutes_of(cells):
    """Return how long cells take by the same rule."""
    minutes = 0
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and slide_type(cell) != "notes":
            minutes += count_words(source) / 130
        elif cell["cell_type"] == "code" and slide_type(cell) != "skip":
            minutes += 2 if re.search(r"\bdemos\.|\bexercises\.guess\(", source) else 1
    return minutes


def test_three_lessons_have_fifty_minutes_each():
    """They break where the table says; the network of one's own is for home."""
    starts = ["## 1. Opening", "We train it for five **epochs**", "**What does it get wrong?**", "Now yours:"]
    sources = ["".join(cell["source"]) for cell in CELLS]
    first, second, third, own = (
        next(k for k, source in enumerate(sources) if source.startswith(start)) for start in starts
    )
    lessons = [CELLS[first:second], CELLS[second:third], CELLS[third:own] + CELLS[own + 2 :]]
    assert [lesson for lesson in map(minutes_of, lessons) if round(lesson) > 50] == []


def test_each_part_has_a_note_for_the_speaker():
    title, noted = None, set()
    for cell in CELLS:
        source = "".join(cell["source"])
        if match := re.match(r"## \d+\. (.*)", source):
            title = match[1]
        if slide_type(cell) == "notes" and source.startswith("*For the speaker.*"):
            noted.add(title)
    assert noted == set(PARTS)


def parameters(net):
    return sum(weights.numel() for weights in net.parameters())


def test_counts_in_the_prose_are_those_of_the_networks():
    simple, pooled, cifar = cnn.SimpleCNN(), cnn.PoolingCNN(), cnn.CifarCNN()
    perceptron = nn.Sequential(nn.Linear(28 * 28, 64), nn.Linear(64, 10))
    counts = {
        "Opening": [nn.Linear(12 * 12, 10 * 10).weight.numel()],  # a film of 12x12, and its output
        "Convolutional layers": [parameters(cifar.c1)],
        "SimpleCNN": [
            parameters(simple.c1),
            simple.f3.weight.numel(),
            parameters(simple),
            parameters(perceptron),
        ],
        "PoolingCNN": [pooled.f3.weight.numel()],
        "CIFAR-10": [parameters(cifar.f7) + parameters(cifar.f8), parameters(nn.Linear(64 * 4 * 4, 10))],
    }
    for part, numbers in counts.items():
        text = prose_by_part()[part].replace("{,}", ",")
        assert [number for number in numbers if not re.search(rf"\b{number:,}\b", text)] == [], part
    assert 9 * (224 - 4) ** 2 * 10 > 4e6  # "over four million weights"


def test_savings_of_small_kernels_in_the_prose():
    _, rows = diagrams.stack_table()
    weights = [int(row[2].replace(",", "")) for row in rows]
    for large, small in zip(weights[::2], weights[1::2], strict=True):
        assert f"{1 - small / large:.0%} fewer".replace("%", " %") in prose_by_part()["ImageNet and AlexNet"]


def test_most_kernels_look_after_five_epochs_much_as_at_the_end():
    path = kept.SHIPPED / "CifarCNN-cifar-10.pt"
    (history,) = kept.read(path, json.loads(path.with_suffix(".json").read_text())["data"]).snapshots.values()
    after, end = (history[epoch]["weights"].float().flatten(1) for epoch in (5, 20))
    alike = nn.functional.cosine_similarity(after, end) > 0.8
    assert len(history) == 21 and alike.float().mean() > 0.8
    assert "most look after five of twenty epochs much as at the end" in prose_by_part()["Training recipe"]


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
            clean = not cell["outputs"] and cell["execution_count"] is None
            assert clean, f"cell {number} holds outputs: make clean-outputs takes them away"
        foreign = re.search(r"!\[[^]]*\]\(https?:|<(img|script|video|iframe)", source)
        assert not foreign, f"cell {number} shows something from elsewhere: {foreign}"


@pytest.mark.slow
def test_outputs_are_cleared_and_nothing_else_is_changed(tmp_path):
    saved, path = json.loads(NOTEBOOK.read_text(encoding="utf-8")), tmp_path / "lecture.ipynb"
    for number, cell in enumerate(each for each in saved["cells"] if each["cell_type"] == "code"):
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["said\n"]}]
        cell["execution_count"] = number
    path.write_text(json.dumps(saved, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (target,) = re.findall(
        r"^clean-outputs:.*\n\t\$\(BIN\)/jupyter (.*) lecture.ipynb$", MAKEFILE.read_text(), re.M
    )
    subprocess.run([sys.executable, "-m", "jupyter", *target.split(), path], check=True, capture_output=True)
    assert path.read_text(encoding="utf-8") == NOTEBOOK.read_text(encoding="utf-8")


MISSING = re.compile(
    r"Run all cells above first|run the cells above first: Run > Run All Above Selected Cell"
)


@case(
    "cells run out of order, as after a restart",
    "each part's first cell, and any name that is missing, says what to run",
    "Run > Run All Above Selected Cell",
)
def test_cells_out_of_order_say_what_to_run_first():
    """What a kernel says that was started again: no cell that begins a part ends in a bare NameError."""
    openers = [
        "".join(cell["source"])
        for cell in CELLS
        if "".join(cell["source"]).startswith('assert "cnn" in dir()')
    ]
    assert len(openers) >= len(PARTS) - 1
    for source in openers:
        with pytest.raises(AssertionError, match=MISSING):
            exec(source, {})


def test_after_the_first_cell_a_missing_name_is_explained(capsys, monkeypatch):
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    monkeypatch.setattr(advice, "get_ipython", lambda: shell)
    advice.explain_missing_names()
    advice.explain_missing_names()  # the first cell may run twice
    shell.run_cell("undefined_name")
    assert len(MISSING.findall(capsys.readouterr().out)) == 1
    shell.run_cell("1 / 0")
    shell.run_cell("found = 1")
    assert not MISSING.search(capsys.readouterr().out)


def test_a_module_that_a_student_edits_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "edited_by_a_student.py"
    path.write_text("answer = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    monkeypatch.setattr(advice, "get_ipython", lambda: shell)
    for _ in range(2):  # the first cell may run twice
        advice.read_again_once_edited("edited_by_a_student")
    shell.run_cell("first = edited_by_a_student.answer")
    path.write_text("answer = 1 + 1\n")
    os.utime(path, (time.time() + 9, time.time() + 9))
    shell.run_cell("second = edited_by_a_student.answer")
    assert (shell.user_ns["first"], shell.user_ns["second"]) == (1, 2)


FIRST = next("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code")


def first_cell(folder, *before, source=FIRST):
    """Run a first cell in a process of its own that starts in ``folder``; return the last line of its errors."""
    plain = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
    code = "import sys\nsys.path.remove('')\n" + "\n".join([*before, plain.replace("datasets.prepare()", "")])
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
    )
    return run.stdout + (run.stderr.strip().splitlines() or [""])[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "missing"),
    [([], "No module named 'cnn'"), (["sys.modules['torch'] = None"], "import of torch halted")],
    ids=["no modules", "another interpreter"],
)
@case(
    "notebook in another folder, or in a kernel of another Python",
    "the first cell says where it is, and what to run",
    "run `make lecture` in its folder",
)
def test_what_is_missing_is_said_with_folder_and_interpreter(before, missing, tmp_path):
    said = first_cell(tmp_path if not before else NOTEBOOK.parent, *before)
    assert missing in said and "run `make lecture` in its folder (now " in said and sys.executable in said
    assert "In Colab run first: !git clone" in said


def test_in_colab_widgets_are_switched_on_and_nowhere_else(monkeypatch):
    asked, colab = [], types.ModuleType("google.colab")
    colab.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: asked.append("widgets"))
    advice.switch_widgets_on()
    assert not asked
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    advice.switch_widgets_on()
    assert asked == ["widgets"]


@pytest.mark.slow
@case("another `filters` or `datasets` on the path or installed", "uses the lecture's own")
def test_the_lectures_own_modules_come_before_others_of_the_same_names(tmp_path):
    for name in ("filters", "datasets", "figures", "training"):
        (tmp_path / f"{name}.py").write_text("# of another course\n")
    assert first_cell(NOTEBOOK.parent, f"sys.path.insert(0, {str(tmp_path)!r})") == ""


def test_retrain_reaches_everything_that_trains():
    """Each call of a function that can train anew passes RETRAIN on."""
    reached = []
    for cell in CELLS:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or source.startswith("%"):
            continue
        for call in ast.walk(ast.parse(source)):
            if isinstance(call, ast.Call) and "retrain" in parameters_of(ast.unparse(call.func)):
                passed = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
                assert passed.get("retrain") == "RETRAIN", source
                reached.append(ast.unparse(call.func))
    assert {"cnn.trained", "studies.show_degradation"} <= set(reached)


def parameters_of(name):
    """Return the parameters of a function of the lecture's modules, such as "cnn.trained"."""
    module, _, function = name.partition(".")
    found = getattr(globals().get(module), function, None)
    return inspect.signature(found).parameters if inspect.isfunction(found) else ()
