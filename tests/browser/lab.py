"""Drive the lecture in a real browser: a JupyterLab server of its own, pages that know when it is idle."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat

# The system's browser, the one without windows first, which takes a fifth less time; where there is none, playwright
# looks for its own.
NAMES = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# The features are those of the address bar: each new page would load its suggestions, in a process of their own.
BROWSER_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync "
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"
).split()

# Errors in the callbacks of controls show nowhere in the page: they are collected from the kernel's IOPub
# channel, along with the messages that it is still busy with.
WATCH = """(async () => {
  const session = jupyterapp.shell.currentWidget.sessionContext;
  await Promise.race([session.ready.then(() => session.session.kernel.info),
    new Promise((_, reject) => setTimeout(() => reject(new Error("no kernel after 60 s")), 60000))]);
  window.ERRORS = []; window.BUSY = new Set(); window.MESSAGES = 0;
  session.iopubMessage.connect((_, message) => {
    const content = message.content, type = message.header.msg_type;
    MESSAGES++;
    if (type == "error") ERRORS.push(content.ename + ": " + content.evalue);
    if (type == "status")
      BUSY[content.execution_state == "busy" ? "add" : "delete"](message.parent_header.msg_id);
  });
})()"""

SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "notebook-extension/tracker": {"windowingMode": "none"},  # otherwise cells off screen leave the page
}


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(folder, work, command="jupyterlab", settings=SETTINGS, arguments=(), environment=None):
    """Serve ``folder`` with settings, workspaces and configuration kept in ``work``; yield the address."""
    for name, values in settings.items():
        path = work / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    folders = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_DATA_DIR": "signatures",
        "IPYTHONDIR": "ipython",
    }
    environment = {**os.environ, **(environment or {}), **{k: str(work / v) for k, v in folders.items()}}
    port = free_port()
    flags = ["--no-browser", "--allow-root", "--expose-app-in-browser", f"--port={port}"]
    flags += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    with running([sys.executable, "-m", command, *flags, *arguments], environment, port, work):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running(command, environment, port, work):
    """Run a server until the block ends; begin the block when it answers."""
    with open(work / "server.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status", process, work / "server.log")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # a server stopped right after a page was loaded can hang
            process.kill()
            process.wait()


def wait_for(address, process, log, seconds=60):
    """Wait until the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"No server at {address} after {seconds} s:\n{log.read_text()[-2000:]}")


def write_notebook(path, sources):
    """Write a notebook of code cells; it names its kernel, or else a dialog asks."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def open_notebook(page, address, name, tree="lab/tree"):
    """Open a notebook in JupyterLab and wait until its kernel answers."""
    page.goto(f"{address}/{tree}/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.evaluate(WATCH)


def run_all(page, seconds=600):
    """Run all cells; return the errors that the kernel reported."""
    done = page.evaluate(
        """seconds => Promise.race([jupyterapp.commands.execute('notebook:run-all-cells'),
             new Promise((_, reject) => setTimeout(() => reject('still running'), seconds * 1000))])""",
        seconds,
    )
    settle(page)
    page.wait_for_timeout(500)  # the last outputs reach the page after the kernel is idle
    errors = page.evaluate("ERRORS")
    return errors if done or errors else ["run-all-cells returned false"]


def settle(page, seconds=30):
    """Wait until what was done has reached the kernel, it has nothing more to do, and its answer is shown.

    Errors arrive up to half a second after the picture, but before the kernel is idle.
    """
    page.wait_for_timeout(60)
    page.wait_for_function("BUSY.size == 0", timeout=seconds * 1000)
    page.wait_for_timeout(60)
