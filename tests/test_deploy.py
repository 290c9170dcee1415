"""What deploy/ and docs/class.md say of a class, as far as that can be tried without Docker, TLJH and Kubernetes."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
VALUES = yaml.safe_load((DEPLOY / "values.yaml").read_text(encoding="utf-8"))
CLASS = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
posix = pytest.mark.skipif(sys.platform == "win32", reason="neither image nor hub is for Windows")


def instructions(name):
    """Return what follows each instruction of the Dockerfile with this name."""
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.M)


@pytest.fixture
def spawner():
    """What starts a student's server, with the settings of a class."""
    from jupyterhub.spawner import SimpleLocalProcessSpawner

    loaded = PyFileConfigLoader("jupyterhub_config.py", str(DEPLOY)).load_config()
    return SimpleLocalProcessSpawner(config=loaded)


@posix
def test_the_hub_the_image_and_the_chart_agree(spawner):
    image = dict(pair.split("=", 1) for pair in " ".join(instructions("ENV")).split())
    assert image == spawner.environment
    student = VALUES["singleuser"]
    assert student["defaultUrl"] == spawner.default_url
    (volume,), (mount,) = student["storage"]["extraVolumes"], student["storage"]["extraVolumeMounts"]
    assert volume["name"] == mount["name"]
    assert mount["readOnly"] and volume["persistentVolumeClaim"]["readOnly"]
    assert mount["mountPath"] == image["LECTURE_DATA"] and f"mkdir {mount['mountPath']}" in DOCKERFILE
    assert instructions("USER") == ["jovyan"]
    units = {"M": 1 << 20, "G": 1 << 30}
    memory = {name: int(value[:-1]) * units[value[-1]] for name, value in student["memory"].items()}
    assert memory == {"guarantee": spawner.mem_guarantee, "limit": spawner.mem_limit}


def test_the_document_gives_the_same_memory():
    memory = VALUES["singleuser"]["memory"]
    assert f"guarantee of {memory['guarantee']}" in CLASS and f"limit of {memory['limit']}" in CLASS


@pytest.fixture
def copied(tmp_path):
    """What the image has in /opt/lecture."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line[1:] for line in lines if line.startswith("!")]
    for pattern in patterns:
        found = fnmatch.filter(os.listdir(ROOT), pattern)
        assert found, f"nothing is called {pattern}"
        for name in found:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tmp_path / name)
    assert set(instructions("COPY")) == {"requirements.txt /opt/lecture/", ". /opt/lecture"}
    return tmp_path


@posix
@pytest.mark.slow
def test_the_lecture_runs_from_what_is_in_the_image(copied, tmp_path_factory):
    """Students' copies of the notebooks lie in their homes, beside no module."""
    home, lecture = tmp_path_factory.mktemp("home"), str(copied)
    command, flag, script, name = json.loads(instructions("ENTRYPOINT")[0])
    first = "import json; cells = json.load(open('lecture.ipynb'))['cells']; "
    first += "print(''.join(next(cell for cell in cells if cell['cell_type'] == 'code')['source']))"
    script = script.replace("/opt/lecture", lecture)
    started = [command, flag, script, name, sys.executable, "-c", first]
    code = subprocess.run(started, cwd=home, capture_output=True, text=True, check=True).stdout
    assert (home / "my-exercises.ipynb").exists()
    code = "\n".join(line for line in code.splitlines() if not line.startswith("%"))
    environment = {**os.environ, "PYTHONPATH": lecture}
    code = code.replace("datasets.prepare()", "print(cnn.__file__)")
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip().startswith(lecture)
    (home / "lecture.ipynb").write_text("changed")
    subprocess.run([command, flag, script, name, "true"], cwd=home, check=True)
    assert (home / "lecture.ipynb").read_text() == "changed"


@posix
@pytest.mark.parametrize("reached", [True, False])
def test_the_image_gets_the_cpu_build_or_else_the_default(reached, tmp_path):
    (tmp_path / "pip").write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/said\n[ $# -lt 5 ] || {str(reached).lower()}\n'
    )
    (tmp_path / "pip").chmod(0o755)
    line = next(line for line in instructions("RUN") if "torchvision" in line)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TORCH": "INDEX"}
    subprocess.run(["sh", "-c", line], env=environment, check=True)
    said = (tmp_path / "said").read_text().splitlines()
    tried = [
        "install --no-cache-dir torch torchvision --index-url INDEX",
        "install --no-cache-dir torch torchvision",
    ]
    assert said == tried[: 1 if reached else 2]


@pytest.mark.slow
def test_the_lecture_begins_without_torchs_compiler():
    """It would take 170 MB of every student from the first cell on; torchvision loads it."""
    modules = "cnn, datasets, demos, exercises, filters, imagenet, pooling, resnet, studies, training"
    code = f"import sys, {modules}; print({{'torchvision', 'torch._dynamo', 'sympy'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
