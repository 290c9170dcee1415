"""Files that others publish: what they are called, how to know them, and what is wrong with them."""

import hashlib
import sys
from dataclasses import dataclass


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
    hashed, buffer = hashlib.new(algorithm), bytearray(1 << 20)
    with open(path, "rb") as file:
        while count := file.readinto(buffer):
            hashed.update(memoryview(buffer)[:count])
    return hashed.hexdigest()


def intact(path, remote):
    """Tell whether ``path`` is the file ``remote``, by size and checksum.

    Raises
    ------
    PermissionError
        If it may not be read: then nobody knows.
    """
    algorithm, expected = remote.checksum.split(":")
    try:
        return path.stat().st_size == remote.size and digest(path, algorithm) == expected
    except PermissionError:
        raise
    except OSError:
        return False


def why(error):
    """Return what is wrong with a file or folder, as a sentence."""
    if isinstance(error, PermissionError):
        return f"{error.filename or 'a folder'} may not be read (permission denied)"
    return str(error)


def say(text):
    """Print a line, with escapes for what the console cannot show, such as letters in the name of a folder."""
    try:
        print(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding))
