"""Time and size of a whole run of the lecture, beside the same at an earlier commit, in turn on one machine.

    python benchmarks/running_time.py [--against 1a81d74] [--rounds 3]

Each run is a new kernel that executes every cell on the data in LECTURE_DATA, with shipped results; the first run of
each is a warm-up. What the earlier edition needs and this one does not is installed into a temporary folder.
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.kernels import execute  # noqa: E402

FIRST_EDITION = "1a81d74"
MOST, MEGABYTES = 0.55, 4  # of the earlier time, and of outputs: at most
CELL_SECONDS = 300
NEEDED_BEFORE = ("anywidget",)


def run(folder, more_path=()):
    """Execute ``lecture.ipynb`` in ``folder``; return its seconds and the bytes of its outputs.

    The kernel's start counts, and its end does not: nobody waits for the seconds in which it is told to stop.
    """
    notebook = nbformat.read(folder / "lecture.ipynb", 4)
    environment = {"PYTHONPATH": os.pathsep.join(map(str, more_path))}
    start = time.time()
    execute(notebook, folder, CELL_SECONDS, environment=environment)
    timings = [cell.metadata.pop("execution", {}) for cell in notebook.cells if cell.cell_type == "code"]
    last = max(timing["shell.execute_reply"] for timing in timings if timing)
    seconds = datetime.fromisoformat(last.replace("Z", "+00:00")).timestamp() - start
    size = len(nbformat.writes(notebook)) - len(nbformat.writes(nbformat.read(folder / "lecture.ipynb", 4)))
    return seconds, size


def main():
    """Print a table; return 0 if both targets are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", default=FIRST_EDITION, help="a commit")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not os.environ.get("LECTURE_DATA"):
        print(
            "LECTURE_DATA is not set: stand-ins are timed, and the wait for what cannot be fetched.",
            flush=True,
        )
    with tempfile.TemporaryDirectory() as temporary:
        earlier, packages = Path(temporary, "earlier"), Path(temporary, "packages")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(earlier)], check=True)
        subprocess.run(["git", "checkout", "--quiet", options.against], cwd=earlier, check=True)
        missing = [name for name in NEEDED_BEFORE if importlib.util.find_spec(name) is None]
        if missing:
            command = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--target",
                str(packages),
                "--no-deps",
            ]
            subprocess.run([*command, *missing, "psygnal"], check=True)
        before, now = [], []
        for k in range(options.rounds + 1):
            for times, folder, path in ((before, earlier, [packages]), (now, ROOT, [])):
                times.append(run(folder, path))
            print(
                f"round {k}: {before[-1][0]:.1f} s before, {now[-1][0]:.1f} s now",
                file=sys.stderr,
                flush=True,
            )
    seconds = [statistics.median(time for time, _ in times[1:]) for times in (before, now)]
    ratio = seconds[1] / seconds[0]
    print("| the whole lecture | seconds | outputs, MB |\n| --- | ---: | ---: |")
    print(f"| {options.against} | {seconds[0]:.1f} | {before[-1][1] / 1e6:.1f} |")
    print(f"| now | {seconds[1]:.1f} | {now[-1][1] / 1e6:.1f} |")
    met = ratio <= MOST and now[-1][1] <= MEGABYTES * 1e6
    print(f"\nRatio: {ratio:.2f}. Targets ({MOST}, {MEGABYTES} MB): {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:  # a cell that fails or does not end, by its name
        sys.exit(str(error))
