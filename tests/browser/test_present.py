"""Presenting on a projector of 1920x1080: pages, sizes, live demos."""

import os
import sys

import demo
import lab
import nbformat
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import present


@pytest.fixture(scope="module")
def page(chromium, own_folders, tmp_path_factory):
    """The toy lecture, opened to be presented, after it has run by itself."""
    folder = tmp_path_factory.mktemp("present")
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [text("# Toy\n\nWords."), code("import toys")]
    for number, source in enumerate(
        ["toys.film()", "toys.explorer()", "toys.figures.show(toys.scene(0), 'Noise')"]
    ):
        cells += [text(f"## {number + 1}. Part\n\nA sentence leads to it."), code(source)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "toy.ipynb")
    target, environment = present.write(folder / "toy.ipynb", folder / "settings")
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "browser")])
    port = lab.free_port()
    command = [*present.command(target), "--no-browser", f"--port={port}", "--IdentityProvider.token="]
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    page.page_errors = []
    page.on("pageerror", lambda error: page.page_errors.append(str(error)))
    with lab.running(command, environment, port, folder):
        page.goto(f"http://127.0.0.1:{port}/doc/tree/{target.name}")
        page.wait_for_function("window.lectureReady", timeout=60_000)
        page.evaluate(lab.WATCH)
        yield page
        page.close()


def in_view(root):
    return root.evaluate(
        """e => { const box = e.getBoundingClientRect();
                  return box.top >= -1 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1 }"""
    )


def test_it_has_run_by_itself_and_code_is_folded(page):
    assert page.locator(demo.DEMOS).count() == 2
    assert [area for area in page.locator(".jp-CodeCell .jp-InputArea").all() if area.is_visible()] == []
    assert page.page_errors == []


def test_page_keys_bring_each_part_to_the_top_with_all_of_its_demo(page):
    page.keyboard.press("PageDown")
    page.wait_for_timeout(300)
    assert page.evaluate("!!document.fullscreenElement")
    headings = page.locator(".jp-MarkdownOutput h2").all()
    shown = page.locator(".lecture-player, .lecture-explorer, img[alt=Noise]").all()
    for heading, root in zip(headings, shown, strict=True):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(300)
        assert 0 <= heading.bounding_box()["y"] < 60
        assert in_view(root)
    for heading in headings[-2::-1]:
        page.keyboard.press("PageUp")
        page.wait_for_timeout(300)
        assert 0 <= heading.bounding_box()["y"] < 60


def test_letters_can_be_read_from_afar_and_pictures_fill_the_screen(page):
    prose = page.locator(".jp-MarkdownOutput p").first.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert prose >= 26
    for root in page.locator(".lecture-player, .lecture-explorer").all():
        assert root.locator("img").first.bounding_box()["width"] > 1000


def test_sliders_are_live_and_pictures_sharp(page):
    root = page.locator(".lecture-explorer")
    handle = root.locator(".noUi-handle").first
    assert demo.changes(page, root, lambda: handle.press("ArrowRight"))
    page.wait_for_function(
        """() => { const image = document.querySelector(".lecture-explorer img");
                   return image.naturalWidth > 0.9 * image.getBoundingClientRect().width }"""
    )
    assert page.evaluate("ERRORS") == []
