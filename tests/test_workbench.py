"""The network to change: what cannot be trained is said in a sentence, what can is shown, trained and opened."""

import re

import pytest
from few import first
from torch import nn

from demos.page import Demo
from exercises import workbench
from figures import diagrams


@pytest.fixture
def shown(monkeypatch):
    """Collect what figures and tables are displayed."""
    found = []
    monkeypatch.setattr(workbench.diagrams.figures, "show", lambda fig, alt: found.append(alt))
    monkeypatch.setattr(diagrams.figures, "show_table", lambda header, rows: found.append(rows))
    return found


def net(*last, size=8 * 12 * 12, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(size, classes), *last
    )


@pytest.mark.parametrize(
    ("make", "options", "says"),
    [
        (
            lambda: net(size=784),
            {"epochs": 1},
            "8 × 12 × 12. Write nn.Linear(8 * 12 * 12, 10).\nPyTorch says: mat1",
        ),
        (lambda: net(classes=9), {"epochs": 1}, "must be nn.Linear(1152, 10)"),
        (lambda: net(nn.Softmax(dim=1)), {"epochs": 1}, "ends with a softmax or a sigmoid"),
        (lambda: net(nn.Sigmoid()), {"seconds": 1}, "ends with a softmax or a sigmoid"),
        (lambda: nn.Sequential(nn.Flatten(), nn.ReLU()), {"epochs": 1}, "no parameters that could learn"),
        (lambda: net().requires_grad_(False), {"epochs": 1}, "no parameters that could learn"),
        (lambda: nn.Sequential, {"epochs": 1}, "the class Sequential, without ()"),
        (lambda: None, {"epochs": 1}, "Wanted is a network"),
        (lambda: [nn.Flatten()], {"epochs": 1}, "this is a list"),
        (net, {}, "Say how long it may train"),
        (net, {"seconds": 1, "epochs": 1}, "Say how long it may train"),
        (net, {"seconds": -1}, "seconds must be a number above 0"),
        (net, {"epochs": 0}, "num_epochs must be a whole number of at least 1"),
        (net, {"epochs": 5, "learning_rate": 1e9}, "Lower learning_rate"),
    ],
)
def test_what_cannot_be_trained_is_said(make, options, says, mnist, shown, capsys):
    result = workbench.change_it(make(), first(mnist, 40), device="cpu", **options)
    assert not result and result.state == "wrong" and says in result.says


def test_no_data_set_is_said():
    assert "Wanted is a data set" in workbench.change_it(net(), [1, 2], epochs=1).says


def test_a_network_is_shown_trained_and_opened(mnist, shown, capsys):
    mine = net()
    before = mine[0].weight.detach().clone()
    opened = workbench.change_it(mine, first(mnist, 200), epochs=2, device="cpu")
    assert isinstance(opened, Demo)
    diagram, table, curves = shown
    assert "Diagram of my network" in diagram and "by epoch" in curves
    assert table[-1][0] == "Total" and table[-1][3] == f"{8 * 25 + 8 + 1152 * 10 + 10:,}"
    assert "2 epochs of 200 images in " in capsys.readouterr().out
    assert not mine[0].weight.equal(before)


def test_colours_are_normalised_as_they_were(cifar, shown, capsys):
    mine = nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 8 * 8, 10))
    assert isinstance(workbench.change_it(mine, first(cifar, 40), seconds=0.01, device="cpu"), Demo)
    assert re.search(r"\d+ epochs? of 40 images in \d+ seconds: ", capsys.readouterr().out)


def test_a_network_that_cannot_be_followed_is_trained_all_the_same(mnist, shown, capsys):
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.f1 = nn.Linear(784, 10)

        def forward(self, x):
            return self.f1(x.flatten(1)) if x.sum() > 0 else self.f1(-x.flatten(1))

    result = workbench.change_it(Branching(), first(mnist, 40), epochs=1, device="cpu")
    assert "There is no diagram of it" in capsys.readouterr().out
    assert result.state == "stopped" and "It is trained, but the glass box does not show it" in result.says


def test_the_cell_runs_as_it_is(mnist, shown, capsys, monkeypatch):
    _, cell = workbench.change_it_cells()
    assert cell.source.count("\n") < 15 and "seconds=10" in cell.source
    code = cell.source.replace("seconds=10", "seconds=0.01").replace(
        "mnist, seconds", "mnist.subset(range(64)), seconds"
    )
    *lines, last = code.splitlines()
    names = {"nn": nn}
    exec("\n".join(lines), names)
    assert isinstance(eval(last, names), Demo)
