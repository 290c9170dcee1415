"""Subsampling, and pooling: each window of an image becomes one number, its mean or its maximum."""

import numpy as np
from matplotlib.figure import Figure

import figures
from filters import as_array, classic_kernel, convolve, pair, validated_matrix, windows

KINDS = ("average", "max")

# The worked example of the lecture: one digit per pixel, so that a reader can check every output by hand.
EXAMPLE = np.array(
    [
        [1, 3, 0, 2, 4, 1, 0],
        [0, 9, 2, 6, 1, 5, 3],
        [4, 2, 6, 0, 3, 8, 1],
        [7, 1, 5, 4, 2, 0, 6],
        [2, 8, 0, 3, 9, 4, 2],
        [5, 0, 1, 7, 2, 6, 4],
        [3, 6, 2, 1, 0, 5, 9],
    ]
)


def pool(x, size, stride=None, kind="average", padding=0):
    """Pool the windows of an image.

    Parameters
    ----------
    x : array
        (rows, columns).
    size : int or (int, int)
        Rows and columns of a window.
    stride : int or (int, int), optional
        Pixels between two windows; ``size`` unless given, so that windows touch.
    kind : str
        "average": the mean, in which padding counts as zeros; "max": the maximum, in which it counts as minus
        infinity, so that it never wins.
    padding : int or (int, int)
        Pixels added on each side, at most half of ``size``, so that no window lies in the padding alone.

    Returns
    -------
    array
        (output rows, output columns), each ``floor((n + 2p - k) / s) + 1``, as `torch.nn.AvgPool2d` and
        `torch.nn.MaxPool2d` with their defaults.

    Raises
    ------
    ValueError
        For an unknown kind, or anything that `filters.windows` refuses.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}; got {kind!r}")
    x, size, padding = validated_matrix(x, "x"), pair(size, "size", 1), pair(padding, "padding", 0)
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise ValueError(f"padding must be at most half of the window size {size}; got {padding}")
    fill = -np.inf if kind == "max" else 0
    seen = windows(x, size, padding, size if stride is None else stride, fill=fill)
    return seen.max(axis=(2, 3)) if kind == "max" else seen.mean(axis=(2, 3))


@figures.own_style
def draw_pooling(x, size, stride, kind) -> Figure:
    """Draw an image of numbers beside its pooled version, three windows and their outputs marked."""
    x = as_array(x)
    output = pool(x, size, stride, kind)
    fig = figures.figure(10, 5.2)
    left, right = fig.subplots(1, 2, width_ratios=[x.shape[1], output.shape[1] + 1.5])
    spread = max(float(np.ptp(x)), 1)
    for ax, values, title in (
        (left, x, f"Input {x.shape[0]}x{x.shape[1]}"),
        (
            right,
            output,
            f"{kind.capitalize()} of {size}x{size}, stride {stride}: {output.shape[0]}x{output.shape[1]}",
        ),
    ):
        # Half-strength greys, so that black numbers stay readable on every cell.
        figures.show_image(ax, 1 - 0.45 * (values - x.min()) / spread, title)
        figures.show_grid(ax, *values.shape, color="white")
        figures.show_numbers(ax, values, "{:.3g}", size=figures.FONT + 3)
    corners = [(0, 0), (0, output.shape[1] - 1), (output.shape[0] - 1, output.shape[1] // 2)]
    for (r, c), color in zip(corners, (figures.ACCENT, figures.SECOND, figures.POSITIVE), strict=True):
        figures.mark(left, r * stride, c * stride, size, size, color, linewidth=4)
        figures.mark(right, r, c, 1, 1, color, linewidth=4)
    return fig


def avg_pool():
    """Display the worked example of average pooling: windows of 3x3 at stride 2."""
    figures.show(
        draw_pooling(EXAMPLE, 3, 2, "average"), "A 7x7 matrix and the means of its 3x3 windows at stride 2"
    )


def max_pool():
    """Display the worked example of max pooling: windows of 3x3 at stride 2."""
    figures.show(
        draw_pooling(EXAMPLE, 3, 2, "max"), "A 7x7 matrix and the maxima of its 3x3 windows at stride 2"
    )


def rings(rows=128):
    """Return concentric rings, finer and finer outwards, (rows, rows) in [0, 1]."""
    down, right = np.mgrid[:rows, :rows] - (rows - 1) / 2
    return 0.5 + 0.5 * np.cos(np.pi * (down**2 + right**2) / rows)


@figures.own_style
def draw_subsampling(image, step=2):
    """Draw an image, and every ``step``-th pixel of it without and with a blur before.

    Parameters
    ----------
    image : array
        (rows, columns) in [0, 1].
    step : int
        The stride, from 1 to 5.

    Returns
    -------
    Figure
    """
    if step not in range(1, 6):
        raise ValueError(f"step must be a whole number from 1 to 5, not {step!r}")
    kernel = classic_kernel("Blur", 0.8 * step)
    blurred = convolve(np.pad(image, len(kernel) // 2, mode="reflect"), kernel)
    fig = figures.figure(12, 4.4)
    for ax, shown, title in zip(
        fig.subplots(1, 3),
        (image, image[::step, ::step], blurred[::step, ::step]),
        ("Image", f"Every {ordinal(step)} pixel", f"Blurred, then every {ordinal(step)} pixel"),
        strict=True,
    ):
        figures.show_image(ax, shown, f"{title}\n{shown.shape[0]}x{shown.shape[1]}")
    return fig


def ordinal(number):
    """Return 2 as "2nd", 3 as "3rd", others up to 20 with "th"."""
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"


def show_subsampling(step=2):
    """Display what goes wrong when one subsamples without a blur, on rings of every fineness."""
    figures.show(
        draw_subsampling(rings(), step),
        "Fine rings; subsampled they turn into coarse rings that are not there; blurred before, they fade",
    )
