"""A notebook's cells as slides, by the Jupyter convention: ``metadata.slideshow.slide_type`` of each cell.

"slide" and "subslide" open a slide, "fragment" a step on it, "skip" is for readers only, "notes" (or a cell tagged
"notes") for the speaker only, and "-" goes on. A cell that shows several pictures or tables gives each a slide.
"""

import html
import re

from tools.page import cells


class Section:
    """A slide: a piece of the page that fills the screen when presented."""

    def __init__(self, part=""):
        self.part = part
        self.title = ""
        self.pieces = []  # (fragment, HTML, whether it is seen on the slide)
        self.notes = []
        self.fragment = 0

    def add(self, text, seen=True, classes=""):
        """Add a piece, as part of the fragment that is open, if any."""
        text = f'<div class="cell {classes}">\n{text}\n</div>'
        self.pieces.append((self.fragment if seen else 0, text, seen))

    @property
    def seen(self):
        """Whether it shows anything when presented."""
        return any(seen for _, _, seen in self.pieces)

    def html(self):
        """Return the element."""
        parts, opened = [], 0
        for fragment, text, _ in self.pieces:
            if fragment != opened:
                parts.append("</div>" * bool(opened) + '<div class="slide-fragment">' * bool(fragment))
                opened = fragment
            parts.append(text)
        parts.append("</div>" * bool(opened))
        notes = f'<aside class="slide-notes" hidden>{"".join(self.notes)}</aside>' if self.notes else ""
        kind = "slide" if self.seen else "reading"  # what shows nothing when presented is no slide
        return (
            f'<section class="{kind}" data-part="{html.escape(self.part)}" data-title="{html.escape(self.title)}">'
            f'<div class="slide-box"><div class="slide-text">\n{"".join(parts)}\n</div></div>{notes}</section>'
        )


def kind_of(cell):
    """Return what a cell is when presented."""
    if "notes" in cell.metadata.get("tags", []):
        return "notes"
    return cell.metadata.get("slideshow", {}).get("slide_type") or "-"


def sections(notebook_cells):
    """Return the cells of a notebook as a list of sections.

    Raises
    ------
    ValueError
        As `cells.what_is_shown` does, with the number of the cell.
    """
    made = [Section()]
    for number, cell in enumerate(notebook_cells):
        kind = kind_of(cell)
        if kind in ("slide", "subslide"):
            made.append(Section(made[-1].part))
        if kind == "fragment":
            made[-1].fragment += 1
        try:
            if cell.cell_type == "markdown":
                add_markdown(made[-1], cell, kind)
            elif cell.cell_type == "code":
                add_code(made, cell, kind)
        except ValueError as error:
            raise ValueError(f"Cell {number + 1}: {error}") from error
    return [section for section in made if section.pieces]


def add_markdown(section, cell, kind):
    """Add prose, or notes for the speaker."""
    text = cells.markdown(cell.source)
    if kind == "notes":
        section.notes.append(text)
        return
    for level, title, _ in contents(text):
        if level == 2:
            section.part = plain(title)
    section.title = section.title or ("" if kind == "skip" else title_of(text))
    section.add(text, kind != "skip", "cell-prose" if kind != "skip" else "cell-prose cell-skip")


def add_code(made, cell, kind):
    """Add code, folded unless it is there to be read, and what it shows, each picture or table on a slide."""
    shown = [(name, text) for name, text in map(cells.what_is_shown, cell.outputs) if name]
    # A definition, or a cell whose output is code, is there to be read.
    defines = cell.source.startswith(("def ", "class ", "@"))
    source = cells.code(cell.source)
    if cell.source.strip():
        begins = [line for line in cell.source.splitlines() if line[:1] not in " )]}"]
        line = html.escape(begins[-1])  # of the last statement
        label = f"<summary><span>Code</span> <code>{line}</code></summary>"
        is_open = " open" if defines else ""
        folded = f'<details class="cell-source"{is_open}>{label}{source}</details>'
        made[-1].add(
            folded,
            defines and kind not in ("skip", "notes"),
            "cell-code" if defines else "cell-code cell-skip",
        )
    crowded = defines  # code that is read, or a picture, leaves no room for a second one
    for name, text in shown:
        if crowded and (defines or name != "print") and kind not in ("skip", "notes", "fragment"):
            made.append(Section(made[-1].part))
        crowded = crowded or name != "print"
        seen = kind not in ("skip", "notes")
        made[-1].title = made[-1].title or title_of(text)
        made[-1].add(text, seen, f"cell-output cell-{name}" + " cell-skip" * (not seen))


def contents(text):
    """Return the headings of HTML that open a part as a list of (level, title, id)."""
    return [(int(a), c, b) for a, b, c in re.findall(r'<h([12]) id="([^"]*)">(.*?)</h\1>', text)]


def plain(text):
    """Return HTML as plain text."""
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))).strip()


def title_of(text):
    """Return a name for a slide: heading, bold words at the beginning, first line of code, picture's text, or words."""
    if found := re.search(r"<h[1-6][^>]*>(.*?)</h", text) or re.match(r"\s*<p><strong>(.*?)</strong>", text):
        return plain(found[1]).rstrip(".:")
    if found := re.search(r"<pre>(.*?)</pre>", text, re.DOTALL):
        return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip().splitlines()[0].rstrip(":")
    if found := re.search(r'\b(?:alt|aria-label)="([^"]+)"', text):
        return shortened(html.unescape(found[1]))
    return shortened(plain(text))


def shortened(text, limit=60):
    """Return the beginning of a text, up to a full stop or to ``limit`` characters."""
    sentence = re.split(r"(?<=\w)[.:;?!]\s", text)[0].rstrip(".:")
    return sentence if len(sentence) <= limit else sentence[:limit].rsplit(" ", 1)[0] + " …"
