"""Present the lecture: open lecture.html as slides in the browser, after writing it if it is missing or out of date.

python tools/present.py [lecture.html]

The arrow keys and Page Down and Up turn the slides; ? lists all keys.
"""

import argparse
import json
import sys
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.mark import mark  # noqa: E402

SUFFIXES = {".py", ".js", ".css", ".json", ".npz", ".pt"}
ELSEWHERE = {"tests", "benchmarks", "build"}  # what the page is not made from
# Some systems open files without what stands after "#": this page leads there.
LEAD = '<!doctype html><meta charset="utf-8"><title>Slides</title><meta http-equiv="refresh" content="0; url={}">'


def sources(root=ROOT):
    """Return the files that the page is made from, besides the notebook."""
    folders = [path for path in root.iterdir() if path.is_dir() and path.name not in ELSEWHERE]
    inside = [path for folder in folders if folder.name[0] != "." for path in folder.rglob("*")]
    return [path for path in [*root.glob("*.py"), *inside] if path.suffix in SUFFIXES]


def is_outdated(page, notebook, files):
    """Return whether a page is missing, made from other cells, or older than one of the files."""
    if not page.exists() or page.stat().st_mtime < max(path.stat().st_mtime for path in files):
        return True
    with page.open(encoding="utf-8") as file:
        head = file.read(2000)
    return mark(json.loads(notebook.read_text(encoding="utf-8"))["cells"]) not in head


def stand_ins(page):
    """Return the data sets of which a page shows stand-ins."""
    text = page.read_text(encoding="utf-8")
    return [name for name in ("MNIST", "CIFAR-10") if f"{name} stand-in" in text]


def main(arguments=None):
    """Write the page if need be, and open it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "lecture.html")
    page = parser.parse_args(arguments).page.resolve()
    if is_outdated(page, ROOT / "lecture.ipynb", sources()):
        from tools import export_html  # what is up to date opens at once, without any of this

        print(
            f"{page.name} is missing or not of this notebook and its modules: it is written first, in minutes."
        )
        export_html.main([str(ROOT / "lecture.ipynb"), str(page)])
    if drawn := stand_ins(page):
        print(
            f"These slides show what is drawn here in place of {' and '.join(drawn)}. "
            "If the real data have come since, make them anew: tools/export_html.py."
        )
    address = f"{page.as_uri()}#present"
    lead = ROOT / "build" / "present.html"
    lead.parent.mkdir(exist_ok=True)
    lead.write_text(LEAD.format(address), encoding="utf-8")
    print(address)
    if not webbrowser.open(lead.as_uri()):
        print("No browser was found here: open this address in one.")


if __name__ == "__main__":
    main()
