"""Execute the lecture and write it as one page, to read or to present: no kernel, no network, not one other file.

python tools/export_html.py [lecture.ipynb [lecture.html]] [--executed] [--seconds 600]
"""

import argparse
import sys
from pathlib import Path

import nbclient
import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.page import build  # noqa: E402

MEGABYTES = 8  # for a USB stick or a mail
SECONDS = 600  # for a cell: the first one may have to download the data


def execute(notebook, folder, seconds=SECONDS):
    """Run all cells in a new kernel in ``folder``, telling which one is running.

    Raises
    ------
    RuntimeError
        If a cell fails or takes more than ``seconds``; its message names the cell.
    """
    running = ""

    def tell(cell, cell_index):
        nonlocal running
        line = cell.source.strip().splitlines()[-1][:80]
        running = f"cell {cell_index + 1} of {len(notebook.cells)}: {line}"
        print(running, flush=True)

    client = nbclient.NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=tell,
    )
    try:
        client.execute()
    except CellTimeoutError as error:
        raise RuntimeError(f"No answer after {seconds} s: {running}. Allow more by --seconds.") from error
    except CellExecutionError as error:
        raise RuntimeError(f"{error.ename}: {error.evalue}, in {running}") from error
    except DeadKernelError as error:
        raise RuntimeError(f"The kernel died, perhaps for want of memory, in {running}") from error


def export(source, target, executed=False, seconds=SECONDS, megabytes=MEGABYTES):
    """Write the notebook ``source`` as the page ``target``; return its size in MB.

    Raises
    ------
    RuntimeError
        If a cell fails or takes too long, or the page is larger than ``megabytes``.
    ValueError
        If something in the notebook cannot stand in a page.
    """
    notebook = nbformat.read(source, 4)
    if not executed:
        execute(notebook, source.resolve().parent, seconds)
    target.write_text(build(notebook), encoding="utf-8")
    size = target.stat().st_size / 1e6
    if size > megabytes:
        raise RuntimeError(f"{target} has {size:.1f} MB, more than {megabytes}: show less in it.")
    return size


def main(arguments=None):
    """Read the command line, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", type=Path, default=ROOT / "lecture.ipynb")
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "lecture.html")
    parser.add_argument("--executed", action="store_true", help="take the outputs that the notebook holds")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="that a cell may take (%(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        size = export(chosen.notebook, chosen.page, chosen.executed, chosen.seconds)
    except (RuntimeError, ValueError) as error:
        sys.exit(str(error))
    print(f"{chosen.page}: {size:.1f} MB")


if __name__ == "__main__":
    main()
