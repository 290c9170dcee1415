"""Convolution against torch; the kernels' own properties; what is refused."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import filters

rng = np.random.default_rng(0)


def cases():
    """Image and kernel size, padding, stride, dilation: odd, even, rectangular, where the kernel fits."""
    sizes, kernels = [(7, 7), (8, 11), (12, 5)], [(1, 1), (2, 2), (3, 3), (2, 5), (4, 3)]
    for size, kernel, padding, stride, dilation in itertools.product(
        sizes, kernels, [0, 2, (1, 3)], [1, 2, (3, 1)], [1, 2]
    ):
        p = np.broadcast_to(padding, 2)
        if all(dilation * (k - 1) + 1 <= n + 2 * q for n, k, q in zip(size, kernel, p, strict=True)):
            yield size, kernel, padding, stride, dilation


@pytest.mark.parametrize("size, kernel, padding, stride, dilation", list(cases()))
def test_convolve_agrees_with_torch(size, kernel, padding, stride, dilation):
    image = rng.standard_normal(size).astype(np.float32)
    weights = rng.standard_normal(kernel).astype(np.float32)
    wanted = F.conv2d(
        torch.from_numpy(image)[None, None],
        torch.from_numpy(weights)[None, None],
        padding=padding,
        stride=stride,
        dilation=dilation,
    )[0, 0]
    got = filters.convolve(image, weights, padding, stride, dilation)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    p, s = np.broadcast_to(padding, 2), np.broadcast_to(stride, 2)
    predicted = [filters.output_size(size[i], kernel[i], p[i], s[i], dilation) for i in (0, 1)]
    assert list(got.shape) == predicted


@pytest.mark.parametrize("shape, size", [((5, 5), 3), ((6, 9), 2), ((4, 7), 4), ((28, 28), 5)])
def test_im2col_agrees_with_unfold(shape, size):
    x = rng.standard_normal(shape).astype(np.float32)
    wanted = F.unfold(torch.from_numpy(x)[None, None], size)[0]
    X = filters.im2col(x, size)
    assert X.dtype == np.float32
    np.testing.assert_array_equal(X, wanted)


def test_im2col_times_a_row_of_weights_is_convolution():
    x, w = rng.standard_normal((9, 7)), rng.standard_normal((3, 3))
    product = w.reshape(1, -1) @ filters.im2col(x, 3)
    np.testing.assert_allclose(product.reshape(7, 5), filters.convolve(x, w), atol=1e-5)


def test_convolve_is_linear_and_shows_the_kernel_at_a_delta():
    a, b = rng.standard_normal((2, 10, 10))
    k = rng.standard_normal((3, 5))
    np.testing.assert_allclose(
        filters.convolve(2 * a - b, k), 2 * filters.convolve(a, k) - filters.convolve(b, k), atol=1e-12
    )
    image = rng.standard_normal((6, 6))
    delta = np.zeros((3, 3))
    delta[1, 1] = 1
    np.testing.assert_array_equal(filters.convolve(image, delta, padding=1), image)
    # Cross-correlation: a lone bright pixel shows the kernel flipped.
    point = np.zeros((9, 9))
    point[4, 4] = 1
    np.testing.assert_array_equal(filters.convolve(point, k)[2:5, 0:5][::-1, ::-1], k)


def test_classic_kernels_have_their_shapes_sums_and_symmetries():
    shapes = {name: (kernel.shape, kernel.dtype) for name, kernel in filters.CLASSIC.items()}
    five, nine = ((5, 5), np.float32), ((9, 9), np.float32)
    assert shapes == {"Blur": five, "Horizontal edge": five, "Horizontal bar": five, "Blob": nine}
    assert filters.blur_kernel.sum() == 1 and (filters.blur_kernel > 0).all()
    for kernel in (filters.horizontal_edge_kernel, filters.horizontal_bar_kernel, filters.blob_kernel):
        assert kernel.sum(dtype=np.float64) == 0
        assert np.abs(kernel).sum() == pytest.approx(1, abs=0.05)
    np.testing.assert_array_equal(filters.horizontal_edge_kernel, -filters.horizontal_edge_kernel[::-1])
    np.testing.assert_array_equal(filters.horizontal_edge_kernel, filters.horizontal_edge_kernel[:, ::-1])
    np.testing.assert_array_equal(filters.horizontal_bar_kernel, filters.horizontal_bar_kernel[::-1])
    for kernel in (filters.blur_kernel, filters.blob_kernel):
        np.testing.assert_array_equal(kernel, kernel.T)
        np.testing.assert_array_equal(kernel, kernel[::-1])


@pytest.mark.parametrize("grey", [0, 0.3, 1, 1 / 255, 77 / 255])
def test_a_flat_image_gives_exactly_the_kernels_sum(grey):
    flat = np.full((12, 12), grey, np.float32)
    for name in ("Horizontal edge", "Horizontal bar", "Blob"):
        assert (filters.convolve(flat, filters.CLASSIC[name]) == 0).all()
    np.testing.assert_allclose(filters.convolve(flat, filters.blur_kernel), grey, rtol=1e-6)


def test_signs_as_the_lecture_tells_them():
    black_above_white = np.zeros((11, 11), np.float32)
    black_above_white[6:] = 1
    response = filters.convolve(black_above_white, filters.horizontal_edge_kernel)
    assert response.min() < -0.3 and response.max() <= 0  # blue
    assert (
        filters.convolve(black_above_white.T, filters.horizontal_edge_kernel) == 0
    ).all()  # no vertical edges
    r = np.hypot(*np.mgrid[-7:8, -7:8])
    ring = ((r > 2.5) & (r < 5)).astype(np.float32)
    response = filters.convolve(ring, filters.blob_kernel, padding=4)
    assert response[7, 7] == response.max() > 0  # red at the dark centre
    assert response[7, 11] < 0  # blue on the ring itself


def test_leung_malik_bank():
    bank = filters.leung_malik_bank()
    assert bank.shape == (48, 49, 49) and bank.dtype == np.float32
    np.testing.assert_allclose(np.abs(bank).sum((1, 2)), 1, rtol=1e-5)
    np.testing.assert_allclose(bank[:44].sum((1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(bank[44:].sum((1, 2)), 1, rtol=1e-5)
    np.testing.assert_allclose(bank[:18], -bank[:18, ::-1, ::-1], atol=1e-7)  # edges are odd
    np.testing.assert_allclose(bank[18:], bank[18:, ::-1, ::-1], atol=1e-7)  # bars, blobs, Gaussians even
    for k in (0, 6, 12, 18, 24, 30):  # orientation 3 is orientation 0 turned by a right angle
        np.testing.assert_allclose(np.abs(bank[k + 3]), np.abs(np.rot90(bank[k])), atol=1e-7)
    # It is computed once, so nobody may write on it.
    with pytest.raises(ValueError, match="read-only"):
        bank[0] = 0


def test_bank_responses_are_convolutions():
    image = rng.random((20, 24)).astype(np.float32)
    responses = filters.bank_responses(image)
    assert responses.shape == (48, 20, 24)
    padded = np.pad(image, 24, mode="edge")
    for k in (0, 20, 40, 47):
        np.testing.assert_allclose(
            responses[k], filters.convolve(padded, filters.leung_malik_bank()[k]), atol=1e-5
        )


@pytest.mark.parametrize("kind", filters.CLASSIC)
@pytest.mark.parametrize("scale", [0.5, 1, 2.3, 4])
@pytest.mark.parametrize("angle", [0, 30, 90])
def test_classic_kernel_at_any_scale(kind, scale, angle):
    kernel = filters.classic_kernel(kind, scale, angle)
    rows, columns = kernel.shape
    assert rows == columns and rows % 2 == 1
    assert kernel.sum(dtype=np.float64) == pytest.approx(1 if kind == "Blur" else 0, abs=1e-6)
    if angle == 90 and "Horizontal" in kind:
        upright = filters.classic_kernel(kind, scale, 0)
        np.testing.assert_allclose(np.rot90(upright), kernel, atol=1e-6)


IMAGE = np.zeros((6, 6))


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: filters.convolve(np.zeros((3, 6, 6)), np.ones((3, 3))),
            r"image must be a matrix.*\(3, 6, 6\)",
        ),
        (lambda: filters.convolve(IMAGE, np.ones(3)), r"kernel must be a matrix.*\(3,\)"),
        (lambda: filters.convolve(IMAGE, np.ones((0, 3))), r"kernel must be a matrix.*\(0, 3\)"),
        (lambda: filters.convolve(IMAGE, [["a"]]), "kernel must hold real numbers"),
        (lambda: filters.convolve(IMAGE, np.ones((7, 3))), "does not fit into an image of 6"),
        (lambda: filters.convolve(IMAGE, np.ones((4, 4)), dilation=2), "7 pixels.*does not fit"),
        (lambda: filters.convolve(IMAGE, np.ones((3, 3)), stride=0), "stride must be .* at least 1.* got 0"),
        (lambda: filters.convolve(IMAGE, np.ones((3, 3)), stride=1.5), "stride must be a whole number"),
        (
            lambda: filters.convolve(IMAGE, np.ones((3, 3)), padding=-1),
            "padding must be .* at least 0.* got -1",
        ),
        (lambda: filters.convolve(IMAGE, np.ones((3, 3)), dilation=0), "dilation must be"),
        (lambda: filters.convolve(IMAGE * np.nan, np.ones((3, 3))), "image holds NaN"),
        (lambda: filters.im2col(IMAGE, 7), "does not fit"),
        (lambda: filters.im2col(IMAGE, 0), "kernel size must be"),
        (lambda: filters.im2col(np.zeros(5), 3), "x must be a matrix"),
        (lambda: filters.leung_malik_bank(10), "odd number"),
        (lambda: filters.classic_kernel("Edge"), "choose from Blur, Horizontal edge"),
        (lambda: filters.classic_kernel("Blur", 9), "scale must be from 0.5 to 4"),
        (lambda: filters.show_convolution(np.ones((29, 29))), "does not fit into an image of 28"),
        (lambda: filters.show_convolution(np.ones((3, 3)), stride=0), "stride must be"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_figures_show_what_was_computed():
    images = rng.random((3, 28, 28))
    fig = filters.draw_convolution(images, filters.blob_kernel, stride=2)
    drawn = fig.axes[2].images[0]
    np.testing.assert_allclose(drawn.get_array(), filters.convolve(images[0], filters.blob_kernel, stride=2))
    assert drawn.norm.vmin == -drawn.norm.vmax  # zero is white
    kernels = [ax.images[0].get_array() for ax in fig.axes[1:9:3] if ax.get_visible()]
    assert len(kernels) == 1 and np.array_equal(kernels[0], filters.blob_kernel)
    titles = [ax.get_title() for ax in filters.draw_kernels().axes]
    assert [title.split("\n")[0] for title in titles] == list(filters.CLASSIC)


@pytest.mark.parametrize("kernel_type", [np.float16, np.float32, np.float64, np.int64])
def test_half_precision_does_not_overflow(kernel_type):
    image = np.full((6, 6), 300, np.float16)
    response = filters.convolve(image, np.full((5, 5), 10, kernel_type))
    assert response.dtype == (np.float64 if kernel_type == np.float64 else np.float32)
    np.testing.assert_array_equal(response, 75_000)
    assert np.isfinite(filters.bank_responses(np.full((8, 8), 60_000, np.float16))).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_of_a_network_are_kernels(dtype):
    image = np.random.default_rng(0).random((9, 9))
    kernel = torch.nn.Conv2d(1, 1, 3).to(dtype).weight[0, 0]  # with a gradient
    values = kernel.detach().float().numpy()
    np.testing.assert_allclose(filters.convolve(image, kernel), filters.convolve(image, values), rtol=1e-6)
    assert filters.draw_convolution([image], kernel) and filters.draw_kernels({"learned": kernel.float()})
