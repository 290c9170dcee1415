"""Make .venv, and put into it what the lecture needs; with --tests what its tests need, too.

    python tools/install.py [--tests]

On Linux PyPI's PyTorch brings CUDA, gigabytes that a machine without an NVIDIA GPU has no use for. There PyTorch's own
index of CPU builds is asked first; where it does not answer, or what it gives does not work, the default build is
installed. On macOS and Windows PyPI's PyTorch is a CPU build already. A PyTorch that is in .venv is left alone.

JupyterLab's question about news, a box over the lecture, is answered with no; settings of one's own come first.

uv installs, unless pip has been told where packages come from, which uv would not read; pip does if uv cannot.
Only the standard library is used, since nothing is installed yet, and Python 3.6 can read this file, to be refused.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE = 5  # seconds for that index to answer, name look-up included
NVIDIA = Path("/proc/driver/nvidia/gpus")
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
# Settings by which pip finds packages where uv would not look.
OWN_SETTINGS = (
    *("index-url", "extra-index-url", "no-index", "find-links", "constraint"),
    *("proxy", "cert", "client-cert", "trusted-host"),
)


def python(root):
    """Return the path of the environment's interpreter."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def runs(command, **options):
    """Run a command to its end; return whether it succeeded."""
    try:
        return subprocess.run([str(word) for word in command], **options).returncode == 0
    except OSError:
        return False


def said(command):
    """Return what a command prints, "" if it fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def has_nvidia_gpu():
    """Return whether an NVIDIA GPU and its driver are here."""
    return (NVIDIA.is_dir() and any(NVIDIA.iterdir())) or "GPU " in said(["nvidia-smi", "-L"])


def answers(index, patience=None):
    """Return whether a package index lists builds of torch, within ``patience`` seconds."""
    listed = []

    def ask():
        try:
            with urllib.request.urlopen(index.rstrip("/") + "/torch/", timeout=patience or PATIENCE) as page:
                listed.append(b"torch-" in page.read(1 << 16))  # and is no page of a hotel's network
        except (OSError, ValueError):
            pass

    asking = threading.Thread(target=ask, daemon=True)  # looking up a name can outlast any timeout
    asking.start()
    asking.join(patience or PATIENCE)
    return listed == [True]


class Installer:
    """Installs into the environment of a folder: by uv, or by pip."""

    def __init__(self, root):
        self.python = python(root)
        self.pip = [self.python, "-m", "pip", "--disable-pip-version-check"]
        self.uv = self.python.with_name("uv.exe" if os.name == "nt" else "uv")
        self.by_uv = not self.pip_has_settings() and runs([*self.pip, "install", "--quiet", "uv"])
        if not self.by_uv:
            runs([*self.pip, "install", "--quiet", "--upgrade", "pip"])

    def pip_has_settings(self):
        """Return whether pip has been told where to find packages, by its files or the environment."""
        lines = said([*self.pip, "config", "list"]).splitlines()
        return any(line.split("=")[0].split(".")[-1] in OWN_SETTINGS for line in lines)

    def install(self, *wanted, index=None):
        """Install requirements, or ``-r`` files, if given from one index and no other; return whether it worked."""
        if self.by_uv:
            only = ["--no-config", "--default-index", index] if index else []
            command = [self.uv, "pip", "install", "--compile-bytecode", "--python", self.python]
            if runs([*command, *only, *wanted]):
                return True
            print("uv could not install that: pip tries.", flush=True)
        if index:  # what pip was told of other places would mix their builds with those of this one
            alone = dict(os.environ, PIP_CONFIG_FILE=os.devnull)
            return runs([*self.pip, "--isolated", "install", "--index-url", index, *wanted], env=alone)
        return runs([*self.pip, "install", *wanted])

    def has_pytorch(self):
        """Return whether torch and torchvision are installed, working or not."""
        find = "from importlib.util import find_spec as f; assert f('torch') and f('torchvision')"
        return runs([self.python, "-c", find], stderr=subprocess.DEVNULL)

    def pytorch_works(self):
        """Return whether torch and torchvision can be imported: builds that do not belong together cannot."""
        return runs([self.python, "-c", "import torch, torchvision"])


def make_environment(root):
    """Make .venv unless there is one; return whether it has a pip that runs."""
    if runs([python(root), "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        return True
    broken = [] if runs([python(root), "-c", ""]) else ["--clear"]  # its Python has been removed
    return runs([sys.executable, "-m", "venv", *broken, root / ".venv"])


def install_cpu_build(installer, requirements):
    """Install PyTorch's CPU build where it is wanted and can be had, saying which build it will be."""
    host = CPU_INDEX.split("/")[2]
    if not sys.platform.startswith("linux") or installer.has_pytorch():
        return
    if has_nvidia_gpu():
        print("An NVIDIA GPU is here: PyTorch with CUDA.", flush=True)
    elif not answers(CPU_INDEX):
        print(
            f"No NVIDIA GPU; {host}, which has small CPU builds, does not answer: PyPI's PyTorch.", flush=True
        )
    else:
        print(f"No NVIDIA GPU: PyTorch's CPU build, from {host}.", flush=True)
        lines = requirements.read_text(encoding="utf-8").splitlines()
        wanted = [line.split("#")[0].strip() for line in lines if line.startswith("torch")]
        if not (installer.install(*wanted, index=CPU_INDEX) and installer.pytorch_works()):
            print("That build does not work here: PyPI's PyTorch instead.", flush=True)
            runs([*installer.pip, "uninstall", "--quiet", "--yes", "torch", "torchvision"])


def quieten(root):
    """Let JupyterLab show nothing over the lecture that its user has not asked for."""
    settings = root / ".venv" / "share" / "jupyter" / "lab" / "settings" / "overrides.d" / "lecture.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(LAB_SETTINGS), encoding="utf-8")


def size(folder):
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main(arguments=None, root=ROOT):
    """Make the environment; return 0, or a sentence that says what to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="what the tests need, too")
    files = [root / "requirements.txt"]
    if parser.parse_args(arguments).tests:
        files.append(root / "tests" / "requirements.txt")
    if sys.version_info < (3, 10):  # noqa: UP036
        return f"The lecture needs Python 3.10 or later; {sys.executable} is {sys.version.split()[0]}."
    start = time.time()
    if not make_environment(root):
        return (
            f"No environment could be made in {root / '.venv'}: the lines above say why. On Debian and Ubuntu "
            f"`apt install python3-venv` brings what is missing."
        )
    installer = Installer(root)
    install_cpu_build(installer, files[0])
    requirements = [word for file in files for word in ("-r", file)]
    if not (installer.install(*requirements) and installer.pytorch_works()):
        free = shutil.disk_usage(str(root)).free / 1e9
        return (
            f"The installation failed: the lines above say why. It needs a network (behind a proxy set HTTPS_PROXY), "
            f"up to 8 GB on the disk ({free:.1f} are free) and Python 3.10 to 3.13 (this is "
            f"{sys.version.split()[0]}). Run the same command again: it goes on with what is there."
        )
    quieten(root)
    by = "uv" if installer.by_uv else "pip"
    print(f"Ready after {time.time() - start:.0f} s, by {by}: {size(root / '.venv') / 1e6:,.0f} MB in .venv.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
