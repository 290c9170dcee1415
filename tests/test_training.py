"""Training and evaluation, against plain loops of torch."""

import copy

import numpy as np
import pytest
import torch
import torch.fx
import torch.nn.functional as F
from few import NETWORKS, QUIET, Misbehaving, data_for, first, interrupt, needs_gpu
from torch import nn

import cnn
import training
from datasets import MulticlassDataset
from training import batches as training_batches


@pytest.mark.slow
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


class Clock:
    """A clock on which each look takes a hundredth of a second."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        self.now += 0.01
        return self.now


def test_a_budget_in_seconds_ends_with_a_whole_batch(mnist, monkeypatch):
    monkeypatch.setattr("training.loop.time", Clock())
    few, sizes = first(mnist, 70), []

    class Counting(nn.CrossEntropyLoss):
        def forward(self, logits, labels):
            if logits.requires_grad:
                sizes.append(len(labels))
            return super().forward(logits, labels)

    snapshots = cnn.train_model(few, cnn.PoolingCNN(), Counting(), seconds=0.15, batch_size=20, **QUIET)
    assert 4 < len(sizes) <= 8 and len(sizes) % 4  # a step looks at the clock twice
    assert snapshots[-1]["epoch"] == pytest.approx(sum(sizes) / 70)
    assert [s["epoch"] for s in snapshots[:-1]] == list(range(len(snapshots) - 1))
    assert snapshots[-1]["learning_rate"] < 0.2 * max(s["learning_rate"] for s in snapshots)


def test_the_shortest_budget_is_one_batch(mnist):
    snapshots = cnn.train_model(
        first(mnist, 70), cnn.PoolingCNN(), nn.CrossEntropyLoss(), seconds=1e-9, batch_size=20, **QUIET
    )
    assert [s["epoch"] for s in snapshots] == [0, pytest.approx(20 / 70)]


@pytest.mark.slow
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
    net = cnn.CifarCNN()
    before = copy.deepcopy(net.state_dict())
    with pytest.raises(FloatingPointError, match="Lower learning_rate, which is 1e"):
        options = {"learning_rate": 1e9, **QUIET}
        cnn.train_model(first(cifar, train=300), net, nn.CrossEntropyLoss(), 3, **options)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


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
        ({"num_epochs": True}, "num_epochs must be a whole number"),
        ({"seed": 0.5}, "seed must be a whole number, but it is 0.5"),
        ({"batch_size": np.array([8, 16])}, "batch_size must be a whole number"),
        ({"seconds": 0}, "seconds must be a number above 0, but it is 0"),
        ({"seconds": "long"}, "seconds must be a finite number, but it is 'long'"),
        ({"num_epochs": 0}, "num_epochs must be a whole number of at least 1, but it is 0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"shift": -1}, "shift must be a whole number of at least 0"),
        ({"learning_rate": -0.1}, "learning_rate must be a number above 0, but it is -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number, but it is nan"),
        ({"learning_rate": "fast"}, "learning_rate must be a finite number, but it is 'fast'"),
        ({"momentum": 1}, "momentum must be from 0 to below 1"),
        ({"weight_decay": -1}, "weight_decay must be"),
        ({"mirror": "no"}, "mirror must be True or False, but it is 'no'"),
        ({"learningrate": 0.1}, "knows no learningrate; a recipe has batch_size, learning_rate"),
    ],
)
def test_bad_arguments_are_named(changes, message, mnist):
    arguments = {"num_epochs": 1, **QUIET, **changes}
    with pytest.raises(ValueError, match=message):
        cnn.train_model(first(mnist, 20), cnn.SimpleCNN(), nn.CrossEntropyLoss(), **arguments)


def test_what_is_no_data_set_no_part_of_one_and_no_loss_is_said(mnist):
    few, net = first(mnist, 20), cnn.SimpleCNN()
    with pytest.raises(ValueError, match=r"recipe for MNIST and for CIFAR-10, .* not for Split\(20 images"):
        cnn.train_model(few.train, net, nn.CrossEntropyLoss(), 1, **QUIET)
    with pytest.raises(ValueError, match=r"split must be a part of the data set, .* but it is 'val'"):
        cnn.evaluate(net, few, "val", "cpu")
    with pytest.raises(ValueError, match=r"a loss must be one number, .* but its shape is \(20,\)"):
        cnn.train_model(few, net, nn.CrossEntropyLoss(reduction="none"), 1, **QUIET)


def test_numbers_of_numpy_and_torch_are_numbers(mnist):
    few, histories = first(mnist, 100), []
    plain = {"num_epochs": 1, "learning_rate": 0.25, "batch_size": 50, "seed": 3, "shift": 0, "mirror": False}
    numpy = {"num_epochs": np.int64(1), "learning_rate": np.float32(0.25), "batch_size": np.uint8(50)}
    numpy |= {
        "seed": torch.tensor(3),
        "shift": np.array(0),
        "mirror": np.bool_(False),
        "momentum": np.float64(0.9),
    }
    for options in (plain, numpy):
        torch.manual_seed(0)
        net = cnn.PoolingCNN()
        settings = {**options, **QUIET}
        epochs = settings.pop("num_epochs")
        histories.append(cnn.train_model(few, net, nn.CrossEntropyLoss(), epochs, **settings))
        assert {type(value) for value in histories[-1][1].values()} == {int, float, torch.Tensor}
    assert histories[0][1]["val_loss"] == histories[1][1]["val_loss"]


def test_a_network_for_other_images_is_refused(mnist):
    with pytest.raises(
        ValueError, match=r"CifarCNN cannot take MNIST stand-in's images of shape \(1, 28, 28\)"
    ):
        cnn.train_model(first(mnist, 20), cnn.CifarCNN(), nn.CrossEntropyLoss(), 1, **QUIET)
    five = nn.Sequential(nn.Flatten(), nn.Linear(784, 5))
    with pytest.raises(ValueError, match=r"gives \(2, 5\) for 2 images; wanted are logits \(2, 10\)"):
        cnn.train_model(first(mnist, 200), five, nn.CrossEntropyLoss(), 1, **QUIET)


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
