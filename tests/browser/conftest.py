"""One browser and one JupyterLab server for all browser tests, and the lecture, run once."""

import os
import shutil
import uuid
from pathlib import Path

import lab
import pytest
import shown
from filelock import FileLock

ROOT = Path(__file__).parents[2]
REAL_DATA = os.environ.get("LECTURE_REAL_DATA") and str(Path(os.environ["LECTURE_REAL_DATA"]).resolve())
# The policy of lecture.html: nothing may come from anywhere.
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A demo</title><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline';
 script-src 'unsafe-inline' 'wasm-unsafe-eval'"></head>
<body>{demo}</body>
</html>
"""

# Save the notebook, or do nothing if it is being saved; return whether something is still to be saved.
SAVE = """async () => {
  const context = jupyterapp.shell.currentWidget.context;
  if (context.model.dirty) await context.save();
  return context.model.dirty;
}"""


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
def camera_browser(chromium):
    """Chromium with a camera that films a moving test pattern."""
    flags = "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
    browser = chromium.browser_type.launch(
        executable_path=lab.CHROMIUM, args=[*lab.BROWSER_ARGUMENTS, *flags]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def served(own_folders, chromium, tmp_path_factory):
    """(folder, address) of a JupyterLab server whose notebooks can import the lecture and `toys`."""
    work = tmp_path_factory.mktemp("jupyterlab")
    folder = work / "notebooks"
    folder.mkdir()
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "browser")])
    environment = {"PYTHONPATH": path, **({"LECTURE_DATA": REAL_DATA} if REAL_DATA else {})}
    with lab.server(folder, work, environment=environment) as address:
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
def shared(tmp_path_factory):
    """(folder, lock) of what is made once for all processes that run tests side by side."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each process has a folder within that of them all
        folder = folder.parent
    return folder, FileLock(folder / "lock")


@pytest.fixture(scope="session")
def lecture(open_page, served, shared):
    """(page, errors) of the lecture in JupyterLab, all of its cells run, and saved."""
    folder, lock = shared
    with lock:
        page = open_page(ROOT / "lecture.ipynb", "lecture.ipynb")
        errors = lab.run_all(page)
        shown.wait_until(page, lambda: not page.evaluate(SAVE), 60)
        shutil.copy(served[0] / "lecture.ipynb", folder / "saved-lecture.ipynb")
    return page, errors


@pytest.fixture(scope="session")
def saved_lecture(request, shared):
    """Path of the lecture as JupyterLab saves it once it has run, here or in another process."""
    folder, lock = shared
    with lock:
        if not (folder / "saved-lecture.ipynb").exists():
            request.getfixturevalue("lecture")
    return folder / "saved-lecture.ipynb"


@pytest.fixture(scope="session")
def jupyterlab(chromium, served):
    """Function that opens a notebook in the one page that has JupyterLab, in place of the one before."""
    page = shown.new_page(chromium)
    page.goto(f"{served[1]}/lab?reset")
    page.wait_for_selector(".jp-LauncherCard, .jp-Launcher", timeout=60_000)

    def open_notebook(name):
        page.page_errors.clear()
        page.set_viewport_size(shown.WINDOW)  # a test may have made it narrow
        page.evaluate(shown.OPEN_INSTEAD, name)
        return page

    yield open_notebook
    page.evaluate(shown.CLOSE)
    page.context.close()


@pytest.fixture(scope="module")  # its pages are closed with the module
def show(request, chromium, tmp_path_factory):
    """Function that shows a demo in one of `shown.PLACES`, awake; in JupyterLab in place of the one before."""
    contexts = []

    def show(demo, place, browser=chromium):
        if place == "page":
            page = shown.new_page(browser)
            contexts.append(page.context)
            path = tmp_path_factory.mktemp("page") / "demo.html"
            path.write_text(PAGE.format(demo=demo._repr_html_()), encoding="utf-8")
            page.goto(path.as_uri())
        else:
            folder, _ = request.getfixturevalue("served")
            name = f"demo-{uuid.uuid4().hex}.ipynb"
            shown.save_trusted(shown.with_output(demo), folder / name, folder.parent)
            page = request.getfixturevalue("jupyterlab")(name)
        return shown.Shown(page)

    yield show
    for context in contexts:
        context.close()
