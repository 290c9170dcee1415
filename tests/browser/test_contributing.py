"""The demo of docs/contributing.md: taken from the page, built, shown, and tested by its own test."""

import re
import sys
import types
from pathlib import Path

import pytest
from shown import PLACES

from demos import page

TEXT = (Path(page.FOLDER).parents[1] / "docs" / "contributing.md").read_text(encoding="utf-8")
MADE, SCRIPT, TEST = [
    block.group(1)
    for block in re.finditer(
        r"^<!-- run by tests/browser/test_contributing.py -->\n```\w+\n(.*?)^```$", TEXT, re.M | re.S
    )
]


def test_it_has_fifty_lines():
    assert sum(len(block.splitlines()) for block in (MADE, SCRIPT, TEST)) <= 50


@pytest.mark.parametrize("place", PLACES)
def test_the_demo_and_its_test(place, show, tmp_path, monkeypatch):
    (tmp_path / "edges.js").write_text(SCRIPT.replace('"./page/', f'"{page.FOLDER.as_posix()}/'))
    module = types.ModuleType("demos.edges")
    exec(MADE, vars(module))
    make = module.edges

    def edges(image):
        demo = make(image)
        demo.folder = tmp_path  # it is not in demos/
        return demo

    module.edges = edges
    monkeypatch.setitem(sys.modules, "demos.edges", module)
    tests = {"__name__": "test_edges"}
    exec(TEST, tests)
    (test,) = [tests[name] for name in tests if name.startswith("test_")]
    test(show, place)
    with pytest.raises(ValueError, match="from 0 to 1"):
        edges([[2.0]])
