"""Parts 6, 9 and 10: any network, opened: all its feature maps, the arithmetic of each number, and what changes it."""

import numpy as np
import torch

from demos.page import Demo, fractions, packed, phrase
from demos.page.network import all_activations, multiply_adds, network_steps
from figures.tracing import duplicate

# What the page computes ten times a second on a machine four times as slow as the server on an idle core of which
# Chromium adds up 4,400 to 4,900 million products a second (benchmarks/glass_box.py prints it).
MULTIPLY_ADDS = 100_000_000
NUMBERS = 2**20  # what a demo may hold of images, of weights, or of maps computed here: 5.6 MB as text each
IMAGES = 12
HIDDEN = ("reshape", "constant")  # steps in which nothing new is to be seen


def glass_box(net, images, labels, *, targets=None, mean=0, std=1, title=None, opened=None):
    """Open a network: see all its maps, draw on its input, follow a number back to the image, change a kernel.

    The page computes the network itself, ten times a second and more, up to `MULTIPLY_ADDS` for an image and `NUMBERS`
    weights. Of a larger network the maps are computed here, once, and the page shows these.

    Parameters
    ----------
    net : nn.Module
        A network that `torch.fx` can trace, made of `demos.page.operators.OPERATIONS`; it is left as it is.
    images : array or Tensor
        (N, C, H, W) with C of 1 or 3, as the network takes them; at most `IMAGES` of them are kept, the first ones.
    labels : sequence of str
        A name for each output of the network.
    targets : sequence of int, optional
        What the images are: a number into ``labels`` each.
    mean, std : array or float
        What brings the images into [0, 1] to be seen, images * std + mean: scalars, (C,), or (C, H, W) shapes.
    title : str, optional
        What the network is called; the name of its class unless given.
    opened : str, optional
        The layer that it opens on: the name of a module, such as "c1", or of a function, such as "relu" or "relu 2".
        The first layer with weights unless given.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If the page does not know an operation of the network, which is named; if the network does not take such images,
        or does not return a number for each label; or if images, targets or ``opened`` are not of that form.
    """
    images = torch.as_tensor(images).detach().cpu().float()
    if images.ndim != 4 or len(images) == 0 or images.shape[1] not in (1, 3):
        raise ValueError(
            f"images must be (N, C, H, W), at least one, with 1 or 3 channels; got {tuple(images.shape)}"
        )
    images = images[: max(1, min(IMAGES, NUMBERS // images[0].numel()))]
    mean, std = (as_channels(value, images.shape[1:]) for value in (mean, std))
    pictures = seen(images, mean, std)
    labels, targets = [str(label) for label in labels], validated_targets(targets, labels, len(images))
    net = duplicate(net)  # without graphs of activations, with which torch could not copy it to read it
    steps = network_steps(net, images.shape[1:])
    name = title or type(net).__name__
    if steps[-1]["shape"] != [len(labels)]:
        raise ValueError(
            f"{name} returns {tuple(steps[-1]['shape'])} numbers for an image, but there are {len(labels)} labels"
        )
    layers = named_layers(net, steps)
    products = multiply_adds(steps)
    numbers = sum(np.prod(part["shape"]) for step in steps for part in step.values() if is_packed(part))
    maps = None
    if products > MULTIPLY_ADDS or numbers > NUMBERS:
        maps = computed_maps(net, images, steps)
        pictures = pictures[: len(maps)]
        layers = [layer for layer in layers if maps[0][layer["step"]] is not None]
        for step in steps:
            step.update({key: {"shape": part["shape"]} for key, part in step.items() if is_packed(part)})
    return Demo(
        "glass_box",
        {
            "name": name,
            "steps": steps,
            "layers": layers,
            "opened": opened_layer(opened, layers, steps),
            "pictures": fractions(pictures),
            "mean": packed(mean),
            "std": packed(std),
            "classes": labels,
            "targets": targets,
            "maps": maps,
            "work": {
                "products": products,
                "most": MULTIPLY_ADDS,
                "weights": int(numbers),
                "mostWeights": NUMBERS,
            },
        },
        alt=phrase(
            "{name}, layer by layer: an image to paint on, all feature maps, and a bar for each class",
            name=name,
        ),
        title=f"glass-box-{name}".replace(" ", "-"),
    )


def as_channels(value, shape):
    """Return a mean or a standard deviation as float32 that broadcasts over an image of a shape."""
    value = np.asarray(torch.as_tensor(value).detach().cpu(), np.float32)
    value = value.reshape(-1, 1, 1) if value.ndim < 2 else value
    try:
        fits = np.broadcast_shapes(value.shape, shape) == tuple(shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"mean and std must be numbers, or one for each channel; got the shape {value.shape}"
        )
    return value


def seen(images, mean, std):
    """Return images as they were before they were normalised, in [0, 1]."""
    pictures = images.numpy() * std + mean
    low, high = pictures.min(), pictures.max()
    if not (low >= -0.001 and high <= 1.001):
        raise ValueError(
            f"images * std + mean must lie between 0 and 1 to be seen, but go from {low:.3g} to {high:.3g}: "
            "give the mean and std that the images were normalised with"
        )
    return np.clip(pictures, 0, 1)


def validated_targets(targets, labels, count):
    """Return the numbers of the classes of the images that are kept, or None."""
    if targets is None:
        return None
    targets = [int(target) for target in targets]
    if len(targets) < count or not all(0 <= target < len(labels) for target in targets):
        raise ValueError(
            f"targets must be a number from 0 to {len(labels) - 1} for each of the images; got {targets[:12]}"
        )
    return targets[:count]


def is_packed(part):
    """Tell whether a part of a step is an array as `packed` returns it."""
    return isinstance(part, dict) and "$" in part


def named_layers(net, steps):
    """Return the steps in which there is something to be seen, each with a name of its own.

    Returns
    -------
    list of dict
        ``step``: its number; ``name``: of the module or the function, with a number from the second time on;
        ``module``: whether it is a module's.
    """
    modules, seen, layers = dict(net.named_modules()), {}, []
    for number, step in enumerate(steps):
        if step["kind"] in HIDDEN:
            continue
        name = step["name"]
        follows = steps[number + 1] if number + 1 < len(steps) else {}
        if step["kind"] == "take" and follows.get("name") == name and follows["kind"] == "conv2d":
            name += " padding"  # of its own kind, which comes before the convolution
        seen[name] = seen.get(name, 0) + 1
        unique = name if seen[name] == 1 else f"{name} {seen[name]}"
        layers.append({"step": number, "name": unique, "module": step["name"] in modules})
    return layers


def opened_layer(opened, layers, steps):
    """Return the name of the layer that the demo opens on."""
    names = [layer["name"] for layer in layers]
    if opened is None:
        weighted = (layer["name"] for layer in layers if steps[layer["step"]]["kind"] in ("conv2d", "dense"))
        return next(weighted, names[-1])
    if opened not in names:
        raise ValueError(f"opened must be one of {', '.join(names)}, but it is {opened!r}")
    return opened


def computed_maps(net, images, steps):
    """Return the maps of the images as far as `NUMBERS` go: for each image a list with an array for each step, or None.

    Where those of one image would be too many, each layer keeps its first channels only.
    """
    shapes = [step["shape"] for step in steps]
    channels = max((shape[0] for shape in shapes if len(shape) == 3), default=1)

    def count(channels):
        return sum(
            int(np.prod([min(shape[0], channels), *shape[1:]] if len(shape) == 3 else shape))
            for shape in shapes
        )

    while channels > 1 and count(channels) > NUMBERS:
        channels = channels // 2
    kept = images[: max(1, NUMBERS // count(channels))]
    return [
        [
            None if values is None else packed(values[:channels] if values.ndim == 3 else values)
            for values in found
        ]
        for found in (all_activations(net, image) for image in kept)
    ]
