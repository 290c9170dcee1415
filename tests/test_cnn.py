"""The networks, and the pictures of what they do: torch is the oracle."""

import copy
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.fx
import torch.nn.functional as F
from few import NETWORKS, QUIET, data_for, first
from torch import nn

import cnn
import training
from datasets import MulticlassDataset
from figures import activations, examples, training_curves

LAYERS = {"SimpleCNN": ["c1", "f3"], "PoolingCNN": ["c1", "f3"], "CifarCNN": ["c1", "c3", "c5", "f7", "f8"]}
PARAMETERS = {"SimpleCNN": 52_084, "PoolingCNN": 13_204, "CifarCNN": 145_578}


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


# Pictures


@pytest.mark.parametrize("make", NETWORKS)
def test_pictures_are_drawn(make, mnist, cifar, capsys):
    few = first(data_for(make, mnist, cifar), 100)
    net = make()
    snapshots = cnn.train_model(few, net, nn.CrossEntropyLoss(), 1, **QUIET)
    assert cnn.evaluate_model(few, net, snapshots, device="cpu") is None
    for layer, index in zip(activations.layers_with_weights(net), [0, 5] * 3, strict=False):
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
    (ax,) = left.axes
    written = [text.get_text() for text in ax.texts]
    assert written == [
        part for name in examples.labels_of(cifar, 6) for part in (name, "cat", "35%", "dog", "25%")
    ]
    whole, share = [bar.get_width() for bar in ax.patches[::2]], [bar.get_width() for bar in ax.patches[1::2]]
    np.testing.assert_allclose(np.divide(share, whole), [0.35, 0.25] * 6)


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
    with pytest.raises(
        ValueError, match=r"Sequential keeps no activations to draw: derive it from cnn\.Network"
    ):
        cnn.visualize_layer_output(torch.nn.Sequential(torch.nn.Linear(2, 2)), 0, 0, [3, 4, 3], 4)
    with pytest.raises(
        ValueError, match=r"CifarCNN cannot take MNIST stand-in's images of shape \(1, 28, 28\)"
    ):
        cnn.evaluate_model(mnist, cnn.CifarCNN(), [{}], device="cpu")
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
    curves = training_curves.LiveCurves("a net", 2)
    keys = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
    snapshots = [{"epoch": epoch, **{key: (3 - epoch) / 4 for key in keys}} for epoch in range(3)]
    axes = set()
    for count in (1, 2, 3):
        curves(snapshots[:count])
        drawn = curves.draw(snapshots[:count]).axes
        axes.add(tuple((ax.get_xlim(), ax.get_ylim()) for ax in drawn))
        assert all(tick == int(tick) for ax in drawn for tick in ax.get_xticks())  # there is no half epoch
    assert len(axes) == 1  # they stay as they are, however many epochs are done
    assert len(shown) == 1 and len(updated) == 2
    assert len({picture.split('style="')[1] for picture in [*shown, *updated]}) == 1  # one size


def test_the_lecture_says_which_kernels_simple_cnn_needs(real_data, monkeypatch):
    """Norms of its kernels, and what it reads without the faint ones and without the others."""
    monkeypatch.setenv("LECTURE_DATA", str(real_data))
    dataset, net = MulticlassDataset.mnist(), cnn.SimpleCNN()
    cnn.restart(net, seed=0)  # the weights that its training starts with
    start = net.c1.weight.detach().flatten(1).clone()
    cnn.trained(net, dataset.to_torch(), num_epochs=5)
    learned = net.c1.weight.detach().flatten(1)
    norms = learned.norm(dim=1)
    faint = norms < 1
    likeness = F.cosine_similarity(start, learned)
    assert likeness[faint].min() > 0.8 > 0.7 > likeness[~faint].max()  # "have stayed near their random start"
    pooled = cnn.PoolingCNN()
    cnn.restart(pooled, seed=0)
    assert torch.equal(pooled.c1.weight.flatten(1), start)  # "from the same start PoolingCNN learns all nine"
    cnn.trained(pooled, dataset, num_epochs=5)
    assert pooled.c1.weight.flatten(1).norm(dim=1).min() > 2 * norms[faint].max()
    wanted = [part(norms[which]).item() for which in (faint, ~faint) for part in (torch.min, torch.max)]
    for off in (faint, norms < 0, ~faint):
        cut = copy.deepcopy(net)
        with torch.no_grad():
            cut.c1.weight[off], cut.c1.bias[off] = 0, 0
        wanted.append(100 * cnn.evaluate(cut, dataset, dataset.val)[1])
    cells = json.loads((Path(cnn.__file__).with_name("lecture.ipynb")).read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["id"] in ("cell-41", "cell-42b"))
    said = [float(number) for number in re.findall(r"\d+\.\d+", text)]
    assert faint.sum() == 4 and said == [round(value, 2) for value in wanted[:4]] + [
        round(v, 1) for v in wanted[4:]
    ] + [round(start.norm(dim=1).mean().item(), 2)]
