"""The networks, their training, and the results that are kept: torch is the oracle, and what must fail fails."""

import copy
import io
import json
import os
import pickle

import numpy as np
import pytest
import torch
import torch.fx
import torch.nn.functional as F
from torch import nn

import cnn
import training
from datasets import MulticlassDataset
from figures import activations, examples, training_curves
from training import batches as training_batches
from training import kept

NETWORKS = [cnn.SimpleCNN, cnn.PoolingCNN, cnn.CifarCNN]
LAYERS = {"SimpleCNN": ["c1", "f3"], "PoolingCNN": ["c1", "f3"], "CifarCNN": ["c1", "c3", "c5", "f7", "f8"]}
PARAMETERS = {"SimpleCNN": 52_084, "PoolingCNN": 13_204, "CifarCNN": 145_578}
QUIET = {"device": "cpu", "progress": False}
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def first(dataset, train, val=50):
    """Return a data set with few images."""
    few = copy.copy(dataset)
    few.train, few.val, few.test = (
        dataset.train.first(train),
        dataset.val.first(val),
        dataset.test.first(val),
    )
    return few


@pytest.fixture(scope="module")
def mnist():
    return MulticlassDataset.mnist()


@pytest.fixture(scope="module")
def cifar():
    return MulticlassDataset.cifar().normalize()


def data_for(make, mnist, cifar):
    return cifar if make is cnn.CifarCNN else mnist


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Let a test ship its own results, into an empty folder."""
    folder = tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(kept, "SHIPPED", folder)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch, shipped):
    """Give a test its own cache of trainings."""
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path / "trained")
    return tmp_path / "trained"


class Misbehaving(nn.CrossEntropyLoss):
    """A loss that does something else at its n-th training step."""

    def __init__(self, step, action):
        super().__init__()
        self.step, self.action, self.count = step, action, 0

    def forward(self, logits, labels):
        self.count += logits.requires_grad
        if logits.requires_grad and self.count == self.step:
            self.action(logits)
        return super().forward(logits, labels)


def interrupt(logits):
    """Do what the stop button does; not by a signal, which a process started in the background may ignore."""
    raise KeyboardInterrupt


# The networks


@pytest.mark.parametrize("make", NETWORKS)
def test_layers_names_and_parameters(make):
    net = make()
    assert [name for name, _ in net.named_children()] == LAYERS[make.__name__]
    assert sum(p.numel() for p in net.parameters()) == PARAMETERS[make.__name__]
    assert net.num_layers == len(net.outputs) == (9 if make is cnn.CifarCNN else 4)
    assert "__call__" not in make.__dict__ and "forward" in make.__dict__


def test_activations_are_those_of_the_layers():
    x, net = torch.randn(2, 3, 32, 32), cnn.CifarCNN()
    logits = net(x)
    h1 = net.c1(x)
    h2 = F.max_pool2d(h1, 3, 2).relu()
    h3 = net.c3(h2).relu()
    h4 = F.avg_pool2d(h3, 3, 2, padding=1)
    h5 = net.c5(h4).relu()
    h6 = F.avg_pool2d(h5, 3, 2, padding=1)
    h7 = net.f7(h6.flatten(1))
    for output, wanted in zip(net.outputs, (x, h1, h2, h3, h4, h5, h6, h7, net.f8(h7)), strict=True):
        torch.testing.assert_close(output, wanted)
        assert not output.requires_grad and output.grad_fn is None
    assert logits.requires_grad
    x = torch.randn(2, 1, 28, 28)
    simple, pooling = cnn.SimpleCNN(), cnn.PoolingCNN()
    torch.testing.assert_close(simple(x), simple.f3(simple.c1(x).tanh().flatten(1)))
    torch.testing.assert_close(pooling(x), pooling.f3(F.max_pool2d(pooling.c1(x), 2, 2).tanh().flatten(1)))
    assert simple.outputs[2].shape == (2, 9, 24, 24) and pooling.outputs[2].shape == (2, 9, 12, 12)


@pytest.mark.parametrize("make", NETWORKS)
def test_copies_pickles_hooks_and_traces(make):
    net, x = make().eval(), torch.randn(2, *((3, 32, 32) if make is cnn.CifarCNN else (1, 28, 28)))
    logits, seen = net(x), []
    handle = net.register_forward_hook(lambda module, inputs, output: seen.append(output))
    net(x)
    handle.remove()
    others = [copy.deepcopy(net), pickle.loads(pickle.dumps(net)), torch.fx.symbolic_trace(make())]
    others[-1].load_state_dict(net.state_dict())
    for output in (seen[0], net.forward(x), *(other(x) for other in others)):
        torch.testing.assert_close(output, logits)


# Training


@pytest.mark.parametrize("make", NETWORKS)
def test_one_batch_can_be_learned_by_heart(make, mnist, cifar):
    few = first(data_for(make, mnist, cifar), train=16, val=10)
    net = make()
    cnn.restart(net, 0)
    options = {"batch_size": 16, "mirror": False, "shift": 0, "weight_decay": 0.0, "learning_rate": 0.02}
    snapshots = cnn.train_model(few, net, nn.CrossEntropyLoss(), 300, **QUIET, **options)
    assert snapshots[-1]["train_loss"] < 0.01 and snapshots[-1]["train_accuracy"] == 1


@pytest.mark.parametrize("make", NETWORKS)
@pytest.mark.parametrize("augmented", [False, True])
def test_one_epoch_is_that_of_a_plain_loop(make, augmented, mnist, cifar):
    few = first(data_for(make, mnist, cifar), train=150)
    net = make()
    plain = copy.deepcopy(net)
    recipe = {"batch_size": 40, "learning_rate": 0.03, "weight_decay": 5e-4}
    recipe |= {"mirror": augmented, "shift": 3 * augmented}
    snapshots = cnn.train_model(few, net, nn.CrossEntropyLoss(), 1, seed=5, **QUIET, **recipe)

    generator = torch.Generator().manual_seed(5)
    order = torch.randperm(150, generator=generator)
    mirrored = torch.rand(150, generator=generator) < 0.5
    moves = torch.randint(2 * 3 * augmented + 1, (2, 150), generator=generator) - 3 * augmented
    optimizer = torch.optim.SGD(plain.parameters(), 0.03, momentum=0.9, weight_decay=5e-4, nesterov=True)
    hits = 0
    for step, start in enumerate(range(0, 150, 40)):
        images, labels = [], []
        for k in range(start, min(start + 40, 150)):
            image, label = few.train[int(order[k])]
            if augmented and mirrored[k]:
                image = image[:, :, ::-1]
            down, right = moves[:, k].tolist()
            image = np.pad(image, ((0, 0), (3, 3), (3, 3)), mode="edge")
            size = image.shape[1] - 6
            image = image[:, 3 + down : 3 + down + size, 3 + right : 3 + right + size]
            images.append(torch.tensor(image.copy()))
            labels.append(int(label))
        optimizer.param_groups[0]["lr"] = 0.03 * cnn.one_cycle(step / 4)
        logits = plain(torch.stack(images))
        optimizer.zero_grad()
        F.cross_entropy(logits, torch.tensor(labels)).backward()
        optimizer.step()
        hits += (logits.argmax(1) == torch.tensor(labels)).sum().item()
    for ours, theirs in zip(net.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    assert snapshots[1]["train_accuracy"] == pytest.approx(hits / 150)


def test_an_epoch_shows_each_image_once_as_the_data_set_gives_it(cifar):
    few = first(cifar, train=70)
    images_on_device = training_batches.DeviceImages(few.train, torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    batches = list(images_on_device.shuffled(32, generator, mirror=False, shift=0))
    assert [len(labels) for _, labels in batches] == [32, 32, 6]
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    order = torch.randperm(70, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(images, torch.as_tensor(few.train.values[order]), rtol=1e-5, atol=1e-5)
    assert torch.equal(labels, torch.as_tensor(few.train.labels[order.numpy()]))


@pytest.mark.parametrize("per", ["channel", "pixel"])
def test_batches_are_normalised_as_the_data_set_is(per):
    few = first(MulticlassDataset.mnist().normalize(per=per), train=20)
    images_on_device = training_batches.DeviceImages(few.train, torch.device("cpu"))
    images, _ = next(images_on_device.in_order())
    torch.testing.assert_close(images, torch.as_tensor(few.train.values[:]), rtol=1e-4, atol=1e-4)


def test_the_learning_rate_rises_and_falls():
    rates = np.array([cnn.one_cycle(progress) for progress in np.linspace(0, 1, 101)])
    assert rates.max() == rates[25] == 1 and rates[-1] == 0 and 0 < rates[0] < 0.1
    assert (np.diff(rates[:26]) > 0).all() and (np.diff(rates[25:]) < 0).all()


def test_same_seed_same_weights_bit_for_bit_and_global_random_numbers_alone(cifar):
    few, states = first(cifar, train=300), []
    for seed in (1, 1, 2):
        torch.manual_seed(7)
        net = cnn.CifarCNN()
        before = torch.get_rng_state()
        cnn.train_model(few, net, nn.CrossEntropyLoss(), 2, seed=seed, **QUIET)
        cnn.restart(cnn.CifarCNN(), 3)  # makes random weights itself, but gives the random numbers back
        torch.manual_seed(7)
        cnn.CifarCNN()
        assert torch.equal(before, torch.get_rng_state())
        states.append(net.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(states[0]["c1.weight"], states[2]["c1.weight"])


def test_snapshots_are_plain_and_complete(mnist, tmp_path):
    few = first(mnist.to_torch(), train=100)
    net, seen = cnn.PoolingCNN(), []
    snapshots = cnn.train_model(
        few,
        net,
        nn.CrossEntropyLoss(),
        num_epochs=2,
        on_epoch=lambda so_far: seen.append(len(so_far)),
        **QUIET,
    )
    assert [snapshot["epoch"] for snapshot in snapshots] == [0, 1, 2] and seen == [1, 2, 3]
    torch.save({"snapshots": snapshots, "net": net.state_dict()}, tmp_path / "x.results")
    loaded = torch.load(tmp_path / "x.results")
    for snapshot in loaded["snapshots"]:
        assert snapshot.pop("weights").shape == (9, 1, 5, 5)
        assert {type(value) for value in snapshot.values()} == {int, float}
    torch.testing.assert_close(snapshots[-1]["weights"], net.c1.weight.detach())
    assert snapshots[-1]["val_accuracy"] == pytest.approx(cnn.evaluate(net, few, few.val, "cpu")[1])


def test_evaluation_agrees_with_torch_and_leaves_the_examples(mnist):
    few, net = first(mnist, train=10, val=700), cnn.SimpleCNN()
    (start,) = cnn.train_model(few, net, Misbehaving(1, interrupt), 1, **QUIET)
    assert start["train_accuracy"] == pytest.approx(cnn.evaluate(net, few, few.train, "cpu")[1])
    training.classify_examples(net, few)
    loss, accuracy = cnn.evaluate(net, few, few.val, "cpu")
    with torch.no_grad():
        logits = copy.deepcopy(net)(torch.as_tensor(few.val.values[:]))
    labels = torch.as_tensor(few.val.labels)
    assert loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-4)
    assert accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())
    torch.testing.assert_close(net.outputs[0], torch.as_tensor(few.val.values[:6]))


def test_the_stop_button_keeps_what_was_learned(mnist):
    few, net = first(mnist, train=320), cnn.SimpleCNN()
    criterion = Misbehaving(step=8, action=interrupt)
    before = copy.deepcopy(net.state_dict())
    snapshots = cnn.train_model(few, net, criterion, num_epochs=5, **QUIET)  # five steps an epoch
    assert [snapshot["epoch"] for snapshot in snapshots] == [0, 1]
    assert not torch.equal(net.c1.weight, before["c1.weight"])
    assert net.outputs[0].shape == (6, 1, 28, 28)


def test_a_loss_that_is_not_finite_says_what_to_lower(cifar):
    with pytest.raises(FloatingPointError, match="Lower learning_rate, which is 1e"):
        options = {"learning_rate": 1e9, **QUIET}
        cnn.train_model(first(cifar, train=300), cnn.CifarCNN(), nn.CrossEntropyLoss(), 3, **options)


def test_batches_shrink_where_memory_runs_out(mnist, capsys):
    few, net = first(mnist, train=100), cnn.SimpleCNN()
    other = copy.deepcopy(net)

    class Small(nn.CrossEntropyLoss):
        def forward(self, logits, labels):
            if logits.requires_grad and len(labels) > 16:
                raise torch.OutOfMemoryError("no room")
            return super().forward(logits, labels)

    cnn.train_model(few, net, Small(), 1, batch_size=50, **QUIET)
    said = capsys.readouterr().out
    assert (
        "no room for batches of 50: starting again with 25" in said and "25: starting again with 12" in said
    )
    cnn.train_model(few, other, nn.CrossEntropyLoss(), 1, batch_size=12, **QUIET)
    assert torch.equal(net.f3.weight, other.f3.weight)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_epochs": 0}, "num_epochs must be a whole number of at least 1, but it is 0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"shift": -1}, "shift must be a whole number of at least 0"),
        ({"learning_rate": -0.1}, "learning_rate must be a number above 0, but it is -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number, but it is nan"),
        ({"learning_rate": "fast"}, "learning_rate must be a finite number, but it is 'fast'"),
        ({"momentum": 1}, "momentum must be from 0 to below 1"),
        ({"weight_decay": -1}, "weight_decay must be"),
        ({"learningrate": 0.1}, "knows no learningrate; a recipe has batch_size, learning_rate"),
    ],
)
def test_bad_arguments_are_named(changes, message, mnist):
    arguments = {"num_epochs": 1, **QUIET, **changes}
    with pytest.raises(ValueError, match=message):
        cnn.train_model(first(mnist, 20), cnn.SimpleCNN(), nn.CrossEntropyLoss(), **arguments)


def test_a_network_for_other_images_is_refused(mnist):
    with pytest.raises(
        ValueError, match=r"CifarCNN cannot take MNIST stand-in's images of shape \(1, 28, 28\)"
    ):
        cnn.train_model(first(mnist, 20), cnn.CifarCNN(), nn.CrossEntropyLoss(), 1, **QUIET)
    five = nn.Sequential(nn.Flatten(), nn.Linear(784, 5))
    with pytest.raises(ValueError, match=r"gives \(2, 5\) for two images; wanted are logits \(2, 10\)"):
        cnn.train_model(first(mnist, 200), five, nn.CrossEntropyLoss(), 1, **QUIET)


# Results that are kept


def train_quickly(dataset, net=None, **options):
    """Call `cnn.trained` with a training that takes a moment."""
    net = net or cnn.PoolingCNN()
    return net, cnn.trained(net, dataset, num_epochs=1, device="cpu", **options)


def test_a_training_is_kept_and_found_again(mnist, cache, capsys):
    few = first(mnist, 100)
    net, snapshots = train_quickly(few)
    (path,) = cache.glob("*")
    assert path.name == "PoolingCNN-mnist-stand-in-1.pt"
    capsys.readouterr()
    again, loaded = train_quickly(few)
    assert "PoolingCNN: trained before, for 1 epochs on MNIST stand-in" in capsys.readouterr().out
    for name, value in net.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-3, atol=1e-4)
    assert [s["val_loss"] for s in loaded] == [s["val_loss"] for s in snapshots]
    train_quickly(few, retrain=True)  # an equal training is there already
    assert list(cache.glob("*")) == [path]


@pytest.mark.parametrize("change", [{"seed": 1}, {"learning_rate": 0.01}, {"batch_size": 10}])
def test_another_recipe_is_another_training(change, mnist, cache):
    few = first(mnist, 100)
    train_quickly(few)
    train_quickly(few, **change)
    assert len(list(cache.glob("*"))) == 2


def test_an_edited_network_is_trained_anew(mnist, cache):
    few = first(mnist, 100)
    train_quickly(few)

    class PoolingCNN(cnn.PoolingCNN):  # the same name and weights, another activation
        def forward(self, x):
            return self.f3(F.max_pool2d(self.c1(x), 2).relu().flatten(1))

    train_quickly(few, PoolingCNN())
    assert len(list(cache.glob("*"))) == 2


def test_another_normalisation_is_another_training(mnist, cache):
    train_quickly(first(mnist, 100))
    train_quickly(first(mnist.normalize(), 100))
    assert len(list(cache.glob("*"))) == 2


def test_another_encoding_of_the_same_pictures_is_said(mnist, cache, monkeypatch, capsys):
    few = first(mnist, 100)
    train_quickly(few)
    monkeypatch.setattr(kept, "same_images", lambda one, other: kept.Likeness.RECODED)
    train_quickly(few)
    said = capsys.readouterr().out
    assert "on another encoding of the same pictures" in said and "retrain=True trains on yours" in said
    monkeypatch.setattr(kept, "same_images", lambda one, other: kept.Likeness.DIFFERENT)
    train_quickly(few)
    assert len(list(cache.glob("*"))) == 2


class Malice:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def bad_files(tmp_path, good):
    """Return the contents of result files that must not be used, {what is wrong: bytes}."""

    def saved(content):
        stream = io.BytesIO()
        torch.save(content, stream)
        return stream.getvalue()

    content = torch.load(io.BytesIO(good), weights_only=True)
    record = json.loads(content["record"])
    weights, snapshots = content["weights"]["PoolingCNN"], content["snapshots"]["PoolingCNN"]
    nan = {name: torch.full_like(value, torch.nan) for name, value in weights.items()}

    def saved_weights(state):
        return saved({**content, "weights": {"PoolingCNN": state}})

    return {
        "empty": b"",
        "an error page": b"<!DOCTYPE html><title>404</title>" * 50,
        "cut off": good[: len(good) // 2],
        "one bit turned": good[:2000] + bytes([good[2000] ^ 255]) + good[2001:],
        "of another program": saved({"model": torch.zeros(3)}),
        "a list": saved([1, 2, 3]),
        "malicious": saved_weights(Malice(tmp_path / "was-run")),
        "malicious, plain pickle": pickle.dumps(Malice(tmp_path / "was-run")),
        "weights of another network": saved_weights(cnn.SimpleCNN().state_dict()),
        "weights missing": saved_weights({}),
        "no weights": saved({**content, "weights": {}}),
        "not numbers": saved_weights(nan),
        "no record": saved({**content, "record": "{}"}),
        "epochs missing": saved({**content, "snapshots": {"PoolingCNN": snapshots[1:]}}),
        "no data in the record": saved({**content, "record": json.dumps({**record, "data": {}})}),
    }


def test_files_that_are_not_results_are_refused_and_left_alone(mnist, cache, tmp_path, capsys):
    few = first(mnist, 100)
    train_quickly(few)
    (path,) = cache.glob("*")
    good = path.read_bytes()
    for what, content in bad_files(tmp_path, good).items():
        path.write_bytes(content)
        capsys.readouterr()
        _, snapshots = train_quickly(few)
        said = capsys.readouterr().out
        assert "left as it is, and not used" in said and str(path) in said, what
        assert "trained before" not in said and len(snapshots) == 2, what
        assert path.read_bytes() == content, what
        assert not (tmp_path / "was-run").exists(), what
        (other,) = set(cache.glob("*")) - {path}
        assert kept.read(other, few.fingerprint).likeness is kept.Likeness.EXACT, what
        other.unlink()


def test_an_interrupted_training_is_not_kept(mnist, cache, monkeypatch):
    criterion = Misbehaving(step=2, action=interrupt)
    monkeypatch.setattr(nn, "CrossEntropyLoss", lambda: criterion)
    _, snapshots = train_quickly(first(mnist, 200))
    assert len(snapshots) == 1 and not cache.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
def test_a_file_is_written_whole_or_not_at_all(error, mnist, cache, monkeypatch, capsys):
    real_save = torch.save

    def half_saved(content, file):
        real_save({"weights": content["weights"]}, file)
        raise error

    monkeypatch.setattr(torch, "save", half_saved)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            train_quickly(first(mnist, 100))
    else:
        train_quickly(first(mnist, 100))
        assert "could not be kept" in capsys.readouterr().out
    assert not list(cache.glob("*"))


def test_nothing_can_be_written(mnist, cache, monkeypatch):
    monkeypatch.setattr(kept, "own_folder", lambda: None)
    _, snapshots = train_quickly(first(mnist, 100))
    assert len(snapshots) == 2


# Pictures


@pytest.mark.parametrize("make", NETWORKS)
def test_pictures_are_drawn(make, mnist, cifar, capsys):
    few = first(data_for(make, mnist, cifar), 100)
    net = make()
    snapshots = cnn.train_model(few, net, nn.CrossEntropyLoss(), 1, **QUIET)
    assert cnn.evaluate_model(few, net, snapshots, device="cpu") is None
    for layer in activations.layers_with_weights(net):
        for index in (0, 5):
            assert cnn.visualize_layer_output(net, layer, index, [3, 4, 3], 4) is None
    fig = activations.draw_layer_output(net, 1, 2, [3, 4, 3], 4)
    assert fig.get_size_inches().tolist() == [10, 4]
    shown = fig.axes[2].images[0].get_array()
    maps = net.outputs[1][2].numpy()
    rows, columns = maps.shape[1:]
    np.testing.assert_allclose(shown[:rows, columns + 1 : 2 * columns + 1], maps[1], rtol=1e-6)
    assert few.title in fig.axes[0].get_title()


def test_the_evaluation_shows_names_titles_and_the_two_likeliest_classes(cifar):
    probabilities = np.full((6, 10), 0.05)
    probabilities[:, 3], probabilities[:, 5] = 0.35, 0.25
    snapshot = {f"{part}_{what}": 0.5 for part in ("train", "val") for what in ("loss", "accuracy")}
    fig = examples.draw_evaluation(cifar, probabilities, [{"epoch": 0, **snapshot}])
    left = fig.subfigs[0]
    assert left.get_suptitle().startswith("CIFAR-10 stand-in")
    titles = [ax.get_title() for ax in left.axes[::2]]
    assert titles == examples.labels_of(cifar, 6)
    for ax in left.axes[1::2]:
        assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
        assert [bar.get_width() for bar in ax.patches] == [0.35, 0.25]


@pytest.mark.parametrize(
    ("layer", "index", "widths", "height", "message"),
    [
        (2, 0, [3, 4, 3], 4, "layer 2 of SimpleCNN has no weights; those that have are 1, 3"),
        (9, 0, [3, 4, 3], 4, "layer 9 of SimpleCNN has no weights"),
        (1, 6, [3, 4, 3], 4, "index must be one of the examples 0 to 5, but it is 6"),
        (1, -1, [3, 4, 3], 4, "index must be one of the examples"),
        (1, 0, [3, 4], 4, "three widths and a height above 0"),
        (1, 0, [3, 4, 3], 0, "three widths and a height above 0"),
    ],
)
def test_bad_layers_examples_and_sizes_are_named(layer, index, widths, height, message, mnist):
    net = cnn.SimpleCNN()
    training.classify_examples(net, mnist)
    with pytest.raises(ValueError, match=message):
        cnn.visualize_layer_output(net, layer, index, widths, height)


def test_a_network_without_examples_says_what_to_call(mnist):
    with pytest.raises(ValueError, match=r"SimpleCNN has seen no images yet: call cnn\.evaluate_model first"):
        cnn.visualize_layer_output(cnn.SimpleCNN(), 1, 0, [3, 4, 3], 4)
    with pytest.raises(ValueError, match="snapshots is empty"):
        cnn.evaluate_model(mnist, cnn.SimpleCNN(), [], device="cpu")


def test_live_curves_replace_one_picture(monkeypatch):
    shown, updated = [], []

    class Handle:
        def update(self, picture):
            updated.append(picture.data)

    monkeypatch.setattr(training_curves, "get_ipython", object)
    monkeypatch.setattr(
        training_curves, "display", lambda picture, display_id: shown.append(picture.data) or Handle()
    )
    curves, keys = (
        training_curves.LiveCurves("a net"),
        ("train_loss", "val_loss", "train_accuracy", "val_accuracy"),
    )
    snapshots = [{"epoch": epoch, **{key: epoch / 3 for key in keys}} for epoch in range(3)]
    for count in (1, 2, 3):
        curves(snapshots[:count])
    assert len(shown) == 1 and len(updated) == 2
    assert len({picture.split('style="')[1] for picture in [*shown, *updated]}) == 1  # one size


# What is shipped


def test_shipped_results_are_small():
    assert sum(path.stat().st_size for path in kept.SHIPPED.glob("*")) < 3_000_000


@pytest.mark.parametrize("path", sorted(kept.SHIPPED.glob("*CNN-*.pt")), ids=lambda path: path.stem)
def test_shipped_results_say_how_they_were_made(path):
    result = kept.read(path, json.loads(path.with_suffix(".json").read_text())["data"])
    record = result.record
    assert record == json.loads(path.with_suffix(".json").read_text())
    assert {"networks", "recipe", "data", "images", "versions", "accuracy", "machine"} <= set(record)
    wanted = {"SimpleCNN-mnist": 0.975, "PoolingCNN-mnist": 0.98, "CifarCNN-cifar-10": 0.81}.get(
        path.stem, 0.7
    )
    assert record["accuracy"]["test"] >= wanted
    assert record["images"].startswith("a JPEG re-encoding") == (path.stem == "CifarCNN-cifar-10")


def shipped_network_agrees(make, dataset, monkeypatch):
    """Load what is shipped for a data set, without training, and evaluate it again."""
    net, epochs = make(), 20 if make is cnn.CifarCNN else 5
    path = kept.SHIPPED / f"{kept.file_stem(make.__name__, {'data': dataset.fingerprint})}.json"
    accuracy = json.loads(path.read_text())["accuracy"]
    monkeypatch.setattr(cnn, "train_model", lambda *_, **__: pytest.fail("what is shipped was not found"))
    cnn.trained(net, dataset, num_epochs=epochs, device="cpu")
    for part in ("val", "test"):
        again = cnn.evaluate(net, dataset, getattr(dataset, part), "cpu")[1]
        assert again == pytest.approx(accuracy[part], abs=0.002)  # other processors round otherwise


@pytest.mark.parametrize("make", NETWORKS)
def test_shipped_networks_are_as_good_as_recorded(make, mnist, cifar, monkeypatch):
    shipped_network_agrees(make, data_for(make, mnist, cifar), monkeypatch)


@pytest.mark.parametrize("make", NETWORKS)
def test_shipped_networks_are_as_good_as_recorded_on_real_data(make, real_data, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    name = "cifar" if make is cnn.CifarCNN else "mnist"
    dataset = getattr(MulticlassDataset, name)()
    shipped_network_agrees(make, dataset.normalize() if name == "cifar" else dataset, monkeypatch)


# On a GPU


@needs_gpu
@pytest.mark.parametrize("make", NETWORKS)
def test_training_on_a_gpu_learns_as_on_the_processor(make, mnist, cifar):
    few, accuracies = first(data_for(make, mnist, cifar), 2000, 500), []
    for device in ("cpu", "cuda"):
        net = make()
        cnn.restart(net, 0)
        snapshots = cnn.train_model(few, net, nn.CrossEntropyLoss(), 3, device, progress=False)
        assert next(net.parameters()).device.type == device
        assert snapshots[-1]["weights"].device.type == "cpu"
        accuracies.append(snapshots[-1]["val_accuracy"])
    assert accuracies[1] == pytest.approx(accuracies[0], abs=0.05)
    cnn.evaluate_model(few, net, snapshots, device="cuda")
    cnn.visualize_layer_output(net, 1, 0, [3, 4, 3], 4)


@needs_gpu
def test_too_large_a_batch_for_the_gpu_is_halved(cifar, capsys):
    few, total = first(cifar, 4096), torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(600e6 / total)
    try:
        cnn.train_model(
            few, cnn.CifarCNN(), nn.CrossEntropyLoss(), 1, "cuda", batch_size=4096, progress=False
        )
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert "no room for batches of 4096" in capsys.readouterr().out
