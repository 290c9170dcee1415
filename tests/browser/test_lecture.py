"""The lecture in JupyterLab: it runs, and every control of every demo does something."""

from pathlib import Path

import demo

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"


def test_runs_without_errors(lecture):
    page, errors = lecture
    assert errors == []
    assert page.page_errors == []
    bad = '[data-mime-type$="jupyter.stderr"], [data-mime-type$="jupyter.error"]'
    assert page.locator(bad).all_inner_texts() == []


def test_every_picture_has_a_text(lecture):
    page, _ = lecture
    assert demo.images_without_text(page) == []


def test_every_control_of_every_demo(lecture):
    page, _ = lecture
    demos = page.locator(demo.DEMOS).all()
    names = [demo.name_of(root) for root in demos]
    assert len(names) >= 9
    assert len(set(names)) == len(names), "demos are told apart by their names"
    assert [sentence for root in demos for sentence in demo.check(page, root)] == []
    assert page.page_errors == []


def test_screenshots(lecture):
    """Write a picture of each part, to be looked at."""
    page, _ = lecture
    SHOTS.mkdir(parents=True, exist_ok=True)
    parts = page.evaluate(PARTS)
    assert len(parts) >= 1
    for number, height in enumerate(parts):
        page.set_viewport_size({"width": 1400, "height": min(height + 120, 8000)})
        page.evaluate("number => document.querySelector(`[data-part='${number}']`).scrollIntoView()", number)
        page.wait_for_timeout(300)
        page.screenshot(path=SHOTS / f"part-{number:02d}.png")
    page.set_viewport_size({"width": 1400, "height": 1000})


# Number the cells that open a part; return the height of each part in pixels.
PARTS = """() => {
  const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")], heights = [];
  for (const cell of cells) {
    if (cell.querySelector("h1, h2")) { cell.dataset.part = heights.length; heights.push(0); }
    if (heights.length) heights[heights.length - 1] += Math.ceil(cell.getBoundingClientRect().height);
  }
  return heights;
}"""
