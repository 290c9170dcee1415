"""What the lecture's data turn out to be in this kernel: real, a stand-in, or still coming. Decided once.

For each data set: look for the official files; else fetch them while that is quick; else take the stand-in. What was
decided stays for as long as the kernel lives, whatever arrives meanwhile.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from datafiles import fetching, sources, standins
from datafiles.files import Damaged, Remote, why
from datafiles.images import statistics
from datafiles.standins import animals, canvas, vehicles
from datafiles.storage import cache_folder, data_folder, folders, stored

# Stand-ins: training (the last VALIDATION of them to validate), test, and the seeds they are drawn from.
MNIST_STAND_IN = {"train": 12_000, "test": 2_000, "seeds": (1, 2)}
CIFAR10_STAND_IN = {"train": 10_000, "test": 2_000, "seeds": (3, 4)}
STAND_IN_VALIDATION = 1_000
VALIDATION = 5_000  # of the real training images
FIRST_DIGITS = (5, 0, 4)  # MNIST's first three training images; the stand-in begins with the same digits
OFFLINE = "LECTURE_OFFLINE forbids fetching it"


@dataclass
class Found:
    """A data set that is at hand.

    Parameters
    ----------
    arrays : dict of str to array
        The images and labels.
    facts : dict
        Counts and statistics, as `statistics` returns them.
    paths : list of Path
        The files it comes from.
    state : str
        How far it can be trusted, for the table.
    is_stand_in : bool
        Whether it is not the real one.
    """

    arrays: dict
    facts: dict
    paths: list[Path]
    state: str
    is_stand_in: bool = False


@dataclass
class Entry:
    """A data set that the lecture uses.

    Parameters
    ----------
    name : str
        What a reader calls it.
    remotes : list of Remote
        The official files.
    finders : tuple of callable
        Tried in order: ``find(folder)`` returns what ``folder`` holds as `Found`, or None; raises `Damaged`.
    fall_back : callable
        Returns the stand-in as `Found`.
    by_hand : bool
        Whether it is one file that a reader who has not got it is told to put into the data folder.
    """

    name: str
    remotes: list[Remote]
    finders: tuple[Callable, ...]
    fall_back: Callable
    by_hand: bool = False


@dataclass
class Decision:
    """What a data set is in this kernel.

    Parameters
    ----------
    entry : Entry
        Which data set.
    found : Found or None
        What it is; None where files were only looked for.
    problems : list of str
        What went wrong on the way.
    download : Download, optional
        One that goes on for the next run.
    resized : dict
        MNIST in other sizes.
    """

    entry: Entry
    found: Found | None
    problems: list[str]
    download: fetching.Download | None = None
    resized: dict = field(default_factory=dict)

    @property
    def title(self):
        """What every figure that shows the data says."""
        return f"{self.entry.name} stand-in" if self.found and self.found.is_stand_in else self.entry.name

    @property
    def is_real(self):
        """Whether the real data are at hand."""
        return self.found is not None and not self.found.is_stand_in

    @property
    def state(self):
        """What the data set is, and why, in words."""
        coming = [_progress(self.download)] if self.download else []
        return "; ".join([self.found.state if self.found else "absent", *self.problems, *coming])


def _progress(download):
    """Say how a download that nobody waits for is getting on."""
    if download.error:
        return download.error
    if download.ended.is_set():
        return "the real data have arrived since, for the next run"
    here, left = download.received() / download.total, download.time_left()
    needs = f"about {max(left / 60, 1):.0f} min more" if math.isfinite(left) else "hardly moving"
    return f"the real data are still coming, for the next run ({here:.0%} here, {needs})"


def _labelled(images, labels, train, validation):
    return {"images": images, "labels": labels}, statistics(images, labels, train, validation)


def _complete(paths):
    """Tell whether all files exist, or raise `Damaged` if only some do."""
    missing = [path for path in paths if not path.exists()]
    if missing and len(missing) < len(paths):
        names = ", ".join(path.name for path in missing[:3]) + (" and others" if len(missing) > 3 else "")
        raise Damaged(f"{missing[0].parent} lacks {names}")
    return not missing


def find_mnist(folder):
    """Return MNIST from the four official archives in ``folder``, or None."""

    def make():
        return _labelled(*sources.read_mnist(folder), sources.MNIST_COUNTS[0], VALIDATION)

    paths = [folder / remote.path for remote in sources.MNIST]
    return (
        Found(*stored("mnist", paths, make), paths, "real, official checksum") if _complete(paths) else None
    )


def find_cifar10_archive(folder):
    """Return CIFAR-10 from the official archive in ``folder``, or None."""

    def make():
        sources.check(folder, [sources.CIFAR10])
        return _labelled(*sources.read_cifar10(sources.packed_batches(path)), 50_000, VALIDATION)

    path = folder / sources.CIFAR10.path
    if not path.exists():
        return None
    return Found(*stored("cifar10", [path], make), [path], "real, official checksum")


def find_cifar10_batches(folder):
    """Return CIFAR-10 from unpacked batches in ``folder``, or None."""

    def make():
        return _labelled(*sources.read_cifar10(sources.loose_batches(folder)), 50_000, VALIDATION)

    paths = [folder / sources.CIFAR10_FOLDER / name for name in sources.CIFAR10_BATCHES]
    if not _complete(paths):
        return None
    return Found(*stored("cifar10-loose", paths, make), paths, "real, sizes and labels checked")


def find_coco(folder):
    """Return the 32 photographs in ``folder``, or None."""

    def make():
        return {"images": sources.read_coco(folder)}, {}

    paths = [folder / remote.path for remote in sources.COCO]
    return Found(*stored("coco", paths, make), paths, "real, checksums right") if _complete(paths) else None


def find_resnet50(folder):
    """Return the ResNet-50 weights in ``folder``, or None."""
    found = sources.find_resnet50(folder)
    if found is None:
        return None
    path, official = found
    state = "real, official checksum" if official else "a whole file, not the official one"
    return Found({}, {}, [path], state)


def _files(*modules):
    """Return the source files of modules: what they draw is made anew when they change."""
    return [Path(module.__file__) for module in modules]


def draw_mnist():
    """Return the drawn digits, which begin with 5, 0, 4 as MNIST does."""

    def make():
        parts = [
            standins.digits(MNIST_STAND_IN[part], seed)
            for part, seed in zip(("train", "test"), MNIST_STAND_IN["seeds"], strict=True)
        ]
        images, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
        for place, digit in enumerate(FIRST_DIGITS):
            swap = [place, place + int(np.argmax(labels[place:] == digit))]
            images[swap], labels[swap] = images[swap[::-1]], labels[swap[::-1]]
        return _labelled(
            images[:, None], labels.astype(np.uint8), MNIST_STAND_IN["train"], STAND_IN_VALIDATION
        )

    paths = _files(standins)
    return Found(*stored("mnist-stand-in", paths, make), paths, "stand-in digits, drawn here", True)


def draw_cifar10():
    """Return the drawn scenes under CIFAR-10's names."""

    def make():
        parts = [
            standins.scenes(CIFAR10_STAND_IN[part], 32, seed)
            for part, seed in zip(("train", "test"), CIFAR10_STAND_IN["seeds"], strict=True)
        ]
        images, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
        return _labelled(images, labels.astype(np.uint8), CIFAR10_STAND_IN["train"], STAND_IN_VALIDATION)

    paths = _files(standins, animals, canvas, vehicles)
    return Found(*stored("cifar10-stand-in", paths, make), paths, "stand-in scenes, drawn here", True)


def take_scikit_image():
    """Return the photographs that scikit-image brings along."""
    paths = [sources.scikit_image(name) for name in sources.SCIKIT_IMAGE]
    arrays, facts = stored("scikit-image", paths, lambda: ({"images": sources.squares(paths)}, {}))
    return Found(arrays, facts, paths, "scikit-image's photographs in their place", True)


def take_lite0():
    """Return the weights of another network that are installed with the lecture."""
    return Found({}, {}, [sources.find_lite0()], "EfficientNet-Lite0 in its place", True)


CATALOGUE = {
    "mnist": Entry("MNIST", sources.MNIST, (find_mnist,), draw_mnist),
    "cifar10": Entry(
        "CIFAR-10", [sources.CIFAR10], (find_cifar10_archive, find_cifar10_batches), draw_cifar10
    ),
    "coco": Entry("COCO", sources.COCO, (find_coco,), take_scikit_image),
    "resnet50": Entry("ResNet-50 weights", [sources.RESNET50], (find_resnet50,), take_lite0, by_hand=True),
}

_lock = threading.RLock()  # callbacks of controls run in threads
_decided: dict[tuple[Path, str], Decision] = {}


def decide(*keys):
    """Return what each data set is in this kernel, deciding it now if that is still open.

    All that is missing is fetched at once, each for as long as patience lasts.

    Parameters
    ----------
    *keys : str
        Keys of `CATALOGUE`.

    Returns
    -------
    list of Decision
    """
    home, patience = data_folder(), fetching.patience()
    with _lock:
        open_keys = [key for key in keys if (home, key) not in _decided]
        problems, downloads = {}, {}
        for key in open_keys:
            found, problems[key] = search(key)
            if found is not None:
                _decided[home, key] = Decision(CATALOGUE[key], found, problems[key])
            elif not fetching.offline():
                downloads[key] = fetch(key)
        for download in downloads.values():  # before any stand-in is drawn: that takes its time
            download.wait(patience)
        for key in open_keys:
            if (home, key) not in _decided:
                _decided[home, key] = _fall_back(key, downloads.get(key), problems[key])
        return [_decided[home, key] for key in keys]


def search(key):
    """Return a data set from the first folder that holds all of it, or None, and what is wrong with other files.

    Returns
    -------
    found : Found or None
    problems : list of str
        A sentence for each file that is damaged.
    """
    problems = []
    for folder in folders():
        for find in CATALOGUE[key].finders:
            try:
                if folder.exists() and not folder.is_dir():
                    raise NotADirectoryError(f"{folder} is a file; LECTURE_DATA must name a folder")
                found = find(folder)
            except (Damaged, OSError) as error:
                problems.append(why(error))
                continue
            if found is not None:
                return found, problems
    return None, list(dict.fromkeys(problems))


def fetch(key):
    """Start to fetch a data set."""
    entry = CATALOGUE[key]
    return fetching.Download(entry.name, entry.remotes, cache_folder())


def _fall_back(key, download, problems):
    """Decide about a data set that is not here: what arrives in time, else the stand-in and why."""
    entry, coming = CATALOGUE[key], None
    if download is None:
        problems = [*problems, OFFLINE]
    elif not download.ended.is_set():
        coming = download
    elif download.error:
        problems = [*problems, download.error]
    else:
        found, damaged = search(key)
        if found is not None:
            return Decision(entry, found, [])
        problems = [*problems, *damaged]
    if entry.by_hand:
        problems = [f"put {entry.remotes[0].path} ({download_size(entry)}) into {data_folder()}", *problems]
    return Decision(entry, entry.fall_back(), problems, coming)


def download_size(entry):
    """Return how much there is to fetch, in words."""
    return f"{sum(remote.size for remote in entry.remotes) / 1e6:.0f} MB"
