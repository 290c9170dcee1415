"""The lecture in another language: only prose differs, and a translation that is out of date is told."""

import shutil
from pathlib import Path

import nbformat
import pytest

from demos.page import language
from tools import translate

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = sorted(path.name for path in (ROOT / "languages").iterdir() if path.is_dir())


def lecture():
    return nbformat.read(ROOT / "lecture.ipynb", 4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_prose_differs(language, tmp_path, capsys):
    shutil.copytree(ROOT / "languages", tmp_path / "languages")
    assert translate.main([language], tmp_path) == 0
    assert "cells of prose are translated" in capsys.readouterr().out
    english, other = lecture(), nbformat.read(tmp_path / f"lecture.{language}.ipynb", 4)
    if (tmp_path / "languages" / language / "demos.json").exists():  # a cell behind the first one of code
        first = next(k for k, cell in enumerate(other.cells) if cell.cell_type == "code")
        assert other.cells.pop(first + 1).source == f'demos.set_language("{language}")'
    changed = [cell.id for cell, its in zip(english.cells, other.cells, strict=True) if cell != its]
    known = translate.translations(ROOT / "languages" / language)
    assert changed and set(changed) <= set(known)
    for cell, its in zip(english.cells, other.cells, strict=True):
        assert {**cell, "source": ""} == {**its, "source": ""}
        assert cell.cell_type == "markdown" or cell.source == its.source
        assert cell.source == its.source or its.source == known[cell.id][1]


def test_a_translation_whose_english_has_changed_is_told_and_not_used(tmp_path):
    notebook = lecture()
    names = [cell.id for cell in notebook.cells if cell.cell_type == "markdown"][:2]
    (tmp_path / "part.md").write_text(
        f"<!-- cell {names[0]} 00000000 -->\nAlt.\n\n<!-- cell gone 00000000 -->\nWeg.\n\n"
        f"<!-- cell {names[1]} {translate.checksum(notebook.cells[1].source)} -->\nNeu.\n"
    )
    before = notebook.cells[0].source
    told = translate.translate(notebook, translate.translations(tmp_path))
    assert told[0].startswith("1 of ") and f"the English of {names[0]} has changed" in told[1]
    assert "the cell gone is not in the lecture any more" in told[2]
    assert notebook.cells[0].source == before and notebook.cells[1].source == "Neu."


def test_a_template_translated_into_itself_changes_nothing(tmp_path):
    (tmp_path / "part.md").write_text(translate.template(lecture(), 8), encoding="utf-8")
    notebook = lecture()
    told = translate.translate(notebook, translate.translations(tmp_path))
    assert len(told) == 1 and not told[0].startswith("0 ")
    assert [cell.source.strip() for cell in notebook.cells] == [
        cell.source.strip() for cell in lecture().cells
    ]


def test_what_demos_say_is_collected():
    assert (ROOT / "languages" / "demos.json").read_text(encoding="utf-8") == translate.as_json(
        translate.said()
    ), "run tools/translate.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_demos_say_all_that_is_translated(language):
    notebook, path = lecture(), ROOT / "languages" / language / "demos.json"
    if not path.exists():
        pytest.skip(f"demos speak English in {language}")
    assert len(translate.let_demos_speak(notebook, language, path)) == 1, "each further one is a stray phrase"


def test_a_phrase_that_no_demo_says_is_told(tmp_path):
    path = tmp_path / "demos.json"
    path.write_text('{"Start over": "Von vorn", "Gone": "Weg"}')
    told = translate.let_demos_speak(lecture(), "de", path)
    assert told[0].startswith("1 of ") and told[1] == "demos.json: no demo says 'Gone' any more."


def test_phrases_in_the_language_chosen(tmp_path):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "demos.json").write_text('{"{count} of {all}, \\"so\\"": "von {all} „{count}“\\n"}')
    say = language.phrase
    assert say('{count} of {all}, "so"', count=1, all=2) == '1 of 2, "so"'
    script = (
        r'phrase("{count} of {all}, \"so\"", { count }) + phrase(\n "Other") + rephrase("{count} of {all}")'
    )
    assert language.translated(script) == script
    language.set_language("de", tmp_path)
    try:
        assert say('{count} of {all}, "so"', count=1, all=2) == "von 2 „1“\n"
        assert say("Other") == "Other"
        assert language.translated(script) == script.replace(
            r'"{count} of {all}, \"so\""', r'"von {all} „{count}“\n"'
        )
    finally:
        language.set_language("en")
    assert say('{count} of {all}, "so"', count=1, all=2) == '1 of 2, "so"'


@pytest.mark.parametrize(
    ("words", "message"),
    [(None, "there is no .*demos.json"), ('{"{count} maps": "{zahl} Karten"}', "must have the places")],
)
def test_a_language_that_demos_cannot_speak_is_refused(words, message, tmp_path):
    (tmp_path / "de").mkdir()
    if words:
        (tmp_path / "de" / "demos.json").write_text(words)
    with pytest.raises(ValueError, match=message):
        language.set_language("de", tmp_path)


@pytest.mark.parametrize(
    ("name", "code"),
    [("a.js", "x = phrase(`${x} of`);"), ("b.js", 'phrase("a" + b)'), ("a.py", 'phrase(f"{x} of")')],
)
def test_a_phrase_is_one_literal(name, code, tmp_path):
    (tmp_path / name).write_text(code)
    with pytest.raises(ValueError, match="one literal"):
        language.phrases(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Worte", "must begin with a line such as"),
        ("<!-- cell a 00000000 -->\nA\n<!-- cell a 00000000 -->\nB\n", "translates the cell a"),
    ],
)
def test_files_that_cannot_be_read_are_named(text, message, tmp_path):
    (tmp_path / "part-01.md").write_text(text)
    with pytest.raises(ValueError, match=message):
        translate.translations(tmp_path)


def test_a_language_without_a_folder_is_told(tmp_path):
    assert "begin with --template" in translate.main(["xx"], tmp_path)
