"""Execute the lecture and write it as one page, to read or to present: no kernel, no network, not one other file.

python tools/export_html.py [lecture.ipynb [lecture.html]] [--executed] [--seconds 600]
"""

import argparse
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.kernels import execute  # noqa: E402
from tools.page import build  # noqa: E402

MEGABYTES = 8  # for a USB stick or a mail
SECONDS = 600  # for a cell: the first one may have to download the data


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
        try:
            execute(notebook, source.resolve().parent, seconds, tell=lambda cell: print(cell, flush=True))
        except RuntimeError as error:
            more = ". Allow more by --seconds." if "No answer" in str(error) else ""
            raise RuntimeError(f"{error}{more}") from error
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
