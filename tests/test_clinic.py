"""The clinic: each fault shows its own symptom and no other; names are judged, and repairs by what they do."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from exercises import clinic
from exercises.clinic import instruments, pictures, runs, scripts, symptoms, treating
from training import kept

TITLES = ["MNIST", "MNIST stand-in"]
CASE = {fault: case for case, fault in treating.CASES.items()}


@pytest.fixture(scope="module")
def arrays(mnist):
    return runs.arrays_of(mnist)


@pytest.fixture
def at_once(monkeypatch):
    """Measure scripts in this process: a process of its own takes seconds to import torch."""

    def measured(script, arrays, seconds=None):
        threads, state = torch.get_num_threads(), torch.get_rng_state()
        torch.set_num_threads(1)
        try:
            found = json.loads(json.dumps(instruments.rounded(instruments.run(script, arrays))))
        finally:
            torch.set_num_threads(threads)
            torch.set_rng_state(state)
        assert "error" not in found, found
        return found

    monkeypatch.setattr(runs, "measured", measured)
    monkeypatch.setattr(treating.figures, "show", lambda fig, alt: None)
    return measured


# Scripts


def test_a_fault_is_one_line_of_the_healthy_script():
    healthy = scripts.HEALTHY.splitlines()
    for name, fault in scripts.FAULTS.items():
        assert healthy.count(fault.line) == 1, name
        broken = scripts.script_with(name).splitlines()
        place = healthy.index(fault.line)
        behind = place + bool(fault.broken)
        assert broken[:place] == healthy[:place] and broken[behind:] == healthy[place + 1 :]
        assert broken[place:behind] == [fault.broken] * bool(fault.broken)
        compile("\n".join(broken), name, "exec")
    assert scripts.script_with() == scripts.HEALTHY


def test_every_fault_is_a_case_and_there_are_more_names_than_cases():
    assert len(CASE) == len(treating.CASES) == len(scripts.FAULTS) >= 10
    assert set(CASE) == set(scripts.FAULTS) == set(symptoms.SHOWS)
    assert set(clinic.faults()) > set(CASE) and len(clinic.faults()) >= len(CASE) + 5
    assert list(treating.CASES.values()) not in (list(scripts.FAULTS), sorted(CASE))


# Symptoms


@pytest.mark.parametrize("title", TITLES)
def test_each_kept_run_shows_its_own_symptom_and_no_other(title):
    found = runs.kept_runs(title)
    assert set(found) == {"healthy", *scripts.FAULTS}
    for name, run in found.items():
        assert symptoms.shown(run, found["healthy"]) == [name] * (name != "healthy"), name
    assert treating.ailments(found["healthy"], found["healthy"]) == []
    for name in scripts.FAULTS:
        assert treating.ailments(found[name], found["healthy"]), name


@pytest.mark.parametrize("title", TITLES)
def test_kept_runs_are_of_these_scripts_and_say_on_which_data(title):
    record = json.loads(runs.path_of(title).read_text(encoding="utf-8"))["record"]
    assert record["script"] == scripts.HEALTHY and record["data"] == title
    assert {"versions", "machine", "images in each part"} <= set(record)
    assert sum(path.stat().st_size for path in kept.SHIPPED.glob("clinic*")) < 300_000


@pytest.mark.slow
@pytest.mark.parametrize("name", [None, "no eval()", "test images in training"])
def test_a_new_run_shows_what_the_kept_one_does(name, arrays, at_once):
    run = at_once(scripts.script_with(name), arrays)
    healthy = runs.kept_runs("MNIST stand-in")["healthy"]
    assert symptoms.shown(run, healthy) == [name] * (name is not None)
    again = runs.kept_runs("MNIST stand-in")[name or "healthy"]
    assert run["learned_from"] == again["learned_from"]
    if name is None:
        assert treating.ailments(run, healthy) == []
        assert run["honest"]["fresh"] == pytest.approx(again["honest"]["fresh"], abs=0.03)


# Instruments

TINY = """
torch.manual_seed(0)
images, labels = digits("train")
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(2):
    for x, y in zip(images[:40].split(20), labels[:40].split(20)):
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        report.step(loss, logits, y)
    net.eval()
    with torch.no_grad():
        report.epoch(net(digits("validation")[0]), digits("validation")[1])
    net.train()
report.test(net.eval()(digits("test")[0]), digits("test")[1])
"""


def test_what_is_measured_is_what_torch_gives(arrays, at_once):
    found = at_once(TINY, arrays)
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(784, 20),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(20, 10),
    )
    images, labels = (
        torch.tensor(arrays["train"][:40]) / 255,
        torch.tensor(arrays["train labels"][:40]).long(),
    )
    losses, gradients = [], []
    for _ in range(2):
        for x, y in zip(images.split(20), labels.split(20), strict=True):
            net.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            gradients.append(torch.cat([net[1].weight.grad.flatten(), net[4].weight.grad.flatten()]))
            losses.append(loss.item())
            with torch.no_grad():
                for weights in net.parameters():
                    weights -= 0.1 * weights.grad
    norm = [part.split([784 * 20, 200])[1].norm().item() for part in gradients]
    val = torch.tensor(arrays["validation"]) / 255
    hidden = net[:3](val).detach()
    last = found["epochs"][-1]
    assert found["losses"] == pytest.approx(losses, rel=1e-3)
    assert last["gradients"]["dense 2"] == pytest.approx(np.median(norm[2:]), rel=1e-3)
    cosines = [torch.cosine_similarity(a, b, dim=0).item() for a, b in pairwise(gradients[1:])]
    assert last["turn"] == pytest.approx(np.median(cosines), rel=1e-2)
    assert last["dead"] == {"dense 1": pytest.approx(hidden.eq(0).all(0).float().mean().item())}
    assert last["spread"]["validation"]["images"] == pytest.approx(val.std().item(), rel=1e-3)
    assert last["spread"]["validation"]["dense 1"] == pytest.approx(net[:2](val).std().item(), rel=1e-3)
    right = net.eval()(val).argmax(1).eq(torch.tensor(arrays["validation labels"])).float().mean().item()
    assert last["val_accuracy"] == found["honest"]["validation"] == pytest.approx(right, abs=1e-3)
    assert found["learned_from"] == {"train": 40, "validation": 0, "test": 0}
    assert found["leftovers"] == 0 and last["training_mode"] is False and last["same_answers"] == 1


def test_images_are_recognised_however_they_are_normalised(arrays):
    digits = instruments.Digits(arrays)
    images = torch.cat([digits("test")[0][5:9], torch.rand(2, 1, 28, 28)])
    numbers = digits.recognised((images - 0.13) / 0.31)
    assert numbers.tolist() == [2005, 2006, 2007, 2008, -1, -1]
    with pytest.raises(ValueError, match="digits knows 'train', 'validation', 'test', not 'fresh'"):
        digits("fresh")


def test_the_instruments_leave_torch_as_it_was(arrays, at_once):
    before = torch.Tensor.backward
    at_once(TINY, arrays)
    assert torch.Tensor.backward is before
    assert not torch.nn.modules.module._global_forward_hooks


# Naming


def test_the_right_name_is_right_and_no_other():
    for fault, case in CASE.items():
        assert [name for name in clinic.faults() if clinic.name(case, name)] == [fault]
    assert clinic.name("case 2", "  No Eval() ")


def test_a_wrong_name_says_its_symptom_and_the_second_one_where_to_look():
    case = CASE["dead ReLU"]
    treating._misses.clear()
    first, same, second = (clinic.name(case, name) for name in ("no eval()", "no eval()", "labels shuffled"))
    assert not (first or same or second)
    assert scripts.FAULTS["no eval()"].symptom in first.says and not first.hints and not same.hints
    assert second.hints == [f"Look at {scripts.FAULTS['dead ReLU'].look}."]
    assert "dead ReLU" not in repr(first) + repr(second)


@pytest.mark.parametrize("answer", [None, "", "  ", ...])
def test_what_is_not_answered_is_not_wrong(answer):
    assert clinic.name("case 1", answer).state == "unanswered"
    assert clinic.repair("case 1", line=answer, text=answer).state == "unanswered"
    assert clinic.repair("case 1", line=3, text=answer).state == "unanswered"


@pytest.mark.parametrize("answer", [7, ["no eval()"], "no such fault", object(), float("nan")])
def test_what_is_no_name_of_a_fault_is_said(answer):
    result = clinic.name("case 1", answer)
    assert (
        result.state == "wrong" and "is not on the list: all weights zero; batches too small" in result.says
    )


@pytest.mark.parametrize("case", [1, None, "case 99", [], "Case one"])
def test_what_is_no_case_is_said(case, capsys):
    for result in (clinic.name(case, "no eval()"), clinic.repair(case, line=1, text="pass")):
        assert not result and "there are case 1, case 2" in result.says
    clinic.show(case)
    assert "there are case 1, case 2" in capsys.readouterr().out


# Repairs: what makes a run healthy counts, whatever the line; what hides a symptom does not.

LR = "optimizer = torch.optim.SGD(net.parameters(), lr={}, momentum=0.9)".format


def place(fault, line):
    """Return the number of a line in the script with a fault."""
    return scripts.script_with(fault).splitlines().index(line) + 1


RIGHT = {
    "no zero_grad": {"after": place("no zero_grad", "        optimizer.step()"), "text": "net.zero_grad()"},
    "softmax twice": {
        "line": place("softmax twice", "        loss = F.cross_entropy(logits, y)"),
        "text": "loss = F.nll_loss(logits.log(), y)\nlogits = logits.log()",
    },
    "normalisation forgotten in validation": {
        "after": 9,
        "text": "val_images = val_images.sub(mean).div(std)",
    },
}
HIDING = {
    "no zero_grad": ({"line": 20, "text": LR(0.0002)}, "gradients of an earlier one were there"),
    "no eval()": (
        {"line": 14, "text": "nn.Flatten(), nn.Linear(400, 64), nn.ReLU(), nn.Identity(),"},
        "in validation the network is in training mode",
    ),
    "test images in training": (
        {"line": 4, "text": 'test_images, test_labels = digits("validation")'},
        "1,000 of the test images are learned from",
    ),
    "labels shuffled": (
        {"line": 6, "text": "images, labels = val_images, val_labels"},
        "1,000 of the validation images are learned from",
    ),
    "learning rate 100 times too low": (
        {"line": 21, "text": "for epoch in range(14):"},
        "of new images are right",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", RIGHT)
def test_a_repair_of_another_kind_counts(fault, at_once):
    result = clinic.repair(CASE[fault], **RIGHT[fault])
    assert result, result
    assert "It is healthy" in result.says and "that the script has never had" in result.says


@pytest.mark.slow
@pytest.mark.parametrize("fault", HIDING)
def test_what_only_hides_a_symptom_does_not_count(fault, at_once):
    change, says = HIDING[fault]
    result = clinic.repair(CASE[fault], **change)
    assert not result and says in result.says, result


@pytest.mark.slow
def test_a_script_is_repaired_in_a_process_of_its_own(capsys):
    result = clinic.repair(CASE["no eval()"], script=scripts.HEALTHY)
    assert result, result
    assert "HTML" in capsys.readouterr().out  # its curves


BAD = {
    "syntax": ("optimizer.zero_grad(", "Line 26 is not Python"),
    "exception": ("raise ValueError('of my own')", "Line 26 fails. ValueError: of my own."),
    "killed": ("import os; os._exit(3)", "It ended before its last line (code 3)."),
    "endless": (
        "while True:\n            try:\n                while True: pass\n            except BaseException: pass",
        "It had not ended after 4 seconds",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
def test_a_script_that_fails_is_told_so(name):
    text, says = BAD[name]
    result = clinic.repair(CASE["no zero_grad"], after=25, text=text, seconds=4 if "endless" in name else 60)
    assert not result and says in result.says, result


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("optimiser.zero_grad()", [27, "NameError: name 'optimiser' is not defined"]),
        ("raise SystemExit", [27, "SystemExit: "]),
        ("raise KeyboardInterrupt('mine')", [27, "KeyboardInterrupt: mine"]),
        ("def f(): f()\n        f()", [27, "RecursionError: maximum recursion depth exceeded"]),
    ],
)
def test_what_a_script_raises_is_told_with_its_line(text, error, arrays):
    lines = scripts.HEALTHY.splitlines()
    lines.insert(26, "        " + text)
    line, says = instruments.run("\n".join(lines), arrays)["error"]
    assert says.startswith(error[1]) and line >= error[0]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("        report.step(loss, logits, y)", "report.step was not called in this epoch"),
        ("        optimizer.step()", "no step of an optimizer was taken"),
        ("    report.test(net(test_images), test_labels)", "its three lines with report are needed"),
    ],
)
def test_a_script_that_reports_nothing_is_told_so(line, says, arrays):
    source = scripts.HEALTHY.replace(line, line[: -len(line.lstrip())] + "pass").replace(
        "range(10)", "range(1)"
    )
    assert says in instruments.run(source, arrays)["error"][1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"line": 99, "text": "pass"}, "The script has lines 1 to 34, but no line 99."),
        ({"line": "3", "text": "pass"}, "no line with a str for a number"),
        ({"line": 3, "text": 7}, "text must be a line of Python in quotation marks, but it is a int"),
        ({"line": 3, "text": "pass", "seconds": "long"}, "seconds must be a finite number, but it is 'long'"),
        ({"script": 7}, "script must be the script's text, but it is a int"),
        ({"line": 3, "text": "\0"}, "is not Python"),
        ({"line": 3, "text": "(" * 500}, "is not Python"),
    ],
)
def test_what_cannot_be_put_in_is_said(options, says):
    result = clinic.repair("case 1", **options)
    assert not result and says in result.says


def test_a_disk_that_is_full_is_said(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.np, "savez", full)
    result = clinic.repair("case 1", line=3, text="pass")
    assert result.state == "stopped" and "No space left on device" in result.says


def test_a_line_gets_the_indentation_of_the_one_that_it_stands_for():
    case = CASE["no zero_grad"]
    before = scripts.script_with("no zero_grad").splitlines()
    after = treating.changed_script(case, None, "a()\n    b()", 25, None).splitlines()
    assert after == [*before[:25], "        a()", "    b()", *before[25:]]
    assert treating.changed_script(case, 25, "a()", None, None).splitlines()[24] == "        a()"


# What is shown


def test_a_case_is_shown_without_training(monkeypatch, mnist):
    shown = []
    monkeypatch.setattr(treating, "display", lambda page: shown.append(page.data))
    monkeypatch.setattr(treating.figures, "show", lambda fig, alt: shown.append(alt))
    monkeypatch.setattr(runs, "measured", lambda *_: pytest.fail("it was trained"))
    for case, fault in treating.CASES.items():
        shown.clear()
        clinic.show(case)
        assert "MNIST stand-in" in shown[0] and 'class="lecture-table"' in shown[1]
        assert fault not in "".join(shown)
        for line in scripts.script_with(fault).splitlines():
            assert pictures.html.escape(line) in shown[1]


def test_cells_run_untouched(monkeypatch):
    shown = []
    monkeypatch.setattr(treating, "display", shown.append)
    monkeypatch.setattr(treating.figures, "show", lambda fig, alt: None)
    monkeypatch.setattr(treating.pictures, "draw_run", lambda *_: None)  # drawn in the test before
    cells, names = clinic.notebook_cells(), {}
    assert len({cell.id for cell in cells}) == len(cells)
    for cell in cells:
        if cell.cell_type == "code" and cell.id.startswith(("clinic", "case")):
            *lines, last = cell.source.splitlines()
            exec("\n".join(lines), names)
            result = eval(last, names)
            if "clinic.name" in last or "clinic.repair" in last:
                assert result.state == "unanswered"
    assert sum("clinic.show" in cell.source for cell in cells) == len(CASE)
