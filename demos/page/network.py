"""A network as a list of steps that the page can compute: what its ``forward`` does, read off by `torch.fx`.

`network_steps` runs a network once, and notes each operation as a dict: what it is, which steps it reads, its weights
and options, and the shape of what comes out. ``network.js`` computes them.
"""

import copy

import numpy as np
import torch
from torch import fx
from torch.nn.parameter import UninitializedParameter

from demos.page import packed
from demos.page.operators import BRANCHES, IGNORED, OPERATIONS, SIZES, NotKnown

BATCH = 2  # images: with one, a forward that joins the images of a batch would look all right


def network_steps(net, input_shape):
    """List what a network does to an image, step by step.

    Parameters
    ----------
    net : nn.Module
        Made of `OPERATIONS`, be they modules, functions or methods. It is read as for evaluation, and left as it is.
    input_shape : tuple of int
        (channels, rows, columns) of an image.

    Returns
    -------
    list of dict
        The first step is the image, the last one is what the network returns. Each has ``kind``, ``name`` (of the
        module, or of the function), ``inputs`` (numbers of earlier steps), ``shape`` (for one image), and what its kind
        needs; weights are packed, as float16 where that changes none of them.

    Raises
    ------
    ValueError
        If an image of that shape does not fit, or there is an operation that is not known: it is named.
    """
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(f"input_shape must be (channels, rows, columns), but it is {tuple(input_shape)}")
    return read(net, torch.zeros(BATCH, *input_shape)).steps


def all_activations(net, image):
    """Return what comes out of each of the steps that `network_steps` lists, computed here.

    Parameters
    ----------
    net : nn.Module
        As for `network_steps`.
    image : Tensor
        (C, H, W).

    Returns
    -------
    list of array
        Without the batch; None for a step that pads on behalf of the one behind it.
    """
    reader = read(net, torch.stack([image] * BATCH), keep=True)
    return [reader.kept.get(number) for number in range(len(reader.steps))]


def read(net, batch, keep=False):
    """Return a `Reader` that has run a network on a batch."""
    if any(isinstance(parameter, UninitializedParameter) for parameter in net.parameters()):
        raise NotKnown(
            f"{type(net).__name__} has lazy layers without weights: call it once on a batch of images"
        )
    copied = copy.deepcopy(net).cpu().float().eval()
    try:
        reader = Reader(fx.symbolic_trace(copied), keep)
    except (fx.proxy.TraceError, TypeError) as error:
        raise NotKnown(f"{type(net).__name__} cannot be read without numbers: {first_line(error)}") from error
    try:
        with torch.inference_mode():
            reader.run(batch)
    except RuntimeError as error:
        shape = tuple(batch.shape[1:])
        raise ValueError(
            f"an image of shape {shape} does not fit {type(net).__name__}: {first_line(error)}"
        ) from error
    del reader.steps[reader.result + 1 :]
    return reader


class Reader(fx.Interpreter):
    """Runs a traced network, and notes a step for each operation on what comes from the image.

    Attributes
    ----------
    steps : list of dict
        As `network_steps` returns them.
    numbers : dict
        The number of its step, by node.
    result : int
        The number of the step that the network returns.
    kept : dict
        What came out for the first image, by the number of its step, if that was asked for.
    """

    def __init__(self, graph, keep):
        super().__init__(graph, garbage_collect_values=False)
        self.extra_traceback = False
        self.steps, self.numbers, self.result = [], {}, None
        self.keep, self.kept = keep, {}

    def run_node(self, node):
        """Run a node as `fx.Interpreter` does, and note what it did."""
        value = super().run_node(node)
        if node.op == "placeholder" and isinstance(value, torch.Tensor):
            self.numbers[node] = self.add("input", [], value.shape[1:], {"kind": "input"})
        elif node.op == "output":
            if node.args[0] not in self.numbers:
                raise NotKnown(
                    "the page knows networks that return one tensor; this one returns something else"
                )
            self.result = self.numbers[node.args[0]]
        elif any(source in self.numbers for source in node.all_input_nodes):
            self.note(node, value)
        if self.keep and node in self.numbers and node.op != "output":
            self.kept[self.numbers[node]] = value[0].clone().numpy()  # now: a later step may write into it
        return value

    def note(self, node, value):
        """Append the steps that a node is."""
        module = self.fetch_attr(node.target) if node.op == "call_module" else None
        does = type(module) if module is not None else node.target
        does = getattr(does, "__name__", str(does))
        key, name = does.lower().replace("_", ""), node.target if module is not None else does
        if key in SIZES and not isinstance(value, torch.Tensor):
            return  # the same for all images
        if key not in OPERATIONS or not isinstance(value, torch.Tensor):
            what = f"{name} ({does})" if module is not None else name
            behind = next(
                self.steps[self.numbers[k]]["name"] for k in node.all_input_nodes if k in self.numbers
            )
            known = ", ".join(OPERATIONS)
            raise NotKnown(f"the page cannot compute {what}, which follows {behind}; it knows {known}")
        if value.ndim < 2 or len(value) != BATCH:
            raise NotKnown(f"{name} joins the images of a batch, but the page has one image at a time")
        defaults, describe = OPERATIONS[key]
        try:
            if defaults is BRANCHES:
                inputs, given = self.branches(node, value.ndim - 1)
            else:
                inputs, given = self.source(node), defaults | self.options(node, module, defaults)
            parts = describe(given, [self.steps[k]["shape"] for k in inputs], list(value.shape[1:]))
        except NotKnown as error:
            raise NotKnown(f"{name}: {error}") from None
        for part in parts:
            inputs = [self.add(name, inputs, value.shape[1:], part)]
        self.numbers[node] = inputs[0]

    def add(self, name, inputs, shape, part):
        """Append a step and return its number."""
        step = {"name": name, "inputs": inputs, "shape": list(shape)} | part
        self.steps.append(
            {key: compact(value) if torch.is_tensor(value) else value for key, value in step.items()}
        )
        return len(self.steps) - 1

    def source(self, node):
        """Return the number of the one step that a node reads, in a list."""
        sources = [self.numbers[other] for other in node.all_input_nodes if other in self.numbers]
        if len(sources) > 1 or self.numbers.get([*node.args, *node.kwargs.values()][0]) != sources[0]:
            raise NotKnown("its weights or options come from the image")
        return sources

    def options(self, node, module, defaults):
        """Return the options of a node by name: of its module, or its arguments behind the first one."""
        if module is not None:
            return {key: getattr(module, key) for key in defaults if hasattr(module, key)}
        values, named = self.fetch_args_kwargs_from_env(node)
        found = dict(zip(defaults, values[1:], strict=False)) | named
        if strange := found.keys() - defaults.keys() - IGNORED:
            raise NotKnown(f"the page does not know its options {sorted(strange)}")
        return found

    def branches(self, node, rank):
        """Return the numbers of the steps that a sum or a concatenation joins, and its options."""
        joined = bool(node.args) and isinstance(node.args[0], (list, tuple))
        branches, rest = (node.args[0], node.args[1:]) if joined else (node.args, ())
        options = dict(zip(["dim"], rest, strict=False)) | node.kwargs
        if options.keys() - {"dim"}:
            raise NotKnown(f"the page does not know its options {sorted(options)}")
        return [self.operand(branch, rank) for branch in branches], options

    def operand(self, argument, rank):
        """Return the number of the step that an operand is; a constant becomes one."""
        if argument in self.numbers:
            return self.numbers[argument]
        value = self.env[argument] if isinstance(argument, fx.Node) else argument
        value = torch.as_tensor(value, dtype=torch.float32)
        if value.ndim > rank and len(value) > 1:
            raise NotKnown("it differs from image to image of a batch, but the page has one image at a time")
        value = value[0] if value.ndim > rank else value
        return self.add("constant", [], value.shape, {"kind": "constant", "value": value})


def first_line(error):
    """Return what an error says first."""
    return str(error).strip().splitlines()[0]


def compact(array):
    """Return an array or a tensor packed as float16 where that changes no number, else as float32."""
    array = np.asarray(array.detach() if torch.is_tensor(array) else array, np.float32)
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return packed(half, np.float16) if np.array_equal(half.astype(np.float32), array) else packed(array)


def multiply_adds(steps):
    """Return how many products of a weight and a number `network_steps` adds up for an image."""
    return sum(
        int(np.prod(step["shape"])) * int(np.prod(step["weight"]["shape"][1:]))
        for step in steps
        if step["kind"] in ("conv2d", "dense")
    )
