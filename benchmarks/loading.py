"""Seconds until each data set is ready from a warm cache, as a new kernel finds it, against importing torch.

python benchmarks/loading.py
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from datafiles import catalogue  # noqa: E402  (they lie beside this folder)
from datasets import MulticlassDataset, data_folder  # noqa: E402

RUNS = 6  # the first warms the cache and is not counted


def seconds_of(load, key):
    """Return the fastest of some loads, the decision about the data set made anew each time."""
    times = []
    for _ in range(RUNS):
        catalogue._decided.pop((data_folder(), key), None)
        start = time.perf_counter()
        load().train.values[:6]
        times.append(time.perf_counter() - start)
    return min(times[1:])


def main():
    """Print a table row a data set."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    torch_seconds = time.perf_counter() - start
    print("| data | ready after, s | share of importing torch |\n| --- | --- | --- |")
    for key, load in (("mnist", MulticlassDataset.mnist), ("cifar10", MulticlassDataset.cifar)):
        seconds = seconds_of(load, key)
        print(f"| {load().title} | {seconds:.2f} | {seconds / torch_seconds:.2f} |")


if __name__ == "__main__":
    main()
