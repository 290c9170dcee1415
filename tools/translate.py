"""Write the lecture in another language, as far as it is translated: python tools/translate.py [LANGUAGE]

The prose of a part stands in ``languages/LANGUAGE/part-NN.md``, a cell after another, each under a comment with the id
of the cell and a checksum of the English words that were translated. Code is never touched; what has no translation, or
one of words that have changed since, stays English. ``--template PART`` prints such a file with the English of a part.

What demos say stands in ``languages/LANGUAGE/demos.json``, {English: translation}; a cell behind the first one has the
demos take it. Without LANGUAGE, all that demos say is written into ``languages/demos.json``, by file.
"""

import argparse
import json
import re
import sys
import zlib
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demos.page.language import dictionary, phrases  # noqa: E402

DEMOS = "demos.json"
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


def said():
    """Return what demos say, {file: phrases}, each where it comes first."""
    files = [*sorted((ROOT / "demos").rglob("*.js")), *sorted((ROOT / "demos").rglob("*.py"))]
    seen, found = set(), {}
    for path in [*files, ROOT / "exercises" / "guesses.py"]:
        new = [text for text in dict.fromkeys(phrases(path)) if text not in seen]
        seen.update(new)
        if new:
            found[path.relative_to(ROOT).as_posix()] = new
    return found


def as_json(found):
    """Return what is written into a file of phrases."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def let_demos_speak(notebook, language, path):
    """Add the cell that has demos take the words in a file; return what is to be told of them, a sentence each."""
    words, english = dictionary(path), [text for texts in said().values() for text in texts]
    first = next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    skip = {"slideshow": {"slide_type": "skip"}}
    cell = nbformat.v4.new_code_cell(f'demos.set_language("{language}")', id="language", metadata=skip)
    notebook.cells.insert(first + 1, cell)
    gone = [f"{path.name}: no demo says {text!r} any more." for text in words if text not in english]
    return [f"{len(words) - len(gone)} of {len(english)} phrases of demos are translated.", *gone]


def main(arguments=None, root=ROOT):
    """Do what the command line asks for; return 0, or a sentence that says what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("language", nargs="?", help="the name of a folder in languages/, such as de")
    parser.add_argument("--template", type=int, metavar="PART", help="print a part for translating")
    options = parser.parse_args(arguments)
    if options.language is None:
        (root / "languages" / DEMOS).write_text(as_json(said()), encoding="utf-8")
        return 0
    notebook, folder = nbformat.read(ROOT / "lecture.ipynb", 4), root / "languages" / options.language
    if options.template is not None:
        print(template(notebook, options.template), end="")
        return 0
    if not folder.is_dir():
        return f"There is no folder {folder}: begin with --template, as docs/translating.md says."
    print(*translate(notebook, translations(folder)), sep="\n")
    if (folder / DEMOS).exists():
        print(*let_demos_speak(notebook, options.language, folder / DEMOS), sep="\n")
    target = root / f"lecture.{options.language}.ipynb"
    nbformat.write(notebook, target)
    print(f"{target.name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
