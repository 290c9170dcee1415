"""The arithmetic explorer shows what torch's layers do."""

from itertools import product

import numpy as np
import pytest
import torch
from shown import PLACES
from torch import nn

from demos.arithmetic import arithmetic_explorer

IMAGE, PADDING, UNSEEN, END, WINDOW = range(5)
GRID = [
    setting
    for setting in product((3, 16), (1, 3, 6), (0, 2), (1, 2, 5), (1, 3))
    if setting[0] + 2 * setting[2] > setting[4] * (setting[1] - 1)
]


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show):
    return show(arithmetic_explorer(), request.param)


def windows_of(padded, kernel, stride, dilation, pixels):
    """Return where some output pixels of torch's convolution look in the padded image, as booleans."""
    image = torch.zeros(1, 1, padded, padded, requires_grad=True)
    layer = nn.Conv2d(1, 1, kernel, stride=stride, dilation=dilation)
    nn.init.ones_(layer.weight)
    output = layer(image)[0, 0]
    (seen,) = torch.autograd.grad(output[pixels].sum(), image)
    return seen[0, 0].numpy() > 0


def expected(size, kernel, padding, stride, dilation, row, column):
    """Return what the explorer draws, by torch."""
    padded = size + 2 * padding
    conv = nn.Conv2d(1, 1, kernel, padding=padding, stride=stride, dilation=dilation)
    outputs = conv(torch.zeros(1, 1, size, size)).shape[-1]
    dense = nn.Linear(size**2, outputs**2)
    look = (padded, kernel, stride, dilation)
    cells = np.full((padded, padded), PADDING)
    cells[padding : padding + size, padding : padding + size] = IMAGE
    seen = windows_of(*look, (slice(None), slice(None)))
    cells[~seen] = UNSEEN
    for pixels, kind in [((0, 0), END), ((-1, -1), END), ((row, column), WINDOW)]:
        cells[windows_of(*look, pixels)] = kind
    output = np.full((outputs, outputs), IMAGE)
    output[0, 0] = output[-1, -1] = END
    output[row, column] = WINDOW
    reach = dilation * (kernel - 1) + 1
    count = [sum(weights.numel() for weights in layer.parameters()) for layer in (conv, dense)]
    return {
        "input": cells,
        "output": output,
        "unseen": ~seen.any(1),
        "strides": [s for s in range(1, 9) if (padded - reach) % s == 0],
        "parameters": count,
        "multiplyAdds": [conv.weight.numel() * outputs**2, dense.weight.numel()],
    }


def check(explorer, *setting):
    outputs, wanted = explorer.outputs(), expected(*setting)
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(outputs[name], values, err_msg=f"{name} of {setting}")


def test_cells_and_numbers_over_a_grid(explorer):
    names = ("size", "kernel", "padding", "stride", "dilation")
    for setting in GRID:
        explorer.set(**dict(zip(names, setting, strict=True)))
        last = int(explorer.control("Output row").get_attribute("max"))
        explorer.set(row=last // 2, column=last)
        check(explorer, *setting, last // 2, last)


def test_the_texts_say_the_numbers(explorer):
    explorer.set(size=8, kernel=3, padding=0, stride=2, dilation=1, row=0, column=0)
    text = explorer.root.inner_text()
    assert "⌊(8 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = 3" in text
    for line in ("1, 5 (not 2)", "1 of 8 rows", "585", "576", "Output 3×3"):
        assert line in text
    explorer.set(size=16, kernel=1, padding=3, stride=1)
    text = explorer.root.inner_text()
    assert "padded to 22×22" in text and "124,388" in text  # (16² + 1) · 22²


def test_a_kernel_that_does_not_fit_is_said_beside_it(explorer):
    explorer.set(size=8, kernel=3, padding=0, stride=2, dilation=1, row=1, column=2)
    explorer.set(size=3, kernel=7)
    complaint = explorer.root.locator("[role=alert]").nth(1)
    assert "7 pixels of 3: take a smaller one, or more padding" in complaint.inner_text()
    assert "stale" in explorer.root.locator(".stage").get_attribute("class")
    check(explorer, 8, 3, 0, 2, 1, 1, 2)  # as it was
    explorer.set(padding=2)
    assert complaint.inner_text() == ""
    check(explorer, 3, 7, 2, 2, 1, 0, 0)


def test_a_press_in_either_picture_moves_the_window_and_so_do_the_keys(explorer):
    explorer.set(size=8, kernel=3, padding=0, stride=2, dilation=1, row=0, column=0)
    explorer.point("The input", 3, 5, press=True)  # the middle of the window of (1, 2)
    assert (explorer.values()["row"], explorer.values()["column"]) == (1, 2)
    explorer.point("The input", 7, 0, press=True)  # never seen: the nearest window
    assert (explorer.values()["row"], explorer.values()["column"]) == (2, 0)
    explorer.point("The output", 0, 1, press=True)
    assert (explorer.values()["row"], explorer.values()["column"]) == (0, 1)
    explorer.control("Output row").press("ArrowRight")
    explorer.control("Output column").press("ArrowLeft")
    explorer.settle()
    check(explorer, 8, 3, 0, 2, 1, 1, 0)


def test_a_drag_moves_the_window(explorer):
    explorer.set(size=8, kernel=3, padding=0, stride=1, dilation=1, row=0, column=0)
    explorer.point("The input", 1, 1)
    explorer.page.mouse.down()
    explorer.point("The input", 4, 6)
    explorer.page.mouse.up()
    assert (explorer.values()["row"], explorer.values()["column"]) == (3, 5)
    explorer.point("The input", 1, 1)  # released: pointing alone moves nothing
    assert (explorer.values()["row"], explorer.values()["column"]) == (3, 5)


def test_what_means_nothing_is_disabled(explorer):
    explorer.set(size=3, kernel=3, padding=0, stride=1, dilation=1)
    assert explorer.control("Output row").is_disabled() and explorer.control("Output column").is_disabled()
    assert explorer.control("Dilation").is_enabled()
    explorer.set(kernel=1)
    assert explorer.control("Dilation").is_disabled() and explorer.control("Output row").is_enabled()
    with pytest.raises(Exception, match="Output row goes from 0 to 2"):
        explorer.set(row=3)


def test_start_over(explorer):
    explorer.set(size=16, kernel=5, padding=3, stride=1, dilation=2, row=9, column=9)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    check(explorer, 8, 3, 0, 2, 1, 0, 1)


def test_no_errors(explorer):
    assert explorer.page.page_errors == []
