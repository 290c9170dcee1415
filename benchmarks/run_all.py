"""Print all figures that docs/measured.md quotes, as one page: `make benchmarks`.

The data folder (LECTURE_DATA) should hold the real data. Takes 40 minutes on two cores; nothing else should
be running.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ORDER = (
    "accuracy.py",
    "loading.py",
    "latency.py",
    "glass_box.py",
    "running_time.py",
    "memory.py",
    "classroom.py",
    "throughput.py",
    "classify.py",
    "time_to_accuracy.py",
)


def processor():
    """Return the processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    """Run every benchmark in turn and pass on what it prints."""
    names = sys.argv[1:] or ORDER
    system = f"{platform.system()}, Python {platform.python_version()}"
    print(f"Machine: {processor()}, {os.cpu_count()} cores, {system}\n", flush=True)
    failed = [name for name in names if subprocess.run([sys.executable, "-u", HERE / name]).returncode]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
