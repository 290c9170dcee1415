"""What all demos share: a demo's data as text, its JavaScript modules as one script, and the element that holds both.

A demo is a Python function that gathers and checks data, and a ``.js`` file of the same name that computes and draws.
It needs no kernel once it is displayed, nothing from the network, and nothing but a browser (see ``docs/demos.md``).
"""

import base64
import html
import json
import re
import zlib
from pathlib import Path

import numpy as np

from demos.page.language import phrase, translated

FOLDER = Path(__file__).resolve().parent
STYLE = FOLDER / "style.css"
IMPORT = re.compile(r'^import\s+\{[^}]*\}\s+from\s+"([^"]+)";\n', re.MULTILINE)
COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
# The script and its data, compressed to a third: a notebook with all demos would else be too large to be sent.
LOADER = """<script type="module">
const bytes = Uint8Array.from(atob("BYTES"), letter => letter.charCodeAt(0));
const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
const script = document.createElement("script");
Object.assign(script, { type: "module", textContent: await new Response(unpacked).text() });
document.head.append(script);
script.remove();
</script>"""


class Demo:
    """A demo as a notebook displays it: an element, its data, and a script that computes and draws in the page.

    Parameters
    ----------
    name : str
        Of the ``.js`` file in the folder ``demos``, with "_" between words; it becomes ``data-demo`` with "-". A
        ``.css`` file of that name adds to the style that all demos share.
    data : dict
        What the script needs: numbers, text, lists, dicts, and arrays as `packed` or `fractions` return them.
    alt : str
        What the demo shows, in a sentence, for those who cannot see it.
    title : str, optional
        A name for it that differs where several of one kind stand in a notebook, such as "layers-SimpleCNN".
    folder : Path, optional
        Where the script lies; the folder ``demos`` unless given.

    Raises
    ------
    ValueError
        If ``alt`` is empty.
    """

    def __init__(self, name, data, *, alt, title=None, folder=FOLDER.parent):
        if not alt.strip():
            raise ValueError(f"a demo needs alt, a sentence for those who cannot see it; got {alt!r}")
        self.name, self.data, self.alt, self.folder = name, data, alt, folder
        self.title = title or name.replace("_", "-")

    def _repr_html_(self):
        script, own = translated(bundle(self.folder / f"{self.name}.js")), self.folder / f"{self.name}.css"
        make = re.sub(r"_(\w)", lambda letter: letter[1].upper(), self.name)
        data = json.dumps(self.data, separators=(",", ":"), allow_nan=False)
        number = f"{self.title}-{zlib.crc32((script + data).encode()):08x}"
        asleep = phrase(
            "A demo belongs here. It is asleep, since its script may not run: trust this notebook (in JupyterLab: "
            "View, Activate Command Palette, “Trust Notebook”), run the cell, or open lecture.html in a browser."
        )
        return (
            f'<div class="lecture-demo" data-demo="{html.escape(self.title)}" data-number="{html.escape(number)}" '
            f'role="group" aria-label="{html.escape(self.alt)}">\n'
            f'<p class="asleep">{asleep}</p>\n</div>\n'
            + LOADER.replace(
                "BYTES",
                deflated(f"{script}start({json.dumps(number)}, {make}, {data}, {json.dumps(style(own))});"),
            )
        )

    def __repr__(self):
        return f"<demo {self.title}: {self.alt}>"


def packed(array, dtype=None):
    """Return an array as JSON can hold it: its bytes in base64.

    Parameters
    ----------
    array : array
        Of any shape.
    dtype : dtype, optional
        uint8, int32, float16 or float32; float32 unless given. The script sees float16 as float32.

    Raises
    ------
    ValueError
        If a number would not survive: NaN and infinity become pictures with holes.
    """
    array = np.ascontiguousarray(array, dtype=np.dtype(dtype or np.float32).newbyteorder("<"))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("a demo shows finite numbers only, but its data hold NaN or infinity")
    return {
        "$": array.dtype.name,
        "shape": list(array.shape),
        "base64": base64.b64encode(array.tobytes()).decode(),
    }


def fractions(array):
    """Return an array of numbers from 0 to 1 as `packed` does: as bytes where they are multiples of 1/255.

    Raises
    ------
    ValueError
        If a number lies outside of 0 to 1.
    """
    array = np.asarray(array, dtype=np.float32)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"pictures hold numbers from 0 to 1; these go from {array.min()} to {array.max()}")
    levels = np.round(array * 255)
    if np.abs(levels / np.float32(255) - array).max(initial=0) < 1e-6:
        return {**packed(levels, np.uint8), "$": "fraction"}
    return packed(array)


def style(own):
    """Return the style sheet of all demos, and what one adds to it, if that file is there."""
    return "".join(path.read_text(encoding="utf-8") for path in (STYLE, own) if path.exists())


def bundle(path):
    """Return a JavaScript module and what it imports as one script, each file once, before those that need it.

    The modules' own files are joined without their lines ``import {...} from "...";`` and without the word
    ``export``: so all names at their top levels are different. Lines of comments stay in the files, too.
    """
    seen, parts = set(), []

    def add(file):
        if file in seen:
            return
        seen.add(file)
        text = file.read_text(encoding="utf-8")
        for name in IMPORT.findall(text):
            add((file.parent / name).resolve())
        parts.append(COMMENT.sub("", re.sub(r"^export ", "", IMPORT.sub("", text), flags=re.MULTILINE)))

    add(FOLDER / "demo.js")
    add(path.resolve())
    return "".join(parts)


def deflated(text):
    """Return a text compressed, in base64."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()
