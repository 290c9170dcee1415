"""The lecture in JupyterLab: it runs, every control of every demo does something, and a saved copy is alive again."""

import json
import os

import demo
import lab
import nbformat
import pytest
import shown

pytestmark = pytest.mark.timeout(900)  # the first test runs the lecture
LARGEST = 4_000_000  # bytes of outputs in a saved notebook


def one_of_each(page):
    """Return the demos' elements, one glass box and one question: the page from a file is tried with all of them."""
    roots = demo.all_of(page)
    for kind in ("glass-box", "guess-"):
        alike = [root for root in roots if demo.name_of(root).startswith(kind)]
        roots = [root for root in roots if root not in alike[1:]]
    return roots


def test_runs_without_errors(lecture):
    page, errors = lecture
    assert errors == []
    assert page.page_errors == []
    bad = '[data-mime-type$="jupyter.stderr"], [data-mime-type$="jupyter.error"]'
    assert page.locator(bad).all_inner_texts() == []


def test_every_picture_has_a_text(lecture):
    page, _ = lecture
    assert demo.images_without_text(page) == []


def test_every_control_of_every_demo_and_the_kernel_hears_of_none(lecture):
    page, _ = lecture
    names = [demo.name_of(root) for root in demo.all_of(page)]
    assert len(names) >= 12
    assert len(set(names)) == len(names), "demos are told apart by their names"
    lab.settle(page)
    messages = page.evaluate("MESSAGES")
    assert [sentence for root in one_of_each(page) for sentence in demo.check(page, root)] == []
    assert page.evaluate("MESSAGES") == messages


def test_arrow_keys_and_letters_stay_in_a_demo(lecture):
    """JupyterLab would take them for itself: an arrow would leave the slider, a "b" would add a cell."""
    page, _ = lecture
    cells = page.locator(".jp-Cell").count()
    for root in one_of_each(page):
        for kind in (
            "input[type=range]",
            "select",
            "button",
        ):  # one of each: they are made by the same classes
            controls = root.query_selector_all(f"{kind}:enabled")
            control = next((one for one in controls if one.is_visible()), None)
            if control is None:
                continue
            control.focus()
            page.keyboard.press("b")
            page.keyboard.press("ArrowDown")
            assert control.evaluate("control => control == document.activeElement")
    assert page.locator(".jp-Cell").count() == cells


def test_the_key_that_saves_is_passed_on(lecture):
    page, _ = lecture
    page.evaluate(shown.CHANGE)
    page.locator(".lecture-demo input[type=range]:enabled").first.press("Control+s")
    shown.wait_until(page, f"!{shown.UNSAVED}")


def test_outputs_of_the_saved_notebook_are_small(saved_lecture):
    notebook = nbformat.read(saved_lecture, 4)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert len(outputs) > 30
    assert sum(len(json.dumps(output)) for output in outputs) <= LARGEST


def test_the_table_of_the_data_says_what_is_real(saved_lecture):
    cells = nbformat.read(saved_lecture, 4).cells
    html = [
        o.data["text/html"]
        for cell in cells
        for o in cell.get("outputs", [])
        if "text/html" in o.get("data", {})
    ]
    assert ("stand-in" in html[0]) is not bool(os.environ.get("LECTURE_REAL_DATA"))


def reopened(jupyterlab, served, saved_lecture, name, trusted):
    """Return a page with a copy of the saved lecture, opened and not run."""
    folder, _ = served
    notebook = nbformat.read(saved_lecture, 4)
    notebook.metadata["lecture_copy"] = (
        name  # the signature is of the content: the copy must be another notebook
    )
    if trusted:
        shown.save_trusted(notebook, folder / name, folder.parent)
    else:
        nbformat.write(notebook, folder / name)
    page = jupyterlab(name)
    shown.wait_until(page, lambda: len(demo.all_of(page)) >= 12)
    return page


def test_a_trusted_copy_is_alive_when_it_is_opened(jupyterlab, served, saved_lecture):
    page = reopened(jupyterlab, served, saved_lecture, "trusted.ipynb", trusted=True)
    shown.wait_until(page, "[...document.querySelectorAll('.lecture-demo')].every(root => root.demo)")
    first = demo.all_of(page)[0]
    assert demo.works(first, demo.first_control(first))
    assert page.page_errors == []


def test_an_untrusted_copy_says_what_to_do(jupyterlab, served, saved_lecture):
    page = reopened(jupyterlab, served, saved_lecture, "untrusted.ipynb", trusted=False)
    page.wait_for_timeout(3000)  # a demo that could wake up would by now
    assert not page.evaluate("[...document.querySelectorAll('.lecture-demo')].some(root => root.demo)")
    sentences = page.locator(".lecture-demo").all_inner_texts()
    assert len(sentences) >= 12
    assert all("trust this notebook" in sentence for sentence in sentences)
