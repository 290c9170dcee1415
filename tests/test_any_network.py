"""Any network that a student may bring is trained, evaluated, kept and listed, and left as it came."""

import copy

import pytest
import torch
import torch.nn.functional as F
from course_networks import TEN, DropoutNet, LeNet, random_network
from few import QUIET, first, needs_gpu
from torch import nn

import cnn
import demos
import training
from figures.diagrams import layer_table
from figures.tracing import receptive_field, trace
from studies import views_and_votes
from training import kept

SEEDS = range(16)
MAKERS = {**TEN, **{f"random {seed}": (lambda seed=seed: random_network(seed)) for seed in SEEDS}}
IMAGES = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def few(cifar):
    """Return 33 images, so that one is over after batches of 16."""
    return first(cifar.to_torch(), 33, 20)


@pytest.fixture
def net(request):
    torch.manual_seed(1)
    return MAKERS[request.param]()


every_network = pytest.mark.parametrize("net", MAKERS, indirect=True)


def learn(dataset, net, num_epochs=1, criterion=None, **recipe):
    recipe = {"batch_size": 16, "mirror": False, "shift": 0, **QUIET, **recipe}
    return cnn.train_model(dataset, net, criterion or nn.CrossEntropyLoss(), num_epochs, **recipe)


def state(net):
    """Return all that a training must give back if it fails."""
    gradients = [value.grad for value in net.parameters() if value.grad is not None]
    tensors = [*net.parameters(), *net.buffers(), *gradients]
    modes = [module.training for module in net.modules()]
    return modes, [
        (value.dtype, value.stride(), value.requires_grad, value.sum().item()) for value in tensors
    ]


@pytest.mark.slow
@every_network
def test_a_training_is_that_of_a_plain_loop(net, few):
    net(IMAGES)  # lazy layers wake up
    net.register_buffer("picture", torch.rand(1, 3, 4, 4))
    plain = copy.deepcopy(net)
    strides = [value.stride() for value in net.state_dict().values()]
    snapshots = learn(few, net, learning_rate=0.01)
    assert [value.stride() for value in net.state_dict().values()] == strides
    with torch.random.fork_rng():
        torch.manual_seed(0)
        order = torch.randperm(33, generator=torch.Generator().manual_seed(0))
        optimizer = torch.optim.SGD(plain.parameters(), momentum=0.9, weight_decay=1e-3, nesterov=True)
        plain.train()
        for step, batch in enumerate((order[:16], order[16:])):  # 17 images: none is left alone
            optimizer.param_groups[0]["lr"] = 0.01 * cnn.one_cycle(step / 2)
            optimizer.zero_grad()
            F.cross_entropy(plain(few.train.values[batch]), few.train.labels[batch]).backward()
            optimizer.step()
    if not any(
        isinstance(module, nn.Dropout | nn.Dropout2d) for module in net.modules()
    ):  # layouts draw otherwise
        for ours, theirs in zip(net.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
        loss = cnn.evaluate(plain, few, few.val, "cpu")[0]
        assert snapshots[-1]["val_loss"] == pytest.approx(loss, rel=1e-3)
    assert net(IMAGES).shape == (3, 10)  # it can be called as before


@every_network
def test_evaluation_leaves_a_network_as_it_is(net, few):
    net(IMAGES)
    before = state(net)
    loss, accuracy = cnn.evaluate(net, few, few.val, "cpu")
    assert state(net) == before
    logits, labels = copy.deepcopy(net).eval()(few.val.values[:]), few.val.labels
    assert loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-4)
    assert accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())


@pytest.mark.slow
@every_network
def test_a_failed_training_leaves_a_network_as_it_came(net, few):
    net(IMAGES).sum().backward()
    net.register_buffer("picture", torch.rand(1, 3, 4, 4))
    before = state(net)

    def fails(logits, labels):
        if logits.requires_grad and len(labels) == 17:  # a step has been taken by then
            raise RuntimeError("planted")
        return F.cross_entropy(logits, labels)

    for criterion, dataset in ((fails, few), (nn.CrossEntropyLoss(), first(few, 33, 0))):
        with pytest.raises((RuntimeError, ValueError), match=r"planted|no validation images"):
            learn(dataset, net, criterion=criterion)
        assert state(net) == before


@pytest.mark.slow
@every_network
def test_a_training_is_kept_and_served_again(net, few, tmp_path, monkeypatch, capsys, request):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    torch.manual_seed(1)
    again = MAKERS[request.node.callspec.params["net"]]()  # lazy layers cannot be copied
    options = {"num_epochs": 1, "device": "cpu", "batch_size": 16, "learning_rate": 0.01}
    cnn.trained(net, few, **options)
    capsys.readouterr()
    cnn.trained(again, few, **options)
    assert "trained before, for 1 epoch on 33 images of CIFAR-10 stand-in" in capsys.readouterr().out
    torch.testing.assert_close(again(IMAGES), net(IMAGES), rtol=0.02, atol=0.02)


@every_network
def test_layers_shapes_and_weights_are_listed(net):
    net(IMAGES)
    shapes = []
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    net(IMAGES)
    wanted = list(shapes)
    layers = trace(net, (3, 32, 32))
    assert [layer.shape for layer in layers if layer.kind in ("convolution", "dense")] == wanted
    assert sum(layer.parameters for layer in layers) == sum(value.numel() for value in net.parameters())
    assert layer_table(net, (3, 32, 32))[1][-1][0] == "Total"


@pytest.mark.parametrize("net", [name for name in MAKERS if name.startswith("random")], indirect=True)
def test_receptive_fields_are_where_gradients_reach(net):
    net(torch.zeros(2, 3, 32, 32))
    for number, module in enumerate(net):
        if not isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            continue
        part = copy.deepcopy(net[: number + 1]).eval()
        for layer in part:  # every weight counts, and no maximum hides a pixel
            for weights in layer.parameters():
                nn.init.constant_(weights, 1e-2)
        smooth = nn.Sequential(*(averaging(layer) for layer in part))
        image = torch.rand(1, 3, 32, 32, requires_grad=True)
        output = smooth(image)
        row, column = (length // 2 for length in output.shape[2:])
        output[0, :, row, column].sum().backward()
        seen = image.grad.abs().sum((0, 1)).nonzero()
        name = next(layer.name for layer in trace(part, (3, 32, 32))[::-1])
        field = receptive_field(part, (3, 32, 32), name)
        for axis, place in enumerate((row, column)):
            low = field.start[axis] + place * field.jump[axis]
            inside = max(low, 0), min(low + field.size[axis], 32) - 1
            assert (seen[:, axis].min().item(), seen[:, axis].max().item()) == inside, (number, axis)


def averaging(layer):
    """Return a layer through which each pixel of a window has its part in the output."""
    if isinstance(layer, nn.MaxPool2d):
        return nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding)
    return layer if isinstance(layer, nn.Conv2d | nn.AvgPool2d | nn.Flatten) else nn.Identity()


@pytest.mark.parametrize("net", TEN, indirect=True)
def test_ten_views_of_each_image(net, few):
    net(IMAGES)
    before = state(net)
    found = views_and_votes.answers(net, few.val.values, "cpu")
    assert state(net) == before
    plain = copy.deepcopy(net).eval()(few.val.values[:]).argmax(1)
    assert torch.equal(found["answers"][views_and_votes.WAYS.index("one view")].long(), plain)


# Number types, frozen layers, and what cannot be trained


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_networks_of_another_type(dtype, few):
    net = LeNet().to(dtype)
    snapshots = learn(few, net)
    assert len(snapshots) == 2 and net.c1.weight.dtype == dtype
    assert 0 <= cnn.evaluate(net, few, few.val, "cpu")[1] <= 1


def test_another_default_type(few):
    torch.set_default_dtype(torch.float64)
    try:
        for dataset in (few, first(few, 33, 20)):
            learn(dataset, LeNet())
            learn(dataset, LeNet().float())
    finally:
        torch.set_default_dtype(torch.float32)


def test_frozen_layers_stay_as_they_are(few, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    nets = []
    for value in (0.123456789, 0.123456789, 0.2):
        net = TEN["ResNet-18"]()
        nn.init.constant_(net[0].weight, value)
        net[0].requires_grad_(False)
        cnn.trained(net, few, num_epochs=1, device="cpu")
        assert (net[0].weight == value).all() and not net[0].weight.requires_grad
        nets.append(net)
    assert len(list(tmp_path.glob("*.pt"))) == 2  # the first served the second, not the third
    assert not torch.equal(nets[0][3].body[0].weight, nets[2][3].body[0].weight)


def test_a_batch_norm_at_rest_stays_at_rest(few):
    net = TEN["ResNet-18"]()
    net[1].eval()
    before = net[1].running_mean.clone()
    learn(few, net)
    assert torch.equal(net[1].running_mean, before)
    assert not torch.equal(net[3].body[1].running_mean, torch.zeros(8))
    assert "train" not in vars(net[1])


@pytest.mark.parametrize(
    ("make", "train", "batch_size", "message"),
    [
        (
            lambda: LeNet().requires_grad_(False),
            33,
            16,
            "LeNet has no weights that can learn: all are frozen",
        ),
        (TEN["BatchNorm1d"], 1, 16, "cannot learn from a batch of one of .*: Expected more than 1 value"),
        (TEN["BatchNorm1d"], 33, 1, "cannot learn from a batch of one of"),
        (lambda: nn.Sequential(LeNet(), nn.LSTM(10, 10)), 33, 16, "gives a tuple for 2 images"),
        (lambda: nn.Conv2d(3, 10, 3), 33, 16, r"gives \(2, 10, 30, 30\) for 2 images"),
        (LeNet, 0, 16, "there are no training images of CIFAR-10 stand-in"),
    ],
)
def test_what_cannot_be_trained_is_refused(make, train, batch_size, message, few):
    with pytest.raises(ValueError, match=message):
        learn(few.subset(slice(train)), make(), batch_size=batch_size)


def test_a_label_that_is_none_of_the_classes_is_refused(few):
    few = few.to_torch()
    few.train.labels[4] = 10
    with pytest.raises(ValueError, match="labels must be from 0 to 9, one a class, but training has 10"):
        learn(few, LeNet())


def test_a_network_that_holds_its_graph_is_evaluated_listed_and_opened(few):
    class Holding(LeNet):
        def forward(self, x):
            self.seen = [self.c1(x)]
            return super().forward(x)

    net = Holding()
    net(IMAGES)
    learn(few, net)
    cnn.evaluate(net, few, few.val, "cpu")
    net(IMAGES)
    assert layer_table(net, (3, 32, 32))
    assert demos.receptive_field_explorer(net, few, ["c1"]) and demos.glass_box(
        net, IMAGES.sigmoid(), "abcdefghij"
    )
    assert net.seen[0].requires_grad, "and is left as it came"


def test_dropout_is_seeded_and_global_random_numbers_stay(few):
    torch.manual_seed(5)
    net = DropoutNet()
    copies, before = [copy.deepcopy(net), copy.deepcopy(net)], torch.get_rng_state()
    for number, each in enumerate(copies):
        torch.rand(number)
        learn(few, each)
    torch.manual_seed(5)
    DropoutNet()
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(copies[0].conv.weight, copies[1].conv.weight)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_networks_are_told_apart_by_more_than_their_weights(share, few):
    def described(net):
        return kept.description({"net": net}, few, {})

    assert (described(DropoutNet()) == described(DropoutNet(share))) == (share == 0.5)

    class Edited(DropoutNet):
        def forward(self, x):
            return self.dense(self.drop(F.max_pool2d(self.conv(x), 2).tanh().view(len(x), -1)))

    assert described(DropoutNet()) != described(Edited())
    plain = [nn.Sequential(nn.Flatten(), nn.Dropout(p), nn.Linear(3072, 10)) for p in (0.5, share)]
    assert (described(plain[0]) == described(plain[1])) == (share == 0.5)


class Deciding(DropoutNet):
    """Does one thing or another, depending on the image: nothing that can be listed."""

    def forward(self, x):
        return super().forward(x if x.mean() > 0 else -x)


def test_what_cannot_be_listed_is_said_and_yet_trained_and_kept(few, tmp_path, monkeypatch, capsys):
    with pytest.raises(
        ValueError, match=r"the layers of Deciding cannot be listed: torch.fx cannot follow it"
    ):
        trace(Deciding(), (3, 32, 32))
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    for _ in range(2):
        cnn.trained(Deciding(), few, num_epochs=1, device="cpu")
    assert "trained before" in capsys.readouterr().out

    class Edited(Deciding):
        def forward(self, x):
            return DropoutNet.forward(self, x if x.mean() > 1 else -x)

    described = [kept.description({"net": net}, few, {}) for net in (Deciding(), Deciding(), Edited())]
    assert described[0] == described[1] != described[2]  # its code is compared


def test_weights_too_large_for_half_precision_are_kept(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    for _ in range(2):
        net = TEN["lazy"]()
        net(IMAGES)
        net[1].register_buffer("large", torch.tensor(1e6))
        cnn.trained(net, few, num_epochs=1, device="cpu")
    assert "trained before" in capsys.readouterr().out and len(list(tmp_path.glob("*.pt"))) == 1


def test_what_is_too_large_to_keep_is_not_kept(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    monkeypatch.setattr(kept, "LARGEST", 1000)
    cnn.trained(LeNet(), few, num_epochs=1, device="cpu")
    assert "LeNet is too large to be kept" in capsys.readouterr().out and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("count", "batch_size", "limits"),
    [
        (33, 16, [0, 16, 33]),
        (34, 16, [0, 16, 32, 34]),
        (1, 16, [0, 1]),
        (3, 1, [0, 1, 2, 3]),
        (16, 16, [0, 16]),
    ],
)
def test_no_image_is_left_alone_at_the_end_of_an_epoch(count, batch_size, limits):
    assert training.batches.batch_limits(count, batch_size) == limits


# On a GPU


@needs_gpu
@pytest.mark.parametrize("net", TEN, indirect=True)
def test_a_network_on_a_gpu_is_left_there_if_its_training_fails(net, few, tmp_path, monkeypatch):
    net(IMAGES)
    net.cuda()
    before = state(net)

    def fails(logits, labels):
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        learn(few, net, criterion=fails)
    assert state(net) == before and next(net.parameters()).is_cuda
    assert 0 <= cnn.evaluate(net, few, few.val, "cpu")[1] <= 1
    assert len(learn(few, net, device="cuda")) == 2 and len(learn(few, net)) == 2
    monkeypatch.setattr(kept, "own_folder", lambda: tmp_path)
    for _ in range(2):
        cnn.trained(net.cuda(), few, num_epochs=1, device="cuda")
    assert len(list(tmp_path.glob("*.pt"))) == 1
