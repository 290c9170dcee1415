"""Present the lecture: JupyterLab with code folded away, sized for a projector, and run when it opens.

    python tools/present.py [lecture.ipynb] [further options for JupyterLab]

Page Down and Page Up turn the pages; F11 fills the screen. The user's own settings of JupyterLab stay as they
are: this one has its settings in build/present, and shows a copy of the notebook, lecture-present.ipynb.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"theme": "JupyterLab Light"},
    "application-extension/shell": {"startMode": "single"},
    "statusbar-extension/plugin": {"visible": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # all pages are measured, on screen or off
}


def presentation(notebook):
    """Return a copy of a notebook with code folded away, opened by a cell that sizes, turns pages and runs it."""
    copy = nbformat.from_dict(notebook)
    folder = Path(__file__).parent
    style = (folder / "present.css").read_text(encoding="utf-8")
    script = (folder / "present.js").read_text(encoding="utf-8")
    markup = f"<style>{style}</style><script>{script}</script>"
    opening = nbformat.v4.new_code_cell(f"from IPython.display import HTML\n\nHTML({markup!r})", id="present")
    # The cell holds its output already: so the script runs as soon as JupyterLab opens the notebook.
    opening.outputs = [nbformat.v4.new_output("display_data", {"text/html": markup})]
    copy.cells.insert(0, opening)
    for cell in copy.cells:
        # A cell that defines a function is there to be read.
        if cell.cell_type == "code" and not cell.source.startswith("def "):
            cell.metadata["jupyter"] = {"source_hidden": True}
    return copy


def write(source, folder):
    """Write the copy of ``source`` beside it, and settings into ``folder``; return the copy's path and environment."""
    environment = dict(os.environ)
    for name, part in {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
    }.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        environment[name] = str(folder / part)
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    copy = presentation(nbformat.read(source, 4))
    target = source.with_name(f"{source.stem}-present.ipynb")
    nbformat.write(copy, target)
    # Signed, the notebook is trusted: scripts of an untrusted one do not run.
    NotebookNotary(data_dir=str(folder / "data")).sign(nbformat.read(target, 4))
    return target, environment


def command(target):
    """Return the command that serves the copy and opens it by itself, without the other documents' tabs."""
    words = [sys.executable, "-m", "jupyterlab", str(target), "--expose-app-in-browser"]
    words += [f"--ServerApp.root_dir={target.parent}", f"--LabApp.default_url=/doc/tree/{target.name}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    return words


def main(arguments=None):
    """Write the copy and serve it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", type=Path, default=ROOT / "lecture.ipynb")
    chosen, more = parser.parse_known_args(arguments)
    target, environment = write(chosen.notebook.resolve(), ROOT / "build" / "present")
    return subprocess.run([*command(target), *more], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
