"""Shifted digits: what is moved, what networks read of it by hand, what is kept, and what the lecture says of it."""

import json
import re
from pathlib import Path

import numpy as np
import torch
from few import first

from datasets import MulticlassDataset
from figures.tracing import count_parameters
from studies import shifts
from studies.uncertainty import mean_interval
from training import kept

CELLS = json.loads((Path(__file__).parent.parent / "lecture.ipynb").read_text(encoding="utf-8"))["cells"]


def test_moved_to_the_right_black_comes_in():
    image = torch.arange(12.0).reshape(1, 1, 3, 4) + 1
    moved = shifts.shifted(image, 3)
    assert moved[0, 0].tolist() == [[0, 0, 0, 1], [0, 0, 0, 5], [0, 0, 0, 9]]
    assert torch.equal(shifts.shifted(image, 0), image)


def test_what_is_read_is_what_the_network_says(mnist):
    net, split = shifts.perceptron(), first(mnist, 1, 30).val
    right = shifts.right_when_shifted(net, split, [0, 5])
    images = torch.as_tensor(np.asarray(split.values))
    for row, shift in zip(right, (0, 5), strict=True):
        moved = torch.roll(images, shift, dims=3)
        moved[..., :shift] = 0
        assert torch.equal(row, net(moved).argmax(1) == torch.as_tensor(split.labels))


def test_the_four_networks():
    counts = {name: count_parameters(make()) for name, make in shifts.NETWORKS.items()}
    assert counts["perceptron"] == 50_890 and counts["SimpleCNN"] == 52_084
    assert counts["global average"] == 9 * 26 + 32 * (9 * 25 + 1) + 330


def test_global_averages_do_not_move_with_the_digit():
    """By the stride of its pooling, and away from the border: the same logits, to a rounding."""
    net, image = shifts.global_average_network().double(), torch.zeros(1, 1, 28, 28).double()
    image[..., 8:18, 10:16] = torch.rand(10, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        straight, by_two, by_one = (net(shifts.shifted(image, shift)) for shift in (0, 2, 1))
        dense = [shifts.NETWORKS["PoolingCNN"]().double()(shifts.shifted(image, shift)) for shift in (0, 2)]
    torch.testing.assert_close(straight, by_two, atol=1e-12, rtol=0)
    assert (straight - by_one).abs().max() > 1e-6  # max pooling with a stride lets aliasing through
    assert (dense[0] - dense[1]).abs().max() > 1e-3


def test_what_is_kept_is_found_and_one_network_trained_again(mnist, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path / "trained")
    monkeypatch.setattr(shifts, "EPOCHS", 1)
    monkeypatch.setattr(shifts, "SEEDS", dict.fromkeys(shifts.NETWORKS, (0, 1)))
    few = first(mnist, 300, 50)
    snapshots = {name: shifts.history(few, name) for name in shifts.NETWORKS}
    kept.keep(shifts.NAME, shifts.description(few), snapshots)
    measured, title = shifts.kept_answers(few)
    assert title == "MNIST stand-in" and "measured before on" in capsys.readouterr().out
    assert all(right.shape == (2, 7, 50) for right in measured.values())
    assert (measured["SimpleCNN"][0] != measured["SimpleCNN"][1]).any()
    assert torch.equal(torch.from_numpy(measured["perceptron"][1]), shifts.right_of_one("perceptron", few, 1))
    new = torch.ones(7, 50, dtype=torch.bool)
    monkeypatch.setattr(
        shifts, "right_of_one", lambda *asked: new if asked == ("PoolingCNN", few, 0) else None
    )
    live, _ = shifts.kept_answers(few, retrain=True)
    said = "Shifts: the first PoolingCNN is measured now on MNIST stand-in, the rest was before.\n"
    assert capsys.readouterr().out == said
    assert live["PoolingCNN"][0].all() and (live["PoolingCNN"][1] == measured["PoolingCNN"][1]).all()


def recorded():
    """Return what is right in the record that comes with the lecture, and how many images there were."""
    content = torch.load(kept.SHIPPED / "shifts-mnist.pt", weights_only=True)
    images = json.loads(content["record"])["data"]["counts"][1]
    return {
        name: np.unpackbits(history[0]["right"].numpy(), axis=-1, count=images).astype(bool)
        for name, history in content["snapshots"].items()
    }


def test_the_table_compares_training_by_training():
    right = recorded()
    for row, shift in zip(shifts.comparison_rows(right), (0, 4), strict=True):
        simple, pooled = (right[name][:, shift] for name in ("SimpleCNN", "PoolingCNN"))
        mean, low, high = mean_interval(100 * (pooled.mean(1) - simple.mean(1)))
        assert row[0] == f"moved by {shift}"
        assert row[3:5] == (f"{mean:+.1f}", f"{low:+.1f} to {high:+.1f}")
        gained, lost = (pooled & ~simple).sum() / 5, (simple & ~pooled).sum() / 5
        assert row[5] == f"{gained:.0f} / {lost:.0f}"


def test_what_is_drawn_is_what_was_measured():
    right = recorded()
    ax = shifts.draw_shifted(right, "title").axes[0]
    for line, answers in zip(ax.lines, right.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), answers.mean((0, 2)))
    for drawn, answers in zip(ax.collections, right.values(), strict=True):
        ends = [mean_interval(shares)[1:] for shares in answers.mean(2).T]
        np.testing.assert_allclose([segment[:, 1] for segment in drawn.get_segments()], np.minimum(ends, 1))
        assert np.min(ends) > ax.get_ylim()[0] and ax.get_ylim()[1] > 1


def test_on_a_stand_in_the_recorded_numbers_are_shown_and_said_to_be(mnist, capsys):
    right, title = shifts.kept_answers(mnist)
    said = "Shifts: recorded on MNIST; it was not measured on the images here (MNIST stand-in).\n"
    assert title == "MNIST" and capsys.readouterr().out == said
    for name, answers in recorded().items():
        np.testing.assert_array_equal(right[name], answers)


def test_the_shipped_record_fits_the_real_images(real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    real = MulticlassDataset.mnist().to_torch()
    result = kept.find(shifts.NAME, shifts.description(real))
    assert result.likeness is kept.Likeness.EXACT


def test_the_lecture_says_what_the_figure_shows():
    text = {cell["id"]: "".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "markdown"}
    right = recorded()
    order = ("global average", "SimpleCNN", "PoolingCNN")
    wanted = [round(100 * right[name][:, 4].mean()) for name in order]
    assert [int(number) for number in re.findall(r"(\d+) %", text["cell-66c"])] == wanted
    unmoved, moved = ([100 * right[name][:, shift].mean(1) for name in order] for shift in (0, 4))
    _, low, high = mean_interval(unmoved[2] - unmoved[1])
    assert low < 0 < high and 1.5 < unmoved[1].mean() - unmoved[0].mean() < 2.5  # "two points"
    note = next("".join(cell["source"]) for cell in CELLS if cell["id"] == "3245f20e")
    ends = [f"{end:.1f}" for end in mean_interval(moved[2] - moved[1])[1:]]
    assert f"{ends[0]} to {ends[1]} points" in note
    far = [round(100 * right["global average"][:, shift].mean()) for shift in (0, 6)]
    assert f"falls from {far[0]} to {far[1]} %" in note
