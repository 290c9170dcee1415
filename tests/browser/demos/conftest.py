"""How a test shows a demo: saved in a notebook, in a page from a file and in JupyterLab, both without a kernel."""

import os

import nbformat
import pytest
import shown
from nbformat.sign import NotebookNotary

# The policy of lecture.html: nothing may come from anywhere.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A demo</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none';
img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"></head><body>{demo}</body></html>"""


@pytest.fixture(scope="session")
def show(chromium, served, tmp_path_factory):
    """Function that shows a demo in one of `shown.PLACES`, awake."""
    folder, address = served
    pages = []

    def show(demo, place):
        page = shown.new_page(chromium)
        pages.append(page)
        if place == "page":
            path = tmp_path_factory.mktemp("page") / "demo.html"
            path.write_text(PAGE.format(demo=demo._repr_html_()), encoding="utf-8")
            page.goto(path.as_uri())
        else:
            name = f"demo-{os.getpid()}-{len(pages)}.ipynb"
            nbformat.write(shown.with_output(demo), folder / name)
            NotebookNotary(data_dir=str(folder.parent / "signatures")).sign(nbformat.read(folder / name, 4))
            shown.open_in_jupyterlab(page, address, name)
        return shown.Shown(page)

    yield show
    for page in pages:
        page.context.close()
