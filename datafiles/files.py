"""Files that others publish: what they are called, how to know them, and what is wrong with them."""

from dataclasses import dataclass

import pooch


@dataclass(frozen=True)
class Remote:
    """A file that others publish.

    Parameters
    ----------
    path : str
        Its place in the data folder, with forward slashes.
    checksum : str
        "md5:..." or "sha256:...", as published.
    size : int
        Bytes.
    urls : tuple of str
        Where to get it, tried in this order.
    """

    path: str
    checksum: str
    size: int
    urls: tuple[str, ...]


class Damaged(ValueError):
    """Files that are there, but not what they should be; the message names them and says why."""


def digest(path, algorithm):
    """Return a file's "md5" or "sha256" as hexadecimal digits."""
    return pooch.file_hash(str(path), alg=algorithm)


def intact(path, remote):
    """Tell whether ``path`` is the file ``remote``, by size and checksum."""
    algorithm, expected = remote.checksum.split(":")
    try:
        return path.stat().st_size == remote.size and digest(path, algorithm) == expected
    except OSError:
        return False
