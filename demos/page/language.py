"""What demos say, in another language: English stands in the code, and passes through `phrase` here or in a script.

`set_language` chooses the words of ``languages/NAME/demos.json``. What Python says is looked up when it is said; in a
script the translation takes the place of the English before the page gets it, which then has nothing to look up.
"""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IN_SCRIPT = re.compile(r'(\bphrase\(\s*)("(?:[^"\\\n]|\\.)*")(?=\s*[,)])')
PLACE = re.compile(r"\{(\w+)\}")
words = {}  # of the language that was chosen, by their English; none of English


def set_language(name, folder=ROOT / "languages"):
    """Have the demos that are made from now on speak a language, as far as it has their words; "en" is English.

    Parameters
    ----------
    name : str
        Of a folder in ``languages/`` with a file ``demos.json``: {English: translation}.
    folder : Path, optional
        In place of ``languages/``.

    Raises
    ------
    ValueError
        If there is no such file, or it has other places, such as {count}, than the English.
    """
    chosen = {} if name == "en" else dictionary(folder / name / "demos.json")
    words.clear()
    words.update(chosen)


def dictionary(path):
    """Return the words in a file, {English: translation}."""
    if not path.is_file():
        raise ValueError(f"there is no {path}: docs/translating.md says what belongs there")
    found = json.loads(path.read_text(encoding="utf-8"))
    for english, translation in found.items():
        if sorted(set(PLACE.findall(english))) != sorted(set(PLACE.findall(translation))):
            raise ValueError(f"{path}: {translation!r} must have the places in brackets of {english!r}")
    return found


def phrase(text, /, **places):
    """Return a text in the language that was chosen, with what belongs into its places, such as {count}."""
    return PLACE.sub(lambda place: str(places[place[1]]), words.get(text, text))


def translated(script):
    """Return a script with the words of the language that was chosen in its calls of ``phrase``."""
    if not words:
        return script

    def translation(call):
        english = json.loads(call[2])
        return call[1] + json.dumps(words.get(english, english), ensure_ascii=False)

    return IN_SCRIPT.sub(translation, script)


def phrases(path):
    """Return the English that a ``.py`` or ``.js`` file passes through `phrase`, in its order.

    Raises
    ------
    ValueError
        If it is not one literal: only what stands in the code can be collected.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        calls = len(re.findall(r"(?<!function )\bphrase\(", text))
        found = [json.loads(literal) for _, literal in IN_SCRIPT.findall(text)]
    else:
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        nodes = [node.args[0] for node in nodes if getattr(node.func, "id", None) == "phrase"]
        nodes.sort(key=lambda node: (node.lineno, node.col_offset))
        calls, found = len(nodes), [node.value for node in nodes if isinstance(node, ast.Constant)]
    if len(found) != calls:
        raise ValueError(
            f"{path}: phrase takes one literal, with {{places}} in it for what differs; see {found}"
        )
    return found
