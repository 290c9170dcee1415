"""A demo in Jupyter Notebook 7: alive in a reopened notebook, and the keys are its own."""

import demo
import lab
import shown
import toys


def test_a_demo_and_its_keys(chromium, own_folders, tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shown.save_trusted(shown.with_output(toys.toy()), folder / "toy.ipynb", tmp_path)
    with lab.server(folder, tmp_path, command="notebook") as address:
        page = shown.new_page(chromium)
        page.goto(f"{address}/notebooks/toy.ipynb")
        toy = shown.Shown(page)
        assert demo.check(page, toy.element) == []
        slider, cells = toy.control("Shift"), page.locator(".jp-Cell").count()
        slider.press("ArrowRight")
        page.keyboard.press("b")
        toy.settle()
        assert toy.values()["shift"] == 4 and page.locator(".jp-Cell").count() == cells
        assert slider.evaluate("slider => slider == document.activeElement")
        page.evaluate(shown.CHANGE)
        slider.press("Control+s")  # this one key is not the demo's
        shown.wait_until(page, f"!{shown.UNSAVED}")
        page.context.close()
