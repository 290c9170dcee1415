"""What the page computes with kernels that slide, against torch: in WebAssembly and where a browser has none."""

import re
from itertools import product

import numpy as np
import page_modules
import pytest
import torch
import torch.nn.functional as F

import tools.page

FILE = "convolution.js"
# Counts the modules of WebAssembly that are made, or takes it away.
PREPARED = {
    "WebAssembly": """window.made = 0;
        WebAssembly.Module = new Proxy(WebAssembly.Module,
          { construct: (target, bytes) => { window.made++; return new target(...bytes) } });""",
    "JavaScript": "delete window.WebAssembly;",
}

torch.manual_seed(0)
IMAGE = torch.randn(6, 9, 11)


@pytest.fixture(scope="module", params=PREPARED)
def modules(chromium, request):
    made = page_modules.Modules(chromium, before=PREPARED[request.param])
    yield made
    assert made.page.evaluate("window.made") == {"WebAssembly": 1, "JavaScript": None}[request.param]
    made.page.close()


def compare(modules, cases):
    """Convolve for each (image, weight, options) and compare with torch."""
    wanted = [F.conv2d(image[None], weight, **options)[0] for image, weight, options in cases]
    page_modules.compare(modules, FILE, "conv2d", list(zip(cases, wanted, strict=True)))


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 2), (1, 4)])
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_all_options(modules, kernel, groups):
    cases = []
    for outputs, stride, padding, dilation in product(
        (6, 12), (1, 2, (3, 1), (1, 2)), (0, 1, (2, 3)), (1, 2, (1, 3))
    ):
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        options["bias"] = torch.randn(outputs)
        cases.append([IMAGE, torch.randn(outputs, 6 // groups, *kernel), options])
    compare(modules, cases)


def test_any_number_of_outputs_without_a_bias(modules):
    kernels = (2, 2), (9, 11), (9, 1)
    compare(
        modules,
        [[IMAGE, torch.randn(outputs, 6, *kernel), {}] for outputs in range(1, 10) for kernel in kernels],
    )


def test_a_small_image_after_a_large_one(modules):
    """What the one left in memory is no part of the other."""
    large, small = torch.randn(32, 70, 90), torch.randn(2, 3, 3)
    compare(
        modules,
        [
            [image, torch.randn(5, len(image), 3, 3), {"padding": 2, "stride": stride}]
            for stride in (1, 2)
            for image in (small, large, small)
        ],
    )


def test_a_kernel_that_does_not_fit_gives_nothing(modules):
    (result,) = modules.call(FILE, "conv2d", [[IMAGE, torch.randn(2, 6, 10, 3)]])
    assert result.shape == (2, 0, 9)
    with pytest.raises(Exception, match="do not fit 6 channels"):
        modules.call(FILE, "conv2d", [[IMAGE, torch.randn(2, 5, 3, 3)]])


def test_a_hole_in_the_image_stays_a_hole(modules):
    image = IMAGE.clone()
    image[0, 4, 5] = torch.inf
    weight = torch.randn(3, 6, 3, 3)
    results = modules.call(FILE, "conv2d", [[image, weight, {"padding": 1}], [IMAGE, weight, {"padding": 1}]])
    for result, seen in zip(results, (image, IMAGE), strict=True):
        wanted = F.conv2d(seen[None], weight, padding=1)[0].numpy()
        np.testing.assert_array_equal(np.isfinite(result), np.isfinite(wanted))


def test_dense(modules):
    vector, cases = torch.randn(30), []
    for outputs, with_bias in product((1, 7), (False, True)):
        weight, bias = torch.randn(outputs, 30), torch.randn(outputs) if with_bias else None
        cases.append(([vector, weight, bias], F.linear(vector, weight, bias)))
    page_modules.compare(modules, FILE, "dense", cases)
    with pytest.raises(Exception, match="30 inputs do not fit"):
        modules.call(FILE, "dense", [[vector, torch.randn(2, 29)]])


def page_options(options):
    """Return options of torch under the names that pooling.js has for them."""
    names = {"kernel_size": "size", "ceil_mode": "ceil", "count_include_pad": "countPadding"}
    names |= {"divisor_override": "divisor"}
    return {names.get(key, key): value for key, value in options.items() if value is not None}


POOLS = list(product((2, 3, (4, 2)), (None, 1, 2, (3, 4)), (0, 1, (1, 0)), (False, True)))


def test_max_pooling(modules):
    cases = []
    for (size, stride, padding, ceil), dilation in product(POOLS, (1, 2)):
        options = {"kernel_size": size, "stride": stride, "padding": padding, "ceil_mode": ceil}
        options["dilation"] = dilation
        wanted = F.max_pool2d(IMAGE[None], **options)[0]
        cases.append(([IMAGE, {"kind": "max", **page_options(options)}], wanted))
    page_modules.compare(modules, "pooling.js", "pool2d", cases)


def test_average_pooling(modules):
    cases = []
    for (size, stride, padding, ceil), count, divisor in product(POOLS, (False, True), (None, 5)):
        options = {"kernel_size": size, "stride": stride, "padding": padding, "ceil_mode": ceil}
        options |= {"count_include_pad": count, "divisor_override": divisor}
        wanted = F.avg_pool2d(IMAGE[None], **options)[0]
        cases.append(([IMAGE, {"kind": "average", **page_options(options)}], wanted))
    page_modules.compare(modules, "pooling.js", "pool2d", cases)


@pytest.mark.parametrize(
    ("kind", "pool"), [("max", F.adaptive_max_pool2d), ("average", F.adaptive_avg_pool2d)]
)
def test_adaptive_pooling(modules, kind, pool):
    sizes = [1, 2, 4, (9, 11), (3, 7), (12, 20)]
    page_modules.compare(
        modules,
        "pooling.js",
        "adaptivePool2d",
        [([IMAGE, {"kind": kind, "size": size}], pool(IMAGE, size)) for size in sizes],
    )


def test_a_hole_wins_every_maximum_as_in_torch(modules):
    image = IMAGE.clone()
    image[2, 3, 3] = torch.nan
    page_modules.compare(
        modules, "pooling.js", "pool2d", [([image, {"kind": "max", "size": 2}], F.max_pool2d(image, 2))]
    )


def test_the_policy_of_the_page_allows_webassembly(chromium, tmp_path):
    policy = re.search(r'content="(default-src[^"]+)"', tools.page.PAGE)[1]
    script = "new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); window.allowed = true;"
    path = tmp_path / "page.html"
    path.write_text(
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><script>{script}</script>', "utf-8"
    )
    page = chromium.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.allowed") is True
    page.close()
