"""Where the lecture's files lie, and arrays kept there: made once, checked at every load, shared by all kernels.

A prepared array is a ``.npy`` file that is read through a memory map, so that the kernels of one machine share its
pages. A small JSON file beside it says what it was made from and the CRC-32 of its bytes; an array that does not
match is made again.
"""

import json
import os
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pooch
from filelock import FileLock, Timeout

FORMAT = 1  # of what is stored; a change makes all arrays anew
LOCK_TIMEOUT = 120  # seconds to wait for another process that prepares the same arrays


def user_cache():
    """Return the user's own cache folder, ``LECTURE_CACHE`` if set; a temporary one for a user without a home."""
    try:
        return Path(os.environ.get("LECTURE_CACHE") or pooch.os_cache("cnn-lecture")).expanduser()
    except (RuntimeError, KeyError, OSError):
        return Path(tempfile.gettempdir()) / "cnn-lecture"


def data_folder():
    """Return the folder that holds the data: ``LECTURE_DATA``, else the user's cache."""
    given = os.environ.get("LECTURE_DATA")
    try:
        return Path(given).expanduser() if given else user_cache()
    except RuntimeError:  # "~" of a user without a home
        return Path(given)


def folders():
    """Return the folders that are searched, in order."""
    return list(dict.fromkeys([data_folder(), user_cache()]))


def writable(folder):
    """Tell whether files can be made in ``folder``, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_folder():
    """Return where new files go: the data folder if it can be written, else the user's cache, else None."""
    return next((folder for folder in folders() if writable(folder)), None)


def crc_of(path, start=0):
    """Return the CRC-32 of a file from byte ``start`` on, reading it in pieces."""
    crc, buffer = 0, bytearray(1 << 20)
    with open(path, "rb") as file:
        file.seek(start)
        while count := file.readinto(buffer):
            crc = zlib.crc32(memoryview(buffer)[:count], crc)
    return crc


def describe(path):
    """Return what tells one version of a file from another: [size, time of change, CRC-32]."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, crc_of(path)]


def unchanged(path, described):
    """Tell whether a file is the one described; a copy with another time of change is."""
    size, changed, crc = described
    status = path.stat()
    return status.st_size == size and (status.st_mtime_ns == changed or crc_of(path) == crc)


def stored(key, sources, make):
    """Return arrays made from files, kept from an earlier run where there is one.

    Parameters
    ----------
    key : str
        What they are called on disk.
    sources : list of Path
        The files that they are made from; if one has changed, they are made again.
    make : callable
        Returns {name: array} and a dict of facts that JSON can hold.

    Returns
    -------
    arrays : dict of str to array
        Memory maps; a write to them stays private. Arrays in memory if no folder could be written.
    facts : dict
        As ``make`` returned it.
    """
    places = [folder / "prepared" for folder in folders()]
    for place in places:
        if (found := read(place, key, sources)) is not None:
            return found
    made = None
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with FileLock(place / f".{key}.lock", timeout=LOCK_TIMEOUT, mode=0o666):
                if (found := read(place, key, sources)) is not None:  # by another process meanwhile
                    return found
                made = made or make()
                write(place, key, sources, *made)
            if (found := read(place, key, sources)) is not None:
                return found
        except (
            OSError,
            Timeout,
            NotImplementedError,
        ):  # read-only, full, without locks: the next place, or memory
            continue
    return made or make()


def read(place, key, sources):
    """Return the arrays and facts stored under ``key``, or None if they are missing, damaged or out of date."""
    try:
        record = json.loads((place / f"{key}.json").read_text())
        if record["format"] != FORMAT or len(record["sources"]) != len(sources):
            return None
        if not all(unchanged(path, record["sources"][path.name]) for path in sources):
            return None
        arrays = {}
        for name, (shape, dtype, crc) in record["arrays"].items():
            path = place / f"{key}.{name}.npy"
            array = np.load(path, mmap_mode="c", allow_pickle=False)
            if not isinstance(array, np.memmap) or array.shape != tuple(shape) or array.dtype != dtype:
                return None
            if crc_of(path, array.offset) != crc:
                return None
            arrays[name] = array
        return arrays, record["facts"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, EOFError):
        return None


def write(place, key, sources, arrays, facts):
    """Store arrays under ``key``: each file under another name first, the record last."""
    temporary = place / f".{key}.tmp"  # one writer at a time: the caller holds the lock
    try:
        for name, array in arrays.items():
            with open(temporary, "wb") as file:
                np.save(file, array, allow_pickle=False)
            os.replace(temporary, place / f"{key}.{name}.npy")
        record = {
            "format": FORMAT,
            "sources": {path.name: describe(path) for path in sources},
            "arrays": {name: [a.shape, str(a.dtype), zlib.crc32(a)] for name, a in arrays.items()},
            "facts": facts,
        }
        temporary.write_text(json.dumps(record))
        os.replace(temporary, place / f"{key}.json")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
