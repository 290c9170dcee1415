"""The lecture as a link: what GitHub Pages, Binder and Colab would read is what it should be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Binder's images are Linux")


def steps(workflow):
    """Return the steps of all jobs of a workflow."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_make_what_the_makefile_has(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow.get("on", workflow.get(True)), "YAML reads a bare `on` as true"
    made = [target for step in steps(workflow) for target in re.findall(r"\bmake (\S+)", step.get("run", ""))]
    assert made and set(made) <= set(TARGETS)
    assert all("uses" in step or "run" in step for step in steps(workflow))


def test_the_page_that_is_published_is_the_lecture():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    (copy,) = [command for command in commands if "lecture.html" in command]
    (upload,) = [step for step in steps(workflow) if "upload-pages-artifact" in step.get("uses", "")]
    assert f"lecture.html {upload['with']['path']}/index.html" in copy
    assert commands.index("make html") < commands.index(copy)
    assert workflow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}


def test_binder_installs_what_the_lecture_needs():
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (file,) = [line.removeprefix("-r ") for line in lines if line.startswith("-r ")]
    assert (ROOT / ".binder" / file).resolve() == ROOT / "requirements.txt"
    assert (ROOT / ".binder" / "runtime.txt").read_text().strip() == "python-3.11"
    assert os.access(ROOT / ".binder" / "postBuild", os.X_OK)


@on_linux
@pytest.mark.parametrize("python", ["exit 1", "kill -9 $$", f"exec {sys.executable} -c 'import nothing'"])
def test_binders_post_build_never_fails(python, tmp_path):
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [ROOT / ".binder" / "postBuild"], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0 and "stand-ins take their place" in done.stdout


@on_linux
@pytest.mark.slow
def test_binders_post_build_asks_for_the_data(tmp_path):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"LECTURE_OFFLINE": "1", "LECTURE_CACHE": str(tmp_path), "LECTURE_DATA": str(tmp_path)}
    done = subprocess.run(
        [ROOT / ".binder" / "postBuild"], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0 and "MNIST" in done.stdout and "LECTURE_OFFLINE" in done.stdout
