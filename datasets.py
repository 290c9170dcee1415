"""The lecture's data: MNIST, CIFAR-10, photographs of COCO, and the weights of ResNet-50.

`MulticlassDataset.mnist`, `MulticlassDataset.cifar` and `load_coco` take the real data from the data folder
(``LECTURE_DATA``, else a folder of the user's), fetch them if they are not there, and take a stand-in where they
cannot be had. ``python -m datasets --fetch`` gets everything ahead of time; ``--check`` verifies what is there.
"""

import argparse
import copy
import math
import sys
import zlib
from itertools import pairwise

import numpy as np

from datafiles import fetching, identity, sources
from datafiles.catalogue import CATALOGUE, OFFLINE, Decision, decide, download_size, fetch, search
from datafiles.files import say
from datafiles.identity import Likeness, same_images
from datafiles.images import Batch, Images, Split, channel_moments, pixel_moments, statistics
from datafiles.report import Table, damage
from datafiles.storage import cache_folder, data_folder, stored

__all__ = [
    "Batch",
    "Images",
    "Likeness",
    "MulticlassDataset",
    "Split",
    "cache_folder",
    "data_folder",
    "load_coco",
    "prepare",
    "resnet50_weights",
    "same_images",
]

SIZES = (8, 64)  # smallest and largest side that MNIST is offered in, in pixels
_said = set()


class MulticlassDataset:
    """A data set of labelled images, split into training, validation and test images.

    Made by `mnist` and `cifar`. ``val`` are the last 5,000 official training images (1,000 of a stand-in's);
    ``test`` are the official test images, for one evaluation at the end.

    Attributes
    ----------
    name : str
        "MNIST" or "CIFAR-10".
    title : str
        The same, with " stand-in" where it is one; every figure that shows the data writes it.
    is_stand_in : bool
        Whether the images are drawn, not real.
    train, val, test : Split
        The three parts.
    label_names : list of str
        Ten class names: there are as many classes, whichever of them the images show.
    """

    def __init__(self, decision, arrays, facts, label_names):
        self._published = arrays, facts
        self.name, self.title = decision.entry.name, decision.title
        self.is_stand_in = decision.found.is_stand_in
        self.label_names = list(label_names)
        labels = arrays["labels"].astype(np.int64)
        ends = np.cumsum([0, *facts["counts"]])
        self.train, self.val, self.test = (
            Split(Images(arrays["images"][start:stop]), labels[start:stop]) for start, stop in pairwise(ends)
        )

    @staticmethod
    def mnist(size=28):
        """Return MNIST, or its stand-in.

        Parameters
        ----------
        size : int
            Rows and columns, 8 to 64; other than 28, the images are resized (bilinear, anti-aliased).

        Raises
        ------
        ValueError
            If ``size`` is not a whole number in that range.
        """
        if not isinstance(size, (int, np.integer)) or not SIZES[0] <= size <= SIZES[1]:
            raise ValueError(
                f"size must be a whole number of pixels from {SIZES[0]} to {SIZES[1]}, but it is {size!r}"
            )
        decision = _decided("mnist")
        if size not in decision.resized:
            decision.resized[size] = _resized(decision.found, int(size))
        return MulticlassDataset(decision, *decision.resized[size], sources.DIGITS)

    @staticmethod
    def cifar():
        """Return CIFAR-10, or its stand-in."""
        decision = _decided("cifar10")
        return MulticlassDataset(decision, decision.found.arrays, decision.found.facts, sources.CLASSES)

    @property
    def mean(self):
        """What `normalize` subtracts, float32 of shape (C, 1, 1) or (C, H, W); None before."""
        return self.train.values.mean

    @property
    def std(self):
        """What `normalize` divides by, as `mean`."""
        return self.train.values.std

    def _with(self, change):
        """Return a data set whose parts are what ``change`` makes of the parts of this one."""
        changed = copy.copy(self)
        changed.label_names = list(self.label_names)
        changed.train, changed.val, changed.test = map(change, self.parts)
        return changed

    def subset(self, indices):
        """Return the same data set with some of the training images; validation and test images stay.

        Parameters
        ----------
        indices : slice, list of int, array or Tensor
            Which training images, in this order; or a Boolean for each.

        Raises
        ------
        IndexError
            If ``indices`` is something else, or reaches outside of the training images.
        """
        train = self.train.chosen(indices)
        return self._with(lambda part: train if part is self.train else part)

    def to_torch(self):
        """Return the same data set giving torch tensors."""
        import torch

        def tensors(part):
            images = part.values
            labels = torch.tensor(np.asarray(part.labels), dtype=torch.int64)
            return Split(Images(images.writable, images.mean, images.std, tensors=True), labels)

        return self._with(tensors)

    def normalize(self, per="channel"):
        """Return the same data set with zero mean and unit variance over the training images.

        Parameters
        ----------
        per : str
            "channel": one mean and one standard deviation a channel. "pixel": one for each pixel of each channel.
            Where the training images all agree, the standard deviation counts as 1.

        Raises
        ------
        ValueError
            If ``per`` is something else, or there are no training images.
        """
        mean, std = self._moments(per)

        def normal(part):
            images = part.values
            return Split(Images(images.writable, mean, std, images.tensors), part.labels)

        return self._with(normal)

    def _moments(self, per):
        """Return mean and standard deviation of the training images, as `normalize` uses them."""
        if per not in ("channel", "pixel"):
            raise ValueError(f'per must be "channel" or "pixel", but it is {per!r}')
        if not len(self.train):
            raise ValueError(f"{self.title} has no training images to normalise by: its subset is empty")
        if per == "pixel":
            mean, std = pixel_moments(self.train.values.pixels)
        elif identity.is_as_published(self.parts, *self._published):
            facts = self._published[1]
            mean, std = (np.array(facts[key], np.float32)[:, None, None] for key in ("mean", "std"))
        else:
            mean, std = channel_moments(self.train.values.pixels)
        return mean, np.where(std > 0, std, np.float32(1))

    def unnormalize(self, image):
        """Return an image, or several, as they were before `normalize`: in [0, 1], clipped.

        Parameters
        ----------
        image : array or Tensor
            (..., C, H, W).

        Returns
        -------
        array or Tensor
            As ``image``.
        """
        mean, std = (0, 1) if self.mean is None else (self.mean, self.std)
        if isinstance(image, np.ndarray):
            return np.clip(image * std + mean, 0, 1).astype(np.float32)
        import torch

        mean, std = (torch.as_tensor(value, device=image.device) for value in (mean, std))
        return (image * std + mean).clamp(0, 1)

    @property
    def parts(self):
        """The training, the validation and the test part."""
        return self.train, self.val, self.test

    @property
    def fingerprint(self):
        """What tells which images these are, as they are now, as JSON can hold it (see `same_images`)."""
        return {"name": self.name, "title": self.title, **identity.fingerprint(self.parts, *self._published)}

    @property
    def normalization(self):
        """How the images are normalised, in words that tell one way from another."""
        if self.mean is None:
            return "not"
        per = "channel" if self.mean.shape[-1] == 1 else "pixel"
        used = self.mean, self.std
        if len(self.train) and all(map(np.array_equal, used, self._moments(per))):
            return f"per {per}"
        # By other images than the training images: by those that there were before `subset`, for instance.
        return f"per {per}, by moments with CRC-32 {zlib.crc32(np.stack(used)):08x}"

    def __repr__(self):
        counts = ", ".join(f"{len(part):,}" for part in self.parts)
        return f"MulticlassDataset({self.title}: {counts} images)"


def _resized(found, size):
    """Return MNIST's arrays and facts with images of ``size`` x ``size`` pixels."""
    if found.arrays["images"].shape[-1] == size:
        return found.arrays, found.facts

    def make():
        import torch
        from torch.nn.functional import interpolate

        images, labels = found.arrays["images"], np.asarray(found.arrays["labels"])
        resized = np.empty((len(images), 1, size, size), np.uint8)
        for start in range(0, len(images), 2000):
            part = torch.from_numpy(images[start : start + 2000]).float()
            part = interpolate(part, (size, size), mode="bilinear", antialias=True, align_corners=False)
            resized[start : start + 2000] = part.round().clamp(0, 255).byte().numpy()
        train, validation, _ = found.facts["counts"]
        return {"images": resized, "labels": labels}, statistics(
            resized, labels, train + validation, validation
        )

    kind = "mnist-stand-in" if found.is_stand_in else "mnist"
    return stored(f"{kind}-{size}", found.paths, make)


def load_coco(name="minival"):
    """Return 32 photographs of COCO val2017, or those of scikit-image in their place.

    Parameters
    ----------
    name : str
        "minival", the only part that the lecture uses.

    Returns
    -------
    dict
        ``images``: (32, 480, 480, 3) uint8, the central squares; ``ids``: their numbers in COCO, or the names of
        files; ``different``: after how many they repeat; ``first``: which of them to open on; ``title``: what a
        figure that shows them writes; ``is_stand_in``: whether they are not COCO's.

    Raises
    ------
    ValueError
        If ``name`` is something else.
    """
    if name != "minival":
        raise ValueError(f'load_coco knows "minival" only, but was asked for {name!r}')
    found = _decided("coco").found
    images, count = found.arrays["images"], len(sources.COCO)
    real = not found.is_stand_in
    return {
        "images": images if real else images[np.arange(count) % len(images)],
        "ids": list(sources.COCO_IDS) if real else [path.name for path in found.paths],
        "different": len(images),
        "first": sources.COCO_IDS.index(39769) if real else 0,  # two cats on a couch; a cat
        "title": "COCO val2017" if real else "photographs of scikit-image",
        "is_stand_in": found.is_stand_in,
    }


def resnet50_weights():
    """Return the path of ResNet-50's weights, or None; `prepare` says why and what to do."""
    decision = _decided("resnet50")
    return decision.found.paths[0] if decision.is_real else None


def _decided(key):
    """Return the decision about a data set, saying in one line, once, if it is not the real one."""
    (decision,) = decide(key)
    if not decision.is_real and (data_folder(), key) not in _said:
        _said.add((data_folder(), key))
        say(f"{decision.entry.name}: {decision.state}")
    return decision


def prepare():
    """Get all data ready and display one table of what is real, a stand-in, or still coming.

    The first call of the lecture: a download that needs longer than ``LECTURE_PATIENCE`` seconds goes on in the
    background for the next run, and nothing after this waits for the network. From now on the notebook says what to do
    where its cells are run out of order, and the five modules that students edit are read again when they were.
    """
    from IPython.display import display

    from figures.advice import explain_missing_names, read_again_once_edited, switch_widgets_on

    explain_missing_names()
    switch_widgets_on()
    read_again_once_edited("filters", "pooling", "cnn", "resnet", "datasets")
    _said.update((data_folder(), key) for key in CATALOGUE)
    display(Table(decide(*CATALOGUE)))


def main(arguments=None):
    """Fetch or check the data, as the command line asks; return 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m datasets", description=__doc__.split("\n")[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--fetch", action="store_true", help="get everything the lecture needs")
    action.add_argument("--check", action="store_true", help="verify what is there and mend what is broken")
    parser.add_argument("--only", choices=CATALOGUE, help="this data set only")
    options = parser.parse_args(arguments)
    keys = [options.only] if options.only else list(CATALOGUE)
    decisions, well = [], True
    for key in keys:
        entry, problems = CATALOGUE[key], damage(key) if options.check else []
        found = None
        if not problems:
            found, problems = search(key)
        if problems or (options.fetch and found is None):
            say("\n".join([*problems, f"fetching {entry.name} ({download_size(entry)})"]))
            download = None if fetching.offline() else fetch(key)
            if download and download.wait(math.inf):
                problems = []
            else:
                problems.append(download.error if download else OFFLINE)
            found, damaged = search(key)
            problems += damaged
        well = well and (found is not None or (options.check and not problems))
        decisions.append(Decision(entry, found, problems))
    say(repr(Table(decisions)))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
