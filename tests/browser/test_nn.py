"""The arithmetic of the page against torch, over grids of options."""

from itertools import product

import numpy as np
import page_modules
import pytest
import torch
import torch.nn.functional as F

torch.manual_seed(0)
IMAGE = torch.randn(6, 9, 11)


@pytest.fixture(scope="module")
def modules(chromium):
    return page_modules.Modules(chromium)


def compare(modules, name, cases):
    """Call a function of nn.js for each (arguments, what torch says) and compare."""
    page_modules.compare(modules, "nn.js", name, cases)


def test_convolve_is_one_image_and_one_kernel(modules):
    cases = []
    for shape in ((3, 4), (1, 1), (9, 11), (10, 3)):
        fits = shape[0] <= 9
        kernel = torch.randn(shape)
        wanted = F.conv2d(IMAGE[None, :1], kernel[None, None])[0, 0] if fits else torch.zeros(0, 9)
        cases.append(([IMAGE[0], kernel], wanted))
    compare(modules, "convolve", cases)


def test_output_size(modules):
    cases = list(product((5, 8, 28), (1, 2, 3, 7), (0, 1, 3), (1, 2, 3), (1, 2)))
    sizes = modules.call(
        "nn.js", "outputSize", [[n, k, {"padding": p, "stride": s, "dilation": d}] for n, k, p, s, d in cases]
    )
    for (n, k, p, s, d), size in zip(cases, sizes, strict=True):
        fits = n + 2 * p >= d * (k - 1) + 1
        options = {"padding": p, "stride": s, "dilation": d}
        wanted = (
            F.conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), **options).shape[-1] if fits else 0
        )
        assert size == wanted, (n, k, p, s, d)


def test_batch_norm(modules):
    mean, variance, weight, bias = torch.randn(6), torch.rand(6), torch.randn(6), torch.randn(6)
    shared, cases = {"mean": mean, "variance": variance}, []
    for affine, epsilon, image in product((False, True), (1e-5, 0.1), (IMAGE, IMAGE[:, 0, 0])):
        options = {"weight": weight, "bias": bias} if affine else {}
        wanted = F.batch_norm(image[None], mean, variance, **options, eps=epsilon)[0]
        cases.append(([image, {**shared, **options, "epsilon": epsilon}], wanted))
    compare(modules, "batchNorm", cases)


ACTIVATIONS = [
    ("relu", [], F.relu),
    ("relu6", [], F.relu6),
    ("leakyRelu", [], F.leaky_relu),
    ("leakyRelu", [0.3], lambda x: F.leaky_relu(x, 0.3)),
    ("elu", [], F.elu),
    ("elu", [0.5], lambda x: F.elu(x, 0.5)),
    ("clamp", [], F.hardtanh),
    ("clamp", [-0.2, 3], lambda x: x.clamp(-0.2, 3)),
    ("tanh", [], torch.tanh),
    ("sigmoid", [], torch.sigmoid),
    ("hardSigmoid", [], F.hardsigmoid),
    ("silu", [], F.silu),
    ("hardSwish", [], F.hardswish),
    ("gelu", [], F.gelu),
    ("geluTanh", [], lambda x: F.gelu(x, approximate="tanh")),
    ("softplus", [], F.softplus),
    ("softplus", [2.5], lambda x: F.softplus(x, 2.5)),
    ("softplus", [1, 1], lambda x: F.softplus(x, threshold=1)),
]


def test_activations(modules):
    x = torch.cat([torch.linspace(-12, 12, 961), torch.tensor([-40.0, 40.0])])
    compare(modules, "activate", [([x, name, options], act(x)) for name, options, act in ACTIVATIONS])
    names = modules.page.evaluate("async () => Object.keys((await import('/nn.js')).ACTIVATIONS)")
    assert set(names) == {name for name, _, _ in ACTIVATIONS}, "an activation is not tested"


def test_an_activation_leaves_a_hole(modules):
    hole = torch.full((3,), torch.nan)
    results = modules.call("nn.js", "activate", [[hole, name, options] for name, options, _ in ACTIVATIONS])
    assert all(np.isnan(result).all() for result in results)


def test_softmax(modules):
    cases = []
    for x in (IMAGE, 100 * IMAGE[:, 0, 0]):
        cases.append(([x], x.flatten().softmax(0).reshape(x.shape)))
        for axis in range(x.ndim):
            cases.append(([x, {"axis": axis}], x.softmax(axis)))
            cases.append(([x, {"axis": axis, "log": True}], x.log_softmax(axis)))
    compare(modules, "softmax", cases)


def test_pad_and_crop(modules):
    image, margins = IMAGE[0], [(0, 0, 0, 0), (1, 2, 3, 4), (0, 3, 1, 0)]
    for fill, mode in (("edge", {"mode": "replicate"}), (0, {}), (0.5, {"value": 0.5})):
        cases = []
        for top, bottom, left, right in margins:
            wanted = F.pad(image[None, None], (left, right, top, bottom), **mode)[0, 0]
            cases.append(([image, [top, bottom, left, right], fill], wanted))
        compare(modules, "pad", cases)
    around = F.pad(image, (20, 20, 20, 20), value=7)
    cases = [
        ([image, row, column, 4, 5, 7], around[20 + row : 24 + row, 20 + column : 25 + column])
        for row, column in product((-6, -1, 0, 3, 7), (-2, 0, 9, 14))
    ]
    compare(modules, "crop", cases)


def test_take(modules):
    places = [[0, 5, 5], [-1, 8, 2], [10, -1, 0, 3]]
    wanted = torch.nn.functional.pad(IMAGE, (0, 1, 0, 1), value=0.25)[places[0]][:, places[1]][..., places[2]]
    compare(modules, "take", [([IMAGE, places, 0.25], wanted), ([torch.tensor(3.0), []], torch.tensor(3.0))])


def test_combine(modules):
    pairs = [
        (IMAGE, IMAGE.flip(0)),
        (IMAGE, torch.rand(6, 1, 1) + 1),
        (torch.rand(6, 1, 1), IMAGE),
        (IMAGE, torch.tensor(2.5)),
        (IMAGE[:1], torch.rand(6, 9, 1) + 1),
        (IMAGE, torch.rand(11) + 1),
        (torch.tensor(2.0), torch.tensor(3.0)),
    ]
    names = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div}
    for name, operation in names.items():
        compare(modules, "combine", [([a, b, name], operation(a, b)) for a, b in pairs])
    with pytest.raises(Exception, match="different shapes"):
        modules.call("nn.js", "combine", [[IMAGE, IMAGE[:, :4], "add"]])


def test_mean(modules):
    axes = [[1, 2], [0], [2], [0, 1, 2], [0, 2]]
    compare(modules, "mean", [([IMAGE, some], IMAGE.mean(some, keepdim=True)) for some in axes])


def test_channel_sum_and_magnitude(modules):
    compare(modules, "channel", [([IMAGE, c], IMAGE[c]) for c in range(6)])
    holes = torch.tensor([1.0, -3.0, torch.nan])
    sums = modules.call("nn.js", "sum", [[IMAGE]])
    assert sums == pytest.approx([IMAGE.double().sum().item()], abs=1e-4)
    assert modules.call("nn.js", "magnitude", [[holes], [torch.zeros(3)]]) == [3, 1]
