"""A class on JupyterHub: memory of each student, and time, when all run the whole lecture at once on one machine.

    python benchmarks/classroom.py [--students 1 4 8]

with LECTURE_DATA naming the data, which all read from one folder. Memory is proportional (PSS, of Linux): a page that
several processes share counts for each in parts, so that the sum over all is what they take. Beside it, kernels that
do nothing but hold copies of MNIST and CIFAR-10 in float32, as the original lecture's did.
"""

import argparse
import copy
import os
import platform
import sys
import tempfile
import threading
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from datafiles.storage import data_folder  # noqa: E402
from tools import hub  # noqa: E402

MB = 1e6
MACHINE = 64_000  # MB, whose students are counted
LIMIT = 650  # MB that a kernel may take at most, where LIMIT_AT run
LIMIT_AT = 8
INTERVAL = 1.0  # seconds between two looks
CELL_SECONDS = 90  # of the whole lecture, for each student: they share the cores
COPIES = """
import torch
from datasets import MulticlassDataset
sets = MulticlassDataset.mnist(), MulticlassDataset.cifar()
copies = [torch.as_tensor(part.values[:]) for data in sets for part in (data.train, data.val, data.test)]
"""


class Watch(threading.Thread):
    """Looks at the kernels of a group until it is stopped; ``peak`` is the largest sum of their memory, in bytes."""

    def __init__(self, group):
        super().__init__()
        self.group, self.peak, self._done = group, 0, threading.Event()

    def run(self):
        """Look again and again."""
        while not self._done.wait(INTERVAL):
            self.peak = max(self.peak, taken(self.group))

    def stop(self):
        """Stop looking."""
        self._done.set()
        self.join()


def taken(group):
    """Return the proportional memory of all kernels of a group, in bytes."""
    return sum(hub.proportional(student.kernel) for student in group if student.kernel)


def run(notebook, count):
    """Run a notebook by so many students at once; return numbers for each of them.

    Returns
    -------
    dict
        ``peak`` and ``rest``: MB of a kernel while they ran, where the sum was largest, and when all had run;
        ``server``: MB of the Jupyter server; ``seconds``: of the slowest.
    """
    books = [copy.deepcopy(notebook) for _ in range(count)]
    with tempfile.TemporaryDirectory() as work, hub.students(count, Path(work), data_folder()) as group:
        watch = Watch(group)
        watch.start()
        try:
            seconds = hub.together(
                lambda pair: pair[0].run(pair[1], "notebook.ipynb", CELL_SECONDS * max(4, count)),
                list(zip(group, books, strict=True)),
            )
        finally:
            watch.stop()
        rest = taken(group)
        servers = sum(hub.proportional(student.kernel.parent()) for student in group) - rest
        found = {"peak": max(watch.peak, rest), "rest": rest, "server": servers}
    return {**{name: value / count / MB for name, value in found.items()}, "seconds": max(seconds)}


def main():
    """Print the table; return 0 if the limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=int, nargs="+", default=[1, 4, LIMIT_AT])
    options = parser.parse_args()
    if sys.platform != "linux":
        print("Proportional memory is known on Linux only.")
        return 0
    lecture = nbformat.read(ROOT / "lecture.ipynb", 4)
    copies = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(COPIES)])
    print(
        "| students at once | kernel at its peak, MB | kernel after the lecture, MB | server, MB | lecture, s "
        f"| students in {MACHINE // 1000} GB | kernel with float32 copies, MB | students in {MACHINE // 1000} GB |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    kept = True
    for count in options.students:
        ours, theirs = run(lecture, count), run(copies, count)
        places = [int(MACHINE / (kernel + ours["server"])) for kernel in (ours["peak"], theirs["rest"])]
        print(
            f"| {count} | {ours['peak']:.0f} | {ours['rest']:.0f} | {ours['server']:.0f} | {ours['seconds']:.0f} "
            f"| {places[0]} | {theirs['rest']:.0f} | {places[1]} |",
            flush=True,
        )
        kept &= count != LIMIT_AT or ours["peak"] <= LIMIT
    print(
        f"\nAt most {LIMIT} MB are aimed at where {LIMIT_AT} run. PSS; a student is a kernel and its server."
    )
    print(f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
