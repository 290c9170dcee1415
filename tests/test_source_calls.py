"""Every call that the lecture's source makes, in its order and form, in one session and again in a second one.

Where real data are at hand, the second session is on them, and the first one on the stand-ins.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REAL_DATA

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow

# Cells that make the calls of the specification. Trainings are kept short: one epoch on few images.
CELLS = [
    """
%load_ext autoreload
%autoreload 2
import os
import numpy as np
import torch
import torch.nn as nn
import matplotlib.pyplot as plt
from ipywidgets import interact, IntSlider
import filters, pooling, cnn, resnet
from datasets import MulticlassDataset, load_coco
filters.show_kernels()
""",
    *(
        f"filters.show_convolution(filters.{name}_kernel)"
        for name in ("blur", "horizontal_edge", "horizontal_bar", "blob")
    ),
    """
shapes = [k.shape for k in (filters.blur_kernel, filters.horizontal_edge_kernel, filters.horizontal_bar_kernel,
                            filters.blob_kernel)]
assert shapes == [(5, 5), (5, 5), (5, 5), (9, 9)], shapes
x = np.arange(25).reshape(5, 5)
X = filters.im2col(x, 3)
assert X.shape == (9, 9) and X.dtype == np.float32 and X[:, 1].tolist() == [1, 2, 3, 6, 7, 8, 11, 12, 13]
""",
    "filters.show_convolution(filters.blur_kernel, stride=2)",
    "pooling.avg_pool()",
    "pooling.max_pool()",
    """
def results_of(path, dataset, net, **arguments):
    if os.path.exists(path):
        results = torch.load(path)
        print(path, "loaded")
    else:
        snapshots = cnn.train_model(dataset.subset(range(500)), net, nn.CrossEntropyLoss(), **arguments)
        results = {"snapshots": snapshots, "net": net.state_dict()}
        torch.save(results, path)
    net.load_state_dict(results["net"])
    return results["snapshots"]

dataset_mnist = MulticlassDataset.mnist(28).to_torch()
""",
    *(
        f"""
net = cnn.{name}()
snapshots = results_of("{name}.results", dataset_mnist, net, num_epochs=1)
cnn.evaluate_model(dataset_mnist, net, snapshots)
cnn.visualize_layer_output(net, 1, 3, [3, 4, 3], 4)
cnn.visualize_layer_output(net, 3, 3, [3, 4, 3], 4)
plt.show()
"""
        for name in ("SimpleCNN", "PoolingCNN")
    ),
    """
dataset_cifar = MulticlassDataset.cifar().normalize()
cifar10_cnn = cnn.CifarCNN()
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
image = dataset_cifar.unnormalize(dataset_cifar.val.values[0])
dataset_cifar = dataset_cifar.to_torch()
snapshots = results_of("cifar10.results", dataset_cifar, cifar10_cnn, num_epochs=1, device=device)
image = np.swapaxes(np.swapaxes(image, 0, 1), 1, 2)
assert image.shape == (32, 32, 3) and 0 <= image.min() and image.max() <= 1
plt.figure(figsize=(4, 4))
plt.imshow(image, interpolation="nearest")
plt.tight_layout()
cnn.evaluate_model(dataset_cifar, cifar10_cnn, snapshots, device=device)
for layer in (1, 3, 5):
    cnn.visualize_layer_output(cifar10_cnn, layer, 0, [3, 4, 3], 4)
plt.show()
""",
    """
num_images, batch_size = 32, 8
dataset_coco = load_coco("minival")
images_coco = dataset_coco["images"][:num_images]
assert images_coco.shape[0] == 32 and images_coco.shape[3] == 3 and images_coco.dtype == np.uint8
categories, images, top5 = resnet.classify(images_coco, batch_size)

def slide_resnet(frame: int):
    fig = plt.figure(figsize=(8, 4))
    ax = fig.add_subplot(1, 2, 1)
    ax.imshow(images[frame])
    ax = fig.add_subplot(1, 2, 2)
    width = [top5[frame][j].score for j in range(5)][::-1]
    names = [categories[top5[frame][j].id].replace(" ", "\\n") for j in range(5)][::-1]
    ax.barh(range(5), width, tick_label=names)
    fig.tight_layout()

interact(slide_resnet, frame=IntSlider(value=0, min=0, max=num_images - 1))
""",
]

SESSION = """
import json, sys
from traitlets.config import Config
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
for number, cell in enumerate(json.load(open(sys.argv[1]))):
    result = shell.run_cell(cell.strip())
    assert result.success, f"cell {number} failed:\\n{cell}"
"""


def test_every_call_of_the_source_works(tmp_path):
    cells, session = tmp_path / "cells.json", tmp_path / "session.py"
    cells.write_text(json.dumps(CELLS))
    session.write_text(SESSION)
    outputs = []
    for data in ({}, {"LECTURE_DATA": str(Path(REAL_DATA).resolve())} if REAL_DATA else {}):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **data}
        command = [sys.executable, session, cells]
        run = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900
        )
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
        outputs.append(run.stdout)
    for path in ("SimpleCNN.results", "PoolingCNN.results", "cifar10.results"):  # kept by the first session
        assert [f"{path} loaded" in output for output in outputs] == [False, True]
