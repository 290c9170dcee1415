"""The test sets: opened in one cell of the lecture and nowhere else, and counted right."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from few import first

import cnn
from studies import final_accuracy
from studies.uncertainty import accuracy_interval
from training import kept

ROOT = Path(__file__).resolve().parent.parent
CELLS = json.loads((ROOT / "lecture.ipynb").read_text(encoding="utf-8"))["cells"]
OPENS = re.compile(r"\.test\b|test_accuracy|right_in_test")


def test_one_cell_opens_them_after_all_others():
    code = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]
    (opening,) = [number for number, source in enumerate(code) if OPENS.search(source)]
    trained = [number for number, source in enumerate(code) if re.search(r"retrain=|train_model\(", source)]
    assert opening > max(trained)
    assert {"simple_cnn", "pooling_cnn", "cifar_cnn"} <= set(re.findall(r"\w+", code[opening]))


def test_nothing_that_the_lecture_calls_opens_them():
    folders = ("demos", "studies", "figures", "imagenet")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    modules += [ROOT / f"{name}.py" for name in ("cnn", "filters", "pooling", "resnet")]
    modules += [ROOT / "exercises" / f"{name}.py" for name in ("guesses", "questions")]
    opening = [path.name for path in modules if re.search(r"\w\.test\b", path.read_text(encoding="utf-8"))]
    documented = re.sub(r'""".*?"""', "", (ROOT / "training" / "loop.py").read_text(), flags=re.DOTALL)
    assert opening == ["final_accuracy.py"] and not re.search(r"\w\.test\b", documented)


def test_a_network_of_one_s_own_is_counted_now(mnist):
    dataset, net = first(mnist, 10, 40), cnn.SimpleCNN().eval()
    images = torch.as_tensor(np.asarray(dataset.test.values))
    with torch.no_grad():
        wanted = (net(images).argmax(1) == torch.as_tensor(dataset.test.labels)).sum().item()
    assert final_accuracy.right_in_test(net, dataset) == (wanted, 40, final_accuracy.NOW)


def test_exactly_these_weights_and_images_were_counted_when_they_were_made(mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "SHIPPED", tmp_path)
    dataset, net = first(mnist, 10, 40), cnn.SimpleCNN()
    net.load_state_dict({name: kept.half(value).float() for name, value in net.state_dict().items()})
    wanted = kept.description({"SimpleCNN": net}, dataset, {"num_epochs": 0})
    path = tmp_path / f"{kept.file_stem('SimpleCNN', wanted)}.pt"
    history = {"SimpleCNN": [{"epoch": 0}]}
    kept.write(path, wanted, history, {"SimpleCNN": net}, accuracy={"test": 0.875})
    assert final_accuracy.right_in_test(net, dataset) == (35, 40, final_accuracy.WHEN_TRAINED)
    assert final_accuracy.right_in_test(net, first(mnist, 10, 41))[1:] == (41, final_accuracy.NOW)
    with torch.no_grad():
        net.c1.bias[0] += 0.1
    assert final_accuracy.right_in_test(net, dataset)[1:] == (40, final_accuracy.NOW)


def test_intervals_stand_in_the_table(mnist, monkeypatch):
    tables, dataset = [], first(mnist, 10, 40)
    monkeypatch.setattr(final_accuracy.figures, "show_table", lambda header, rows: tables.append(rows))
    final_accuracy.show_test_accuracy({"mine": (cnn.SimpleCNN(), dataset)})
    ((name, title, right, accuracy, interval, _),) = tables[0]
    count = int(right.split(" of ")[0])
    low, high = accuracy_interval(count, 40)
    assert (name, title, interval) == ("mine", "MNIST stand-in", f"{low:.1%} to {high:.1%}")
    assert right == f"{count} of 40" and accuracy == f"{count / 40:.2%}"


@pytest.mark.parametrize("make, title, epochs", [(cnn.SimpleCNN, "mnist", 5), (cnn.CifarCNN, "cifar", 20)])
def test_recorded_counts_are_those_of_the_real_test_images(make, title, epochs, real_data, monkeypatch):
    from datasets import MulticlassDataset

    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    dataset = getattr(MulticlassDataset, title)()
    dataset = dataset.normalize() if title == "cifar" else dataset
    net = make()
    cnn.trained(net, dataset.to_torch(), num_epochs=epochs)
    right, count, when = final_accuracy.right_in_test(net, dataset)
    assert when == final_accuracy.WHEN_TRAINED and count == 10_000
    assert right / count == pytest.approx(cnn.evaluate(net, dataset, dataset.test)[1], abs=1e-3)
