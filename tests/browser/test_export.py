"""The exported page, with all network blocked: no request, players play, formulas are typeset."""

import os
import subprocess
import sys
from pathlib import Path

import demo
import nbformat
import pytest
from conftest import ROOT

TOY = [
    (
        "markdown",
        "# Toy\n\nPrice \\$5; $x^2$ and\n\n$$\n\\begin{aligned}\na &= b \\\\ c &< \\frac{d}{e}\n\\end{aligned}\n$$",
    ),
    ("code", "import toys"),
    ("code", "toys.film()"),
    ("code", "toys.explorer()"),
    ("code", "toys.figures.show(toys.scene(0), 'Noise')"),
]


def exported(notebook, folder):
    """Export a notebook and return the page's path."""
    path = folder / "page.html"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/browser")])}
    command = [sys.executable, str(ROOT / "tools" / "export_html.py"), str(notebook), str(path)]
    subprocess.run(command, check=True, env=environment)
    return path


@pytest.fixture(scope="module", params=["toy", "lecture"])
def page(request, chromium, own_folders, tmp_path_factory):
    """A page, exported and opened offline; ``page.requests`` lists what it asked for, ``page.errors`` what failed."""
    folder = tmp_path_factory.mktemp("export")
    notebook = ROOT / "lecture.ipynb"
    if request.param == "toy":
        notebook = folder / "toy.ipynb"
        make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
        nbformat.write(nbformat.v4.new_notebook(cells=[make[kind](source) for kind, source in TOY]), notebook)
    path = exported(notebook, folder)
    context = chromium.new_context(offline=True, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.goto(path.as_uri())
    page.evaluate("MathJax.startup.promise")
    page.evaluate("window.BUSY = new Set()")  # there is no kernel to wait for
    page.size = path.stat().st_size
    yield page
    context.close()


def test_no_request(page):
    leaving = [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert leaving == []
    assert page.errors == []
    assert page.size < 15e6


def test_every_formula_is_typeset(page):
    formulas = page.evaluate(
        """() => [...document.querySelectorAll("mjx-container")].map(e => {
             const box = e.getBoundingClientRect();
             return [box.width, box.height, e.querySelectorAll("[data-mml-node=merror]").length] })"""
    )
    assert len(formulas) >= 2
    assert all(width > 3 and height > 3 and not errors for width, height, errors in formulas)
    raw = page.evaluate(
        """() => [...document.querySelectorAll(".prose")].map(e => e.innerText)
             .filter(text => /\\$[^5]|\\\\[a-z]/.test(text))"""
    )
    assert raw == []


def test_every_player_plays(page):
    players = page.locator(".lecture-player").all()
    assert players
    complaints = []
    for root in players:
        complaints += demo.check_player(page, root)
        if blank := demo.blank_frames(page, root):
            complaints.append(f"{demo.name_of(root)}: blank in {blank} frames")
    assert complaints == []


def test_every_explorer_says_that_it_runs_live(page):
    stills = page.locator(".lecture-still").all()
    assert stills
    for still in stills:
        assert "runs live in Jupyter" in still.inner_text()
        assert still.locator("img").get_attribute("alt")


def test_every_picture_has_a_text(page):
    assert page.locator("img:not([alt]), img[alt='']").count() == 0


def test_screenshot(page):
    shots = Path(ROOT) / "build" / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=shots / f"export-{'lecture' if page.size > 5e6 else 'toy'}.png", full_page=True)
