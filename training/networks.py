"""How a caller's network is treated: tried on a copy before work starts, and left as it came if the work fails."""

import contextlib

import torch
from torch import nn

from figures.tracing import duplicate
from training import mistakes
from training.batches import LAYOUT


def place_of(net):
    """Return the device and the floating-point type of a network's first weights."""
    weights = next((value for value in net.parameters() if value.is_floating_point()), torch.empty(0))
    return weights.device, weights.dtype


@contextlib.contextmanager
def left_as_it_came(net):
    """Give a network back its weights, modes, gradients and device if the block fails; its layout in any case."""
    lazy, modes = nn.parameter.is_lazy, [(module, module.training) for module in net.modules()]
    weights = [
        (value, value.detach().clone(), None if value.grad is None else value.grad.clone())
        for value in net.parameters()
        if not lazy(value)
    ]
    buffers = [
        (module._buffers, name, value, value.detach().clone())
        for module in net.modules()
        for name, value in module._buffers.items()
        if value is not None and not lazy(value)
    ]
    try:
        yield
    except BaseException:
        for value, before, gradient in weights:
            value.grad = None  # it may be on another device by now
            value.data, value.grad = before, gradient
        for where, name, value, before in buffers:
            value.data = before
            where[name] = value
        for module, mode in modes:
            module.training = mode
        raise
    strides = {id(value): before.stride() for value, before, _ in weights}
    for value in net.parameters():  # also those that lazy layers have got meanwhile
        value.data = _laid_out(value.data, strides.get(id(value)))
    for where, name, _, before in buffers:
        where[name] = _laid_out(where[name], before.stride())


def _laid_out(value, strides):
    """Return a tensor with these strides, row by row if None: itself if it has them."""
    strides = strides or torch.empty(value.shape, device="meta").stride()
    if value.stride() == strides:
        return value
    return torch.empty_strided(value.shape, strides, dtype=value.dtype, device=value.device).copy_(value)


@contextlib.contextmanager
def resting_modules_rest(net):
    """Keep modules in evaluation mode that came so in a network in training mode, as a frozen batch norm does."""
    resting = [module for module in net.modules() if net.training and not module.training]
    for module in resting:
        module.train = lambda mode=True, module=module: module
    try:
        yield
    finally:
        for module in resting:
            del module.train


@contextlib.contextmanager
def random_numbers(seed, device):
    """Seed torch's global random numbers, which dropout draws from, and give them back as they were."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` would seed all GPUs too
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def fit(net, dataset, *parts, smallest=None):
    """Move a network to where its images are, in the layout that it can take, and tell the images its layout and type.

    PyTorch is fastest with channels last; a network that calls ``view`` as textbooks do needs them first. Layers that
    wait for their first image, as ``nn.LazyLinear``, get their weights.

    Parameters
    ----------
    net : nn.Module
        Changed in place.
    dataset : MulticlassDataset
        Names the classes.
    *parts : DeviceImages
        What it will see.
    smallest : int, optional
        Images in the smallest batch that it will be trained on.

    Raises
    ------
    ValueError
        If there are no images, a label is not the number of a class, or the network cannot take the images or does not
        give a logit for each class.
    """
    check_images(dataset, parts)
    images, device = parts[0], parts[0].pixels.device
    net.to(device)
    for part in parts:
        part.dtype, part.layout = place_of(net)[1], torch.contiguous_format
    if any(map(nn.parameter.is_lazy, [*net.parameters(), *net.buffers()])):
        modes = [(module, module.training) for module in net.modules()]
        try_out(net, images, dataset)
        for module, mode in modes:
            module.training = mode
    copied = duplicate(net)
    try_out(copied, images, dataset)
    if smallest == 1:
        try_out(copied, images, dataset, learning=True)
    with contextlib.suppress(ValueError):
        images.layout = LAYOUT
        try_out(copied.to(memory_format=LAYOUT), images, dataset)
        net.to(memory_format=LAYOUT)
        for part in parts:
            part.layout = LAYOUT
        return
    images.layout = torch.contiguous_format


def fastest_copy(net, images):
    """Return a copy of a network in evaluation mode, on the device of some images (N, C, H, W) that it takes.

    It has the fastest layout that it works in.
    """
    plain = duplicate(net).to(images.device).eval()
    with contextlib.suppress(RuntimeError), torch.no_grad():
        fast = duplicate(plain).to(memory_format=LAYOUT)
        fast(images[:2].to(memory_format=LAYOUT))
        return fast
    return plain


def check_images(dataset, parts):
    """Raise ValueError if a part of a data set is empty, or holds a label that is not the number of a class."""
    classes = len(dataset.label_names)
    for part in parts:
        if not len(part):
            raise ValueError(
                f"there are no {part.name} images of {dataset.title}: its {part.name} part is empty"
            )
        if part.labels.is_floating_point():
            raise ValueError(
                f"labels must be whole numbers, one a class, but those of {part.name} are {part.labels.dtype}: "
                "labels.long() makes them whole"
            )
        low, high = part.labels.min().item(), part.labels.max().item()
        if low < 0 or high >= classes:
            wrong = low if low < 0 else high
            raise ValueError(
                f"labels must be from 0 to {classes - 1}, one a class, but {part.name} has {wrong}"
            )


def try_out(net, images, dataset, learning=False):
    """Raise ValueError unless a network takes two images, or one to learn from, and gives a logit for each class."""
    name, pixels = type(net).__name__, images.pixels[: 1 if learning else 2]
    does = "learn from a batch of one of" if learning else "take"
    try:
        with torch.no_grad():
            logits = net.train(learning)(images.normalized(pixels))
    except (RuntimeError, ValueError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        refused = f"{name} cannot {does} {dataset.title}'s images of shape {tuple(pixels.shape[1:])}"
        if advice := mistakes.explained(net, images.normalized(pixels)):
            raise ValueError(f"{refused}. {advice} PyTorch says: {error}") from None
        raise ValueError(f"{refused}: {error}") from None
    wanted = (len(pixels), len(dataset.label_names))
    shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else f"a {type(logits).__name__}"
    if shape != wanted:
        advice = mistakes.output_mistake(net, images.normalized(pixels), wanted[1])
        raise ValueError(
            f"{name} gives {shape} for {wanted[0]} images; wanted are logits {wanted}. {advice}".strip()
        )
