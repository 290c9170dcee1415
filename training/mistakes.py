"""Mistakes that people make when they build a network, found before training, and said in a sentence that helps."""

import math
from typing import NamedTuple

import torch
from torch import nn

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
SHAPERS = (
    nn.Flatten,
    nn.Dropout,
    nn.Dropout2d,
    nn.Identity,
    nn.ReLU,
)  # not where the size of their output comes from


COLOURS = (1, 3, 4)  # channels of a picture: grey, RGB, RGB with transparency


class Call(NamedTuple):
    """A layer that was called: its name and itself, the shape that came in, and the one that went out, if one did."""

    name: str
    layer: nn.Module
    inputs: tuple
    outputs: tuple | None


def calls(net, images):
    """Run a network on images (N, C, H, W), and return the `Call` of each layer that was reached, in order."""
    found, open_calls, handles = [], [], []
    named = [(name, module) for name, module in net.named_modules() if not list(module.children())]

    def entered(name, layer, inputs):
        if inputs and isinstance(inputs[0], torch.Tensor):
            open_calls.append(len(found))
            found.append(Call(name, layer, tuple(inputs[0].shape), None))

    def left(_, outputs):
        if open_calls and isinstance(outputs, torch.Tensor):
            number = open_calls.pop()
            found[number] = found[number]._replace(outputs=tuple(outputs.shape))

    for name, module in named:
        handles.append(
            module.register_forward_pre_hook(lambda layer, inputs, name=name: entered(name, layer, inputs))
        )
        handles.append(module.register_forward_hook(lambda layer, _, outputs: left(layer, outputs)))
    try:
        with torch.no_grad():
            net(images)
    except Exception:  # whatever a forward raises: the layer that it came from is the one without an output
        pass
    finally:
        for handle in handles:
            handle.remove()
    return found


def explained(net, images):
    """Say what is wrong where a network cannot take images, and what to write instead.

    Parameters
    ----------
    net : nn.Module
        A copy: it is run.
    images : Tensor
        (N, C, H, W) with N > 1.

    Returns
    -------
    str
        A sentence or two, or "" if it is none of the usual mistakes.
    """
    found = calls(net, images)
    if not found or found[-1].outputs is not None:
        return ""
    *before, stuck = found
    if isinstance(stuck.layer, nn.Linear):
        return dense_mistake(stuck, before, len(images))
    if isinstance(stuck.layer, nn.Conv2d):
        return convolution_mistake(stuck, before, images)
    if isinstance(stuck.layer, BATCH_NORMS):
        return batch_norm_mistake(stuck, before)
    if "Pool" in type(stuck.layer).__name__ and len(stuck.inputs) == 4:
        rows, columns = stuck.inputs[2:]
        return (
            f"{started(stuck)} gets maps of {rows}×{columns}, which its window does not fit into: pool less often "
            "before, or leave this one out."
        )
    return ""


def called(call):
    """Return how a layer is called in a sentence: 'net[7] (Linear)' in a row of layers, else 'layer f3 (Linear)'."""
    kind = type(call.layer).__name__
    if not call.name:
        return f"the {kind}"
    return f"net[{call.name}] ({kind})" if call.name.isdigit() else f"layer {call.name} ({kind})"


def started(call):
    """Return `called` as a sentence begins."""
    text = called(call)
    return text if text.startswith("net[") else text[0].upper() + text[1:]


def channels_of(count):
    """Return a number of channels in words."""
    return f"{count} channel{'s' * (count != 1)}"


def source_of(before):
    """Say where the values come from that reach the end of some calls, and in which shape."""
    sources = [call for call in before if call.outputs and not isinstance(call.layer, SHAPERS)]
    return called(sources[-1]) if sources else "the image"


def maps_of(before):
    """Return the shape (C, H, W) of the latest maps, or None."""
    shapes = [call.outputs for call in before if call.outputs]
    maps = [shape[1:] for shape in shapes if len(shape) == 4]
    return maps[-1] if maps else None


def dense_mistake(stuck, before, count):
    """Explain a dense layer that gets another number of values than it has weights for."""
    wanted, shape, linear = stuck.layer.in_features, stuck.inputs, stuck.layer
    if len(shape) == 4:
        size = math.prod(shape[1:])
        return (
            f"{started(stuck)} gets maps of shape {shape[1:]} from {source_of(before)}: put nn.Flatten() before it, "
            f"and make it nn.Linear({product(shape[1:])}, {linear.out_features}), which takes {size:,} numbers."
        )
    if len(shape) == 1 and shape[0] % count == 0:
        return (
            f"{started(stuck)} gets {shape[0]:,} numbers in one row: the batch was flattened with its images. "
            "nn.Flatten(), or x.flatten(1), keeps the batch dimension, which comes first."
        )
    maps = next((c.inputs[1:] for c in reversed(before) if isinstance(c.layer, nn.Flatten)), None) or maps_of(
        before
    )
    if maps and math.prod(maps) == shape[-1]:
        return (
            f"{started(stuck)} is made for {wanted:,} numbers, but gets {shape[-1]:,}: the maps of "
            f"{source_of(before)} are {' × '.join(map(str, maps))}. Write "
            f"nn.Linear({product(maps)}, {linear.out_features})."
        )
    return (
        f"{started(stuck)} is made for {wanted:,} numbers, but gets {shape[-1]:,} from {source_of(before)}. Write "
        f"nn.Linear({shape[-1]}, {linear.out_features})."
    )


def product(shape):
    """Return a shape as one writes the product: '16 * 5 * 5'."""
    return " * ".join(map(str, shape))


def convolution_mistake(stuck, before, images):
    """Explain a convolution that gets another number of channels than it has weights for, or too small a map."""
    conv, shape = stuck.layer, stuck.inputs
    size = "×".join(map(str, conv.kernel_size))
    if len(shape) == 2:
        return (
            f"{started(stuck)} gets {shape[1]:,} numbers in a row, and no maps: nn.Flatten() belongs behind the "
            "last convolution."
        )
    if len(shape) != 4:
        return f"{started(stuck)} wants a batch of images, (N, C, H, W), but gets the shape {shape}."
    channels, first = shape[1], shape == tuple(images.shape)
    if channels == conv.in_channels:
        return (
            f"{started(stuck)} gets maps of {shape[2]}×{shape[3]}, smaller than its {size} kernel: use padding, a "
            "smaller kernel, or pool less often before."
        )
    if shape[-1] == conv.in_channels in COLOURS:
        return (
            f"{started(stuck)} wants {channels_of(conv.in_channels)}, but gets the shape {shape}, with the channels "
            "last: PyTorch wants them first, (N, C, H, W). For images (N, H, W, C) that is images.permute(0, 3, 1, 2)."
        )
    right = f"nn.Conv2d({channels}, {conv.out_channels}, {conv.kernel_size[0]})"
    if first and conv.out_channels == channels:
        right = f"nn.Conv2d({channels}, {conv.in_channels}, {conv.kernel_size[0]})"
        return (
            f"{started(stuck)} has its channels swapped: first come those that go in, then those that come out. "
            f"The images have {channels}: begin with {right}."
        )
    where = "the images have" if first else f"{source_of(before)} gives"
    return f"{started(stuck)} is made for {channels_of(conv.in_channels)}, but {where} {channels}. Write {right}."


def batch_norm_mistake(stuck, before):
    """Explain a batch norm for another number of channels, or of maps where there are none."""
    norm, shape = stuck.layer, stuck.inputs
    right = "BatchNorm2d" if len(shape) == 4 else "BatchNorm1d"
    if type(norm).__name__ == right and norm.num_features == shape[1]:
        return ""  # one image to learn from: torch says that well
    return (
        f"{started(stuck)}, for {channels_of(norm.num_features)}, does not fit the shape {shape} that it gets from "
        f"{source_of(before)}. Write nn.{right}({shape[1]})."
    )


def output_mistake(net, images, classes):
    """Say what is wrong where a network takes images (N, C, H, W), but does not give a number for each class."""
    found = calls(net, images)
    last = found[-1] if found else None
    if last is None or last.outputs is None:
        return ""
    outputs, count = last.outputs, len(images)
    if len(outputs) == 4:
        return (
            f"Its last layer, {called(last)}, gives maps of shape {outputs[1:]}: end with nn.Flatten() and "
            f"nn.Linear({product(outputs[1:])}, {classes})."
        )
    if outputs[0] != count:
        return (
            f"Of {count} images it gives {outputs[0]:,} rows: the batch dimension, which comes first, is lost. "
            "nn.Flatten(), or x.flatten(1), keeps it."
        )
    dense = next((call for call in reversed(found) if isinstance(call.layer, nn.Linear)), None)
    if dense is not None and dense.outputs == (count, dense.layer.out_features):
        return (
            f"There are {classes} classes, so its last dense layer, {called(dense)}, must be "
            f"nn.Linear({dense.layer.in_features}, {classes})."
        )
    if len(outputs) == 2:
        return f"There are {classes} classes: end with nn.Linear({outputs[1]}, {classes})."
    return ""


def gives_probabilities(net, images):
    """Tell whether a network gives probabilities in place of logits: with sum 1 for each image, or from a sigmoid."""
    with torch.no_grad():
        outputs = net(images)
    sums, last = outputs.sum(1), calls(net, images)[-1:]
    shares = bool((outputs >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-3)
    return shares or any(isinstance(call.layer, nn.Sigmoid) for call in last)
