"""Pooling against torch; its properties; what is refused."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import filters
import pooling

rng = np.random.default_rng(0)
POOL = {"average": F.avg_pool2d, "max": F.max_pool2d}


@pytest.mark.parametrize(
    "shape, size, stride, padding, kind",
    [
        case
        for case in itertools.product(
            [(8, 8), (7, 12)], [1, 2, 3, (2, 3)], [None, 1, 2, (3, 1)], [0, 1], pooling.KINDS
        )
        if case[3] * 2 <= min(np.broadcast_to(case[1], 2))
    ],
)
def test_pool_agrees_with_torch(shape, size, stride, padding, kind):
    x = (rng.standard_normal(shape) - 3).astype(np.float32)  # below zero: a zero in the padding would win
    wanted = POOL[kind](torch.from_numpy(x)[None], size, stride, padding)[0]
    got = pooling.pool(x, size, stride, kind, padding)
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    assert got.dtype == np.float32


def test_average_pooling_is_the_nine_term_sum():
    x = pooling.EXAMPLE
    means = pooling.pool(x, 3, 2, "average")
    by_hand = sum(x[k : k + 5 : 2, j : j + 5 : 2] for k in range(3) for j in range(3)) / 9
    np.testing.assert_allclose(means, by_hand, rtol=1e-6)


def test_a_constant_image_stays_constant():
    for kind in pooling.KINDS:
        np.testing.assert_allclose(pooling.pool(np.full((9, 9), 0.3), 3, 2, kind), 0.3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"kind": "median"}, "kind must be one of 'average', 'max'; got 'median'"),
        ({"size": 0}, "size must be"),
        ({"stride": 0}, "stride must be"),
        ({"padding": -1}, "padding must be"),
        ({"padding": 2}, "at most half of the window size"),
        ({"size": 9}, "does not fit"),
        ({"x": np.zeros((2, 6, 6))}, "x must be a matrix"),
        ({"x": np.full((6, 6), np.nan)}, "NaN"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        pooling.pool(**{"x": np.zeros((6, 6)), "size": 3, "stride": 2, "kind": "max", **arguments})


@pytest.mark.parametrize("kind", pooling.KINDS)
def test_the_figure_marks_three_windows_and_their_outputs(kind):
    left, right = pooling.draw_pooling(pooling.EXAMPLE, 3, 2, kind).axes
    written = [float(text.get_text()) for text in right.texts]
    np.testing.assert_allclose(written, pooling.pool(pooling.EXAMPLE, 3, 2, kind).ravel(), atol=0.005)
    for window, output in zip(left.patches, right.patches, strict=True):
        assert window.get_width() == 3 and output.get_width() == 1
        np.testing.assert_allclose(np.array(window.get_xy()) + 0.5, 2 * (np.array(output.get_xy()) + 0.5))
    assert len(left.patches) == 3


@pytest.mark.parametrize("step", range(1, 6))
def test_every_nth_pixel_with_and_without_a_blur_of_the_whole_image(step):
    image = pooling.rings(64)
    _, plain, blurred = (ax.images[0].get_array() for ax in pooling.draw_subsampling(image, step).axes)
    np.testing.assert_allclose(plain, image[::step, ::step], atol=1e-6)
    assert blurred.shape == plain.shape
    kernel = filters.classic_kernel("Blur", 0.8 * step)
    margin = len(kernel) // 2
    inside = blurred[-(-margin // step) : (64 - margin - 1) // step + 1]  # where the kernel meets no border
    wanted = filters.convolve(image, kernel)[-margin % step :: step, -margin % step :: step]
    np.testing.assert_allclose(
        inside[:, -(-margin // step) : (64 - margin - 1) // step + 1], wanted, atol=1e-5
    )


@pytest.mark.parametrize("step", [0, 6, 2.5])
def test_a_step_out_of_range_is_refused(step):
    with pytest.raises(ValueError, match="step must be a whole number from 1 to 5, not"):
        pooling.draw_subsampling(pooling.rings(64), step)


@pytest.mark.parametrize("kind", pooling.KINDS)
def test_half_precision_does_not_overflow(kind):
    pooled = pooling.pool(np.full((4, 4), 60_000, np.float16), 2, kind=kind)
    np.testing.assert_allclose(pooled, 60_000, rtol=1e-3)
    assert pooled.dtype == np.float32
