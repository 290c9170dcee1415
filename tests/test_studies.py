"""Batch norm, depth and speed: what is compared is alike in all but one thing; records are kept and refused."""

import json

import pytest
import torch

import resnet
from datasets import MulticlassDataset
from studies import batch_norm, comparison, speed


@pytest.fixture(scope="module")
def dataset():
    return MulticlassDataset.cifar().normalize().to_torch()


def test_without_batch_norm_signals_fade():
    without, with_norm = (batch_norm.activations_by_depth(flag) for flag in (False, True))
    assert len(without) == len(with_norm) == 24
    assert without[-1] < 1e-6 * without[0]
    assert with_norm[-1] > 0.5 * with_norm[0]
    assert without == batch_norm.activations_by_depth(False)  # the same seed


@pytest.mark.parametrize("blocks, layers", [(3, 20), (9, 56)])
def test_plain_and_residual_differ_in_the_shortcut_alone(blocks, layers):
    torch.manual_seed(0)
    plain = resnet.StagedNet(blocks, residual=False)
    residual = resnet.StagedNet(blocks, residual=True)
    residual.load_state_dict(plain.state_dict())
    weighted = [m for m in plain.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    assert len(weighted) == layers == 6 * blocks + 2
    images = torch.randn(4, 3, 32, 32)
    assert plain(images).shape == (4, 10)
    assert not torch.allclose(plain(images), residual(images))


def test_a_residual_block_whose_convolutions_are_zero_hands_its_input_on():
    block = resnet.Block(8, 8, residual=True).eval()
    torch.nn.init.zeros_(block.norm2.weight)
    x = torch.rand(2, 8, 6, 6)
    torch.testing.assert_close(block(x), x)
    wide = resnet.Block(8, 16, residual=True).eval()
    torch.nn.init.zeros_(wide.norm2.weight)
    torch.testing.assert_close(wide(x)[:, :8], x[..., ::2, ::2])
    assert (wide(x)[:, 8:] == 0).all()


def test_few_images_are_the_first_ones(dataset):
    few = comparison.few_images(dataset, 300)
    assert len(few.train) == len(few.train.labels) == 300
    torch.testing.assert_close(few.train[5].values, dataset.train[5].values)
    assert len(dataset.train) > 300


def test_histories_by_epoch(dataset):
    few = comparison.few_images(dataset, 256)
    networks = {name: lambda: batch_norm.convolution_stack(batch_norm=True) for name in ("one", "two")}
    histories = comparison.trained_for_comparison(networks, few, 1, progress=False, **comparison.PLAIN)
    assert histories["one"] == histories["two"]  # the same network from the same seed
    assert histories["one"]["epoch"] == [0, 1]
    json.dumps(histories)
    fig = comparison.draw_histories(histories, "title")
    assert fig.axes[0].lines[0].get_ydata().tolist() == histories["one"]["train_accuracy"]


def test_records_are_used_for_the_same_images_only(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(comparison.datasets, "cache_folder", lambda: tmp_path)
    runs = []

    def run():
        runs.append(1)
        return {"answer": len(runs)}

    assert comparison.recorded("test", dataset, run)["result"] == {"answer": 1}
    assert comparison.recorded("test", dataset, run)["result"] == {"answer": 1}  # from the cache
    (path,) = (tmp_path / "trained").glob("*.json")
    path.write_text(path.read_text()[:50])  # damaged
    assert comparison.recorded("test", dataset, run)["result"] == {"answer": 2}
    record = json.loads(path.read_text())
    record["fingerprint"]["counts"] = [1, 2, 3]
    path.write_text(json.dumps(record))  # of other images
    assert comparison.recorded("test", dataset, run)["result"] == {"answer": 3}


def test_convolution_speed_leaves_the_threads_as_they_were():
    threads = torch.get_num_threads()
    speeds = speed.convolution_speed(images=1, repeats=1)
    assert torch.get_num_threads() == threads
    assert speeds[0].device == "CPU, 1 thread"
    for device in speeds:
        operations = device.gigaflops * 1e9 * device.milliseconds / 1000
        assert operations == pytest.approx(2 * 192 * 64 * 25 * 27 * 27)
