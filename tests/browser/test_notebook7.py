"""The demos in Jupyter Notebook 7: players play, and explorers answer to the mouse and to the keys."""

import os

import demo
import lab
import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def page(chromium, own_folders, tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook7")
    lab.write_notebook(folder / "toy.ipynb", ["import toys", "toys.film()", "toys.explorer()"])
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "browser")])
    work = tmp_path_factory.mktemp("server")
    with lab.server(folder, work, command="notebook", environment={"PYTHONPATH": path}) as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        lab.open_notebook(page, address, "toy.ipynb", tree="notebooks")
        assert lab.run_all(page) == []
        yield page
        page.close()


def test_every_control_of_every_demo(page):
    demos = page.locator(demo.DEMOS).all()
    assert [demo.name_of(root) for root in demos] == ["film", "explorer"]
    assert [sentence for root in demos for sentence in demo.check(page, root)] == []
