"""One browser and one JupyterLab server for all browser tests, and the lecture, run once."""

import os
import shutil
from pathlib import Path

import lab
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def chromium():
    """Chromium, with no window."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        if not lab.CHROMIUM and not os.path.exists(playwright.chromium.executable_path):
            pytest.skip("needs Chromium: none is installed")
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(own_folders, chromium, tmp_path_factory):
    """(folder, address) of a JupyterLab server whose notebooks can import the lecture and `toys`."""
    work = tmp_path_factory.mktemp("jupyterlab")
    folder = work / "notebooks"
    folder.mkdir()
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "browser")])
    with lab.server(folder, work, environment={"PYTHONPATH": path}) as address:
        yield folder, address


@pytest.fixture(scope="session")
def open_page(chromium, served):
    """Function that opens a notebook, given as a path or as the sources of its cells, and returns its page.

    The page's ``page_errors`` lists what went wrong on it.
    """
    folder, address = served

    def open_page(notebook, name="toy.ipynb"):
        if not isinstance(notebook, Path):
            lab.write_notebook(folder / name, notebook)
        else:
            shutil.copy(notebook, folder / name)
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.page_errors = []
        page.on("pageerror", lambda error: page.page_errors.append(str(error)))
        lab.open_notebook(page, address, name)
        return page

    return open_page


@pytest.fixture(scope="session")
def lecture(open_page):
    """(page, errors) of the lecture in JupyterLab, all of its cells run."""
    path = ROOT / "lecture.ipynb"
    if not path.exists():
        pytest.skip("there is no lecture.ipynb")
    page = open_page(path, "lecture.ipynb")
    return page, lab.run_all(page)
