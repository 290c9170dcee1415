"""How a trained network looks at an image: its receptive fields, and what it says to ten views of it.

A function returns numbers, another one draws them.
"""

import copy
from collections import Counter
from typing import NamedTuple

import torch
import torch.fx
import torch.nn.functional as F
from torch import nn

import cnn
import plots

# Part 10: receptive fields


class Step(NamedTuple):
    """A layer that moves a window: its name, and the window's size, stride and padding in pixels of its input."""

    name: str
    size: int
    stride: int
    padding: int


def window_steps(net):
    """Return the convolutions and poolings of a network in their order, read off its traced forward pass.

    Parameters
    ----------
    net : nn.Module
        Made of `nn.Conv2d`, and `F.max_pool2d` or `F.avg_pool2d` with plain numbers.

    Returns
    -------
    list of Step
    """
    modules = dict(net.named_modules())
    steps = []
    for node in torch.fx.symbolic_trace(copy.deepcopy(net)).graph.nodes:
        if node.op == "call_module" and isinstance(modules[node.target], nn.Conv2d):
            layer = modules[node.target]
            steps.append(Step(node.target, layer.kernel_size[0], layer.stride[0], layer.padding[0]))
        elif node.target in (F.max_pool2d, F.avg_pool2d):
            size = node.args[1] if len(node.args) > 1 else node.kwargs["kernel_size"]
            stride = node.args[2] if len(node.args) > 2 else node.kwargs.get("stride") or size
            padding = node.args[3] if len(node.args) > 3 else node.kwargs.get("padding", 0)
            steps.append(Step(f"p{len(steps) + 1}", size, stride, padding))
    return steps


def receptive_field(steps, name):
    """Return the box of pixels that a unit can see.

    Parameters
    ----------
    steps : list of Step
        The layers from the input on.
    name : str
        The layer of the unit.

    Returns
    -------
    (int, int, int)
        Rows and columns of the box, its step from one unit to the next, and the pixel at which the box of the
        first unit starts (negative: in the padding).
    """
    size, jump, start = 1, 1, 0
    for step in steps:
        size += (step.size - 1) * jump
        start -= step.padding * jump
        jump *= step.stride
        if step.name == name:
            return size, jump, start
    raise ValueError(f"there is no layer {name!r}: choose from {', '.join(step.name for step in steps)}")


def measured_field(net, dataset, name, images=24):
    """Return how strongly the centre units of a layer depend on each pixel, on average over validation images.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        Whose validation images are shown.
    name : str
        A convolution of the network.
    images : int
        How many of them.

    Returns
    -------
    (array, int)
        float32 (rows, columns), the magnitudes of the gradient, the largest 1; and the row (and column) of the
        unit in its feature map.
    """
    net = copy.deepcopy(net).cpu().eval()
    kept = {}
    net.get_submodule(name).register_forward_hook(lambda module, inputs, output: kept.update(output=output))
    pixels = torch.as_tensor(dataset.val.values[:images]).requires_grad_()
    net(pixels)
    centre = kept["output"].shape[-1] // 2
    total = 0
    for channel in kept["output"].unbind(1):
        (gradient,) = torch.autograd.grad(channel[:, centre, centre].sum(), pixels, retain_graph=True)
        total = total + gradient.abs().mean(dim=(0, 1))
    return (total / total.max()).numpy(), centre


def draw_receptive_fields(net, dataset, names=("c1", "c3", "c5")):
    """Draw, for the centre unit of each layer, the box that it can see and the pixels that it listens to."""
    steps = window_steps(net)
    fig = plots.figure(4 * len(names), 4.6)
    for ax, name in zip(fig.subplots(1, len(names)), names, strict=True):
        size, jump, start = receptive_field(steps, name)
        field, centre = measured_field(net, dataset, name)
        plots.bare(ax, f"{name.upper()}: sees {size}x{size} pixels")
        ax.imshow(field, cmap="magma", vmin=0, vmax=1, interpolation="nearest")
        corner = start + centre * jump
        plots.mark(ax, corner, corner, size, size)
    return fig


def show_receptive_fields(net, dataset):
    """Display theoretical and measured receptive fields of the three convolutions of `cnn.CifarCNN`."""
    plots.show(
        draw_receptive_fields(net, dataset),
        "Three maps of the gradient of a unit's activation, bright in the centre, each in a box",
    )


# Part 12: augmentation


def ten_views(images, margin=2):
    """Return five crops of each image, the corners and the centre, and their mirror images.

    Parameters
    ----------
    images : Tensor
        (count, channels, rows, columns).
    margin : int
        The images are extended by so many reflected pixels, and cropped to their size again: the crops are moved
        by up to ``margin`` pixels.

    Returns
    -------
    Tensor
        (10, count, channels, rows, columns); the fifth is the image itself, the tenth its mirror image.
    """
    rows, columns = images.shape[-2:]
    wide = F.pad(images, [margin] * 4, mode="reflect")
    places = [(0, 0), (0, 2 * margin), (2 * margin, 0), (2 * margin, 2 * margin), (margin, margin)]
    crops = torch.stack([wide[..., r : r + rows, c : c + columns] for r, c in places])
    return torch.cat([crops, crops.flip(-1)])


def vote(labels):
    """Return the most frequent of the labels along the first axis; of equally frequent ones the smallest."""
    return torch.mode(labels, dim=0).values


class TestTimeAugmentation(NamedTuple):
    """Accuracies with one view, with the vote of ten, with their mean; and the predictions for one image."""

    single: float
    voted: float
    averaged: float
    probabilities: torch.Tensor  # (10 views, classes)
    label: int


@torch.inference_mode()
def test_time_augmentation(net, dataset, images=1000, index=0, device=None):
    """Measure what ten views change on the first ``images`` test images.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        What it was trained on.
    images : int
        How many test images.
    index : int
        Which of them to return the single predictions of.
    device : torch.device, optional
        Where to compute; `cnn.best_device()` unless given.

    Returns
    -------
    TestTimeAugmentation
    """
    device = cnn.best_device() if device is None else device
    net = copy.deepcopy(net).to(device).eval()
    labels = torch.as_tensor(dataset.test.labels[:images])
    probabilities = []
    for start in range(0, len(labels), 100):
        batch = torch.as_tensor(dataset.test.values[start : min(start + 100, len(labels))]).to(device)
        probabilities.append(torch.stack([net(view).softmax(1) for view in ten_views(batch)]).cpu())
    probabilities = torch.cat(probabilities, dim=1)

    def accuracy(predicted):
        return (predicted == labels).double().mean().item()

    views = probabilities.argmax(2)
    return TestTimeAugmentation(
        accuracy(views[4]),
        accuracy(vote(views)),
        accuracy(probabilities.mean(0).argmax(1)),
        probabilities[:, index],
        int(labels[index]),
    )


def draw_ten_views(dataset, images, titles):
    """Draw ten views of an image with a line of text above each."""
    fig = plots.figure(12, 5.2)
    for ax, image, title in zip(fig.subplots(2, 5).flat, images, titles, strict=True):
        plots.show_image(ax, dataset.unnormalize(image.numpy()), title)
    fig.suptitle(dataset.title, fontsize=plots.FONT, color=plots.INK)
    return fig


def show_ten_views(dataset, index=0):
    """Display the ten images that one training image becomes."""
    views = ten_views(torch.as_tensor(dataset.train.values[index])[None], margin=4)[:, 0]
    crops = ["top left", "top right", "bottom left", "bottom right", "centre"]
    titles = crops + [f"{name}, mirrored" for name in crops]
    plots.show(
        draw_ten_views(dataset, views, titles), "Five crops of one training image, and their mirror images"
    )


def show_test_time_augmentation(net, dataset, images=1000, index=0, device=None):
    """Display each view's prediction for one image, and the accuracy of one view, of the vote and of the mean."""
    measured = test_time_augmentation(net, dataset, images, index, device)
    views = ten_views(torch.as_tensor(dataset.test.values[index])[None])[:, 0]
    best = measured.probabilities.max(1)
    titles = [f"{dataset.label_names[k]} {p:.0%}" for p, k in zip(best.values, best.indices, strict=True)]
    plots.show(draw_ten_views(dataset, views, titles), f"Ten views of one test image: {', '.join(titles)}")
    votes = Counter(best.indices.tolist())
    mean = measured.probabilities.mean(0)
    names = dataset.label_names
    plots.show_table(
        (
            f"{dataset.title}: {images:,} test images",
            "the image above",
            "accuracy",
            "change, percentage points",
        ),
        [
            ("one view", names[best.indices[4]], f"{measured.single:.1%}", ""),
            (
                "the most frequent of ten",
                ", ".join(f"{names[k]} {count}" for k, count in votes.most_common()),
                f"{measured.voted:.1%}",
                f"{100 * (measured.voted - measured.single):+.1f}",
            ),
            (
                "the mean of ten",
                f"{names[mean.argmax()]} {mean.max():.0%}",
                f"{measured.averaged:.1%}",
                f"{100 * (measured.averaged - measured.single):+.1f}",
            ),
        ],
    )
