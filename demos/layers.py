"""The players and explorers of parts 4 and 5, on layers: convolution by numbers, im2col.

The numbers come from `filters`.
"""

from typing import NamedTuple

import numpy as np

import figures
import filters
import widgets
from demos.controls import slider

# Part 4: convolutional layers

# A bright cross corner, and the two simplest filters that tell its edges apart.
LAYER_IMAGE = np.array([[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0]])
LAYER_FILTERS = np.array([[[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]]])


def draw_convolutional_layer(image=LAYER_IMAGE, kernels=LAYER_FILTERS):
    """Draw a small image, the filters of a layer, and one output an filter, every number visible.

    Parameters
    ----------
    image : array
        (rows, columns).
    kernels : array
        (filters, 3, 3).

    Returns
    -------
    Figure
    """
    outputs = [filters.convolve(image, kernel) for kernel in kernels]
    fig = figures.figure(11, 3 * len(kernels))
    grid = fig.add_gridspec(len(kernels), 3, width_ratios=[1.6, 1, 1])
    ax = fig.add_subplot(grid[:, 0])
    figures.show_image(ax, 1 - 0.3 * image, "Image $i$")
    figures.show_grid(ax, *image.shape)
    figures.show_numbers(ax, image, size=figures.FONT + 4)
    figures.mark(ax, 0, 0, *kernels.shape[1:])
    for f, (kernel, output) in enumerate(zip(kernels, outputs, strict=True)):
        for column, values, title in ((1, kernel, f"Filter $w_{f}$"), (2, output, f"Output $o_{f}$")):
            ax = fig.add_subplot(grid[f, column])
            figures.show_signed(
                ax, values, 2.5 * figures.magnitude(values), title
            )  # pale, under black numbers
            figures.show_grid(ax, *values.shape)
            figures.show_numbers(ax, values, size=figures.FONT + 4)
        figures.mark(ax, 0, 0, 1, 1)
    return fig


def show_convolutional_layer():
    """Display the worked example of a layer with two filters."""
    figures.show(
        draw_convolutional_layer(), "A 5x5 image, two 3x3 filters and their two 3x3 outputs, in numbers"
    )


class LayerCost(NamedTuple):
    """What a layer with one channel in and one out takes."""

    parameters: int
    products: int


def convolution_cost(kernel, output):
    """Return the cost of a square convolution: k*k weights and a bias, k*k products an output."""
    return LayerCost(kernel**2 + 1, kernel**2 * output**2)


def dense_cost(size, output):
    """Return the cost of a dense layer from a size x size image to an output x output one."""
    return LayerCost((size**2 + 1) * output**2, size**2 * output**2)


def arithmetic_explorer():
    """Explore the arithmetic of a convolution: where the kernel lands, what is left over, what it costs."""
    most = 16
    fig = figures.figure(10, 5.6)
    ax, text_ax = fig.subplots(1, 2, width_ratios=[1.25, 1])
    figures.bare(text_ax)

    def write(x, y, text="", side="left"):
        style = {"fontsize": figures.FONT, "color": figures.INK, "linespacing": 1.6}
        return text_ax.text(x, y, text, ha=side, va="top", **style)

    # Names stand apart from numbers: what does not change is drawn once.
    write(0, 0.87, "output\nstrides that fit\nrows and columns never seen (red)")
    write(0, 0.47, "parameters\n    of a dense layer\nmultiply-adds\n    of a dense layer")
    formula, verdict, costs = write(0, 0.98), write(0, 0.62), write(1, 0.47, side="right")
    sizes = write(1, 0.87, side="right")
    cells = figures.show_image(ax, np.zeros((most, most, 3), np.uint8), "Input, with its padding")
    first, last = figures.mark(ax, 0, 0, 1, 1), figures.mark(ax, 0, 0, 1, 1, figures.SECOND)
    colors = {
        "image": "#c9d6e2",
        "padding": "#eef1f4",
        "left over": "#f3c0bd",
        "kernel": "#f7c48d",
        "last": "#9cc8d8",
    }
    palette = np.array([[int(color[k : k + 2], 16) for k in (1, 3, 5)] for color in colors.values()])
    lines = [ax.plot([], [], color="white", linewidth=2)[0] for _ in range(2)]

    def draw(size, kernel, padding, stride, dilation):
        output = filters.output_size(size, kernel, padding, stride, dilation)
        padded, reach = size + 2 * padding, dilation * (kernel - 1) + 1
        used = (output - 1) * stride + reach
        kind = np.zeros((padded, padded), dtype=int)
        kind[:padding], kind[:, :padding] = 1, 1
        kind[padded - padding :], kind[:, padded - padding :] = 1, 1
        kind[used:], kind[:, used:] = 2, 2
        start = (output - 1) * stride
        kind[start : start + reach : dilation, start : start + reach : dilation] = 4
        kind[:reach:dilation, :reach:dilation] = 3
        cells.set_data(palette[kind].astype(np.uint8))
        edges, ends = np.arange(padded + 1) - 0.5, [-0.5, padded - 0.5, np.nan]
        lines[0].set_data(np.repeat(edges, 3), np.tile(ends, len(edges)))
        lines[1].set_data(np.tile(ends, len(edges)), np.repeat(edges, 3))
        figures.move_mark(first, 0, 0, reach, reach)
        figures.move_mark(last, start, start, reach, reach)
        ax.title.set_text(f"Input {size}x{size}" + (f", padded to {padded}x{padded}" if padding else ""))
        here, dense = convolution_cost(kernel, output), dense_cost(size, output)
        fitting = [s for s in range(1, 9) if (padded - reach) % s == 0]
        formula.set_text(
            f"⌊({size} + 2·{padding} − {dilation}·({kernel} − 1) − 1) / {stride}⌋ + 1 = {output}"
        )
        sizes.set_text(f"{output}x{output}\n{', '.join(map(str, fitting))}\n{padded - used} of {padded}")
        verdict.set_text(f"stride {stride} fits" if stride in fitting else f"stride {stride} does not fit")
        verdict.set_color(figures.INK if stride in fitting else figures.POSITIVE)
        costs.set_text("\n".join(f"{number:,}" for cost in zip(here, dense, strict=True) for number in cost))

    controls = {
        "size": slider(3, most, 8, "Image size"),
        "kernel": slider(1, 7, 3, "Kernel size"),
        "padding": slider(0, 3, 0, "Padding"),
        "stride": slider(1, 8, 2, "Stride"),
        "dilation": slider(1, 3, 1, "Dilation"),
    }
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name="arithmetic",
        alt="An image with padding, the first and the last place of the kernel, and what is left over",
    )


# Part 5: im2col

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxy")).reshape(5, 5)


def letter_columns(size=3):
    """Return `filters.im2col` of the 5x5 matrix of the letters a to y, as letters."""
    return LETTERS.ravel()[filters.im2col(np.arange(25).reshape(5, 5), size).astype(int)]


def im2col_player(kernel=((0, 1, 0), (1, 2, 1), (0, 1, 0))):
    """Play im2col: an output pixel, its patch, its column, and the row-times-column product.

    Parameters
    ----------
    kernel : array
        3x3 weights, the row of the matrix.

    Returns
    -------
    Player
        One frame for each of the nine patches of a 5x5 image of the letters a to y (1 to 25 in the product).
    """
    kernel = np.asarray(kernel)
    size = len(kernel)
    values = np.arange(1, 26).reshape(5, 5)
    columns = letter_columns(size)
    output = filters.convolve(values, kernel)
    product = kernel.reshape(1, -1) @ filters.im2col(values, size)
    fig = figures.figure(12, 6)
    grid = fig.add_gridspec(2, 3, width_ratios=[1, 1.35, 0.75], height_ratios=[2.6, 1])
    image_ax, matrix_ax, output_ax = (fig.add_subplot(grid[0, k]) for k in range(3))
    sum_ax = figures.bare(fig.add_subplot(grid[1, :]))
    for ax, letters, title in (
        (image_ax, LETTERS, "Image $\\mathbf{x}$"),
        (matrix_ax, columns, "$\\mathbf{X}$: a patch a column"),
    ):
        figures.bare(ax, title)
        figures.show_grid(ax, *letters.shape)
        figures.show_numbers(ax, letters, "{}", size=figures.FONT + 2)
    figures.bare(output_ax, "Output")
    figures.show_grid(output_ax, *output.shape)
    written = figures.show_numbers(output_ax, output, size=figures.FONT + 1)
    patch = figures.mark(image_ax, 0, 0, size, size)
    column = figures.mark(matrix_ax, 0, 0, size * size, 1)
    pixel = figures.mark(output_ax, 0, 0, 1, 1)
    sum_ax.set_xlim(0, 1)
    sum_ax.set_ylim(0, 1)
    text = sum_ax.text(0.5, 0.5, "", ha="center", va="center", fontsize=figures.FONT + 1, color=figures.INK)

    def draw(k):
        r, c = divmod(k, output.shape[1])
        figures.move_mark(patch, r, c)
        figures.move_mark(column, 0, k)
        figures.move_mark(pixel, r, c)
        for position, number in np.ndenumerate(output):
            done = position[0] * output.shape[1] + position[1] <= k
            written[position[0]][position[1]].set_text(f"{number:g}" if done else "")
        terms = [
            f"{weight:g}·{letter}"
            for weight, letter in zip(kernel.ravel(), columns[:, k], strict=True)
            if weight
        ]
        total = f"{' + '.join(terms)} = {product[0, k]:g}".replace("+ -", "− ")
        text.set_text(f"row of weights  ×  column {k + 1}\n{total}      (with a = 1, b = 2, … y = 25)")
        return fig

    return widgets.play(
        draw,
        output.size,
        name="im2col",
        interval=1200,
        alt="The letters a to y as an image; each 3x3 patch becomes a column of a matrix",
        labels=[f"Patch {k + 1} of {output.size} becomes column {k + 1}" for k in range(output.size)],
    )
