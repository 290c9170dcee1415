"""The layers of a network, their shapes, what they cost and what they see, read off the network itself.

`trace` runs a network on an empty image. It follows ``forward`` with `torch.fx`, since a hook on a module would miss
the poolings that are functions. A network on PyTorch's meta device, where tensors have shapes and no content, will do.
"""

import copy
import math
import re
from typing import NamedTuple

import torch
import torch.fx
from torch import nn

# Modules, functions and methods by their names in lower case, without "_": nn.MaxPool2d, F.max_pool2d ...
POOLINGS = {
    "maxpool2d": "max pool",
    "avgpool2d": "avg pool",
    "adaptivemaxpool2d": "max pool",
    "adaptiveavgpool2d": "avg pool",
}
FOLLOWING = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leakyrelu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "hardswish": "hard swish",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "batchnorm1d": "batch norm",
    "batchnorm2d": "batch norm",
    "groupnorm": "group norm",
    "layernorm": "layer norm",
    "localresponsenorm": "local response norm",
    "dropout": "dropout",
    "dropout2d": "dropout",
}
BATCH_NORMS = nn.BatchNorm1d | nn.BatchNorm2d
ADDITIONS = ("add", "iadd")


class Window(NamedTuple):
    """The window of a convolution or pooling, each as (rows, columns), in pixels of what goes in."""

    size: tuple = (1, 1)
    stride: tuple = (1, 1)
    padding: tuple = (0, 0)  # before the first row and column
    dilation: tuple = (1, 1)


class Field(NamedTuple):
    """The pixels of the image that a unit can see, each as (rows, columns).

    Attributes
    ----------
    size : tuple of int
        Rows and columns of the box that it sees.
    jump : tuple of int
        Pixels from the box of one unit to that of the next.
    start : tuple of int
        The pixel at which the box of the first unit starts; negative ones lie in the padding.
    """

    size: tuple = (1, 1)
    jump: tuple = (1, 1)
    start: tuple = (0, 0)

    def through(self, window):
        """Return the field of the units behind a window over units with this field."""
        axes = range(2)
        reach = [window.dilation[k] * (window.size[k] - 1) for k in axes]
        return Field(
            tuple(self.size[k] + reach[k] * self.jump[k] for k in axes),
            tuple(self.jump[k] * window.stride[k] for k in axes),
            tuple(self.start[k] - window.padding[k] * self.jump[k] for k in axes),
        )


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
        What follows before the next layer: "batch norm, ReLU".
    inputs, shape : tuple of int
        (channels, rows, columns) or (units,) that go in and that come out.
    window : Window
        What it looks at; a dense layer behind feature maps looks at whole maps.
    field : Field
        What its units see of the image; along the longest path where there are several.
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
    window: Window
    field: Field
    parameters: int
    multiply_adds: int


def trace(net, input_shape):
    """List the layers of a network in the order in which they run.

    Parameters
    ----------
    net : nn.Module
        Any network that `torch.fx` can trace; it is left as it is. Lazy layers must have seen an image.
    input_shape : tuple of int
        (channels, rows, columns) of an image.

    Returns
    -------
    list of Layer
        The first is the input.

    Raises
    ------
    ValueError
        If ``input_shape`` is not of that form, or if an image of that shape does not fit the network.
    """
    layers = [Layer("Input", "", "input", "", "", (), tuple(input_shape), Window(), Field(), 0, 0)]
    owner = {}  # node -> the layer that its values come from
    for step in _run(net, input_shape):
        sources = [owner[node] for node in step.node.all_input_nodes if node in owner]
        if step.node.op == "placeholder":
            owner[step.node] = 0
        elif sources and step.shape is not None:
            number = max(sources, key=lambda k: layers[k].field.size)
            if layer := _layer(step, layers, number):
                number = len(layers)
                layers.append(layer)
            else:
                layers[number] = _followed(layers[number], step, len(sources))
            owner[step.node] = number
    return layers


def receptive_field(net, input_shape, name):
    """Return the `Field` of the units of a layer, named as in the network ("c1") or in its diagram ("P2").

    Source: A. Araujo, W. Norris, J. Sim, "Computing receptive fields of convolutional neural networks", Distill,
    2019.

    Raises
    ------
    ValueError
        If there is no such layer, or as `trace`.
    """
    layers = trace(net, input_shape)
    for layer in layers:
        if name in (layer.name, layer.target):
            return layer.field
    raise ValueError(f"there is no layer {name!r}: choose from {', '.join(layer.name for layer in layers)}")


def structure(net, input_shape):
    """Describe what a network computes, one line an operation, to tell whether two networks are the same.

    Unlike what `torch.fx` prints, the lines do not depend on the version of PyTorch.
    """
    lines = []
    for step in _run(net, input_shape):
        if step.node.op != "placeholder" and step.shape is not None:
            window = _window(step)
            constants = [str(value) for value in [*step.node.args, *step.node.kwargs.values()]
                         if isinstance(value, (int, float, str))]  # fmt: skip
            does = window[0] if window else " ".join([step.name, *_settings(step.module), *constants])
            lines.append(f"{does}: {'×'.join(map(str, step.shape))}")
    return lines


def _settings(module):
    """Return the settings of a module that its weights do not show: of a dropout, not of a dense layer."""
    shown = isinstance(module, nn.Linear | nn.Flatten)  # by its weights, and by the shape behind it
    usual = isinstance(module, BATCH_NORMS) and module.eps == 1e-5
    return [] if module is None or shown or usual or not module.extra_repr() else [module.extra_repr()]


def count_parameters(net):
    """Return the number of weights and biases of a network or layer."""
    return sum(weights.numel() for weights in net.parameters())


def torchvision_network(name):
    """Return one of torchvision's networks on the meta device: its weights would take up to 240 MB."""
    import torchvision  # here, since it loads PyTorch's compiler: 170 MB, and seconds of the lecture's first cell

    with torch.device("meta"):
        return getattr(torchvision.models, name)(weights=None)


class _Step(NamedTuple):
    """A node of a traced network: its name, its module if it is one, and shapes without the batch.

    ``shape`` is None for what is not a tensor.
    """

    node: torch.fx.Node
    name: str
    module: nn.Module | None
    inputs: tuple | None
    shape: tuple | None


class OneImage(torch.fx.Tracer):
    """Follows a network with one image, so that ``len(x)`` in its ``forward`` is 1."""

    class Proxy(torch.fx.Proxy):
        """Stands for a tensor."""

        def __len__(self):
            return 1

    def proxy(self, node):
        """Return what stands for the tensor that a node gives."""
        return self.Proxy(node, self)


def duplicate(net):
    """Return a copy of a network; activations that it holds with their graph, which torch does not copy, lose it."""
    held = [value for module in net.modules() for value in _flat(vars(module))]
    graphs = {id(value): value.detach() for value in held if not value.is_leaf}
    return copy.deepcopy(net, graphs)


def _flat(values):
    """Yield the tensors in nested dicts, lists and tuples; modules and parameters are left out."""
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (dict, list, tuple)):
            yield from _flat(value)


def _run(net, input_shape):
    """Run a network on an empty image and return a `_Step` for each node, in order."""
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(f"input_shape must be (channels, rows, columns), but it is {tuple(input_shape)}")
    try:
        empty = any(parameter.is_meta for parameter in net.parameters())
        device = "meta" if empty else "cpu"  # without numbers batch norm takes three times as long
        copied = duplicate(net).to(device, torch.float32).eval()
        graph = torch.fx.GraphModule(copied, OneImage().trace(copied))
    except Exception as error:  # what a forward raises that torch.fx cannot follow has no common type
        reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise ValueError(
            f"the layers of {type(net).__name__} cannot be listed: torch.fx cannot follow it ({reason})"
        ) from error
    modules, shapes, steps = dict(copied.named_modules()), {}, []

    class Recorder(torch.fx.Interpreter):
        def run_node(self, node):
            value = super().run_node(node)
            shapes[node] = tuple(value.shape[1:]) if isinstance(value, torch.Tensor) else None
            if node.op not in ("output", "get_attr"):
                module = modules[node.target] if node.op == "call_module" else None
                named = type(module) if module is not None else node.target
                name = getattr(named, "__name__", str(named)).lower().replace("_", "")
                inputs = next((shapes[k] for k in node.all_input_nodes), None)
                steps.append(_Step(node, name, module, inputs, shapes[node]))
            return value

    try:
        with torch.inference_mode():
            Recorder(graph).run(torch.zeros(1, *input_shape, device=device))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"an image of shape {tuple(input_shape)} does not fit the network: {reason}"
        ) from error
    return steps


def _layer(step, layers, number):
    """Return the `Layer` that a step is, behind layer ``number``, or None if it is none."""
    source, target = layers[number], step.node.target if step.module is not None else ""
    products = 0
    if isinstance(step.module, nn.Linear):
        kind, does, products = "dense", "dense", step.module.weight.numel()
        window = Window(size=source.shape[1:]) if len(source.shape) == 3 else Window()
    elif described := _window(step):
        does, window = described
        kind = "convolution" if does.startswith("conv") else "pooling"
        if kind == "convolution":
            products = math.prod(step.shape) * step.module.weight[0].numel()
        elif window == Window():  # an adaptive pooling to the size that is there
            return None
    else:
        return None
    return Layer(
        name=_layer_name(layers, target, kind),
        target=target,
        kind=kind,
        does=does,
        after="",
        inputs=step.inputs,
        shape=step.shape,
        window=window,
        field=source.field.through(window),
        parameters=count_parameters(step.module) if step.module is not None else 0,
        multiply_adds=products,
    )


def _followed(layer, step, sources):
    """Return a layer with what a step does to its values."""
    label = "+ shortcut" if step.name in ADDITIONS and sources > 1 else FOLLOWING.get(step.name)
    count = count_parameters(step.module) if step.module is not None else 0
    if label is None and count == 0:
        return layer
    label = label or type(step.module).__name__  # what learns is never left out
    after = f"{layer.after}, {label}" if layer.after else label
    return layer._replace(after=after, parameters=layer.parameters + count)


def _window(step):
    """Return a convolution or pooling in words, and its `Window`; None if a step is neither."""
    if isinstance(step.module, nn.Conv2d):
        given, kind = vars(step.module), "conv"
    elif step.name not in POOLINGS:
        return None
    else:
        kind = POOLINGS[step.name]
        names = ["output_size"] if "adaptive" in step.name else ["kernel_size", "stride", "padding"]
        names += ["dilation"] * (step.name == "maxpool2d")
        given = vars(step.module) if step.module is not None else (
            dict(zip(names, step.node.args[1:], strict=False)) | step.node.kwargs)  # fmt: skip
    if "output_size" in given:  # the same as windows of a fixed size where that divides the input
        here, wanted = step.inputs[1:], _pair(given["output_size"])
        stride = tuple(n // m if m > 1 else 1 for n, m in zip(here, wanted, strict=True))
        size = tuple(n - (m - 1) * s for n, m, s in zip(here, wanted, stride, strict=True))
        return f"{kind} {size[0]}×{size[1]}", Window(size, stride)
    size, dilation = _pair(given["kernel_size"]), _pair(given.get("dilation", 1))
    stride, padding = _pair(given.get("stride") or size), given.get("padding", 0)
    does = f"{kind} {size[0]}×{size[1]}"
    for name, value, default in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        if value not in (default, (default, default), "valid"):
            rows, columns = _pair(value)
            does += f", {name} {rows}" + f"×{columns}" * (rows != columns)
    if padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(dilation, size, strict=True))
    return does, Window(size, stride, _pair(0 if padding == "valid" else padding), dilation)


def _pair(value):
    """Return one number as two, and two as they are."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _layer_name(layers, target, kind):
    """Return C1, P2, F3 ...: as the module is called, or by counting the layers that learn, as AlexNet's paper."""
    if re.fullmatch(r"[a-z]\d+", target):
        return target.upper()
    named = any(re.fullmatch(r"[a-z]\d+", layer.target) for layer in layers)
    learned = sum(layer.parameters > 0 for layer in layers)
    last = re.search(r"\d+$", layers[-1].name)
    if kind == "pooling":
        return f"P{int(last[0]) + 1 if named else learned}"
    return f"{kind[0].upper().replace('D', 'F')}{learned + 1}"
