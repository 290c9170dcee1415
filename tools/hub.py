"""A JupyterHub on this machine, whose students run a notebook each in a server of their own, at the same time.

JupyterHub and its proxy run as they are, with the settings of a class; users and their homes are made up. The proxy
is the port to Python of JupyterHub's own, since that one needs Node.js: it takes the same commands and the same API,
and is one small package.
"""

import json
import os
import secrets
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
import requests
import websocket

ROOT = Path(__file__).resolve().parent.parent
START, STOP = 180, 20  # seconds that servers may take, all at once on two cores
# What a folder's mode forbids, root may do all the same: without this capability (CAP_DAC_OVERRIDE) it may not.
AS_A_USER = (
    [
        sys.executable,
        "-c",
        "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])",
    ]
    if sys.platform == "linux" and os.geteuid() == 0
    else []
)
SETTINGS = ROOT / "deploy" / "jupyterhub_config.py"  # of every class
CONFIGURATION = """
c = get_config()
load_subconfig({settings!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{ports[1]}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.Spawner.cmd = {server!r}
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = {start}
c.Spawner.environment.update({environment!r})
c.JupyterHub.services = [dict(name="class", api_token={token!r})]
c.JupyterHub.load_roles = [
    dict(name="class", services=["class"], scopes=["admin:users", "admin:servers", "access:servers"])
]
"""


class Student:
    """A user of the hub, with a home, a server and at most one kernel.

    Parameters
    ----------
    hub : str
        The hub's address.
    token : str
        Of a service that may do all that is done here.
    home : Path
        Named like the user; the server's files.
    """

    def __init__(self, hub, token, home):
        self.home, self.kernel = home, None
        self._hub, self._user = f"{hub}/hub/api/users/{home.name}", f"{hub}/user/{home.name}/api"
        self._headers = {"Authorization": f"token {token}"}

    def start(self):
        """Start the server; return when it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._ask("POST", self._hub)
        self._ask("POST", f"{self._hub}/server")
        end = time.monotonic() + START
        while not self._ask("GET", self._hub)["servers"].get("", {}).get("ready"):
            if time.monotonic() > end:
                raise RuntimeError(f"the server of {self.home.name} does not answer after {START} s")
            time.sleep(0.2)

    def run(self, notebook, name, seconds):
        """Run all cells of a notebook in a new kernel, save it in the home, and return the seconds that it took.

        Parameters
        ----------
        notebook : NotebookNode
            Gets the outputs, as JupyterLab would save them.
        name : str
            Of its file.
        seconds : float
            That it may take.

        Raises
        ------
        RuntimeError
            If a cell fails, or there is no answer in time; it names the cell.
        """
        session = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        identifier = self._ask("POST", f"{self._user}/sessions", session)["kernel"]["id"]
        channels = f"{self._user.replace('http', 'ws', 1)}/kernels/{identifier}/channels"
        start = time.monotonic()
        with closing(websocket.create_connection(channels, START, header=self._headers)) as connection:
            asking = nbformat.v4.new_code_cell("import os; print(os.getpid())")
            _run_cell(connection, asking, "the kernel to start", start + START)
            self.kernel = psutil.Process(int(asking.outputs[0].text))
            start = time.monotonic()
            for number, cell in enumerate(notebook.cells, 1):
                if cell.cell_type == "code":
                    line = cell.source.strip().splitlines()[-1][:80]
                    title = f"cell {number} of {len(notebook.cells)}: {line}"
                    _run_cell(connection, cell, f"{self.home.name}, {title}", start + seconds)
            took = time.monotonic() - start
        self._ask("PUT", f"{self._user}/contents/{name}", {"type": "notebook", "content": notebook})
        return took

    def _ask(self, method, address, content=None):
        answer = requests.request(method, address, headers=self._headers, json=content, timeout=START)
        if not answer.ok:
            raise RuntimeError(f"{method} {address}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None


def _run_cell(connection, cell, title, end):
    """Send a cell to a kernel and collect its outputs until the kernel rests; ``end`` is a `time.monotonic`."""
    content = {"code": cell.source, "silent": False, "store_history": True, "allow_stdin": False}
    header = {"msg_id": secrets.token_hex(16), "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "", "session": "class"}
    request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    connection.send(json.dumps(request))
    cell.outputs = []
    while True:
        connection.settimeout(max(0.1, end - time.monotonic()))
        try:
            received = connection.recv()
        except websocket.WebSocketTimeoutException:
            raise RuntimeError(f"no answer in time: {title}") from None
        if isinstance(received, bytes):  # of a widget
            continue
        message = json.loads(received)
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] in ("restarting", "autorestarting", "dead"):
            raise RuntimeError(f"the kernel died, perhaps for want of memory, in {title}")
        if message["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        if kind == "clear_output":
            cell.outputs = []
        elif kind in ("stream", "display_data", "execute_result"):
            cell.outputs.append(nbformat.v4.output_from_msg(message))
        elif kind == "error":
            raise RuntimeError(f"{content['ename']}: {content['evalue']}, in {title}")
        elif kind == "status" and content["execution_state"] == "idle":
            return


def free_ports(count):
    """Return ports of this machine that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@contextmanager
def students(count, work, data, environment=None):
    """Start a hub, and a server for each of its students; yield the students, and end them all with the block.

    Parameters
    ----------
    count : int
        How many.
    work : Path
        An empty folder, where the hub's files and the homes lie.
    data : Path
        The data folder, which all read.
    environment : dict, optional
        Variables of the servers' environment besides those of `SETTINGS`.
    """
    token, ports = secrets.token_hex(16), free_ports(3)
    configuration = work / "jupyterhub_config.py"
    environment = {"PYTHONPATH": str(ROOT), "LECTURE_DATA": str(data), **(environment or {})}
    proxy = [sys.executable, "-c", "from configurable_http_proxy.cli import main; main()"]
    server = [*AS_A_USER, sys.executable, "-m", "jupyterhub.singleuser"]
    homes, settings = str(work / "homes" / "{username}"), str(SETTINGS)
    configuration.write_text(CONFIGURATION.format_map({"start": START, **locals()}))
    with open(work / "hub.log", "w") as log:
        hub = psutil.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", configuration], cwd=work, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{ports[0]}"
        _wait_for(f"{address}/hub/api/", hub, work / "hub.log")
        group = [Student(address, token, work / "homes" / f"student-{k + 1}") for k in range(count)]
        together(Student.start, group)
        yield group
    finally:
        with suppress(psutil.NoSuchProcess):
            started = hub.children(recursive=True)
            hub.terminate()  # it ends the servers, and these their kernels
            _, late = psutil.wait_procs([hub, *started], STOP)
            for process in late:
                process.kill()
            psutil.wait_procs(late, STOP)


def together(act, group):
    """Do something for each of a group at the same time, and return what it gives."""
    with ThreadPoolExecutor(len(group)) as threads:
        return list(threads.map(act, group))


def _wait_for(address, process, log):
    """Wait until the hub answers."""
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            return requests.get(address, timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.2)
    raise RuntimeError(f"no hub at {address}:\n{log.read_text()[-2000:]}")


def proportional(process):
    """Return the proportional set size of a process and its children, in bytes; shared pages count in parts."""
    total = 0
    for part in [process, *process.children(recursive=True)]:
        try:
            text = Path(f"/proc/{part.pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):  # a child that has ended
            continue
        total += int(text.split("\nPss:")[1].split()[0]) * 1024
    return total
