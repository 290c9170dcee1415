"""Backwards through a layer: the demo shows what autograd computes."""

import numpy as np
import pytest
import torch
from shown import PLACES
from torch.nn import functional as F

from demos.backwards import BACKWARDS_GRADIENT, BACKWARDS_IMAGE, BACKWARDS_KERNEL, backwards

KERNEL, INPUT, MAX, AVERAGE = "kernel", "input", "input of max pooling", "input of average pooling"
rng = np.random.default_rng(0)


@pytest.fixture(scope="module", params=PLACES)
def demo(request, show):
    return show(backwards(), request.param)


def by_autograd(image, kernel, gradient, layer):
    """Return output and gradients of a layer of 3x3 windows, by torch."""
    x, w, grown = (
        torch.tensor(np.asarray(values, dtype=np.float32))[None, None] for values in (image, kernel, gradient)
    )
    x.requires_grad_(), w.requires_grad_()
    if layer == MAX:
        output = F.max_pool2d(x, 3, stride=1)
    elif layer == AVERAGE:
        output = F.avg_pool2d(x, 3, stride=1)
    else:
        output = F.conv2d(x, w)
    output.backward(grown)
    nothing = np.full((3, 3), np.nan)
    return {
        "output": output[0, 0].detach().numpy(),
        "inputGradient": x.grad[0, 0].numpy(),
        "kernelGradient": nothing if w.grad is None else w.grad[0, 0].numpy(),
    }


def check(demo, image, kernel, gradient, layer, row, column):
    demo.set(
        image=typed(image), kernel=typed(kernel), gradient=typed(gradient), of=layer, row=row, column=column
    )
    shown, wanted = demo.outputs(), by_autograd(image, kernel, gradient, layer)
    for name, values in wanted.items():
        np.testing.assert_allclose(shown[name], values, atol=1e-4, rtol=0, err_msg=name)
    chosen = wanted["kernelGradient" if layer == KERNEL else "inputGradient"][row, column]
    np.testing.assert_allclose(shown["difference"], chosen, atol=2e-3, rtol=0)
    written = demo.root.locator(".formula .total").inner_text().replace("−", "-")
    assert abs(float(written) - chosen) <= 0.0051


def typed(matrix):
    return "\n".join(" ".join(f"{value:g}" for value in row) for row in matrix)


def start_over(demo):
    demo.root.get_by_role("button", name="Start over").click()
    demo.settle()


@pytest.mark.parametrize(("layer", "side"), [(KERNEL, 3), (INPUT, 5), (MAX, 5), (AVERAGE, 5)])
def test_every_entry(demo, layer, side):
    start_over(demo)
    for row, column in np.ndindex(side, side):
        check(demo, BACKWARDS_IMAGE, BACKWARDS_KERNEL, BACKWARDS_GRADIENT, layer, row, column)


@pytest.mark.parametrize("layer", [KERNEL, INPUT, MAX, AVERAGE])
def test_numbers_over_a_grid(demo, layer):
    for _ in range(4):
        image = rng.permutation(np.arange(-12, 13)).reshape(5, 5) * 0.7  # no two alike
        kernel, gradient = rng.integers(-900, 901, size=(2, 3, 3)) / 100
        check(demo, image, kernel, gradient, layer, *rng.integers(3, size=2).tolist())


def test_the_sum_is_written_out(demo):
    start_over(demo)
    sums = {
        (KERNEL, 0, 1): "∂L/∂w(0, 1) = 0·1 + 2·0 + 0·0 + 5·0 + 1·2 + 3·0 + 1·0 + 4·0 + 1·(−1) = 1",
        (INPUT, 2, 4): "∂L/∂x(2, 4) = (−1)·0 + 0·0 + 1·(−1) = −1",  # the kernel is met from its last row on
        (MAX, 3, 3): "∂L/∂x(3, 3) = 0·2 + 1·0 + 0·0 + 1·(−1) = −1",
        (AVERAGE, 0, 0): "∂L/∂x(0, 0) = 0.11·1 = 0.11",
    }
    for (layer, row, column), text in sums.items():
        demo.set(of=layer, row=row, column=column)
        assert demo.root.locator(".formula").inner_text() == text
        assert demo.root.locator(".note").inner_text().endswith(f"forwards only: {text.split(' = ')[-1]}")


def test_of_two_largest_the_first_wins_and_the_kink_is_said(demo):
    start_over(demo)
    image = np.zeros((5, 5))
    demo.set(image=typed(image), of=MAX, row=0, column=0)
    np.testing.assert_array_equal(
        demo.outputs()["inputGradient"],
        by_autograd(image, BACKWARDS_KERNEL, BACKWARDS_GRADIENT, MAX)["inputGradient"],
    )
    assert "kink" in demo.root.locator(".note").inner_text()


def test_entries_are_chosen_by_pointing_and_by_keys(demo):
    start_over(demo)
    demo.point("∂L/∂x, drawn", 4, 3)
    assert demo.values() | {"of": INPUT, "row": 4, "column": 3} == demo.values()
    demo.point("Kernel w, drawn", 2, 0)
    assert demo.values() | {"of": KERNEL, "row": 2, "column": 0} == demo.values()
    demo.set(of=MAX)
    demo.point("∂L/∂w, drawn", 0, 0)  # it has none
    assert demo.values()["row"] == 2
    demo.point("Input x, drawn", 4, 4)
    assert demo.values() | {"of": MAX, "row": 4, "column": 4} == demo.values()
    demo.control("Row").press("ArrowLeft")
    demo.settle()
    assert demo.values()["row"] == 3
    demo.set(of=KERNEL)  # whose rows end sooner
    assert demo.values() | {"row": 2, "column": 2} == demo.values()
    assert not demo.control("Kernel w").is_disabled()
    demo.set(of=AVERAGE)
    assert demo.control("Kernel w").is_disabled()


def test_bad_numbers_are_said_beside_the_input(demo):
    start_over(demo)
    demo.control("∂L/∂o").fill("1 2\n3 4")
    demo.settle()
    assert "Type 3 rows of 3 numbers" in " ".join(demo.root.locator("[role=alert]").all_inner_texts())
    start_over(demo)
    assert not any(demo.root.locator("[role=alert]").all_inner_texts())


def test_numbers_of_ones_own_from_python(show):
    image, kernel, gradient = (
        rng.uniform(-9, 9, (side, side)).round(2).astype(np.float32) for side in (5, 3, 3)
    )
    demo = show(backwards(image, kernel, gradient), "page")
    for name, values in by_autograd(image, kernel, gradient, KERNEL).items():
        np.testing.assert_allclose(demo.outputs()[name], values, atol=1e-3, err_msg=name)


def test_no_errors(demo):
    assert demo.page.page_errors == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": np.zeros((4, 5))}, r"image must be 5x5.*\(4, 5\)"),
        ({"kernel": np.full((3, 3), np.nan)}, "kernel must be 3x3 numbers from -9 to 9"),
        ({"gradient": np.full((3, 3), 10)}, "gradient must be"),
    ],
)
def test_what_cannot_be_shown_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        backwards(**options)
