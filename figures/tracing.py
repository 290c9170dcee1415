"""The layers of a network, their shapes and what they cost, read off the modules themselves.

`trace` runs a network without numbers, on PyTorch's meta device, where a tensor has a shape and no content. It
follows ``forward`` with `torch.fx`, since a hook on a module would miss the poolings that are functions.
"""

import copy
import math
import re
from typing import NamedTuple

import torch
import torch.fx
import torch.nn.functional as F
from torch import nn

POOLINGS = {
    nn.MaxPool2d: "max pool",
    nn.AvgPool2d: "avg pool",
    nn.AdaptiveAvgPool2d: "avg pool",
    F.max_pool2d: "max pool",
    F.avg_pool2d: "avg pool",
    F.adaptive_avg_pool2d: "avg pool",
}
ACTIVATIONS = {nn.ReLU: "ReLU", nn.Tanh: "tanh", F.relu: "ReLU", torch.relu: "ReLU", torch.tanh: "tanh"}
ACTIVATIONS |= {"relu": "ReLU", "tanh": "tanh"}  # as methods of a tensor


class Layer(NamedTuple):
    """A layer of a traced network.

    Attributes
    ----------
    name : str
        C1, P2, F3 ...: the kind and the number; the module's own name where it is of this form.
    target : str
        The module's name in the network, or "" for a function.
    kind : str
        "input", "convolution", "pooling" or "dense".
    does : str
        In words: "conv 5×5, padding 2".
    after : str
        What follows before the next layer: "tanh".
    inputs, shape : tuple of int
        (channels, rows, columns) or (units,) that go in and that come out.
    kernel, stride : int
        Of the window, in pixels; 0 and 1 where there is none.
    parameters : int
        Weights and biases, those of a batch norm behind it included.
    multiply_adds : int
        Of the convolution or the matrix product, for one image; additions of a bias, batch norm, pooling and
        activations are not counted.
    """

    name: str
    target: str
    kind: str
    does: str
    after: str
    inputs: tuple
    shape: tuple
    kernel: int
    stride: int
    parameters: int
    multiply_adds: int


def trace(net, input_shape):
    """List the layers of a network in the order in which they run.

    Parameters
    ----------
    net : nn.Module
        Any network that `torch.fx` can trace; it is left as it is.
    input_shape : tuple of int
        (channels, rows, columns) of an image.

    Returns
    -------
    list of Layer
        The first is the input. A layer that does not change the shape, such as dropout, is left out.

    Raises
    ------
    ValueError
        If ``input_shape`` is not of that form, or if an image of that shape does not fit the network.
    """
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(f"input_shape must be (channels, rows, columns), but it is {tuple(input_shape)}")
    copied = copy.deepcopy(net).to("meta").eval()
    graph, modules = torch.fx.symbolic_trace(copied), dict(copied.named_modules())
    layers = [Layer("Input", "", "input", "", "", (), tuple(input_shape), 0, 1, 0, 0)]
    owner, shapes = {}, {}  # node -> the layer that its values come from, and their shape

    class Recorder(torch.fx.Interpreter):
        def run_node(self, node):
            value = super().run_node(node)
            if node.op == "placeholder":
                owner[node] = 0
            elif node.op != "output":
                source = node.all_input_nodes[0]
                owner[node] = owner[source]
                operation = modules[node.target] if node.op == "call_module" else node.target
                _record(layers, owner, node, operation, shapes[source], tuple(value.shape[1:]))
            shapes[node] = tuple(getattr(value, "shape", ())[1:])
            return value

    try:
        Recorder(graph).run(torch.empty(1, *input_shape, device="meta"))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"an image of shape {tuple(input_shape)} does not fit the network: {reason}"
        ) from error
    return layers


def _record(layers, owner, node, operation, inputs, shape):
    """Add to ``layers`` what a node of the traced network does."""
    key = type(operation) if isinstance(operation, nn.Module) else operation
    target = node.target if isinstance(operation, nn.Module) else ""
    source = layers[owner[node]]
    count = sum(p.numel() for p in operation.parameters()) if target else 0
    if key in ACTIVATIONS:
        layers[owner[node]] = source._replace(after=ACTIVATIONS[key])
        return
    if isinstance(operation, nn.BatchNorm2d):
        layers[owner[node]] = source._replace(parameters=source.parameters + count)
        return
    if isinstance(operation, nn.Conv2d):
        kind, kernel, stride = "convolution", operation.kernel_size[0], operation.stride[0]
        does, padding = f"conv {kernel}×{operation.kernel_size[1]}", operation.padding[0]
        products = math.prod(shape) * operation.weight[0].numel()
    elif isinstance(operation, nn.Linear):
        kind, does, kernel, stride, padding = "dense", "dense", 0, 1, 0
        products = operation.weight.numel()
    elif key in POOLINGS and inputs != shape:
        kind, products = "pooling", 0
        kernel, stride, padding = _window(node, operation, inputs)
        does = f"{POOLINGS[key]} {kernel}×{kernel}"
    else:
        return
    does += f", stride {stride}" * (stride != 1) + f", padding {padding}" * (padding != 0)
    name = _name(layers, target, kind)
    owner[node] = len(layers)
    layers.append(Layer(name, target, kind, does, "", inputs, shape, kernel, stride, count, products))


def _window(node, operation, inputs):
    """Return size, stride and padding of a pooling, which may be a module or a function."""
    if isinstance(operation, nn.AdaptiveAvgPool2d):
        return inputs[1], 1, 0
    if isinstance(operation, nn.Module):
        values = operation.kernel_size, operation.stride, operation.padding
    else:
        names = ("kernel_size", "stride", "padding")
        given = dict(zip(names, node.args[1:], strict=False)) | node.kwargs
        values = given["kernel_size"], given.get("stride") or given["kernel_size"], given.get("padding", 0)
    return tuple(value[0] if isinstance(value, tuple) else value for value in values)


def _name(layers, target, kind):
    """Return C1, P2, F3 ...: as the module is called, or by counting the layers that learn, as AlexNet's paper."""
    if re.fullmatch(r"[a-z]\d+", target):
        return target.upper()
    named = any(re.fullmatch(r"[a-z]\d+", layer.target) for layer in layers)
    learned = sum(layer.parameters > 0 for layer in layers)
    last = re.search(r"\d+$", layers[-1].name)
    if kind == "pooling":
        return f"P{int(last[0]) + 1 if named else learned}"
    return f"{kind[0].upper().replace('D', 'F')}{learned + 1}"


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
