"""What the page can compute: each operation of torch, and the step that it becomes (see `demos.page.network`).

A description is a function of an operation's options, of the shapes that go in, and of the one that comes out; it
returns a list of steps as dicts: their ``kind``, which ``network.js`` knows, and what that kind needs.
"""

import numpy as np
import torch
import torch.nn.functional as F

LARGEST = float(np.finfo(np.float32).max)


class NotKnown(ValueError):
    """What the page cannot compute."""


def convolution(given, shapes, shape):
    """Conv2d; padding that is not the same on both sides, or not zeros, becomes a step of its own."""
    dilation, weight = pair(given["dilation"]), given["weight"]
    before = after = pair(0 if isinstance(given["padding"], str) else given["padding"])
    if given["padding"] == "same":
        total = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        before, after = [n // 2 for n in total], [n - n // 2 for n in total]
    steps, mode = [], given["padding_mode"].replace("zeros", "constant")
    if before != after or mode != "constant":
        steps = padding(shapes[0], [(0, 0), *zip(before, after, strict=True)], mode, 0)
        before = [0, 0]
    options = {
        "stride": pair(given["stride"]),
        "padding": before,
        "dilation": dilation,
        "groups": given["groups"],
    }
    return [*steps, {"kind": "conv2d", "weight": weight, "bias": given["bias"], **options}]


def dense(given, shapes, shape):
    """Linear."""
    if len(shapes[0]) != 1:
        raise NotKnown(f"the page knows dense layers on vectors, but this one is on {shapes[0]}")
    return [{"kind": "dense", "weight": given["weight"], "bias": given["bias"]}]


def batch_norm(given, shapes, shape):
    """BatchNorm, by what was kept of the training."""
    if given["running_mean"] is None or given["training"]:
        raise NotKnown("it normalises by the images of a batch, but the page has one image at a time")
    names = {
        "mean": "running_mean",
        "variance": "running_var",
        "weight": "weight",
        "bias": "bias",
        "epsilon": "eps",
    }
    return [{"kind": "batchNorm", **{key: given[name] for key, name in names.items()}}]


def max_pool(given, shapes, shape):
    """MaxPool2d."""
    return [{"kind": "maxPool2d", **window(given), "dilation": pair(given["dilation"])}]


def average_pool(given, shapes, shape):
    """AvgPool2d."""
    counting = {"countPadding": given["count_include_pad"], "divisor": given["divisor_override"]}
    return [{"kind": "averagePool2d", **window(given), **counting}]


def window(given):
    """Return what all poolings have."""
    size = pair(given["kernel_size"])
    stride = pair(given["stride"]) if given["stride"] else size
    return {"size": size, "stride": stride, "padding": pair(given["padding"]), "ceil": given["ceil_mode"]}


def adaptive_max_pool(given, shapes, shape):
    """AdaptiveMaxPool2d."""
    return [{"kind": "adaptiveMaxPool2d", "size": shape[1:]}]


def adaptive_average_pool(given, shapes, shape):
    """AdaptiveAvgPool2d."""
    return [{"kind": "adaptiveAveragePool2d", "size": shape[1:]}]


def activation(name):
    """Return the description of an activation of ``nn.js``: its options are numbers, in their order."""

    def describe(given, shapes, shape):
        return [
            {"kind": "activate", "activation": name, "options": [float(value) for value in given.values()]}
        ]

    return describe


def clamp(given, shapes, shape):
    """Return the description of ``clamp``, which may have one end only."""
    ends = (
        -LARGEST if given["min"] is None else given["min"],
        LARGEST if given["max"] is None else given["max"],
    )
    return activation("clamp")(dict(enumerate(ends)), shapes, shape)


def gelu(given, shapes, shape):
    """GELU, exact or by tanh."""
    return activation("gelu" if given["approximate"] == "none" else "geluTanh")({}, shapes, shape)


def softmax(given, shapes, shape):
    """Softmax along one axis."""
    return [{"kind": "softmax", "axis": axis_of(given["dim"], shape)}]


def log_softmax(given, shapes, shape):
    """Logarithm of softmax along one axis."""
    return [{"kind": "softmax", "axis": axis_of(given["dim"], shape), "log": True}]


def mean(given, shapes, shape):
    """Mean over some axes."""
    dims = given["dim"] if isinstance(given["dim"], (list, tuple)) else [given["dim"]]
    return [{"kind": "mean", "axes": [axis_of(dim, shapes[0]) for dim in dims]}]


def axis_of(dim, shape):
    """Return the axis of an image of ``shape`` that ``dim`` is in a batch of them."""
    dim = 1 if dim is None else dim  # as torch takes it for images and vectors
    if dim % (len(shape) + 1) == 0:
        raise NotKnown("it joins the images of a batch, but the page has one image at a time")
    return dim % (len(shape) + 1) - 1


def reshape(given, shapes, shape):
    """Flatten, view: the same numbers in another shape."""
    return [] if shapes[0] == shape else [{"kind": "reshape"}]


def dropout(given, shapes, shape):
    """Dropout, which does nothing once the network is trained."""
    if given["training"]:
        raise NotKnown("it is random in evaluation too: F.dropout needs training=self.training")
    return []


def nothing(given, shapes, shape):
    """What changes no number: no step."""
    return []


def pad(given, shapes, shape):
    """F.pad, along any axis of the image."""
    ends = list(zip(given["pad"][::2], given["pad"][1::2], strict=True))[
        ::-1
    ]  # torch begins at the last axis
    margins = [(0, 0)] * (len(shape) - len(ends)) + ends
    return padding(shapes[0], margins, given["mode"], given["value"] or 0)


def padding(shape, margins, mode, value):
    """Return the step that pads an image of ``shape`` by (before, after) along each axis."""
    fill = {"value": -1} if mode == "constant" else {}
    places = [torch.arange(n, dtype=torch.float32)[None, None] for n in shape]
    places = [F.pad(p, m, mode, **fill) if any(m) else p for p, m in zip(places, margins, strict=True)]
    return taking([p.int().flatten().tolist() for p in places], shape, value)


def select(given, shapes, shape):
    """Slices, such as every second row and column."""
    index, rank = given["index"], len(shapes[0]) + 1
    index = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis not in index:
        index.append(Ellipsis)
    k = index.index(Ellipsis)
    index[k : k + 1] = [slice(None)] * (rank + 1 - len(index))
    if not all(isinstance(part, slice) for part in index) or index[0] != slice(None):
        raise NotKnown("the page knows slices of the image only")
    return taking([list(range(n))[part] for n, part in zip(shapes[0], index[1:], strict=True)], shapes[0])


def taking(places, shape, fill=0):
    """Return the step that takes entries by their places along each axis, -1 for ``fill``; none if these are all."""
    if places == [list(range(n)) for n in shape]:
        return []
    return [
        {"kind": "take", "places": places, "fill": float(fill), "shape": [len(list_) for list_ in places]}
    ]


def arithmetic(kind):
    """Return the description of a sum, a difference, a product or a quotient of branches."""

    def describe(given, shapes, shape):
        if any(0 < len(other) < len(shape) for other in shapes):
            raise NotKnown(f"the page knows it for tensors with as many axes, but these are {shapes}")
        return [{"kind": kind}]

    return describe


def concatenate(given, shapes, shape):
    """Join branches along the channels."""
    if axis_of(given.get("dim", 0), shape) != 0:
        raise NotKnown("the page joins channels only")
    return [{"kind": "concatenate"}]


BRANCHES = {"dim": None}
SIZES = ("size", "dim", "numel", "getattr")
IGNORED = {"input", "inplace", "dtype", "_stacklevel", "return_indices", "momentum"}
RESHAPE = {"start_dim": 0, "end_dim": -1, "shape": (), "sizes": ()}  # only what comes out counts
POOL = {"kernel_size": None, "stride": None, "padding": 0}
NORM = {"running_mean": None, "running_var": None, "weight": None, "bias": None, "training": False}
CONV = {
    "weight": None,
    "bias": None,
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "groups": 1,
    "padding_mode": "zeros",
}
AVERAGE = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}
# Options with their defaults, in the order of torch's arguments, and the description; by names in lower case without
# "_": nn.MaxPool2d, F.max_pool2d and torch.max_pool2d are the same.
OPERATIONS = {
    "conv2d": (CONV, convolution),
    "linear": ({"weight": None, "bias": None}, dense),
    **dict.fromkeys(
        ["batchnorm", "batchnorm1d", "batchnorm2d"], (NORM | {"momentum": 0.1, "eps": 1e-5}, batch_norm)
    ),
    "maxpool2d": (POOL | {"dilation": 1, "ceil_mode": False}, max_pool),
    "avgpool2d": (POOL | AVERAGE, average_pool),
    "adaptivemaxpool2d": ({"output_size": None}, adaptive_max_pool),
    "adaptiveavgpool2d": ({"output_size": None}, adaptive_average_pool),
    "relu": ({}, activation("relu")),
    "relu6": ({}, activation("relu6")),
    "leakyrelu": ({"negative_slope": 0.01}, activation("leakyRelu")),
    "elu": ({"alpha": 1.0}, activation("elu")),
    "hardtanh": ({"min_val": -1.0, "max_val": 1.0}, activation("clamp")),
    "clamp": ({"min": None, "max": None}, clamp),
    "tanh": ({}, activation("tanh")),
    "sigmoid": ({}, activation("sigmoid")),
    "hardsigmoid": ({}, activation("hardSigmoid")),
    "silu": ({}, activation("silu")),
    "hardswish": ({}, activation("hardSwish")),
    "gelu": ({"approximate": "none"}, gelu),
    "softplus": ({"beta": 1.0, "threshold": 20.0}, activation("softplus")),
    "softmax": ({"dim": None}, softmax),
    "logsoftmax": ({"dim": None}, log_softmax),
    "mean": ({"dim": 0, "keepdim": False}, mean),
    "pad": ({"pad": (), "mode": "constant", "value": None}, pad),
    "getitem": ({"index": ()}, select),
    **dict.fromkeys(["flatten", "unflatten", "view", "reshape", "squeeze", "unsqueeze"], (RESHAPE, reshape)),
    **dict.fromkeys(["dropout", "dropout2d"], ({"p": 0.5, "training": True}, dropout)),
    **dict.fromkeys(["identity", "contiguous", "clone", "detach", "float"], ({}, nothing)),
    **dict.fromkeys(["add", "iadd"], (BRANCHES, arithmetic("add"))),
    **dict.fromkeys(["sub", "isub"], (BRANCHES, arithmetic("subtract"))),
    **dict.fromkeys(["mul", "imul"], (BRANCHES, arithmetic("multiply"))),
    **dict.fromkeys(["div", "truediv", "itruediv"], (BRANCHES, arithmetic("divide"))),
    **dict.fromkeys(["cat", "concat", "concatenate"], (BRANCHES, concatenate)),
}


def pair(value):
    """Return one number as two, and two as they are."""
    return [int(n) for n in value] if isinstance(value, (tuple, list)) else [int(value)] * 2
