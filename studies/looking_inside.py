"""What a filter deep inside looks for: the patches that excite it most, and one that is made to excite it."""

from typing import NamedTuple

import numpy as np
import torch

import figures
from figures.tracing import duplicate, receptive_field
from studies.views_and_votes import BATCH

IMAGES = 600  # of the validation set, that patches are taken from
FILTERS, PATCHES = 5, 6  # that are shown
STEPS = 16  # of the ascent
LENGTH = 0.8  # of each of them: 1 is from black to white in one number


class Excited(NamedTuple):
    """Patches that excite filters, and how much.

    Parameters
    ----------
    patches : array
        (filters, patches, C, rows, columns) float32, colours in [0, 1]: all that one unit sees.
    activations : array
        (filters, patches) float32: what the unit gives, before its activation function.
    """

    patches: np.ndarray
    activations: np.ndarray


class Probe:
    """A convolution of a network, asked about the units that see no padding.

    Parameters
    ----------
    net : nn.Module
        A network that `torch.fx` can trace; it is left as it is.
    dataset : MulticlassDataset
        What it was trained on.
    name : str
        The convolution, such as "c3".

    Attributes
    ----------
    field : figures.tracing.Field
        What its units see.
    begin, end : list of int
        Along rows and columns, the first unit whose box lies in the image, and the one behind the last.

    Raises
    ------
    ValueError
        If there is no such layer, or each of its boxes reaches into the padding.
    """

    def __init__(self, net, dataset, name):
        shape = tuple(dataset.val.values.shape[1:])
        self.field, self.dataset = receptive_field(net, shape, name), dataset
        sides = list(zip(self.field.size, self.field.jump, self.field.start, shape[1:], strict=True))
        self.begin = [max(0, -(start // jump)) for _, jump, start, _ in sides]
        self.end = [(length - size - start) // jump + 1 for size, jump, start, length in sides]
        if any(end <= begin for begin, end in zip(self.begin, self.end, strict=True)):
            raise ValueError(
                f"all units of {name} see padding: their boxes are {self.field.size} of {shape[1:]} pixels, "
                "so choose an earlier layer"
            )
        self.net, self.kept = duplicate(net).cpu().eval().requires_grad_(False), {}
        layer = self.net.get_submodule(name)
        layer.register_forward_hook(lambda module, inputs, output: self.kept.update(output=output))

    def respond(self, values):
        """Return what the units that see no padding give, (N, filters, rows, columns), for images as the net takes."""
        self.net(values)
        return self.kept["output"][..., self.begin[0] : self.end[0], self.begin[1] : self.end[1]]

    def seen(self, image, row, column):
        """Return what unit (row, column) of those sees of an image, (..., rows, columns)."""
        top, left = (
            start + (begin + place) * jump
            for start, begin, place, jump in zip(
                self.field.start, self.begin, (row, column), self.field.jump, strict=True
            )
        )
        return image[..., top : top + self.field.size[0], left : left + self.field.size[1]]


@torch.inference_mode()
def exciting_patches(probe, images=IMAGES, filters=FILTERS, count=PATCHES):
    """Return the filters that are excited most, and the patches of validation images that do it.

    Parameters
    ----------
    probe : Probe
        The layer.
    images, filters, count : int
        How many images are searched, filters returned, and patches of each: one an image at most.

    Returns
    -------
    chosen : array of int
        (filters,), the one with the strongest response first.
    Excited
        Their patches, the strongest first.
    """
    values, best = probe.dataset.val.values[:images], []
    for start in range(0, len(values), BATCH):
        maps = probe.respond(torch.as_tensor(values[start : start + BATCH]))
        best.append(maps.flatten(2).max(2))
    columns = maps.shape[3]
    peaks, places = torch.cat([each.values for each in best]), torch.cat([each.indices for each in best])
    strongest = peaks.topk(count, dim=0)  # of each filter, over the images
    chosen = strongest.values[0].topk(filters).indices
    patches = [
        [
            probe.seen(
                probe.dataset.unnormalize(np.asarray(values[number])),
                *divmod(int(places[number, k]), columns),
            )
            for number in strongest.indices[:, k].tolist()
        ]
        for k in chosen
    ]
    return chosen.numpy(), Excited(np.stack(patches), strongest.values[:, chosen].T.numpy())


def made_patches(probe, chosen, steps=STEPS):
    """Make a patch that excites each of some filters: gradient ascent from grey on the colours, kept in [0, 1].

    Each step goes as far along the gradient of the activation, and what leaves [0, 1] is brought back. Source:
    D. Erhan, Y. Bengio, A. Courville, P. Vincent, "Visualizing higher-layer features of a deep network", 2009.

    Parameters
    ----------
    probe : Probe
        The layer.
    chosen : array of int
        The filters.
    steps : int
        Steps of the ascent.

    Returns
    -------
    Excited
        One patch a filter.
    """
    data, number = probe.dataset, torch.arange(len(chosen))
    mean, std = (
        torch.as_tensor(d if value is None else value) for value, d in ((data.mean, 0.0), (data.std, 1.0))
    )
    row, column = ((end - begin) // 2 for begin, end in zip(probe.begin, probe.end, strict=True))
    colours = torch.full((len(chosen), *data.val.values.shape[1:]), 0.5, requires_grad=True)

    def activations():
        return probe.respond((colours - mean) / std)[number, torch.as_tensor(chosen), row, column]

    for _ in range(steps):
        (gradient,) = torch.autograd.grad(activations().sum(), colours)
        length = gradient.flatten(1).norm(dim=1).clamp_min(1e-12)
        with torch.no_grad():
            colours.add_(gradient * (LENGTH / length)[:, None, None, None]).clamp_(0, 1)
    with torch.no_grad():
        return Excited(probe.seen(colours, row, column)[:, None].numpy(), activations()[:, None].numpy())


@figures.own_style
def draw_looking_inside(chosen, made, found, title):
    """Draw a row for each filter: the patch that was made for it, and those of images that excite it most."""
    fig = figures.figure(5.2, 3.9)  # fits a phone, where its titles can still be read
    left, right = fig.subplots(1, 2, width_ratios=[1, found.patches.shape[1]])
    share = (made.activations[:, 0] / found.activations[:, 0]).mean()
    figures.show_image(left, figures.tile(made.patches[:, 0], 1, fill=1), f"Made:\n×{share:.1f}")
    patches = found.patches.reshape(-1, *found.patches.shape[2:])
    figures.show_image(
        right,
        figures.tile(patches, found.patches.shape[1], fill=1),
        f"Patches of {title}\nthat excite most",
    )
    size, gap = found.patches.shape[-2], 1
    for row, number in enumerate(chosen):
        left.text(-2, row * (size + gap) + size / 2, number, ha="right", va="center", fontsize=figures.FONT)
    return fig


def show_looking_inside(net, dataset, name):
    """Display what the filters of a convolution that are excited most look for.

    Parameters
    ----------
    net : nn.Module
        A trained network.
    dataset : MulticlassDataset
        What it was trained on.
    name : str
        The convolution, such as "c3".
    """
    probe = Probe(net, dataset, name)
    chosen, found = exciting_patches(probe)
    figures.show(
        draw_looking_inside(chosen, made_patches(probe, chosen), found, dataset.title),
        f"A row for each of filters {', '.join(map(str, chosen))} of {name}: a patch made by gradient ascent to excite "
        "it, and the patches of validation images that excite it most",
    )
