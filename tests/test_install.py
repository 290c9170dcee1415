"""Setting up: which PyTorch is installed, from where and by what: small packages on servers of this machine."""

import ast
import http.server
import importlib.metadata
import io
import json
import os
import shutil
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request
import zipfile

import pytest
from browser import lab

from tools import install

PYTORCH = ("torch", "torchvision")
DEFAULT = {"torch": "2.9", "torchvision": "0.24"}
CPU = {"torch": "2.9+cpu", "torchvision": "0.24+cpu"}
STALE = "raise RuntimeError('operator torchvision::nms does not exist')"  # as of another torch's index
INSTEAD = "That build does not work here: PyPI's PyTorch instead."
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two builds to choose from")


def wheel(name, version, code=""):
    """Return a package of one module as a wheel: (file name, bytes)."""
    held, stem = io.BytesIO(), f"{name}-{version}"
    with zipfile.ZipFile(held, "w") as file:
        file.writestr(f"{name}.py", f"__version__ = {version!r}\n{code}")
        file.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        file.writestr(
            f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{stem}.dist-info/RECORD", "")
    return f"{stem}-py3-none-any.whl", held.getvalue()


class Indices:
    """A server of package indices by name, which remembers what it was asked for."""

    def __init__(self):
        self.pages, self.asked = {}, []
        indices = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                indices.asked.append(self.path)
                body = indices.pages.get(urllib.parse.unquote(self.path))
                self.send_response(200 if body is not None else 404)
                self.send_header(
                    "Content-Type", "text/html" if self.path.endswith("/") else "application/zip"
                )
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def address(self, index):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{index}"

    def publish(self, index, *wheels):
        for name, content in wheels:
            package = f"/{index}/{name.split('-')[0]}/"
            self.pages[package] = self.pages.get(package, b"") + f'<a href="{name}">{name}</a>\n'.encode()
            self.pages[package + name] = content


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with an environment, and what it wants."""
    root = tmp_path_factory.mktemp("a new user's folder")
    (root / "requirements.txt").write_text("torch>=2.6\ntorchvision>=0.21  # of the same index\nsmall\n")
    assert install.make_environment(root)
    return root


def packages(root):
    """Return the folder that an environment installs packages into."""
    return next((root / ".venv").rglob("site-packages"))


@pytest.fixture
def indices(root, monkeypatch):
    """Two indices, of default and of CPU builds; neither a GPU nor PyTorch is here."""
    indices = Indices()
    indices.publish("default", wheel("small", "1"), *(wheel(*each) for each in DEFAULT.items()))
    monkeypatch.setattr(install, "NVIDIA", root / "no such driver")
    monkeypatch.setattr(install, "CPU_INDEX", indices.address("cpu"))
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", indices.address("default"))
    for path in packages(root).glob("torch*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    yield indices
    indices.server.shutdown()
    indices.server.server_close()


@pytest.fixture(scope="module")
def installer(root):
    """An installer by pip, without the calls of pip that choose one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(install, "runs", lambda *_, **__: False)
        return install.Installer(root)


def publish_cpu_builds(indices, torchvision=""):
    """Publish CPU builds of torch, and of torchvision with some code in it (None for none at all)."""
    indices.publish("cpu", wheel("torch", "2.9+cpu"))
    if torchvision is not None:
        indices.publish("cpu", wheel("torchvision", "0.24+cpu", torchvision))


def installed(root):
    """Return the versions of torch and torchvision in an environment, those that are there."""
    found = importlib.metadata.distributions(path=[str(packages(root))])
    return {each.name: each.version for each in found if each.name.startswith("torch")}


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize(
    ("torchvision", "expected", "words"),
    [("", CPU, "No NVIDIA GPU: PyTorch's CPU build"), (STALE, DEFAULT, INSTEAD)],
    ids=["works", "does not import"],
)
def test_without_a_gpu_the_cpu_build_if_it_works(torchvision, expected, words, root, indices, capfd):
    publish_cpu_builds(indices, torchvision)
    assert install.main([], root) == 0
    assert installed(root) == expected
    said = capfd.readouterr().out
    assert words in said and "MB in .venv" in said
    assert list(root.glob(".venv/share/jupyter/lab/settings/overrides.d/*.json"))


@on_linux
@pytest.mark.slow
def test_of_an_index_that_lacks_one_of_both_nothing_is_kept(root, indices, installer, capfd):
    publish_cpu_builds(indices, torchvision=None)
    install.install_cpu_build(installer, root / "requirements.txt")
    assert installed(root) == {} and INSTEAD in capfd.readouterr().out


@on_linux
@pytest.mark.slow
def test_a_failure_ends_in_what_to_do(root, indices, capfd):
    del indices.pages["/default/torch/"]
    said = install.main([], root)
    assert said.startswith("The installation failed") and "Run the same command again" in said
    assert "does not answer: PyPI's PyTorch." in capfd.readouterr().out


@on_linux
@pytest.mark.slow
def test_with_a_gpu_the_default_build_and_no_question(root, indices, installer, monkeypatch, tmp_path, capfd):
    publish_cpu_builds(indices)
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 (UUID: GPU-0)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    install.install_cpu_build(installer, root / "requirements.txt")
    assert "An NVIDIA GPU is here" in capfd.readouterr().out and not indices.asked
    tool.write_text("#!/bin/sh\necho 'No devices were found'; exit 6\n")
    assert not install.has_nvidia_gpu()


@pytest.mark.slow
def test_a_pytorch_that_is_there_is_left_alone(root, indices, installer):
    publish_cpu_builds(indices)
    for name in PYTORCH:
        (packages(root) / f"{name}.py").write_text("")
    install.install_cpu_build(installer, root / "requirements.txt")
    assert not indices.asked


def test_a_driver_without_a_gpu_is_no_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "NVIDIA", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not install.has_nvidia_gpu()
    (tmp_path / "0000:01:00.0").mkdir()
    assert install.has_nvidia_gpu()


@pytest.mark.slow
def test_what_is_no_index_does_not_answer(indices):
    assert not install.answers(indices.address("cpu"))
    indices.pages["/cpu/torch/"] = b"<h1>Welcome to our hotel</h1>"
    assert not install.answers(indices.address("cpu"))
    indices.pages["/cpu/torch/"] = b'<a href="torch-2.9.whl">torch-2.9.whl</a>'
    assert install.answers(indices.address("cpu"))
    assert not install.answers("no address")


def test_an_index_that_keeps_one_waiting_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert not install.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/cpu", patience=0.3)
        assert time.monotonic() - start < 5


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_macos_and_windows_have_one_build_and_ask_nobody(platform, root, indices, installer, monkeypatch):
    publish_cpu_builds(indices)
    monkeypatch.setattr(sys, "platform", platform)
    install.install_cpu_build(installer, root / "requirements.txt")
    assert not indices.asked


def commands(monkeypatch, fails):
    """Record the commands that are run, of which those with the word ``fails`` in them fail."""
    run = []

    def record(command, **_):
        run.append(" ".join(map(str, command)))
        return fails not in run[-1]

    monkeypatch.setattr(install, "runs", record)
    return run


@pytest.mark.slow
def test_uv_installs_where_pip_has_no_settings_of_its_own(root, indices, monkeypatch):
    run = commands(monkeypatch, fails="nothing")
    assert not install.Installer(root).by_uv, "PIP_INDEX_URL is not known to uv"
    monkeypatch.delenv("PIP_INDEX_URL")
    installer = install.Installer(root)
    assert installer.by_uv and installer.install("torch", index="http://cpu")
    assert "/uv pip install" in run[-1] and run[-1].endswith("--default-index http://cpu torch")


@pytest.mark.slow
def test_pip_installs_where_uv_cannot(installer, monkeypatch):
    run = commands(monkeypatch, fails="/uv pip")
    monkeypatch.setattr(installer, "by_uv", True)
    assert installer.install("small")
    assert "/uv pip install" in run[-2] and "-m pip" in run[-1] and run[-1].endswith("install small")


def test_an_old_python_is_told_so_and_can_read_the_script(monkeypatch, tmp_path):
    ast.parse(open(install.__file__, encoding="utf-8").read(), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 8, 0))
    assert "needs Python 3.10 or later" in install.main([], tmp_path)


def test_no_environment_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / ".venv").write_text("")  # a file in its place
    assert "No environment could be made" in install.main([], tmp_path)


@pytest.mark.slow
def test_jupyterlab_shows_no_box_over_the_lecture(tmp_path):
    install.quieten(tmp_path)
    there = tmp_path / ".venv" / "share" / "jupyter" / "lab" / "settings"
    own = {"settings": {}, "arguments": [f"--LabApp.app_settings_dir={there}"]}
    with (
        lab.server(tmp_path, tmp_path, **own) as address,
        urllib.request.urlopen(
            f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification"
        ) as answer,
    ):
        options = json.load(answer)["schema"]["properties"]
    assert options["fetchNews"]["default"] == "false" and options["checkForUpdates"]["default"] is False
