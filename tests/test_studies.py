"""Batch norm, depth and speed: what is compared is alike in all but one thing; records are kept and refused."""

import numpy as np
import pytest
import torch

import resnet
import training
from datasets import MulticlassDataset
from studies import batch_norm, comparison, speed
from training import kept


@pytest.fixture(scope="module")
def dataset():
    return MulticlassDataset.cifar().normalize().to_torch()


def test_signals_fade_unless_the_weights_are_large_enough_or_there_is_batch_norm():
    found = {
        activation: {
            name: batch_norm.activations_by_depth(**way, activation=activation) for name, way in ways.items()
        }
        for activation, ways in dict.fromkeys(("tanh", "relu"), batch_norm.BY_DEPTH).items()
    }
    for activation, (small, plain, he, with_norm) in ((key, value.values()) for key, value in found.items()):
        assert len(small) == len(plain) == len(he) == len(with_norm) == 24
        assert small[-1] < 1e-9 * plain[-1] and plain[-1] < 1e-5 * plain[0]
        assert with_norm[-1] > 0.5 * with_norm[0]
        assert plain == batch_norm.activations_by_depth(activation=activation)  # the same seed
    tanh, relu = found["tanh"], found["relu"]
    assert relu["PyTorch's"][-1] < 1e-3 * tanh["PyTorch's"][-1]  # ReLU loses half of each sum's square
    assert 0.05 < relu["He's"][-1] / relu["He's"][0] < 0.5 < tanh["He's"][-1] / tanh["He's"][0]


def test_spreads_are_those_of_the_modules():
    torch.manual_seed(3)
    noise = torch.randn(32, 16, 8, 8).double()
    first, second = (torch.nn.Conv2d(16, 16, 3, padding=1).double() for _ in range(2))
    wanted = [first(noise).tanh(), second(first(noise).tanh()).tanh()]
    found = batch_norm.activations_by_depth(activation="tanh", depth=2, seed=3)
    assert found == pytest.approx([maps.std(0).mean().item() for maps in wanted])


def test_what_is_drawn_by_depth_is_what_was_measured():
    axes = batch_norm.draw_activations_by_depth().axes
    for ax, activation in zip(axes, ("tanh", "relu"), strict=True):
        for line, way in zip(ax.lines, batch_norm.BY_DEPTH.values(), strict=True):
            assert list(line.get_ydata()) == batch_norm.activations_by_depth(**way, activation=activation)
            assert ax.get_ylim()[0] <= min(line.get_ydata()) and max(line.get_ydata()) <= ax.get_ylim()[1]


def test_he_initialisation_has_the_variance_of_the_paper():
    layer = torch.nn.Conv2d(64, 256, 3)
    batch_norm.he_initialise(layer)
    assert layer.weight.var().item() == pytest.approx(2 / (64 * 9), rel=0.02)
    assert not layer.bias.any()


@pytest.mark.parametrize("blocks, layers", [(3, 20), (9, 56)])
def test_plain_and_residual_differ_in_the_shortcut_alone(blocks, layers):
    torch.manual_seed(0)
    plain = resnet.StagedNet(blocks, residual=False)
    residual = resnet.StagedNet(blocks, residual=True)
    residual.load_state_dict(plain.state_dict())
    weighted = [m for m in plain.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    assert len(weighted) == layers == 6 * blocks + 2
    images = torch.randn(4, 3, 32, 32)
    assert plain(images).shape == (4, 10)
    assert not torch.allclose(plain(images), residual(images))


def test_a_residual_block_whose_convolutions_are_zero_hands_its_input_on():
    block = resnet.Block(8, 8, residual=True).eval()
    torch.nn.init.zeros_(block.norm2.weight)
    x = torch.rand(2, 8, 6, 6)
    torch.testing.assert_close(block(x), x)
    wide = resnet.Block(8, 16, residual=True).eval()
    torch.nn.init.zeros_(wide.norm2.weight)
    torch.testing.assert_close(wide(x)[:, :8], x[..., ::2, ::2])
    assert (wide(x)[:, 8:] == 0).all()


def test_few_images_are_the_first_ones(dataset):
    fewer = comparison.few_images(dataset, 300)
    assert len(fewer.train) == len(fewer.train.labels) == 300
    torch.testing.assert_close(fewer.train[5].values, dataset.train[5].values)
    assert len(dataset.train) > 300


def small(seeds=(0,), **changes):
    """Return a study that trains in a moment: three networks, of which the last differs in its recipe."""
    networks = dict.fromkeys(("one", "two", "three"), batch_norm.convolution_stack)
    own = {"three": {"learning_rate": 0.5}}
    return comparison.Study("small", networks, "two", 1, {**comparison.PLAIN, **changes}, own, seeds)


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """Give a test few images and folders of its own, and return a list that gets the learning rate of each training."""
    few, train, rates = comparison.few_images, training.train_model, []
    monkeypatch.setattr(kept, "SHIPPED", tmp_path)
    monkeypatch.setattr(kept, "own_folder", lambda: None)
    monkeypatch.setattr(comparison, "few_images", lambda dataset: few(dataset, 256))

    def noted(*arguments, **options):
        rates.append(options.get("learning_rate"))
        return train(*arguments, **{**options, "progress": False})

    monkeypatch.setattr(training, "train_model", noted)
    return rates


def ship(study, dataset, tmp_path, name="small-cifar-10-stand-in"):
    """Train a study's networks, write its result, and return the histories."""
    snapshots = comparison.trained_alike(study, dataset)
    kept.write(tmp_path / f"{name}.pt", comparison.description(study, dataset), snapshots)
    return snapshots


def test_networks_are_trained_alike_but_for_what_is_to_differ(dataset, trainings):
    study = small(learning_rate=0.1)
    found = comparison.trained_alike(study, dataset)
    assert trainings == [0.1, 0.1, 0.5]
    one, two, three = ([snapshot["train_loss"] for snapshot in history] for history in found.values())
    assert one == two != three and len(one) == 2  # the same network from the same seed
    assert all("weights" not in snapshot for history in found.values() for snapshot in history)


def test_each_seed_is_a_training_and_the_first_is_trained_again(dataset, trainings, tmp_path, capsys):
    study = small(seeds=(0, 1))
    shipped = ship(study, dataset, tmp_path)
    assert len(trainings) == 6
    first, second = shipped["two"][1]["train_loss"]
    alone = comparison.trained(study, "two", dataset, 1)
    assert second == alone[1]["train_loss"] != first
    live, _ = comparison.histories(study, dataset, retrain=True)
    assert "the first “two” is measured now" in capsys.readouterr().out
    before, now = (history["two"][1]["seconds"] for history in (shipped, live))
    assert before[0] != now[0] and before[1] == now[1]


def test_a_study_is_kept_and_its_live_member_trained_again(dataset, trainings, tmp_path, capsys):
    shipped = ship(small(), dataset, tmp_path)
    assert comparison.histories(small(), dataset) == (shipped, "CIFAR-10 stand-in") and len(trainings) == 3
    said = "Small: measured before on CIFAR-10 stand-in. RETRAIN = True in the first cell (in Python, "
    assert capsys.readouterr().out == f"{said}retrain=True) measures “two” now.\n"
    live, _ = comparison.histories(small(), dataset, retrain=True)
    said = "Small: “two” is measured now on CIFAR-10 stand-in, the rest was before.\n"
    assert len(trainings) == 4 and capsys.readouterr().out == said
    for name, history in shipped.items():
        for before, now in zip(history, live[name], strict=True):
            assert (before["seconds"] == now["seconds"]) == (name != "two")
            assert before["train_loss"] == now["train_loss"]


@pytest.mark.parametrize("change", ["recipe", "images"])
def test_where_nothing_was_measured_the_record_is_shown_and_said_to_be(
    change, dataset, trainings, tmp_path, capsys
):
    study, asked = small(), dataset
    shipped = ship(study, dataset, tmp_path, "small-cifar-10")
    if change == "recipe":
        study, why = small(learning_rate=0.01), ", with another recipe than here; tools/make_results.py"
    else:
        asked, why = MulticlassDataset.cifar().to_torch(), "; it was not measured on the"  # not normalised
    for retrain in (False, True):  # numbers of different studies are not mixed
        assert comparison.histories(study, asked, retrain)[0] == shipped and len(trainings) == 3
        assert f"Small: recorded on CIFAR-10 stand-in{why}" in capsys.readouterr().out


def test_a_network_that_was_changed_is_the_one_that_is_trained(dataset, trainings, tmp_path, capsys):
    study = small()
    shipped = ship(study, dataset, tmp_path, "small-cifar-10")
    study = study._replace(networks=dict.fromkeys(study.networks, lambda: batch_norm.convolution_stack(True)))
    assert comparison.histories(study, dataset)[0] == shipped and len(trainings) == 3
    said = "Small: recorded on CIFAR-10 stand-in, before the networks were changed. RETRAIN = True"
    assert capsys.readouterr().out.startswith(said)
    found, _ = comparison.histories(study, dataset, retrain=True)
    said = "Small: “two” is measured now on CIFAR-10 stand-in with your change of the networks, the rest was"
    assert capsys.readouterr().out.startswith(said) and len(trainings) == 4
    for name, history in shipped.items():
        assert (found[name][-1]["train_loss"] == history[-1]["train_loss"]) == (name != "two")


def test_a_damaged_record_is_said(dataset, trainings, tmp_path):
    ship(small(), dataset, tmp_path, "small-cifar-10")
    path = tmp_path / "small-cifar-10.pt"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match=f"{path} is not a result of this lecture"):
        comparison.histories(small(), dataset)


def test_the_curves_of_batch_norm_are_those_of_its_study(dataset, monkeypatch):
    figs = []
    monkeypatch.setattr(batch_norm.figures, "show", lambda fig, alt: figs.append(fig))
    batch_norm.show_batch_norm_training(dataset)
    found, title = comparison.histories(batch_norm.STUDY, dataset)
    left, right = figs[0].axes
    assert left.get_title() == f"{title}: learning rate {batch_norm.SHOWN}"
    for k, name in enumerate(batch_norm.WAYS):
        ends = [found[batch_norm.at(name, rate)][-1]["val_accuracy"] for rate in batch_norm.RATES]
        curves = [snapshot["val_accuracy"] for snapshot in found[batch_norm.at(name, batch_norm.SHOWN)]]
        for ax, values in ((left, curves), (right, ends)):
            means, *dots = [line for line in ax.lines if line.get_color() == ax.lines[k].get_color()]
            np.testing.assert_allclose(means.get_ydata(), np.mean(values, axis=1))
            np.testing.assert_array_equal([line.get_ydata() for line in dots], np.transpose(values))
    assert batch_norm.STUDY.live in found


def test_the_shipped_study_is_that_of_the_lecture(dataset):
    study = batch_norm.STUDY
    wanted = comparison.description(study, dataset)
    assert kept.find(study.name, wanted).likeness is kept.Likeness.EXACT


def test_the_shipped_study_fits_the_real_images(real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    study, dataset = batch_norm.STUDY, MulticlassDataset.cifar().normalize()
    result = kept.find(study.name, comparison.description(study, dataset))
    end = {name: np.mean(history[-1]["val_accuracy"]) for name, history in result.snapshots.items()}
    plain, he, norm = ([end[batch_norm.at(name, rate)] for rate in (0.05, 0.2)] for name in batch_norm.WAYS)
    assert (he[0] - plain[0]) / (norm[0] - plain[0]) > 0.5  # what the lecture says
    at_chance = (
        np.array(result.snapshots[batch_norm.at("PyTorch's initialisation", 0.05)][-1]["val_accuracy"]) < 0.12
    )
    assert at_chance.tolist().count(True) == 2 and len(at_chance) == 3
    assert norm[1] > norm[0] - 0.02 and he[1] < he[0] - 0.05


def test_three_ways_to_convolve_agree_and_the_loop_is_slowest():
    threads = torch.get_num_threads()
    cost = speed.im2col_cost(rows=32)
    assert torch.get_num_threads() == threads
    assert cost.largest_difference < 1e-4
    assert cost.loop_seconds > 2 * max(cost.matrix_seconds, cost.library_seconds)
    assert (cost.image_bytes, cost.matrix_bytes) == (4 * 32 * 32, 4 * 25 * 28 * 28)


def test_convolution_speed_leaves_the_threads_as_they_were():
    threads = torch.get_num_threads()
    speeds = speed.convolution_speed(images=1, repeats=1)
    assert torch.get_num_threads() == threads
    assert speeds[0].device == "CPU, 1 thread"
    for device in speeds:
        operations = device.gigaflops * 1e9 * device.milliseconds / 1000
        assert operations == pytest.approx(2 * 192 * 64 * 25 * 27 * 27)


def test_the_table_of_speeds_names_what_is_timed_and_what_is_a_bound(monkeypatch):
    tables = []
    monkeypatch.setattr(speed.figures, "show_table", lambda header, rows: tables.append(rows))
    monkeypatch.setattr(speed, "convolution_speed", lambda: [speed.Speed("CPU, 1 thread", 10.0, 44.8)])
    speed.show_convolution_speed()
    assert [list(row) for row in tables[0]] == [
        ["CPU, 1 thread", "10.00 ms", "45 billion", "1.0 x"],
        ["GeForce GTX 580 of 2010; AlexNet had two: data sheet", "≥ 0.28 ms", "≤ 1,581 billion", "≤ 35 x"],
        [
            "H100 SXM of 2022, without its tensor cores: data sheet",
            "≥ 0.0067 ms",
            "≤ 66,908 billion",
            "≤ 1,494 x",
        ],
    ]
