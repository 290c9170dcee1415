"""The demos of parts 1 to 8: what they show is what the tested functions and torch compute."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import demos
import filters
import pooling
from demos import kernels, layers, shrinking
from studies import speed

rng = np.random.default_rng(0)
PICTURES = {"small": rng.random((28, 28)), "large": rng.random((60, 60))}


def shown(explorer):
    """Return the arrays that an explorer's images hold now."""
    return [image.get_array() for ax in explorer.figure.axes for image in ax.images]


def test_sliding_kernel_has_a_frame_for_each_output_pixel():
    digit = rng.random((28, 28))
    player = demos.sliding_kernel(digit)
    small = kernels.shrink(digit, 10)
    np.testing.assert_allclose(small, digit[4:24, 4:24].reshape(10, 2, 10, 2).mean((1, 3)), rtol=1e-6)
    output = filters.convolve(small, np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4)
    assert len(player.frames) == output.size == 64
    assert player.labels[9] == f"Output pixel (1, 1) is {kernels.tidy(output[1, 1])}"
    sizes = {Image.open(io.BytesIO(frame)).size for frame in player.frames}
    assert len(sizes) == 1 and len(set(player.frames)) == 64


@pytest.mark.parametrize("flip", [False, True])
def test_kernel_explorer_shows_the_response(flip):
    explorer = demos.kernel_explorer(PICTURES)
    controls = explorer.controls
    controls["kernel"].value = kernels.OWN
    controls["numbers"].value = "1 2, 0\n0 1 0\n 3 0 -1\n"
    controls["flip"].value = flip
    controls["picture"].value = "large"
    controls["row"].value, controls["column"].value = 20, 30
    kernel = np.array([[1, 2, 0], [0, 1, 0], [3, 0, -1]], dtype=float)
    kernel = kernel[::-1, ::-1] if flip else kernel
    image, weights, response, products = shown(explorer)[:4]
    np.testing.assert_allclose(image, PICTURES["large"])
    np.testing.assert_allclose(weights, kernel)
    np.testing.assert_allclose(response[1:-1, 1:-1], filters.convolve(PICTURES["large"], kernel))
    assert products.sum() == pytest.approx(response[20, 30])
    assert explorer.picture.message == ""


@pytest.mark.parametrize(
    "text, message",
    [
        ("1 2\n3", "as many numbers"),
        ("1 a", "numbers only"),
        ("", "one row"),
        ("1 nan", "NaN"),
        ("\n".join(["1"] * 16), "at most 15"),
    ],
)
def test_kernel_explorer_says_what_is_wrong_with_typed_numbers(text, message):
    explorer = demos.kernel_explorer(PICTURES)
    explorer.controls["kernel"].value = kernels.OWN
    before = explorer.picture.png
    explorer.controls["numbers"].value = text
    assert message in explorer.picture.message
    assert explorer.picture.png == before
    explorer.controls["numbers"].value = "1 0 -1"
    assert explorer.picture.message == "" and explorer.picture.png != before


def test_filter_bank_explorer_shows_the_chosen_filter():
    explorer = demos.filter_bank_explorer(PICTURES)
    explorer.controls["number"].value = 40
    _, image, weights, response = shown(explorer)
    np.testing.assert_allclose(weights, filters.leung_malik_bank()[39])
    np.testing.assert_allclose(response, filters.bank_responses(image)[39], atol=1e-6)


def test_costs_agree_with_torch():
    for size, kernel, padding, stride, dilation in [(8, 3, 0, 2, 1), (9, 3, 1, 2, 2), (16, 5, 2, 3, 1)]:
        layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation)
        output = layer(torch.zeros(1, 1, size, size)).shape[-1]
        assert output == filters.output_size(size, kernel, padding, stride, dilation)
        cost = layers.convolution_cost(kernel, output)
        assert cost.parameters == sum(p.numel() for p in layer.parameters())
        assert cost.products == kernel**2 * output**2
        dense = nn.Linear(size**2, output**2)
        assert layers.dense_cost(size, output).parameters == sum(p.numel() for p in dense.parameters())


def test_arithmetic_explorer_counts_what_is_left_over():
    explorer = demos.arithmetic_explorer()
    for name, value in {"size": 8, "kernel": 3, "padding": 0, "stride": 2, "dilation": 1}.items():
        explorer.controls[name].value = value
    text = " ".join(t.get_text() for t in explorer.figure.axes[1].texts)
    assert "output\nstrides that fit\nrows and columns never seen" in text  # and their values:
    assert "3x3\n1, 5\n1 of 8" in text and "stride 2 does not fit" in text
    explorer.controls["stride"].value = 5
    assert "stride 5 fits" in " ".join(t.get_text() for t in explorer.figure.axes[1].texts)
    explorer.controls["kernel"].value, explorer.controls["size"].value = 7, 3
    assert "does not fit into an image of 3" in explorer.picture.message


def test_im2col_player_shows_the_letters_as_the_source_lays_them_out():
    columns = layers.letter_columns()
    assert "".join(columns[:, 0]) == "abcfghklm"
    assert "".join(columns[:, 1]) == "bcdghilmn"
    assert "".join(columns[:, 8]) == "mnorstwxy"
    assert len(demos.im2col_player().frames) == 9


def test_im2col_cost_measures_three_ways_that_agree():
    cost = speed.im2col_cost(rows=40)
    assert cost.largest_difference < 1e-4
    assert cost.matrix_bytes == 4 * 25 * 36 * 36
    assert min(cost.loop_seconds, cost.matrix_seconds, cost.library_seconds) > 0


def test_subsampling_without_a_blur_aliases():
    image = pooling.rings()
    _, plain, blurred = pooling.draw_subsampling(image).axes
    np.testing.assert_array_equal(plain.images[0].get_array(), image[::2, ::2])
    corner = np.s_[:12, 26:38]  # the top of the picture, where the rings are too fine
    assert np.ptp(plain.images[0].get_array()[corner]) > 0.9
    assert np.ptp(blurred.images[0].get_array()[corner]) < 0.15


def test_pooling_explorer_shows_the_pooled_picture():
    explorer = demos.pooling_explorer(PICTURES)
    for name, value in {"size": 4, "stride": 3, "kind": "average", "picture": "large"}.items():
        explorer.controls[name].value = value
    np.testing.assert_allclose(shown(explorer)[1], pooling.pool(PICTURES["large"], 4, 3, "average"))


def test_shifting():
    image = rng.random((6, 6))
    np.testing.assert_array_equal(shrinking.shifted(image, 2, -1)[2:, :-1], image[:-2, 1:])
    np.testing.assert_array_equal(shrinking.shifted(image, 2, -1)[:2], 0)
    assert shrinking.relative_change(image, image) == 0
    explorer = demos.shift_explorer(rng.random((28, 28)))
    explorer.controls["down"].value, explorer.controls["right"].value = 0, 0
    assert all(bar.get_width() == 0 for bar in explorer.figure.axes[1].patches)
    explorer.controls["down"].value = 3
    assert all(bar.get_width() > 0 for bar in explorer.figure.axes[1].patches)


@pytest.mark.parametrize(
    "make",
    [
        lambda: demos.kernel_explorer(PICTURES),
        lambda: demos.filter_bank_explorer(PICTURES),
        demos.arithmetic_explorer,
        lambda: demos.pooling_explorer(PICTURES),
        lambda: demos.shift_explorer(PICTURES["small"]),
    ],
)
def test_every_control_at_its_ends_gives_a_picture_or_a_sentence(make):
    explorer = make()
    for control in explorer.controls.values():
        options = getattr(control, "options", None)
        ends = (
            options if options is not None else [getattr(control, "min", None), getattr(control, "max", None)]
        )
        start = control.value
        for value in [end for end in ends if end is not None]:
            control.value = value
            assert explorer.picture.png[:4] == b"\x89PNG"
        control.value = start
    assert explorer.picture.message == ""
