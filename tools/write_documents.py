"""Write the tables of the README and of docs/ that stand elsewhere already: python tools/write_documents.py

A table stands between the comments ``<!-- NAME -->`` and ``<!-- /NAME -->``. A test compares them with their sources.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def parts():
    """Return the parts of the lecture with their minutes, and three ways through, as the notebook has them."""
    cells = json.loads((ROOT / "lecture.ipynb").read_text(encoding="utf-8"))["cells"]
    (table,) = ["".join(cell["source"]) for cell in cells if "| minutes |" in "".join(cell["source"])]
    return table


def targets():
    """Return the targets of the Makefile that people ask for."""
    return re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split()


def windows_lines(target):
    """Return what make runs for a target, once all is installed, as one types it on Windows."""
    installed = ("-o", ".venv/lecture-installed", "-o", ".venv/tests-installed")
    command = ["make", "-n", "--no-print-directory", *installed, "OS=Windows_NT", "ROOT=", target]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [" ".join(line.replace(".venv/Scripts/", ".venv\\Scripts\\").split()) for line in lines]


def without_make():
    """Return the table of all targets and what they run."""
    rows = [
        f"| `make {target}` | {'<br>'.join(f'`{line}`' for line in windows_lines(target))} |"
        for target in targets()
    ]
    return "\n".join(["| target | command |", "| --- | --- |", *rows])


def reliability():
    """Return the table of what can go wrong, from the tests that make it go wrong."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from fault_cases import table

    return table()


TABLES = {
    "parts": ("README.md", parts),
    "without-make": ("docs/install.md", without_make),
    "reliability": ("docs/questions.md", reliability),
}


def place(name):
    """Return the pattern of what stands between the two comments of a table."""
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=\n<!-- /{name} -->)", re.DOTALL)


def written(name):
    """Return the table that a document holds.

    Raises
    ------
    ValueError
        If the document has lost the comments around it.
    """
    document = TABLES[name][0]
    held = place(name).search((ROOT / document).read_text(encoding="utf-8"))
    if held is None:
        raise ValueError(f"{document} has lost the comments <!-- {name} --> and <!-- /{name} -->")
    return held[0]


def main():
    """Write all tables."""
    for name, (document, make) in TABLES.items():
        path, table = ROOT / document, make()
        written(name)
        path.write_text(
            place(name).sub(lambda _, t=table: t, path.read_text(encoding="utf-8")), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
