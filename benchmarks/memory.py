"""Memory: the whole lecture in one kernel, what a second kernel adds, and what data sets and imports cost.

``python benchmarks/memory.py [notebook]``, with ``LECTURE_DATA`` naming the data. Resident memory counts memory maps,
whose pages all kernels share; private memory is what no other process has a part in.
"""

import json
import platform
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from datasets import MulticlassDataset, load_coco  # noqa: E402
from tools.kernels import Client  # noqa: E402

MB = 1e6
PEAK_LIMIT = 1100  # MB, one kernel
SECOND_LIMIT = 800  # MB of private memory that another kernel adds
CELL_SECONDS = 300
INTERVAL = 0.5  # seconds between two looks at a kernel
COST = """
import gc, json, psutil, sys
sys.path.insert(0, {here!r}); import memory
before = psutil.Process().memory_full_info()
kept = {load}
gc.collect()
after = psutil.Process().memory_full_info()
print(json.dumps([(after.rss - before.rss) / memory.MB, (after.uss - before.uss) / memory.MB]))
"""
IMPORTS = {  # the lecture imports torchvision only where it is used
    "`import torch`": "import torch",
    "`import torch, torchvision`": "import torch, torchvision",
    "the lecture's imports": "import cnn, demos, exercises, filters, imagenet, pooling, resnet, studies",
}
SETS = {"MNIST": MulticlassDataset.mnist, "CIFAR-10": MulticlassDataset.cifar, "COCO": load_coco}


def read(name):
    """Load a data set, look at every pixel, and return it with its megabytes of pixels."""
    data = SETS[name]()
    if name == "COCO":
        parts = [data["images"]]
    else:
        parts = [part.values.pixels for part in (data.train, data.val, data.test)]
    for part in parts:
        for start in range(0, len(part), 1000):
            part[start : start + 1000].max()
    return data, sum(part.nbytes for part in parts) / MB


def cost(load):
    """Return the resident and private megabytes that an expression costs in a process of its own."""
    code = COST.format(here=str(Path(__file__).parent), load=load)
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])


@contextmanager
def lecture(notebook):
    """Execute the notebook, yield its kernel's peak of resident and of private megabytes, then end the kernel."""
    book = nbformat.read(notebook, as_version=4)
    client = Client(book, ROOT, CELL_SECONDS, tell=lambda cell: print(cell, file=sys.stderr, flush=True))
    with client.in_words(), client.setup_kernel():
        kernel = psutil.Process(client.km.provisioner.pid)
        peaks, done = [0.0, 0.0], threading.Event()

        def look():
            while not done.wait(INTERVAL):
                memory = kernel.memory_full_info()
                peaks[:] = max(peaks[0], memory.rss / MB), max(peaks[1], memory.uss / MB)

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            for index, cell in enumerate(book.cells):
                client.execute_cell(cell, index)
        finally:
            done.set()
            watcher.join()
        if sys.platform == "linux":  # the kernel of the system remembers the peak exactly
            status = Path(f"/proc/{kernel.pid}/status").read_text()
            peaks[0] = int(status.split("VmHWM:")[1].split()[0]) * 1024 / MB
        yield peaks


def main(notebook=ROOT / "lecture.ipynb"):
    """Print two tables; return 0 if both limits are kept."""
    sizes = {name: read(name) for name in SETS}  # kept: this process shares the maps, as another kernel would
    print("| data | pixels, MB | resident, MB | private, MB |\n| --- | --- | --- | --- |")
    for name, (data, size) in sizes.items():
        title = data["title"] if name == "COCO" else data.title
        resident, private = cost(f"memory.read({name!r})")
        print(f"| {title} | {size:.0f} | {resident:.0f} | {private:.0f} |")
    for name, statement in IMPORTS.items():
        resident, private = cost(f"exec({statement!r})")
        print(f"| for comparison: {name} | | {resident:.0f} | {private:.0f} |")
    print()
    with lecture(notebook) as (first, _), lecture(notebook) as (_, second):
        pass
    print("| the lecture | MB | at most |\n| --- | --- | --- |")
    print(f"| peak of one kernel, resident | {first:.0f} | {PEAK_LIMIT} |")
    print(f"| peak of a second kernel beside it, private | {second:.0f} | {SECOND_LIMIT} |")
    print(f"\n{platform.platform()}, Python {platform.python_version()}")
    return 0 if first <= PEAK_LIMIT and second <= SECOND_LIMIT else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except RuntimeError as error:  # a cell that fails or does not end, by its name
        sys.exit(str(error))
