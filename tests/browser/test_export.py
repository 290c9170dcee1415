"""The exported page as it is read: one file, no request, contents, themes, a phone; and what the exporter refuses."""

import os

import nbformat
import pytest
import slides
from small_lecture import CELLS, SVG

from tools import export_html, present
from tools.page import build

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The small lecture as a page."""
    return slides.write(CELLS, tmp_path_factory.mktemp("page") / "small.html")


@pytest.fixture
def open_at(chromium, path):
    """Function that opens the small lecture in a window of some size; no page may ask for anything, or fail."""
    pages = []

    def open_at(viewport, **options):
        pages.append(slides.open_offline(chromium, path, viewport=viewport, **options))
        return pages[-1]

    yield open_at
    for page in pages:
        assert page.requests == [] and page.errors == []
        page.context.close()


def test_formulas_are_typeset_and_have_a_text(open_at):
    page = open_at(WIDE)
    formulas = page.evaluate(
        """() => [...document.querySelectorAll("main mjx-container")].map(e => {
             const box = e.getBoundingClientRect();
             return [box.width, box.height, e.querySelectorAll("[data-mml-node=merror]").length,
               e.querySelectorAll("mjx-assistive-mml math").length] })"""
    )
    shown = [formula for formula in formulas if formula[0]]  # one is in the speaker's notes
    assert len(formulas) == 3 and len(shown) == 2
    assert all(width > 3 and height > 3 and not errors and texts for width, height, errors, texts in shown)
    page.evaluate("document.documentElement.classList.remove('resting')")
    assert "Price $5 and $6" in page.locator("main").inner_text()


def test_code_is_folded_and_warnings_are_left_out(open_at):
    page = open_at(WIDE)
    page.evaluate(
        "document.documentElement.classList.remove('resting')"
    )  # all of it is there, not what is in sight
    assert page.locator(".cell-source:not([open])").count() == page.locator(".cell-source").count() - 1
    assert "def double" in page.locator(".cell-source[open]").inner_text()
    named = page.locator(".cell-source summary code").all_inner_texts()
    assert "toys.toy(" in named and ")" not in named  # by the line with which the last statement begins
    assert "class Net" in page.locator(".cell-output.cell-code").inner_text()
    text = page.locator("main").inner_text()
    assert "Only readers see this" in text
    assert "a warning" not in text and "Ask, and wait" not in text


def test_contents_beside_the_text(open_at):
    page = open_at(WIDE)
    links = page.locator("#contents a")
    assert links.all_inner_texts() == ["A small lecture", "1. Questions", "2. Pictures"]
    assert links.nth(2).get_attribute("aria-current") is None
    links.nth(2).click()
    page.wait_for_timeout(800)  # it scrolls smoothly
    assert 0 <= page.locator("h2").nth(1).bounding_box()["y"] < 300
    assert links.nth(2).get_attribute("aria-current") == "location"
    assert page.locator("nav").bounding_box()["y"] == 0  # still in sight


def test_contents_on_a_phone(open_at):
    page = open_at(PHONE, has_touch=True, is_mobile=True)
    contents, button = page.locator("#contents"), page.locator("#contents-button")
    assert not contents.is_visible() and button.get_attribute("aria-expanded") == "false"
    button.tap()
    assert contents.is_visible() and button.get_attribute("aria-expanded") == "true"
    page.locator("#contents a").nth(1).tap()
    assert not contents.is_visible()
    sizes = page.locator("nav button:visible").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert min(sizes) >= 44


def test_a_phone_never_scrolls_sideways_but_boxes_do(open_at):
    page = open_at(PHONE, has_touch=True, is_mobile=True)
    assert slides.wider_than_window(page) == []
    scrolling = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
             .filter(e => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX))
             .map(e => [e.className, e.tabIndex])"""
    )
    assert {name.split()[0] for name, _ in scrolling} >= {"scroll-box", "tex"}
    assert all(index == 0 for _, index in scrolling)
    page.locator("div.tex").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.locator("div.tex").evaluate("box => box.scrollLeft") > 0


def test_theme_follows_the_system_and_the_button(open_at):
    page = open_at(WIDE, color_scheme="dark")
    paper = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.locator("#theme-button").click()
    light = page.evaluate(paper)
    assert light == "rgb(255, 255, 255)" and dark != light
    page.reload()
    assert page.evaluate(paper) == light
    names = ["ink", "paper", "soft", "line", "accent"]
    style = "name => getComputedStyle(document.documentElement).getPropertyValue(`--lecture-${name}`)"
    assert all(page.evaluate(style, name).startswith("#") for name in names)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe(open_at, viewport, theme):
    page = open_at(viewport, color_scheme=theme)
    assert slides.axe_findings(page) == []


def test_axe_can_fail(open_at):
    page = open_at(WIDE)
    page.evaluate(
        "document.querySelector('.cell-still img').alt = ''; document.querySelector('.cell-still img').ariaLabel = ''"
    )
    page.evaluate("document.querySelector('main p').style.color = '#ddd'")
    assert any("contrast" in finding for finding in slides.axe_findings(page))


def test_a_picture_takes_no_more_bytes_than_it_needs_and_says_its_size(path):
    text = path.read_text(encoding="utf-8")
    assert "data:image/webp" in text
    assert 'width="2400" height="1000"' in text


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            [slides.code("show()", SVG.replace("svg", "img src='data:,'"))],
            "Cell 1: A picture has no alternative text",
        ),
        (
            [slides.code("1"), slides.code("f()", "<img alt='x' src='https://a.example/b.png'>")],
            "ask a network",
        ),
        ([slides.markdown("<script src='//a.example/b.js'></script>")], "ask a network"),
    ],
    ids=["alt", "address", "script"],
)
def test_what_cannot_stand_in_a_page(cells, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(nbformat.v4.new_notebook(cells=cells))


def test_an_executed_notebook_needs_no_kernel(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export_html, "execute", None)
    nbformat.write(nbformat.v4.new_notebook(cells=CELLS), tmp_path / "small.ipynb")
    export_html.main([str(tmp_path / "small.ipynb"), str(tmp_path / "small.html"), "--executed"])
    assert "small.html: 2." in capsys.readouterr().out


def test_a_page_that_is_too_large_is_refused_in_a_sentence(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(cells=CELLS), tmp_path / "small.ipynb")
    with pytest.raises(RuntimeError, match=r"has 2.\d MB, more than 1"):
        export_html.export(tmp_path / "small.ipynb", tmp_path / "small.html", executed=True, megabytes=1)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import time\ntime.sleep(60)", r"No answer after 2 s: cell 2 of 2: time.sleep\(60\)"),
        ("1 / 0", "ZeroDivisionError: division by zero, in cell 2 of 2: 1 / 0"),
        ("import os\nos._exit(1)", "kernel died"),
    ],
    ids=["slow", "wrong", "dead"],
)
def test_a_cell_that_does_not_end_is_named_in_a_sentence(tmp_path, source, sentence, capsys):
    cells = [nbformat.v4.new_markdown_cell("# Toy"), nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "toy.ipynb")
    with pytest.raises(SystemExit, match=sentence):
        export_html.main([str(tmp_path / "toy.ipynb"), str(tmp_path / "toy.html"), "--seconds", "2"])
    assert "cell 2 of 2" in capsys.readouterr().out
    assert not (tmp_path / "toy.html").exists()


def test_presenting_writes_the_page_where_it_is_missing_or_old(tmp_path, monkeypatch, capsys):
    opened, written = [], []
    page = tmp_path / "lecture.html"
    monkeypatch.setattr("webbrowser.open", opened.append)
    cells = nbformat.read(present.ROOT / "lecture.ipynb", 4).cells
    monkeypatch.setattr(
        export_html, "main", lambda arguments: written.append(page.write_text(present.mark(cells)))
    )
    present.main([str(page)])
    assert len(written) == 1 and page.as_uri() + "#present" in capsys.readouterr().out
    present.main([str(page)])
    assert len(written) == 1 and len(opened) == 2
    assert "in place of" not in capsys.readouterr().out
    page.write_text(f"{present.mark(cells)} CIFAR-10 stand-in")
    present.main([str(page)])
    assert "drawn here in place of CIFAR-10. If the real data have come" in capsys.readouterr().out
    assert {"cnn.py", "page.js"} <= {path.name for path in present.sources()}
    assert "small_lecture.py" not in {path.name for path in present.sources()}


def test_a_page_is_old_where_cells_or_modules_changed_and_not_where_outputs_did(tmp_path):
    notebook, page, module = tmp_path / "toy.ipynb", tmp_path / "toy.html", tmp_path / "toy.py"
    toy = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(toy, notebook)
    module.write_text("")
    page.write_text(build(toy), encoding="utf-8")
    assert present.is_outdated(page, notebook, [module]) is False
    toy.cells[0].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"})]
    toy.cells[0].metadata.execution = {"iopub.execute_input": "2026-11-26T16:00:00Z"}
    nbformat.write(toy, notebook)
    assert present.is_outdated(page, notebook, [module]) is False
    toy.cells[0].metadata.slideshow = {"slide_type": "slide"}
    nbformat.write(toy, notebook)
    assert present.is_outdated(page, notebook, [module]) is True
    page.write_text(build(toy), encoding="utf-8")
    assert present.is_outdated(page, notebook, [module]) is False
    toy.cells[0].source = "1 + 2"
    nbformat.write(toy, notebook)
    assert present.is_outdated(page, notebook, [module]) is True
    page.write_text(build(toy), encoding="utf-8")
    os.utime(module, (page.stat().st_mtime + 5,) * 2)
    assert present.is_outdated(page, notebook, [module]) is True
