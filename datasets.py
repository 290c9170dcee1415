"""The lecture's data: MNIST, CIFAR-10, photographs of COCO, and the weights of ResNet-50.

`MulticlassDataset.mnist`, `MulticlassDataset.cifar` and `load_coco` take the real data from the data folder
(``LECTURE_DATA``, else a folder of the user's), fetch them if they are not there, and draw a stand-in where they
cannot be had. ``python -m datasets --fetch`` gets everything ahead of time; ``--check`` verifies what is there.
"""

import argparse
import math
import sys
from itertools import pairwise

import numpy as np

from datafiles import fetching, sources
from datafiles.catalogue import CATALOGUE, OFFLINE, Decision, decide, download_size, fetch, search
from datafiles.files import intact
from datafiles.images import Batch, Images, Likeness, Split, pixel_moments, same_images, statistics
from datafiles.storage import cache_folder, data_folder, folders, stored

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
        Ten class names.
    mean, std : array or None
        What `normalize` subtracts and divides by, float32 of shape (C, 1, 1) or (C, H, W); None before.
    """

    def __init__(self, decision, arrays, facts, label_names, mean=None, std=None, tensors=False):
        self._parts = decision, arrays, facts
        self.name, self.title = decision.entry.name, decision.title
        self.is_stand_in = decision.found.is_stand_in
        self.label_names = list(label_names)
        self.mean, self.std, self._tensors = mean, std, tensors
        labels = arrays["labels"].astype(np.int64)
        if tensors:
            import torch

            labels = torch.from_numpy(labels)
        ends = np.cumsum([0, *facts["counts"]])
        self.train, self.val, self.test = (
            Split(Images(arrays["images"][start:stop], mean, std, tensors), labels[start:stop])
            for start, stop in pairwise(ends)
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

    def _changed(self, **changes):
        state = {"mean": self.mean, "std": self.std, "tensors": self._tensors, **changes}
        return MulticlassDataset(*self._parts, self.label_names, **state)

    def to_torch(self):
        """Return the same data set giving torch tensors."""
        return self._changed(tensors=True)

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
            If ``per`` is something else.
        """
        if per == "channel":
            facts = self._parts[2]
            mean, std = (np.array(facts[key], np.float32)[:, None, None] for key in ("mean", "std"))
        elif per == "pixel":
            mean, std = pixel_moments(self.train.values.pixels)
        else:
            raise ValueError(f'per must be "channel" or "pixel", but it is {per!r}')
        return self._changed(mean=mean, std=np.where(std > 0, std, np.float32(1)))

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
    def fingerprint(self):
        """What tells which images these are, as JSON can hold it (see `same_images`)."""
        kept = {key: self._parts[2][key] for key in ("counts", "crc32", "class_means", "class_stds")}
        return {"name": self.name, "title": self.title, **kept}

    def __repr__(self):
        return (
            f"MulticlassDataset({self.title}: {', '.join(f'{c:,}' for c in self._parts[2]['counts'])} images)"
        )


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
    """Return 32 photographs of COCO val2017, or drawn scenes in their place.

    Parameters
    ----------
    name : str
        "minival", the only part that the lecture uses.

    Returns
    -------
    dict
        ``images``: (32, 480, 480, 3) uint8, the central squares; ``ids``: their numbers in COCO; ``title``: what a
        figure that shows them writes; ``is_stand_in``: whether they are drawn.

    Raises
    ------
    ValueError
        If ``name`` is something else.
    """
    if name != "minival":
        raise ValueError(f'load_coco knows "minival" only, but was asked for {name!r}')
    decision = _decided("coco")
    return {
        "images": decision.found.arrays["images"],
        "ids": list(sources.COCO_IDS),
        "title": "COCO stand-in" if decision.found.is_stand_in else "COCO val2017",
        "is_stand_in": decision.found.is_stand_in,
    }


def resnet50_weights():
    """Return the path of ResNet-50's weights, or None; `prepare` says why and what to do."""
    found = _decided("resnet50").found
    return found.paths[0] if found else None


def _decided(key):
    """Return the decision about a data set, saying in one line, once, if it is not the real one."""
    (decision,) = decide(key)
    if not decision.is_real and (data_folder(), key) not in _said:
        _said.add((data_folder(), key))
        print(f"{decision.entry.name}: {decision.state}")
    return decision


class Table:
    """What there is of the lecture's data: one row a data set, in a notebook and in a terminal."""

    HEAD = ("data", "what it is", "size", "where")

    def __init__(self, decisions):
        self.rows = [self._row(decision) for decision in decisions]

    @staticmethod
    def _row(decision):
        entry, found = decision.entry, decision.found
        if found is None:
            return entry.name, decision.state, "", ""
        if not found.arrays:
            path = found.paths[0]
            return entry.name, decision.state, f"{path.stat().st_size / 1e6:.0f} MB", str(path)
        images = found.arrays["images"]
        where = (
            found.paths[0].parent if decision.is_real else getattr(images, "filename", None) or "in memory"
        )
        return entry.name, decision.state, f"{len(images):,} images, {images.nbytes / 1e6:.0f} MB", str(where)

    def __repr__(self):
        widths = [max(len(row[i]) for row in [self.HEAD, *self.rows]) for i in range(len(self.HEAD))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [self.HEAD, *self.rows]
        ]
        return "\n".join(lines)

    def _repr_html_(self):
        from figures import table_html  # here, since nothing else of this module needs matplotlib

        return table_html(self.HEAD, self.rows, side="left")


def prepare():
    """Get all data ready and display one table of what is real, a stand-in, or still coming.

    The first call of the lecture: a download that needs longer than ``LECTURE_PATIENCE`` seconds goes on in the
    background for the next run, and nothing after this waits for the network.
    """
    from IPython.display import display

    _said.update((data_folder(), key) for key in CATALOGUE)
    display(Table(decide(*CATALOGUE)))


def _broken(key):
    """Return what is wrong with the files of a data set that are there, a sentence each."""
    problems = []
    for folder in folders():
        there = [remote for remote in CATALOGUE[key].remotes if (folder / remote.path).exists()]
        problems += [
            f"{folder / remote.path} is damaged"
            for remote in there
            if not intact(folder / remote.path, remote)
        ]
        if 0 < len(there) < len(CATALOGUE[key].remotes):
            problems.append(f"{CATALOGUE[key].name} in {folder} is not complete")
        if key == "cifar10" and (folder / sources.CIFAR10_FOLDER).exists():
            try:
                sources.read_cifar10(sources.loose_batches(folder))
            except (ValueError, OSError) as error:
                problems.append(str(error))
    return problems


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
        entry, problems = CATALOGUE[key], _broken(key) if options.check else []
        found = None
        if not problems:
            found, problems = search(key)
        if problems or (options.fetch and found is None):
            print(*problems, f"fetching {entry.name} ({download_size(entry)})", sep="\n")
            download = None if fetching.offline() else fetch(key)
            if download and download.wait(math.inf):
                problems = []
            else:
                problems.append(download.error if download else OFFLINE)
            found, damaged = search(key)
            problems += damaged
        well = well and (found is not None or (options.check and not problems))
        decisions.append(Decision(entry, found, problems))
    print(Table(decisions))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
