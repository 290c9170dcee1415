"""Convolution: the classic kernels, `convolve`, `im2col`, and the Leung-Malik filter bank.

What deep learning calls convolution is *cross-correlation*: the kernel slides over the image as it is. True
convolution flips the kernel in both axes first, ``convolve(image, kernel[::-1, ::-1])``. For a network that
learns its kernels it makes no difference; for a kernel that is not symmetric the two responses differ.
"""

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view

import figures


def gaussian(size, sigma):
    """Return samples of a Gaussian, centred, float64 (size,), with sum 1."""
    x = np.arange(size) - (size - 1) / 2
    samples = np.exp(-(x**2) / (2 * sigma**2))
    return samples / samples.sum()


def laplacian_of_gaussian(size, sigma):
    """Return the Laplacian of a Gaussian, negative in the middle, positive around, (size, size), sum 0."""
    x = np.arange(size) - (size - 1) / 2
    squared = (x[:, None] ** 2 + x[None, :] ** 2) / sigma**2
    samples = (squared - 2) * np.exp(-squared / 2)
    return samples - samples.mean()


def unit(kernel):
    """Scale a kernel so that its magnitudes add up to 1: on images in [0, 1] responses stay in [-1, 1]."""
    return (kernel / np.abs(kernel).sum()).astype(np.float32)


def quantized(kernel, parts=2048):
    """Round a kernel to multiples of 1 / parts, and let the centre take what is left: the sum is exactly 0."""
    kernel = np.round(kernel * parts)
    centre = tuple(n // 2 for n in kernel.shape)
    kernel[centre] -= kernel.sum()
    return (kernel / parts).astype(np.float32)


# The first three are outer products: what the kernel looks for down the image, times an average across.
binomial = np.array([1, 4, 6, 4, 1]) / 16  # nearly a Gaussian of variance 1, and exact
blur_kernel = unit(np.outer(binomial, binomial))
horizontal_edge_kernel = unit(np.outer([1, 1, 0, -1, -1], binomial))  # bright above, dark below
horizontal_bar_kernel = unit(np.outer([-1, -1, 4, -1, -1], binomial))  # a bright row between dark ones
blob_kernel = quantized(unit(laplacian_of_gaussian(9, 1.8)))  # a dark spot in a bright ring

CLASSIC = {
    "Blur": blur_kernel,
    "Horizontal edge": horizontal_edge_kernel,
    "Horizontal bar": horizontal_bar_kernel,
    "Blob": blob_kernel,
}


def pair(value, name, minimum):
    """Return ``value``, one whole number or (rows, columns), as two, none below ``minimum``."""
    values = tuple(value) if np.ndim(value) else (value, value)
    if len(values) != 2 or any(int(v) != v or v < minimum for v in values):
        raise ValueError(
            f"{name} must be a whole number of at least {minimum}, or two of them; got {value!r}"
        )
    return tuple(int(v) for v in values)


def as_array(values):
    """Return what may be a tensor, on a GPU or with a gradient, as a NumPy array."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        return (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return np.asarray(values)


def validated_matrix(array, name):
    """Return ``array`` as floats of at least 32 bits, or raise ValueError if it is no matrix of finite numbers."""
    array = as_array(array)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers; got an array of {array.dtype}")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must be a matrix (rows, columns) with entries; got the shape {array.shape}")
    if (
        array.dtype.kind != "f" or array.dtype.itemsize < 4
    ):  # half precision ends at 65,504, and sums go further
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} holds NaN or infinity: replace those entries first, e.g. with np.nan_to_num"
        )
    return array


def output_size(size, kernel, padding=0, stride=1, dilation=1):
    """Return how many outputs a kernel gives along one axis: floor((n + 2p - d(k - 1) - 1) / s) + 1.

    Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning" (2016), relation 15.

    Raises
    ------
    ValueError
        If the dilated kernel is larger than the padded image.
    """
    reach = dilation * (kernel - 1) + 1
    if reach > size + 2 * padding:
        raise ValueError(
            f"a kernel of {kernel} (dilation {dilation}: {reach} pixels) does not fit into an image of "
            f"{size} with padding {padding} ({size + 2 * padding}): use a smaller kernel or more padding"
        )
    return (size + 2 * padding - reach) // stride + 1


def windows(image, size, padding=0, stride=1, dilation=1, fill=0.0):
    """Return a view of every window that a kernel of ``size`` sees in an image.

    Parameters
    ----------
    image : array
        (rows, columns).
    size, padding, stride, dilation : int or (int, int)
        As for `torch.nn.Conv2d`; two numbers mean (rows, columns).
    fill : float
        The value of the padding.

    Returns
    -------
    array
        (output rows, output columns, size rows, size columns), no copy where there is no padding.
    """
    size, stride = pair(size, "kernel size", 1), pair(stride, "stride", 1)
    padding, dilation = pair(padding, "padding", 0), pair(dilation, "dilation", 1)
    for n, k, p, s, d in zip(image.shape, size, padding, stride, dilation, strict=True):
        output_size(n, k, p, s, d)  # raises where the kernel does not fit
    if any(padding):
        image = np.pad(image, [(p, p) for p in padding], constant_values=fill)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True))
    view = sliding_window_view(image, reach)
    return view[:: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def convolve(image, kernel, padding=0, stride=1, dilation=1):
    """Slide a kernel over an image: each output is the sum of the products under the kernel.

    This is cross-correlation, the "convolution" of deep learning; see the head of this module.

    Parameters
    ----------
    image : array
        (rows, columns), any size.
    kernel : array
        (kernel rows, kernel columns), odd or even.
    padding, stride, dilation : int or (int, int)
        Zeros around the image, pixels between outputs, pixels between kernel entries; two numbers mean
        (rows, columns).

    Returns
    -------
    array
        (output rows, output columns), each ``floor((n + 2p - d(k - 1) - 1) / s) + 1``; float32, or
        float64 where an input is.

    Raises
    ------
    ValueError
        For an image or kernel that is not a matrix of finite numbers, a stride or dilation below 1, a
        negative padding, or a kernel larger than the padded image.
    """
    image, kernel = validated_matrix(image, "image"), validated_matrix(kernel, "kernel")
    # Summed in double precision: the response to a flat image is then exactly the kernel's sum times its value.
    seen = windows(image.astype(np.float64), kernel.shape, padding, stride, dilation)
    response = np.einsum("rcij,ij->rc", seen, kernel.astype(np.float64))
    return response.astype(np.result_type(image, kernel), copy=False)


def im2col(x, size):
    """Copy every size x size patch of an image into a column of a matrix.

    Parameters
    ----------
    x : array
        (rows, columns).
    size : int
        Rows and columns of a patch.

    Returns
    -------
    array
        float32 (size * size, patches), patches in row-major order: column
        ``r * (columns - size + 1) + c`` holds the patch whose top left pixel is (r, c).
    """
    patches = windows(validated_matrix(x, "x"), size)
    return patches.reshape(-1, patches.shape[2] * patches.shape[3]).T.astype(np.float32)


@cache
def leung_malik_bank(size=49):
    """Return the 48 filters of Leung and Malik, computed from their definition.

    First and second derivatives of Gaussians, three times longer than wide, at 6 orientations and 3 scales
    (36); 8 Laplacians of Gaussians; 4 Gaussians. Derivatives have mean 0, and the magnitudes of each filter add
    up to 1.

    Source: T. Leung, J. Malik, "Representing and recognizing the visual appearance of materials using
    three-dimensional textons", IJCV 43 (2001). Its scales are those that M. Varma and A. Zisserman call "LM large",
    from sqrt(2) to 4 pixels; "LM small" goes from 1 to 2 sqrt(2).

    Parameters
    ----------
    size : int
        Rows and columns of each filter, odd, so that it has a centre.

    Returns
    -------
    array
        float32 (48, size, size), read-only: 18 edges (scale by scale), 18 bars, 8 blobs, 4 Gaussians.
    """
    if size != int(size) or size < 3 or size % 2 == 0:
        raise ValueError(
            f"size must be an odd number of at least 3, so that a filter has a centre; got {size!r}"
        )
    x = np.arange(size) - size // 2
    down, right = np.meshgrid(x, x, indexing="ij")
    scales = np.sqrt(2) ** np.arange(1, 5)
    edges, bars = [], []
    for sigma in scales[:3]:
        for angle in np.arange(6) * np.pi / 6:
            edges.append(oriented(down, right, sigma, angle, order=1))
            bars.append(oriented(down, right, sigma, angle, order=2))
    blobs = [laplacian_of_gaussian(size, sigma) for sigma in (*scales, *(3 * scales))]
    gaussians = [np.outer(gaussian(size, sigma), gaussian(size, sigma)) for sigma in scales]
    bank = np.stack([unit(kernel) for kernel in (*edges, *bars, *blobs, *gaussians)])
    bank.setflags(write=False)
    return bank


def bank_responses(image, bank=None):
    """Return the response of an image to every filter of a bank, edges of the image repeated around it.

    Parameters
    ----------
    image : array
        (rows, columns).
    bank : array, optional
        (filters, size, size) with odd size; the Leung-Malik bank unless given.

    Returns
    -------
    array
        float32 (filters, rows, columns).
    """
    bank = leung_malik_bank() if bank is None else as_array(bank).astype(np.float32)
    margin = bank.shape[1] // 2
    padded = np.pad(validated_matrix(image, "image").astype(np.float32), margin, mode="edge")
    # 48 filters of 49x49 are 115,000 products a pixel: torch's convolution, which the lecture comes to later.
    weights = torch.from_numpy(bank.copy())[:, None]
    return F.conv2d(torch.from_numpy(padded)[None, None], weights)[0].numpy()


def oriented(down, right, sigma, angle, order, elongation=3):
    """Return a derivative of a Gaussian across a line at ``angle`` (radians from the rows), mean 0.

    ``order`` 1 gives an edge, 2 a bar; along the line the Gaussian is ``elongation`` times wider.
    """
    along = right * np.cos(angle) - down * np.sin(angle)
    across = right * np.sin(angle) + down * np.cos(angle)
    envelope = np.exp(-(across**2) / (2 * sigma**2) - along**2 / (2 * (elongation * sigma) ** 2))
    profile = -across / sigma if order == 1 else 1 - across**2 / sigma**2
    samples = profile * envelope
    return samples - samples.mean()


def classic_kernel(kind, scale=1.0, angle=0.0):
    """Return one of the four classic kernels at any scale and orientation.

    Parameters
    ----------
    kind : str
        A key of `CLASSIC`.
    scale : float
        Standard deviation of its Gaussian in pixels, 0.5 to 4.
    angle : float
        Degrees, counter-clockwise; edges and bars are horizontal at 0.

    Returns
    -------
    array
        float32 (n, n) with n odd, about six standard deviations.
    """
    if kind not in CLASSIC:
        raise ValueError(f"there is no kernel {kind!r}: choose from {', '.join(CLASSIC)}")
    if not 0.5 <= scale <= 4:
        raise ValueError(f"scale must be from 0.5 to 4 pixels; got {scale!r}")
    size = 2 * math.ceil(2.5 * scale) + 1
    if kind == "Blur":
        return unit(np.outer(gaussian(size, scale), gaussian(size, scale)))
    if kind == "Blob":
        return unit(laplacian_of_gaussian(size + 2, scale))
    x = np.arange(size) - size // 2
    down, right = np.meshgrid(x, x, indexing="ij")
    order = 1 if kind == "Horizontal edge" else 2
    return unit(oriented(down, right, scale, np.deg2rad(angle), order, elongation=1))


@figures.own_style
def draw_kernels(kernels=None) -> Figure:
    """Draw kernels side by side with their names, all on one zero-centred colour map."""
    kernels = CLASSIC if kernels is None else kernels
    fig = figures.figure(3 * len(kernels), 3.4)
    for ax, (name, kernel) in zip(
        fig.subplots(1, len(kernels), squeeze=False)[0], kernels.items(), strict=True
    ):
        rows, columns = (kernel := as_array(kernel)).shape
        figures.show_signed(ax, kernel, title=f"{name}\n{rows}x{columns}, sum {kernel.sum():.2g}")
    return fig


def show_kernels():
    """Display the four classic kernels, labelled."""
    figures.show(
        draw_kernels(),
        "The blur, horizontal edge, horizontal bar and blob kernels; red is positive, blue negative",
    )


@figures.own_style
def draw_convolution(images, kernel, stride=1, title="") -> Figure:
    """Draw images, a kernel, and the signed response of each image to it.

    Parameters
    ----------
    images : array
        (count, rows, columns), in [0, 1].
    kernel : array
        (rows, columns).
    stride : int
        Pixels between two outputs.
    title : str
        What the images are.

    Returns
    -------
    Figure
        One row an image, with its response; the kernel once, between the middle ones.
    """
    kernel = validated_matrix(kernel, "kernel")
    responses = [convolve(image, kernel, stride=stride) for image in images]
    limit = figures.magnitude(responses)
    fig = figures.figure(6.6, 1.9 * len(images))  # three digits fit on a slide
    grid = fig.subplots(len(images), 3, squeeze=False)
    for row, (axes, image, response) in enumerate(zip(grid, images, responses, strict=True)):
        sizes = f"{len(response)}x{len(response[0])}"
        figures.show_image(axes[0], image, f"{title}\n{len(image)}x{len(image[0])}" if row == 0 else "")
        if row == len(images) // 2:
            figures.show_signed(axes[1], kernel)
            # No title: the layout would make room for it between the rows.
            name = axes[1].text(0.5, 1.04, "Kernel", transform=axes[1].transAxes, ha="center", va="bottom")
            name.set(fontsize=figures.FONT, color=figures.INK, in_layout=False)
        else:
            axes[1].set_visible(False)
        drawn = figures.show_signed(
            axes[2], response, limit, f"Response {sizes}" + (f", stride {stride}" if stride > 1 else "")
        )
        if row:
            axes[2].set_title("")
    bar = fig.colorbar(drawn, ax=grid[:, 2], shrink=0.5)  # one for all: they share a range
    bar.ax.tick_params(labelsize=figures.FONT)
    return fig


def show_convolution(kernel, stride=1):
    """Display the response of the first three MNIST training digits (5, 0, 4) to a kernel.

    Red responses are positive, blue ones negative.

    Parameters
    ----------
    kernel : array
        (rows, columns), at most 28x28.
    stride : int
        Pixels between two outputs.
    """
    from datasets import MulticlassDataset  # here, since the other functions of this module need no data

    dataset = MulticlassDataset.mnist(28)
    fig = draw_convolution(dataset.train.values[:3, 0], kernel, stride, dataset.title)
    figures.show(fig, f"Three digits, a kernel, and their responses to it at stride {stride}")
