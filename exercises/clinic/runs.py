"""Runs of the clinic's script: new ones, in a process of their own, and those that are kept in ``results/``."""

import ast
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from exercises.clinic import instruments, scripts
from training import kept

IMAGES = 1000  # in each part: a training takes two or three seconds on one core
SECONDS = 90  # after which a run is stopped: many times what it takes, since servers are shared


class Failed(Exception):
    """A script that did not come to its end; the message says why, in a sentence for the student."""


def arrays_of(dataset):
    """Return the images that scripts are run on, as `instruments.Digits` takes them.

    Parameters
    ----------
    dataset : MulticlassDataset
        MNIST, or its stand-in. Images that scripts never get are training images behind those that they get.
    """
    train = dataset.train
    parts = train.first(IMAGES), dataset.val.first(IMAGES), dataset.test.first(IMAGES)
    parts = {
        **dict(zip(instruments.PARTS, parts, strict=True)),
        "fresh": train.chosen(slice(IMAGES, 2 * IMAGES)),
    }
    pixels = {name: np.asarray(part.values.pixels) for name, part in parts.items()}
    return pixels | {f"{name} labels": np.asarray(part.labels) for name, part in parts.items()}


def measured(script, arrays, seconds=SECONDS):
    """Run a script in a process of its own, and return what `instruments.run` measures.

    Parameters
    ----------
    script : str
        Its text.
    arrays : dict of str to array
        As from `arrays_of`.
    seconds : float
        When it is stopped.

    Raises
    ------
    Failed
        If it is not Python, raises an exception, does not end in time, or reports nothing.
    """
    try:
        ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise Failed(f"{f'Line {line}' if line else 'The script'} is not Python: {error.args[0]}.") from None
    # One thread gives the same sums on every machine, and a small network is fastest so.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, quiet = Path(name), subprocess.DEVNULL
        (folder / "script.py").write_text(script, encoding="utf-8")
        np.savez(folder / "images.npz", **arrays)
        command = [sys.executable, instruments.__file__, name]
        try:
            done = subprocess.run(
                command, timeout=seconds, env=environment, cwd=name, stdin=quiet, stdout=quiet, stderr=quiet
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"It had not ended after {seconds:g} seconds, and was stopped.") from None
        except KeyboardInterrupt:
            raise Failed("It was stopped.") from None
        try:
            found = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Failed(f"It ended before its last line (code {done.returncode}).") from None
    if "error" in found:
        line, said = found["error"]
        raise Failed(f"Line {line} fails. {said}." if line else f"It came to its end, but {said}.")
    return found


def path_of(title):
    """Return the file of the runs on a data set with this title."""
    return kept.SHIPPED / f"{kept.file_stem('clinic', {'data': {'title': title}})}.json"


@functools.cache
def kept_runs(title):
    """Return the runs that are kept for MNIST, or for its stand-in: {"healthy" or a fault's name: run}."""
    return json.loads(path_of(title).read_text(encoding="utf-8"))["runs"]


def make(dataset):
    """Run all scripts on a data set, and keep what they show (``tools/make_results.py`` calls it)."""
    arrays = arrays_of(dataset)
    runs = {"healthy": measured(scripts.HEALTHY, arrays)}
    runs |= {name: measured(scripts.script_with(name), arrays) for name in scripts.FAULTS}
    record = {
        "data": dataset.title,
        "images in each part": IMAGES,
        "script": scripts.HEALTHY,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    a_run_a_line = ",\n".join(f' "{name}": {json.dumps(run)}' for name, run in runs.items())
    text = f'{{"record": {json.dumps(record, indent=1)},\n"runs": {{\n{a_run_a_line}\n}}}}\n'
    path_of(dataset.title).write_text(text, encoding="utf-8")
    kept_runs.cache_clear()
