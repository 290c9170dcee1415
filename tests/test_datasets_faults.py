"""Everything that goes wrong on the way to the data: the right data arrive, or the stand-in and a clear sentence.

``python tools/write_documents.py`` writes the table of these cases, and of those in `test_surroundings`.
"""

import dataclasses
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import faulty_host as faults
import numpy as np
import pytest
from fault_cases import STAND_IN, Case, entering

import datasets
from datafiles import catalogue, fetching, sources, storage

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "http://host.invalid"  # RFC 6761: never resolves


HOSTS = [
    Case("403 Forbidden", STAND_IN, "answered 403 Forbidden", faults.refuse(403)),
    Case("404 Not Found", STAND_IN, "answered 404 Not Found", faults.refuse(404)),
    Case("500 again and again", STAND_IN, "answered 500 Internal Server Error", faults.refuse(500)),
    Case("redirect to a web page with status 200", STAND_IN, "answered with a web page", faults.to_page),
    Case("web page under the file's name", STAND_IN, "bytes before the end", faults.page_as_file),
    Case("truncated body", STAND_IN, "broke off", faults.truncated),
    Case("more bytes than the file has", STAND_IN, "sent more than", faults.too_long),
    Case("wrong content of the right length", STAND_IN, "wrong checksum", faults.wrong),
    Case("stall in mid-file", STAND_IN, "sent nothing for", faults.stalls),
    Case("connection reset", STAND_IN, "broke", faults.resets),
]
CASES = list(HOSTS)
case = entering(CASES)


@pytest.fixture
def says(request):
    """What the case of a test says."""
    return request.function.case.says


@pytest.fixture(scope="module")
def files():
    return faults.small_mnist()


@pytest.fixture(scope="module", autouse=True)
def drawn(own_folders):
    """Draw the stand-in digits once for all tests: they are found in the user's cache."""
    catalogue.draw_mnist()


@pytest.fixture(autouse=True)
def network(monkeypatch, tmp_path):
    """Allow the network, in a data folder of the test's own, and retry quickly."""
    monkeypatch.setenv("LECTURE_OFFLINE", "0")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "data"))
    mnist, counts = list(sources.MNIST), sources.MNIST_COUNTS
    for name in ("PAUSES", "READ_TIMEOUT"):
        monkeypatch.setattr(fetching, name, getattr(fetching, name))
    yield
    sources.MNIST[:], sources.MNIST_COUNTS = mnist, counts


@pytest.fixture
def load(files):
    """Return a function that loads MNIST from hosts as a new kernel does, and says what came of it."""

    def load(*hosts):
        catalogue._decided.clear()
        faults.publish(faults.remotes(files, *hosts))
        return faults.load()

    return load


@pytest.fixture(scope="module")
def right(files, tmp_path_factory):
    """CRC-32 of the published images and labels, from a loading that nothing disturbs."""
    images, labels = [], []
    for path, data in files.items():
        raw = gzip.decompress(data)
        (images if "images" in path else labels).append(raw[16:] if "images" in path else raw[8:])
    return f"{zlib.crc32(b''.join(labels), zlib.crc32(b''.join(images))):08x}"


def data_files(folder):
    """Return the names of what lies where the data should, without locks."""
    return sorted(path.name for path in (folder / "MNIST" / "raw").glob("*"))


def assert_no_bad_file(folder, files):
    """Assert that where an official file should be is that file or nothing."""
    for path, data in files.items():
        assert not (folder / path).exists() or (folder / path).read_bytes() == data


def assert_stand_in(result, says):
    assert result["title"] == "MNIST stand-in"
    assert "stand-in digits, drawn here" in result["state"]
    assert says in result["state"]


@pytest.mark.parametrize("fault", HOSTS, ids=[each.fault for each in HOSTS])
def test_bad_host(fault, load, files, right, tmp_path, capsys):
    with faults.Host(files, fault.behaviour) as bad, faults.Host(files, faults.good) as good:
        assert_stand_in(load(bad.url), fault.says)
        assert capsys.readouterr().out.count("stand-in") == 1
        assert_no_bad_file(tmp_path / "data", files)
        result = load(bad.url, good.url)
        assert (result["title"], result["crc32"]) == ("MNIST", right)
        assert data_files(tmp_path / "data") == sorted(Path(path).name for path in files)


@case("500 twice, then 200", "tries again after growing pauses; the real data")
def test_500_twice(load, files, right):
    with faults.Host(files, faults.twice_500) as host:
        result = load(host.url)
    assert (result["title"], result["crc32"]) == ("MNIST", right)
    assert len(host.log) == 3 * len(files)


@case("connection cut in mid-file", "asks for the rest only; the real data")
def test_resumption(load, files, right):
    with faults.Host(files, faults.cut_once) as host:
        result = load(host.url)
    assert (result["title"], result["crc32"]) == ("MNIST", right)
    for path, data in files.items():
        assert host.log.count((path, None)) == 1
        assert host.log.count((path, f"bytes={len(data) // 2}-")) == 1


@case(
    "beginning from a host that sent something else", "finds the checksum wrong, starts afresh; the real data"
)
def test_resumption_of_something_else(load, files, right, tmp_path):
    path = next(iter(files))
    part = fetching.part_of(tmp_path / "data" / path)
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(1000))
    with faults.Host(files, faults.good) as host:
        result = load(host.url)
    assert (result["title"], result["crc32"]) == ("MNIST", right)
    assert [wanted for asked, wanted in host.log if asked == path] == ["bytes=1000-", None]


@pytest.mark.slow
@case(
    "slow drip, one second of patience",
    "draws the stand-in at once; the download goes on for the next run",
    "the real data are still coming, for the next run",
)
def test_slow_drip(load, files, right, monkeypatch, says, tmp_path):
    monkeypatch.setenv("LECTURE_PATIENCE", "1")
    with faults.Host(files, faults.drips) as host:
        start = time.monotonic()
        result = load(host.url)
        assert time.monotonic() - start < 4  # all of it takes five
        assert_stand_in(result, says)
        assert faults.load()["title"] == "MNIST stand-in"  # a data set never changes under a running kernel
        deadline = time.monotonic() + 30
        while len(list((tmp_path / "data" / "MNIST").glob("raw/*.gz"))) < len(files):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert faults.load()["title"] == "MNIST stand-in"
        assert "arrived since" in faults.load()["state"]
        result = load(host.url)
    assert (result["title"], result["crc32"]) == ("MNIST", right)


@case(
    "no DNS",
    "asks each host once, without pauses; draws the stand-in",
    "no network: cannot reach host.invalid",
)
def test_no_dns(load, says, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    start = time.monotonic()
    assert_stand_in(load(NOWHERE), says)
    assert sum(waited) == 0
    assert time.monotonic() - start < 10  # a resolver that never answers is not waited for


@case(
    "nothing listens", "asks each host once, without pauses; draws the stand-in", "no network: cannot reach"
)
def test_connection_refused(load, says, files):
    with faults.Host(files, faults.good) as host:
        pass
    start = time.monotonic()
    assert_stand_in(load(host.url), says)
    assert time.monotonic() - start < 5


@case("`LECTURE_OFFLINE=1`", "asks nobody; draws the stand-in", "LECTURE_OFFLINE forbids fetching it")
def test_offline(load, says, files, monkeypatch):
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    with faults.Host(files, faults.good) as host:
        assert_stand_in(load(host.url), says)
    assert not host.log


def test_mirror_is_asked_first(load, files, right, monkeypatch):
    with faults.Host(files, faults.good) as mirror, faults.Host(files, faults.good) as official:
        monkeypatch.setenv("LECTURE_MIRROR", mirror.url + "/")
        assert load(official.url)["crc32"] == right
    assert len(mirror.log) == len(files) and not official.log


def test_bad_mirror_is_named(load, monkeypatch):
    monkeypatch.setenv("LECTURE_MIRROR", "nonsense")
    assert "nonsense" in load(NOWHERE)["state"]


@pytest.mark.parametrize("text", ["soon", "-1", "nan"])
def test_bad_patience(text, load, monkeypatch):
    monkeypatch.setenv("LECTURE_PATIENCE", text)
    with pytest.raises(ValueError, match=f"LECTURE_PATIENCE must be a number of seconds.*{text}"):
        load(NOWHERE)


# Processes of their own.


class Kernel:
    """A process that loads MNIST."""

    def __init__(self, tmp_path, files, *hosts, data=None, limit=None, wrapper=(), **environment):
        listed = tmp_path / "remotes.json"
        listed.write_text(json.dumps([dataclasses.astuple(r) for r in faults.remotes(files, *hosts)]))
        command = [*wrapper, sys.executable, str(ROOT / "tests" / "faulty_host.py"), str(listed)]
        environment = {"PYTHONPATH": str(ROOT), "LECTURE_DATA": str(data or tmp_path / "data"), **environment}
        self.process = subprocess.Popen(
            command + ([str(limit)] if limit else []),
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def result(self):
        """Wait for it and return what came of its loading."""
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return json.loads(out.splitlines()[-1])


@pytest.mark.slow
@case("process killed in mid-download (SIGKILL)", "leaves only a `.part`; the next run asks for the rest")
def test_killed(files, right, tmp_path):
    data = tmp_path / "data"
    path = next(iter(files))
    with faults.Host(files, faults.drips) as host:
        kernel = Kernel(tmp_path, files, host.url)
        part = fetching.part_of(data / path)
        deadline = time.monotonic() + 30
        while fetching.size_of(part) < len(files[path]) // 4:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        kernel.process.kill()
        kernel.process.wait()
        assert data_files(data) == [part.name]
    with faults.Host(files, faults.good) as host:
        result = Kernel(tmp_path, files, host.url).result()  # the dead process's lock holds nobody up
    assert (result["title"], result["crc32"]) == ("MNIST", right)
    assert re.fullmatch(r"bytes=[1-9]\d+-", host.log[0][1])
    assert data_files(data) == sorted(Path(path).name for path in files)


@pytest.mark.slow
@case(
    "ten processes at once on an empty cache", "one fetches each file, the others wait for it; the real data"
)
def test_ten_at_once(files, right, tmp_path):
    with faults.Host(files, faults.good) as host:
        kernels = [Kernel(tmp_path, files, host.url) for _ in range(10)]
        results = [kernel.result() for kernel in kernels]
    assert {(result["title"], result["crc32"]) for result in results} == {("MNIST", right)}
    assert sorted(path for path, _ in host.log) == sorted(files)


# What root may do, a mode of 0555 does not stop: without this capability it does.
UNPRIVILEGED = (
    [
        sys.executable,
        "-c",
        "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])",
    ]
    if sys.platform == "linux" and os.geteuid() == 0
    else []
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these modes nor these limits")


@pytest.mark.slow
@posix
@case("read-only data folder", "reads it; what has to be written goes to the user's cache; the real data")
def test_read_only_folder(files, right, tmp_path):
    data, cache = tmp_path / "data", tmp_path / "cache"
    for path, content in files.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_bytes(content)
    data.chmod(0o555)
    try:
        kernel = Kernel(tmp_path, files, NOWHERE, wrapper=UNPRIVILEGED, LECTURE_CACHE=str(cache))
        result = kernel.result()
        assert (result["title"], result["crc32"]) == ("MNIST", right)
        assert not (data / "prepared").exists()
        assert (cache / "prepared" / "mnist.images.npy").exists()
    finally:
        data.chmod(0o755)


@pytest.mark.slow
@posix
@case(
    "no folder may be written", "draws the stand-in in memory", "no folder can be written; set LECTURE_DATA"
)
def test_nowhere_to_write(files, tmp_path, says):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    with faults.Host(files, faults.good) as host:
        kernel = Kernel(
            tmp_path,
            files,
            host.url,
            wrapper=UNPRIVILEGED,
            data=locked / "data",
            LECTURE_CACHE=str(locked / "cache"),
        )
        assert_stand_in(kernel.result(), says)
    assert not host.log


@pytest.mark.slow
@posix
@case(
    "disk full (a limit on the size of files)", "gives the space back, draws the stand-in", "the disk is full"
)
def test_disk_full(files, right, tmp_path, says):
    with faults.Host(files, faults.good) as host:
        assert_stand_in(Kernel(tmp_path, files, host.url, limit=100_000).result(), says)
        assert data_files(tmp_path / "data") == []
        assert Kernel(tmp_path, files, host.url).result()["crc32"] == right


@pytest.mark.slow
@posix
@case("disk full while arrays are prepared", "keeps them in memory; the real data")
def test_disk_full_while_preparing(files, right, tmp_path):
    limit = max(len(data) for data in files.values()) + 100_000
    with faults.Host(files, faults.good) as host:
        result = Kernel(
            tmp_path, files, host.url, limit=limit, LECTURE_CACHE=str(tmp_path / "cache")
        ).result()
    assert (result["title"], result["crc32"]) == ("MNIST", right)
    left = [path.name for path in (tmp_path / "data" / "prepared").iterdir()]
    assert not [name for name in left if name.endswith((".npy", ".json", ".tmp"))]


# Files that turn bad, or were made to do harm.


def damage(path):
    """Change one byte in the middle of a file, which Windows allows only once nobody maps it."""
    catalogue._decided.clear()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


@case("prepared array damaged later", "its CRC-32 is wrong: prepares it again; the real data")
def test_prepared_array_damaged(load, files, right, tmp_path):
    prepared = tmp_path / "data" / "prepared" / "mnist.images.npy"
    with faults.Host(files, faults.good) as host:
        assert load(host.url)["crc32"] == right
        whole = prepared.read_bytes()
        damage(prepared)
        assert load(host.url)["crc32"] == right
        assert prepared.read_bytes() == whole
        catalogue._decided.clear()
        prepared.write_bytes(whole[: len(whole) // 2])
        assert load(host.url)["crc32"] == right
    assert len(host.log) == len(files)  # nothing was fetched again


@case(
    "official file damaged later",
    "never used: fetched again; offline, the stand-in",
    "is damaged: its checksum",
)
def test_official_file_damaged(load, files, right, tmp_path, says, monkeypatch, capsys):
    path = tmp_path / "data" / next(iter(files))
    with faults.Host(files, faults.good) as host:
        load(host.url)
        damage(path)
        monkeypatch.setenv("LECTURE_OFFLINE", "1")
        assert_stand_in(load(host.url), says)
        monkeypatch.setenv("LECTURE_OFFLINE", "0")
        assert load(host.url)["crc32"] == right
        damage(path)
        capsys.readouterr()
        assert datasets.main(["--check", "--only", "mnist"]) == 0
        assert f"{path} is damaged" in capsys.readouterr().out
    assert_no_bad_file(tmp_path / "data", files)
    assert path.with_name(path.name + ".damaged").exists()  # nothing of the user's is lost


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Return a function that makes a CIFAR-10 archive of members and passes it off as the official one."""

    def archive(*members, official=True):
        path = tmp_path / "data" / sources.CIFAR10.path
        path.parent.mkdir(parents=True)
        with tarfile.open(path, "w:gz", compresslevel=1) as tar:
            for name, size in members:
                member = tarfile.TarInfo(name)
                member.size = size
                tar.addfile(member, io.BytesIO(bytes(size)))
        if official:
            checksum = "md5:" + fetching.pooch.file_hash(str(path), alg="md5")
            forged = dataclasses.replace(
                sources.CIFAR10, checksum=checksum, size=path.stat().st_size, urls=()
            )
            monkeypatch.setattr(sources, "CIFAR10", forged)
        return path

    return archive


@case("tar with `../` in a name", "reads members by exact name, unpacks nothing; the stand-in", "missing")
def test_tar_that_climbs(archive, tmp_path, says):
    archive(("../climbed", 10), (f"../{sources.CIFAR10_FOLDER}/test_batch.bin", sources.CIFAR10_BATCH))
    found, problems = catalogue.search("cifar10")
    assert found is None and says in problems[0]
    climbed = [path for path in tmp_path.rglob("*") if path.name in ("climbed", "test_batch.bin")]
    assert not climbed


@case("tar with a member too large for CIFAR-10", "refused by its size; the stand-in", "not of CIFAR-10")
def test_tar_bomb(archive, says):
    archive((f"{sources.CIFAR10_FOLDER}/test_batch.bin", 2 * sources.CIFAR10_BATCH))
    found, problems = catalogue.search("cifar10")
    assert found is None and says in problems[0]


def test_archive_with_another_checksum_is_not_opened(archive, monkeypatch):
    archive((f"{sources.CIFAR10_FOLDER}/test_batch.bin", 100), official=False)
    monkeypatch.setattr(tarfile, "open", None)
    found, problems = catalogue.search("cifar10")
    assert found is None and "is damaged: its checksum is not the official one" in problems[0]


@case("gzip bomb", "decompresses no more than the format allows; the stand-in", "does not hold an IDX array")
def test_gzip_bomb(load, files, says):
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as stream:
        for _ in range(300):
            stream.write(bytes(1_000_000))
    name = next(iter(files))
    with faults.Host({**files, name: bomb.getvalue()}, faults.good) as host:
        faults.publish(
            faults.remotes({**files, name: bomb.getvalue()}, host.url)
        )  # its checksum is the official one
        catalogue._decided.clear()
        tracemalloc.start()
        result = faults.load()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert_stand_in(result, says)
    assert peak < 60e6


class Harm:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("kind", ["npy", "npz"])
@case(
    "npy or npz with a pickled object in place of a prepared array",
    "never unpickled: prepares the array again",
)
def test_pickled_object(kind, load, files, right, tmp_path):
    harm = tmp_path / "harm"
    prepared = tmp_path / "data" / "prepared"
    with faults.Host(files, faults.good) as host:
        load(host.url)
        catalogue._decided.clear()
        payload = io.BytesIO()
        np.save(payload, np.array([Harm(harm)], dtype=object), allow_pickle=True)
        if kind == "npz":
            member, payload = payload.getvalue(), io.BytesIO()
            with zipfile.ZipFile(payload, "w") as archive:
                archive.writestr("arr_0.npy", member)
        target = prepared / "mnist.images.npy"
        target.write_bytes(payload.getvalue())
        record = json.loads((prepared / "mnist.json").read_text())
        record["arrays"]["images"] = [[1], "object", storage.crc_of(target)]
        (prepared / "mnist.json").write_text(json.dumps(record))
        assert load(host.url)["crc32"] == right
    assert not harm.exists()
