"""The README and docs/: every command can be run, every link leads somewhere, and what they say is so.

A block of commands, in bash, Python or JavaScript, has a mark in the line before it, a comment that no reader sees:

- ``<!-- run -->``: it is run here, in a copy of the project.
- ``<!-- run by PATH -->``: that test runs it, or CI does.
- ``<!-- part of PATH -->``: it stands in that file.
- ``<!-- not run: REASON -->``: it needs what is not here.

Of every command, run or not, the target of make and the script have to exist.
"""

import ast
import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import write_documents

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
MARKED = re.compile(
    r"(?:^<!-- (run|run by \S+|part of \S+|not run: .+) -->\n)?^```(\w*)\n(.*?)^```$", re.M | re.S
)
LANGUAGES = ("bash", "python", "js", "text")  # text: what is no command, such as an address
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)|!\[[^\]]*\]\(([^)\s]+)\)")
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", ".pytest_cache", ".ruff_cache", "__pycache__", "*.html"
)


@functools.cache
def text(path):
    """Return a document as text."""
    return path.read_text(encoding="utf-8")


def blocks():
    """Return all blocks of code as pytest's parameters: document, mark, language, code."""
    return [
        pytest.param(
            path, *found.groups(), id=f"{path.stem}:{text(path)[: found.start()].count(chr(10)) + 1}"
        )
        for path in DOCUMENTS
        for found in MARKED.finditer(text(path))
    ]


BLOCKS = blocks()
RUN = [block for block in BLOCKS if block.values[1] == "run"]


@pytest.mark.parametrize(("path", "mark", "language", "code"), BLOCKS)
def test_every_block_says_whether_it_is_run(path, mark, language, code):
    assert language in LANGUAGES, f"write one of {LANGUAGES} behind the ```"
    assert mark or language == "text", (
        "put <!-- run -->, <!-- run by PATH --> or <!-- not run: why --> before it"
    )
    if mark and mark.startswith("run by "):
        assert (ROOT / mark.removeprefix("run by ")).exists()
    if mark and mark.startswith("part of "):
        assert code in (ROOT / mark.removeprefix("part of ")).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_what_is_named_exists(path):
    """Targets of make and scripts, in blocks and in sentences."""
    code = [found[3] for found in MARKED.finditer(text(path))] + re.findall(r"`([^`\n]+)`", text(path))
    for command in code:
        assert set(re.findall(r"^make ([a-z][a-z-]*)", command, re.M)) <= set(write_documents.targets())
        for script in re.findall(r"\b(?:tools|benchmarks)[/\\][\w/\\.]+\.\w+", command):
            assert (ROOT / script.replace("\\", "/")).exists(), script


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_to_files(path):
    places = [link or picture for link, picture in LINK.findall(text(path))]
    lost = [place for place in places if "://" not in place and not (path.parent / place).exists()]
    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_no_block_is_indented_in_place_of_fenced(path):
    outside = MARKED.sub("", text(path))
    assert re.findall(r"\n\n    \S.*", outside) == []


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, with the interpreter that runs this as its environment."""
    project = tmp_path_factory.mktemp("copy") / "lecture"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    (project / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return project


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize(("path", "mark", "language", "code"), RUN)
def test_commands_run(path, mark, language, code, project):
    command = ["bash", "-euo", "pipefail", "-c", code] if language == "bash" else [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", write_documents.TABLES)
def test_tables_that_stand_elsewhere_are_the_same_here(name):
    if name == "without-make" and not shutil.which("make"):
        pytest.skip("needs make")
    _, make = write_documents.TABLES[name]
    assert write_documents.written(name) == make(), "run: python tools/write_documents.py"


HOUSE = re.findall(r"^\| \[(\w+)\]\(", text(ROOT / "docs" / "contributing.md"), re.M)


def imports(path):
    """Return the folders and modules of the house that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found & set(HOUSE)


@pytest.mark.parametrize("name", HOUSE)
def test_each_row_of_the_house_imports_only_those_above_it(name):
    files = [ROOT / f"{name}.py"] if (ROOT / f"{name}.py").exists() else list((ROOT / name).rglob("*.py"))
    above = set(HOUSE[: HOUSE.index(name) + 1])
    assert files and {str(path): imports(path) - above for path in files if imports(path) - above} == {}


def test_the_house_is_complete():
    folders = {path.parent.name for path in ROOT.glob("[a-z]*/*.py")} - {"build", "deploy"}
    assert set(HOUSE) == folders | {path.stem for path in ROOT.glob("*.py")}


def sources():
    """Return what the lecture's programs and tools say, as one text, without the breaks of its lines."""
    files = [*ROOT.glob("*.py"), ROOT / "lecture.ipynb"]
    for folder in ("datafiles", "training", "figures", "demos", "tools", "exercises"):
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".js")]
    return re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in files))


def test_questions_quote_what_the_lecture_says():
    answers = text(ROOT / "docs" / "questions.md").split("<!-- reliability -->")[0]
    quoted = [words for words in re.findall("“(.+?)”", answers) if words != "quotation marks"]
    said = sources()
    assert len(quoted) >= 9 and [words for words in quoted if words not in said] == []


def test_the_version_is_the_same_everywhere():
    changes, citation = text(ROOT / "CHANGELOG.md"), (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    version, date = re.findall(r"^## \[(\d[\d.]*)\] - (\d{4}-\d\d-\d\d)$", changes, re.M)[0]
    fields = yaml.safe_load(citation)
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert fields["version"] == version and fields["date-released"] == date


def test_the_citation_is_valid():
    """By the schema of the Citation File Format 1.2.0, as far as this file uses it."""
    fields = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(fields) and fields["cff-version"] == "1.2.0"
    assert fields["type"] in ("software", "dataset") and fields["license"] == "MIT"
    assert all(set(author) == {"name"} for author in fields["authors"])
    assert all(isinstance(fields[name], str) for name in ("version", "date-released", "title", "message"))
    assert fields["authors"][0]["name"].lower() in (ROOT / "LICENSE").read_text(encoding="utf-8").lower()
