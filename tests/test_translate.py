"""The lecture in another language: only prose differs, and a translation that is out of date is told."""

import shutil
from pathlib import Path

import nbformat
import pytest

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
