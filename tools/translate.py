"""Write the lecture in another language, as far as it is translated: python tools/translate.py LANGUAGE

The prose of a part stands in ``languages/LANGUAGE/part-NN.md``, a cell after another, each under a comment with the id
of the cell and a checksum of the English words that were translated. Code is never touched; what has no translation, or
one of words that have changed since, stays English. ``--template PART`` prints such a file with the English of a part.
"""

import argparse
import re
import sys
import zlib
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
CELL = re.compile(r"^<!-- cell (\S+) ([0-9a-f]{8}) -->\n", re.M)


def checksum(words):
    """Return what tells whether the English words of a cell have changed."""
    return f"{zlib.crc32(words.encode()):08x}"


def translations(folder):
    """Return the translations in a folder, {id of the cell: (checksum of its English, words, file)}.

    Raises
    ------
    ValueError
        If a cell is translated twice, or a file has words before the first cell.
    """
    found = {}
    for path in sorted(folder.glob("*.md")):
        before, *cells = CELL.split(path.read_text(encoding="utf-8"))
        if before.strip():
            raise ValueError(f"{path} must begin with a line such as <!-- cell cell-44 0123abcd -->")
        for name, known, words in zip(cells[::3], cells[1::3], cells[2::3], strict=True):
            if name in found:
                raise ValueError(f"{path} translates the cell {name}, as {found[name][2]} does")
            found[name] = known, words.strip(), path
    return found


def translate(notebook, found):
    """Put translations into a notebook; return what is to be told of them, a sentence each."""
    cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "markdown"}
    told, current = [], 0
    for name, (known, words, path) in found.items():
        if name not in cells:
            told.append(f"{path.name}: the cell {name} is not in the lecture any more.")
        elif (now := checksum(cells[name].source)) != known:
            told.append(
                f"{path.name}: the English of {name} has changed and is shown; its checksum is {now} now."
            )
        else:
            cells[name].source = words
            current += 1
    return [f"{current} of {len(cells)} cells of prose are translated.", *told]


def template(notebook, part):
    """Return the file of a part with its English words, which a translator writes over."""
    number, texts = 0, []
    for cell in notebook.cells:
        if heading := re.match(r"## (\d+)\. ", cell.source):
            number = int(heading[1])
        if number == part and cell.cell_type == "markdown":
            texts.append(f"<!-- cell {cell.id} {checksum(cell.source)} -->\n{cell.source}\n")
    return "\n".join(texts)


def main(arguments=None, root=ROOT):
    """Do what the command line asks for; return 0, or a sentence that says what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("language", help="the name of a folder in languages/, such as de")
    parser.add_argument("--template", type=int, metavar="PART", help="print a part for translating")
    options = parser.parse_args(arguments)
    notebook, folder = nbformat.read(ROOT / "lecture.ipynb", 4), root / "languages" / options.language
    if options.template is not None:
        print(template(notebook, options.template), end="")
        return 0
    if not folder.is_dir():
        return f"There is no folder {folder}: begin with --template, as docs/translating.md says."
    print(*translate(notebook, translations(folder)), sep="\n")
    target = root / f"lecture.{options.language}.ipynb"
    nbformat.write(notebook, target)
    print(f"{target.name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
