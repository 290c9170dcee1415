"""Diagrams and tables of networks, drawn from what `figures.tracing` reads off the modules: nothing is typed in."""

import math
from itertools import pairwise

import torch
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle

import figures
from figures.axes import ACCENT, FONT, INK, POSITIVE, SECOND
from figures.tracing import count_parameters, torchvision_network, trace

COLORS = {"input": "#8a96a3", "convolution": SECOND, "pooling": ACCENT, "dense": POSITIVE}
IMAGENET = (3, 224, 224)
STACKS = ((5,), (3, 3), (7,), (3, 3, 3))  # sizes of kernels in turn


def layer_table(net, input_shape):
    """Return a header and rows of text, one a layer and one for the total: shape, parameters, multiply-adds.

    Parameters
    ----------
    net : nn.Module
        The network.
    input_shape : tuple of int
        (channels, rows, columns).

    Returns
    -------
    header : list of str
    rows : list of list of str
    """
    layers = trace(net, input_shape)
    header = ["Layer", "What", "Output", "Parameters", "Multiply-adds"]
    rows = [
        [
            layer.name,
            ", ".join(part for part in (layer.does, layer.after) if part),
            " × ".join(map(str, layer.shape)),
            f"{layer.parameters:,}" if layer.parameters else "",
            f"{layer.multiply_adds:,}" if layer.multiply_adds else "",
        ]
        for layer in layers
    ]
    totals = [sum(layer.parameters for layer in layers), sum(layer.multiply_adds for layer in layers)]
    return header, [*rows, ["Total", "", "", *(f"{total:,}" for total in totals)]]


@figures.own_style
def network_diagram(net, input_shape, title="", *, root=False, pooling=True):
    """Draw a network as stacks of feature maps: rows, columns and channels to scale, dense layers as columns.

    Parameters
    ----------
    net : nn.Module
        The network, of convolutions, poolings and dense layers in a row.
    input_shape : tuple of int
        (channels, rows, columns).
    title : str
        Written above.
    root : bool
        Draw the square root of each length instead, for networks in which 224 and 6 pixels meet.
    pooling : bool
        Draw what comes out of the poolings; otherwise they are named only.

    Returns
    -------
    Figure
    """
    layers = trace(net, input_shape)
    drawn = [layer for layer in layers if pooling or layer.kind != "pooling"]
    bend = math.sqrt if root else float
    tall, deep = bend(max(input_shape[1:])), bend(max(x.shape[0] for x in drawn if len(x.shape) == 3))
    places = [_extent(layer, bend, tall, deep) for layer in drawn]
    # "32×15×15" needs more room than "64".
    widths = [max(1.42 if depth else 1.0, width + depth + 0.25) for width, _, depth in places]
    fig = figures.figure(sum(widths) + 0.2, 5.2 if pooling else 5.5)
    ax = figures.bare(fig.add_subplot(), title)
    ax.title.set_fontsize(FONT + 4)
    middle, left, fronts = 3.3, 0.1, []
    for layer, (width, height, depth), slot in zip(drawn, places, widths, strict=True):
        x, y = left + (slot - width - depth) / 2, middle - (height + depth * 0.6) / 2
        fronts.append((x, y, width, height, depth))
        _draw_layer(ax, layer, *fronts[-1])
        following = layers[layers.index(layer) + 1 :][:1]
        pools = [] if pooling else [x for x in following if x.kind == "pooling"]
        _caption(ax, layer, pools, left + slot / 2)
        left += slot
    for (before, layer), (one, other) in zip(pairwise(drawn), pairwise(fronts), strict=True):
        _connect(ax, layer, before, one, other)
    ax.set(xlim=(0, left + 0.1), ylim=(0 if pooling else -0.3, 4.7), aspect="equal")
    figures.within(ax)
    return fig


def _extent(layer, bend, tall, deep):
    """Return width, height and depth of a layer's drawing, in inches; a column grows with the units' logarithm."""
    if len(layer.shape) == 1:
        return 0.16, 0.22 * math.log2(layer.shape[0] + 1), 0
    channels, rows, columns = layer.shape
    return 1.3 * bend(columns) / tall, 1.3 * bend(rows) / tall, 0.7 * bend(channels) / deep


def _draw_layer(ax, layer, x, y, width, height, depth):
    """Draw sheets behind one another, one for each channel up to sixteen, or a column of units."""
    color = COLORS[layer.kind]
    if len(layer.shape) == 1:
        units = min(layer.shape[0], 16)
        for k in range(units):
            ax.add_patch(Rectangle((x, y + k * height / units), width, height / units, facecolor=color,
                                   edgecolor="white", linewidth=0.8))  # fmt: skip
        return
    sheets = min(layer.shape[0], 16)
    for k in reversed(range(sheets)):
        shift = depth * k / max(sheets - 1, 1)
        ax.add_patch(Rectangle((x + shift, y + 0.6 * shift), width, height, facecolor=color, edgecolor="white",
                               linewidth=0.8, alpha=1))  # fmt: skip


def _caption(ax, layer, pools, x):
    """Write name, shape and what the layer does below it."""
    ax.text(x, 1.45, layer.name, ha="center", va="center", fontsize=FONT + 3, color=INK, weight="bold")
    ax.text(x, 1.08, "×".join(map(str, layer.shape)), ha="center", va="center", fontsize=FONT, color=INK)
    lines = [*layer.does.split(", "), *layer.after.split(", ")]
    for pool in pools:
        lines += [pool.does.split(", ")[0], *pool.after.split(", ")]
    text = "\n".join(line for line in lines if line)
    ax.text(x, 0.84, text, ha="center", va="top", fontsize=FONT, color=INK, linespacing=1.25)


def _connect(ax, layer, before, one, other):
    """Draw the window on the front map and where its value goes, or all of a layer fanning into a dense one."""
    x, y, width, height, depth = one
    u, v, _, tall, _ = other
    if layer.kind == "dense":
        top, low = (x + width + depth, y + height + 0.6 * depth), (x + width, y)
        corners = [top, (u, v + tall), (u, v), low]
        ax.add_patch(Polygon(corners, facecolor=COLORS["dense"], alpha=0.13, linewidth=0))
        return
    side = max(width * layer.window.size[1] / before.shape[2], 0.07)
    corner = (x + 0.55 * (width - side), y + 0.6 * (height - side))
    ax.add_patch(Rectangle(corner, side, side, facecolor="white", alpha=0.55, edgecolor=INK, linewidth=1.5))
    target = (u + 0.06, v + tall * 0.6)
    for dy in (0, side):
        ax.plot([corner[0] + side, target[0]], [corner[1] + dy, target[1]], color=INK, linewidth=1)


@figures.own_style
def block_diagram(block, title=""):
    """Draw a residual block of torchvision from its traced modules: convolutions beside a shortcut.

    Parameters
    ----------
    block : torchvision.models.resnet.BasicBlock or Bottleneck
        The block.
    title : str
        Written above.

    Returns
    -------
    Figure
    """
    colors = {"conv": "#cfe3ea", "batc": "#e8eef2", "ReLU": "#f6dcb8"}  # by the first letters
    fig = figures.figure(12.6, 4)
    ax = figures.bare(fig.add_subplot(), title)
    ax.title.set_fontsize(FONT + 4)
    x, entry = 1.1, 0.55
    _arrow(ax, (0.35, 1), (x, 1))
    ax.text(0.3, 1, "$x$", ha="right", va="center", fontsize=FONT + 8, color=INK)
    for text in _block_texts(block):
        if text == "+":
            width = 0.6
            _draw_addition(ax, entry, x)
        else:
            width = 1.45
            box = FancyBboxPatch((x, 0.55), width, 0.9, boxstyle="round,pad=0,rounding_size=0.1", edgecolor=INK,
                                 facecolor=colors[text[:4]], linewidth=1.5)  # fmt: skip
            ax.add_patch(box)
            ax.text(x + width / 2, 1, text, ha="center", va="center", fontsize=FONT, color=INK)
        _arrow(ax, (x + width, 1), (x + width + 0.3, 1))
        x += width + 0.3
    ax.text(x + 0.1, 1, "$y$", va="center", fontsize=FONT + 8, color=INK)
    ax.text(x + 0.4, 0.1, "$y = $ReLU$(F(x) + x)$", ha="right", va="center", fontsize=FONT + 6, color=INK)
    ax.set(xlim=(0, x + 0.5), ylim=(-0.2, 2.9), aspect="equal")
    return fig


def _block_texts(block):
    """Return what stands in the boxes of a block: a convolution, then what follows it, "+" where the shortcut ends."""
    channels, texts = block.conv1.in_channels, []
    for layer in trace(block, (channels, 8, 8))[1:]:
        does, given = layer.does.split(",")[0], layer.shape[0]
        texts.append(does if given == channels else f"{does}\n{channels} → {given}")
        within, *behind = (part.strip(", ").replace(", ", "\n") for part in layer.after.split("+ shortcut"))
        texts += [within, *("+" for _ in behind), *behind]
        channels = given
    return texts


def _draw_addition(ax, entry, x):
    """Draw a plus, and the shortcut that leads there from ``entry``."""
    ax.add_patch(Circle((x + 0.3, 1), 0.3, facecolor="white", edgecolor=ACCENT, linewidth=3))
    ax.text(x + 0.3, 1, "+", ha="center", va="center", fontsize=FONT + 10, color=ACCENT)
    ax.plot([entry, entry, x + 0.3], [1, 2.35, 2.35], color=ACCENT, linewidth=3)
    _arrow(ax, (x + 0.3, 2.35), (x + 0.3, 1.3), ACCENT)
    middle, style = (entry + x) / 2, {"ha": "center", "va": "center"}
    ax.text(middle, 2.6, "shortcut: $x$ as it is", fontsize=FONT + 4, color=ACCENT, **style)
    ax.text(middle, 0.1, "$F(x)$: what the block learns", fontsize=FONT + 6, color=SECOND, **style)


def _arrow(ax, start, end, color=INK):
    arrow = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=18, linewidth=2, color=color, shrinkA=0,
                            shrinkB=0)  # fmt: skip
    ax.add_patch(arrow)


# What the notebook shows


def show_network(net, input_shape, title=""):
    """Display `network_diagram`."""
    layers = ", ".join(f"{x.name} {' × '.join(map(str, x.shape))}" for x in trace(net, input_shape))
    figures.show(
        network_diagram(net, input_shape, title), f"Diagram of {title or type(net).__name__}: {layers}"
    )


def show_layer_table(net, input_shape):
    """Display `layer_table`."""
    figures.show_table(*layer_table(net, input_shape))


def show_alexnet():
    """Display AlexNet, as torchvision has it: the one-tower version of 2014, not the two towers of 2012."""
    title = "AlexNet in one tower (torchvision, after Krizhevsky 2014); lengths as square roots"
    fig = network_diagram(torchvision_network("alexnet"), IMAGENET, title, root=True, pooling=False)
    figures.show(
        fig, "AlexNet: five convolutional layers, three of them followed by max pooling, three dense layers"
    )


def show_alexnet_table():
    """Display the layers of AlexNet: shapes, parameters and multiplications."""
    show_layer_table(torchvision_network("alexnet"), IMAGENET)


def stack_table(stacks=STACKS, channels=64):
    """Return a header and rows of text: what kernels in turn see, and their weights, as many channels in as out.

    Parameters
    ----------
    stacks : sequence of sequences of int
        Sizes of the kernels that follow each other, a ReLU behind each.
    channels : int
        Of the input, and of each layer.

    Returns
    -------
    header : list of str
    rows : list of list of str
    """
    rows = []
    for sizes in stacks:
        with torch.device("meta"):  # shapes without numbers
            layers = [torch.nn.Conv2d(channels, channels, size, bias=False) for size in sizes]
        net = torch.nn.Sequential(*(part for layer in layers for part in (layer, torch.nn.ReLU())))
        seen = trace(net, (channels, 32, 32))[-1].field.size
        numbers = "×".join(map(str, seen)), f"{count_parameters(net):,}", str(len(sizes))
        rows.append([", ".join(f"{size}×{size}" for size in sizes), *numbers])
    return ["Kernels in turn", "See", f"Weights, {channels} channels", "ReLUs"], rows


def show_stack_table():
    """Display what small kernels in turn see and cost, beside large ones."""
    figures.show_table(*stack_table())


def show_residual_block():
    """Display a residual block of ResNet-34, and a bottleneck of ResNet-50."""
    for title, block, what in (
        ("A block of ResNet-34", torchvision_network("resnet34").layer1[0], "two convolutions"),
        (
            "A bottleneck of ResNet-50",
            torchvision_network("resnet50").layer1[1],
            "1x1, 3x3 and 1x1 convolution",
        ),
    ):
        alt = f"{title}: {what} with batch norm and ReLU, and a shortcut that is added"
        figures.show(block_diagram(block, title), alt)
