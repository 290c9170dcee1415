"""Batch norm, depth and speed: what is compared is alike in all but one thing; records are kept and refused."""

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


def test_networks_of_a_study_can_have_recipes_of_their_own(dataset, trainings, monkeypatch):
    rates, train = [], training.train_model

    def noted(*arguments, **options):
        rates.append(options["learning_rate"])
        return train(*arguments, **options)

    monkeypatch.setattr(training, "train_model", noted)
    study = small()._replace(
        changes={"two": {"learning_rate": 0.5}}, recipe={**comparison.PLAIN, "learning_rate": 0.1}
    )
    histories = comparison.histories(study, dataset)
    alike = comparison.histories(study._replace(changes={}), dataset)
    assert rates == [0.1, 0.5, 0.1, 0.1]
    one, two, same = (
        history[-1]["train_loss"] for history in (histories["one"], histories["two"], alike["two"])
    )
    assert one != two and same == one


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


few = comparison.few_images


def small(batch_norm_in=True, **changes):
    """Return a study that trains in a moment."""
    networks = {name: lambda: batch_norm.convolution_stack(batch_norm_in) for name in ("one", "two")}
    return comparison.Study("small", networks, 1, {**comparison.PLAIN, **changes})


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """Give a test folders of its own, and return a list that gets the name of each network that is trained."""
    monkeypatch.setattr(kept, "SHIPPED", tmp_path / "results")
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path / "trained")
    monkeypatch.setattr(comparison, "few_images", lambda dataset: few(dataset, 256))
    names, train = [], training.train_model

    def counted(*arguments, **options):
        names.append(type(arguments[1]).__name__)
        return train(*arguments, progress=False, **options)

    monkeypatch.setattr(training, "train_model", counted)
    return names


def test_networks_are_trained_alike_and_drawn(dataset, trainings):
    histories = comparison.histories(small(), dataset)
    losses = [[snapshot["train_loss"] for snapshot in history] for history in histories.values()]
    assert losses[0] == losses[1] and len(losses[0]) == 2  # the same network from the same seed
    fig = comparison.draw_histories(histories, "title")
    wanted = [snapshot["train_accuracy"] for snapshot in histories["one"]]
    assert fig.axes[0].lines[0].get_ydata().tolist() == wanted


def test_a_study_is_kept_for_its_images_recipe_and_networks(dataset, trainings, capsys):
    first = comparison.histories(small(), dataset)
    assert comparison.histories(small(), dataset) == first and len(trainings) == 2
    assert "small: trained before, for 1 epoch on CIFAR-10 stand-in." in capsys.readouterr().out
    assert comparison.histories(small(learning_rate=0.01), dataset) != first and len(trainings) == 4
    assert comparison.histories(small(False), dataset) != first and len(trainings) == 6  # an edited network
    comparison.histories(small(), MulticlassDataset.cifar().to_torch())  # not normalised
    assert len(trainings) == 8
    comparison.histories(small(), dataset, retrain=True)
    assert len(trainings) == 10


def test_a_damaged_record_is_said_and_not_used(dataset, trainings, tmp_path, capsys):
    comparison.histories(small(), dataset)
    (path,) = (tmp_path / "trained").glob("*")
    path.write_bytes(path.read_bytes()[:500])
    comparison.histories(small(), dataset)
    assert len(trainings) == 4 and f"{path} is not a result" in capsys.readouterr().out


def test_the_shipped_study_is_that_of_the_lecture(dataset):
    study = batch_norm.STUDY
    wanted = comparison.description(study, comparison.made(study), dataset)
    assert kept.find(study.name, wanted).likeness is kept.Likeness.EXACT


def test_the_shipped_study_fits_the_real_images(real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    study, dataset = batch_norm.STUDY, MulticlassDataset.cifar().normalize()
    result = kept.find(study.name, comparison.description(study, comparison.made(study), dataset))
    end = {name: history[-1]["val_accuracy"] for name, history in result.snapshots.items()}
    plain, he, norm = ([end[batch_norm.at(name, rate)] for rate in (0.05, 0.2)] for name in batch_norm.WAYS)
    assert (he[0] - plain[0]) / (norm[0] - plain[0]) > 0.5  # what the lecture says
    assert norm[1] > norm[0] - 0.02 and he[1] < he[0] - 0.05


def test_convolution_speed_leaves_the_threads_as_they_were():
    threads = torch.get_num_threads()
    speeds = speed.convolution_speed(images=1, repeats=1)
    assert torch.get_num_threads() == threads
    assert speeds[0].device == "CPU, 1 thread"
    for device in speeds:
        operations = device.gigaflops * 1e9 * device.milliseconds / 1000
        assert operations == pytest.approx(2 * 192 * 64 * 25 * 27 * 27)
