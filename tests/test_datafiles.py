"""Below the data's interface: the readers of the official formats, the arrays kept on disk, the time left."""

import _thread
import gzip
import os
import signal
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import datasets
from datafiles import catalogue, fetching, files, sources, storage
from datasets import MulticlassDataset


def idx(array):
    return struct.pack(f">{1 + array.ndim}i", 0x800 + array.ndim, *array.shape) + array.tobytes()


def test_read_idx(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx(array)))
    np.testing.assert_array_equal(sources.read_idx(path, (2, 3, 4)), array)
    for shape in ((2, 3, 5), (2, 3, 3), (3, 2, 4), (24,)):
        with pytest.raises(ValueError, match="does not hold an IDX array"):
            sources.read_idx(path, shape)
    path.write_bytes(gzip.compress(idx(array))[:-9])
    with pytest.raises(ValueError, match="is damaged"):
        sources.read_idx(path, (2, 3, 4))
    path.write_bytes(b"not gzip at all")
    with pytest.raises(ValueError, match="is damaged"):
        sources.read_idx(path, (2, 3, 4))


def loose_cifar10(folder, label=3):
    """Write six batches whose i-th image is all i % 256, but whose last label is ``label``."""
    (folder / sources.CIFAR10_FOLDER).mkdir()
    records = np.repeat(np.arange(10_000)[:, None] % 256, sources.CIFAR10_RECORD, 1).astype(np.uint8)
    records[:, 0] = np.arange(10_000) % 10
    for name in sources.CIFAR10_BATCHES:
        records[-1, 0] = label if name == "test_batch.bin" else 9
        (folder / sources.CIFAR10_FOLDER / name).write_bytes(records.tobytes())


def test_read_cifar10(tmp_path):
    loose_cifar10(tmp_path)
    images, labels = sources.read_cifar10(sources.loose_batches(tmp_path))
    assert images.shape == (60_000, 3, 32, 32)
    assert labels[:3].tolist() == [0, 1, 2] and labels[-1] == 3
    assert (images[300] == 44).all() and (images[50_007] == 7).all()


def test_cifar10_with_a_bad_label_or_size_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    loose_cifar10(tmp_path, label=10)
    found, problems = catalogue.search("cifar10")
    assert found is None and problems == ["CIFAR-10's test_batch.bin holds the label 10; labels are 0 to 9"]
    with open(tmp_path / sources.CIFAR10_FOLDER / "data_batch_2.bin", "ab") as file:
        file.write(b"\0")
    assert datasets.main(["--check", "--only", "cifar10"]) == 1
    found, problems = catalogue.search("cifar10")
    assert found is None and "data_batch_2.bin must have 30,730,000 bytes" in problems[0]


def test_resnet50_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    path = folder / "resnet50-own.pth"
    torch.save({"weight": torch.arange(1000.0)}, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    found, problems = catalogue.search("resnet50")
    assert found is None and problems == [
        f"{path} is damaged: neither the official file nor a whole file of torch.save"
    ]
    path.write_bytes(whole)
    assert datasets.resnet50_weights() == path
    assert "not the official one" in catalogue.decide("resnet50")[0].state


@pytest.mark.parametrize("remote", [*sources.MNIST, sources.CIFAR10, sources.RESNET50, *sources.COCO])
def test_every_file_has_hosts_and_a_checksum(remote):
    algorithm, digest = remote.checksum.split(":")
    assert len(digest) == {"md5": 32, "sha256": 64}[algorithm] and int(digest, 16)
    assert len(remote.urls) >= 2 and remote.size > 0
    assert all(url.endswith(Path(remote.path).name) for url in remote.urls)


def test_checksum_of_resnet50_is_the_one_in_its_name():
    assert sources.RESNET50.checksum.startswith("sha256:11ad3fa6")


def test_arrays_are_made_once_and_again_when_a_source_changes(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "data"))
    source, made = tmp_path / "source", []
    source.write_bytes(b"one")

    def make():
        made.append(source.read_bytes())
        return {"images": np.arange(6, dtype=np.uint8).reshape(2, 3)}, {"from": made[-1].decode()}

    def load():
        return storage.stored("key", [source], make)

    arrays, facts = load()
    np.testing.assert_array_equal(arrays["images"], [[0, 1, 2], [3, 4, 5]])
    assert isinstance(arrays["images"], np.memmap) and facts == {"from": "one"}
    load()
    os.utime(source, (1, 1))  # a copy of the folder: other times, same bytes
    load()
    assert made == [b"one"]
    source.write_bytes(b"two")
    assert load()[1] == {"from": "two"}
    (tmp_path / "data" / "prepared" / "key.json").write_text("not json")
    load()
    assert made == [b"one", b"two", b"two"]


def test_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    assert datasets.data_folder() == tmp_path / "cache" == datasets.cache_folder()
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "data"))
    assert datasets.data_folder() == tmp_path / "data" == datasets.cache_folder()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "file"))
    assert datasets.cache_folder() == tmp_path / "cache"
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "file"))
    assert datasets.cache_folder() is None


def test_pixels_are_kept_in_memory_where_nothing_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path / "file"))
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "file"))
    dataset = MulticlassDataset.mnist()
    assert dataset.is_stand_in and not isinstance(dataset.train.values.pixels, np.memmap)


def test_a_download_goes_on_when_nobody_waits_any_more(tmp_path, monkeypatch):
    """The stop button ends the cell; run again, it finds the download on its way."""
    come = threading.Event()
    monkeypatch.setattr(fetching.Download, "fetch", lambda self: come.wait(30))
    download = fetching.Download("file", [files.Remote("file", "md5:0", 1000, ())], tmp_path)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, _thread.interrupt_main).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            download.wait(60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not download.ended.is_set()
    come.set()
    assert download.wait(60) and download.ended.is_set()


def test_estimate_of_the_time_left(tmp_path, monkeypatch):
    remote = files.Remote("file", "md5:0", 1000, ())
    (tmp_path / "file.part").write_bytes(bytes(200))
    monkeypatch.setattr(fetching.Download, "fetch", lambda self: None)
    download = fetching.Download("file", [remote], tmp_path)
    assert download.ended.wait(30)
    clock = download.started
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    clock += 2
    assert download.time_left() == np.inf  # nothing came
    (tmp_path / "file.part").write_bytes(bytes(400))
    assert download.time_left() == pytest.approx(6)  # 200 in 2 s; 600 to come
    clock += 3 * fetching.WINDOW  # nobody looked for a while
    (tmp_path / "file.part").write_bytes(bytes(700))
    assert download.time_left() == pytest.approx(30)
    clock += 2 * fetching.WINDOW
    assert download.time_left() == np.inf  # it has stalled
    (tmp_path / "file.part").rename(tmp_path / "file")
    (tmp_path / "file").write_bytes(bytes(1000))
    assert download.time_left() == 0
