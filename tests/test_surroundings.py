"""Users, machines and networks that are not as expected: the lecture goes on, and says in a sentence what is so."""

import http.server
import io
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import faulty_host as faults
import pooch
import pytest
from fault_cases import entering

import datasets
from datafiles import catalogue, fetching, files, sources

ROOT = Path(__file__).resolve().parent.parent
CASES = []
case = entering(CASES)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these modes nor these users")


@pytest.fixture
def says(request):
    """What the case of a test says."""
    return request.function.case.says


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Return a function that loads MNIST over the network as a new kernel does, and returns what it says of it."""
    monkeypatch.setattr(sources, "MNIST", list(sources.MNIST))
    monkeypatch.setattr(sources, "MNIST_COUNTS", sources.MNIST_COUNTS)
    entry = catalogue.CATALOGUE["mnist"]
    monkeypatch.setattr(entry, "remotes", sources.MNIST)
    for name in ("PAUSES", "READ_TIMEOUT"):
        monkeypatch.setattr(fetching, name, getattr(fetching, name))
    monkeypatch.setenv("LECTURE_OFFLINE", "0")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "data"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def load(*hosts):
        catalogue._decided.clear()
        faults.publish(faults.remotes(faults.small_mnist(), *hosts))
        result = faults.load()
        assert result["title"] == "MNIST stand-in"
        return result["state"]

    yield load
    catalogue._decided.clear()


@contextmanager
def serving(server):
    """Answer requests in a thread; yield the host and its port."""
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class WantsLogin(http.server.BaseHTTPRequestHandler):
    """A proxy that answers 407 to all."""

    def do_CONNECT(self):
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Basic realm=campus")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_CONNECT

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("scheme", ["http", "https"])
@case(
    "proxy that wants a login",
    "asks each host once; draws the stand-in",
    "the proxy wants a name and a password (407)",
)
def test_proxy_that_wants_a_login(scheme, load, says, monkeypatch):
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), WantsLogin)) as here:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://{here}")
        said = load(f"{scheme}://one.invalid", f"{scheme}://two.invalid")
    assert f"one.invalid or two.invalid cannot be asked: {says}" in said and "no network" not in said


@case(
    "proxy that is not there",
    "asks each host once; draws the stand-in",
    "the proxy does not answer, or refuses",
)
def test_proxy_that_is_not_there(load, says, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    said = load("https://host.invalid")
    assert says in said and "no network" not in said


class Untrusted(socketserver.BaseRequestHandler):
    """A host, or a firewall in the place of a proxy, whose certificate nobody has signed."""

    def handle(self):
        if self.request.recv(7, socket.MSG_PEEK) == b"CONNECT":
            self.request.recv(4096)
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate)
        with suppress(OSError):  # the client hangs up
            context.wrap_socket(self.request, server_side=True)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
@pytest.mark.parametrize("firewall", [False, True])
@case(
    "certificate that is not trusted, of a host or of a firewall",
    "asks each host once; draws the stand-in",
    "shows a certificate that is not trusted here",
)
def test_untrusted_certificate(firewall, load, says, monkeypatch, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout".split()
    subprocess.run([*make, key, "-out", certificate], check=True, capture_output=True)
    certificate.write_text(key.read_text() + certificate.read_text())
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Untrusted)
    server.certificate = certificate
    with serving(server) as here:
        if firewall:
            monkeypatch.setenv("HTTPS_PROXY", f"http://{here}")
        said = load("https://host.invalid" if firewall else f"https://{here}")
    assert says in said and "REQUESTS_CA_BUNDLE" in said and "no network" not in said


ADDRESSES = (
    "http://[mirror.example/lecture",
    "http://mirror.example:80a/lecture",
    "mirror.example/lecture",
    "http:/mirror.example/lecture",
    "htpp://mirror.example/lecture",
    "http://.mirror.example/lecture",
    "http://" + 70 * "mirror.example" + "/lecture",
)


@pytest.mark.parametrize("address", ADDRESSES)
@case(
    "mirror's address with a typing error",
    "names it; asks the next host, else draws the stand-in",
    "mirror.example",
)
def test_mirror_with_a_typing_error(address, load, says, monkeypatch):
    died = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    monkeypatch.setenv("LECTURE_MIRROR", address)
    assert says in load() and not died


@case(
    "download that fails as nobody foresaw, by a library too old",
    "draws the stand-in",
    "the download failed (TypeError",
)
def test_a_thread_never_dies_without_a_word(load, says, monkeypatch):
    died = []
    monkeypatch.setattr(threading, "excepthook", died.append)

    def retrieve(url, known_hash):
        pytest.fail("not called with so few arguments")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    with faults.Host(faults.small_mnist(), faults.good) as host:
        assert says in load(host.url)
    assert not died


# Processes of other users.

# What root may read, no mode forbids; without its privileges it does.
UNPRIVILEGED = """
import ctypes, os
if os.geteuid() == 0:  # Linux's capset, nothing kept
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
"""


def python(code, **environment):
    """Run Python in a process of its own, in the project; a variable that is None is not set there."""
    merged = {**os.environ, "LECTURE_OFFLINE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={name: str(value) for name, value in merged.items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=100,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@posix
@case("data folder that may not be read", "draws the stand-in", "may not be read (permission denied)")
def test_data_folder_that_may_not_be_read(says, tmp_path):
    locked = tmp_path / "locked"
    (locked / "MNIST" / "raw").mkdir(parents=True)
    locked.chmod(0)
    try:
        code = f"""{UNPRIVILEGED}
import datasets
print(datasets.MulticlassDataset.mnist().title)
print(datasets.main(["--check", "--only", "mnist"]))
"""
        said = python(code, LECTURE_DATA=locked).stdout
    finally:
        locked.chmod(0o755)
    first, title, *check = said.splitlines()
    assert str(locked) in first and says in first and title == "MNIST stand-in"
    assert any(str(locked) in line and says in line for line in check)


@posix
def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    def refuse(path, algorithm):
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / sources.MNIST[0].path
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(sources.MNIST[0].size))
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    monkeypatch.setattr(files, "digest", refuse)
    assert datasets.damage("mnist") == [f"{path} may not be read (permission denied)"]


@case("`LECTURE_DATA` that names a file", "uses the user's cache, else the stand-in", "must name a folder")
def test_data_folder_that_is_a_file(says, tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.write_text("")
    monkeypatch.setenv("LECTURE_DATA", str(path))
    assert datasets.MulticlassDataset.mnist().is_stand_in
    assert f"{path} is a file; LECTURE_DATA {says}" in catalogue.decide("mnist")[0].state


NAMELESS = """
try:
    import pwd
except ImportError:
    pass
else:
    def unknown(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")
    pwd.getpwuid = unknown
"""
HOMELESS = (
    "HOME",
    "USERPROFILE",
    "HOMEPATH",
    "USER",
    "LOGNAME",
    "USERNAME",
    "XDG_CACHE_HOME",
    "LOCALAPPDATA",
)


@pytest.mark.slow
@case(
    "user without a name and without a home, in a container", "uses `LECTURE_DATA`, else a temporary folder"
)
def test_user_without_a_home(tmp_path):
    find = f"{NAMELESS}\nimport datasets\nprint(datasets.data_folder())"
    work = "\nimport filters\nfilters.draw_kernels()\ndatasets.main(['--check', '--only', 'coco'])"
    nobody = dict.fromkeys([*HOMELESS, "LECTURE_CACHE", "LECTURE_DATA"])
    assert python(find + work, **{**nobody, "LECTURE_DATA": tmp_path}).stdout.startswith(str(tmp_path))
    assert "cnn-lecture" in python(find, **nobody, TMPDIR=tmp_path).stdout
    assert python(find, **{**nobody, "LECTURE_DATA": "~/data"}).stdout.startswith(str(Path("~/data")))


@case("console that cannot print a name", "writes it with escapes")
def test_console_that_cannot_print_a_name(tmp_path):
    folder = tmp_path / "Übung 日本"
    code = "import datasets; print(datasets.main(['--check', '--only', 'coco'])); datasets.say('✓ Übung')"
    done = python(code, LECTURE_DATA=folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "\\u2713 \\xdcbung"


def test_what_is_said_is_not_changed_where_it_can_be_printed(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    files.say("✓ Übung")
    assert stream.getvalue() == "✓ Übung\n"
