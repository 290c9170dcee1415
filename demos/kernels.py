"""The players and explorers of parts 1 to 3, on kernels: one function a demo, one line in the notebook.

Pictures come in as {name: (rows, columns) array in [0, 1]}. The numbers come from `filters`.
"""

import ipywidgets
import numpy as np
from matplotlib.ticker import LinearLocator

import figures
import filters
import pooling
import widgets
from demos.controls import choice, replace_signed, slider

OWN = "Your own numbers"
BRIGHT = 0.55  # above this level black text is readable, below it white


def shrink(image, rows):
    """Return an image averaged down to ``rows`` x ``rows``: the centre of it that divides evenly."""
    factor = len(image) // rows
    margin = (len(image) - factor * rows) // 2
    end = margin + factor * rows
    return pooling.pool(image[margin:end, margin:end], factor, kind="average")


def tidy(number):
    """Return a number with its sign and two decimals, and plain 0 for what rounds to it."""
    return "0" if abs(number) < 0.005 else f"{number:+.2f}"


def example_pictures(digits, photographs):
    """Return the pictures that the explorers offer, by name.

    Parameters
    ----------
    digits : MulticlassDataset
        Its first three training images are used.
    photographs : dict
        What `datasets.load_coco` returns; its first photograph is used, in grey and shrunk to 120x120.

    Returns
    -------
    dict of str to array
        float32 (rows, columns) in [0, 1].
    """
    pictures = {
        f"{digits.title}: {digits.label_names[int(digits.train.labels[k])]}": np.asarray(
            digits.train.values[k]
        )[0]
        for k in range(3)
    }
    grey = photographs["images"][0].mean(axis=2) / np.float32(255)
    return {**pictures, photographs["title"]: shrink(grey, 120)}


# Part 1: opening


def sliding_kernel(digit, title="Image", kernel=None):
    """Play the film of a kernel that slides over a digit.

    Parameters
    ----------
    digit : array
        (rows, columns) in [0, 1]; averaged down to 10x10, so that its pixels can be seen.
    title : str
        Where the digit is from.
    kernel : array, optional
        3x3; a horizontal edge unless given.

    Returns
    -------
    Player
        One frame an output pixel: the patch, the products, their sum, and the output so far.
    """
    if kernel is None:
        kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4
    image = shrink(np.asarray(digit), 10)
    output = filters.convolve(image, kernel)
    patches = filters.windows(image, kernel.shape)
    fig = figures.figure(12, 4.6)
    grid = fig.add_gridspec(2, 3, width_ratios=[1.5, 1, 1.3])
    image_ax, output_ax = fig.add_subplot(grid[:, 0]), fig.add_subplot(grid[:, 2])
    patch_ax, product_ax = fig.add_subplot(grid[0, 1]), fig.add_subplot(grid[1, 1])
    figures.show_image(image_ax, image, title)
    window, here = figures.mark(image_ax, 0, 0, *kernel.shape), figures.mark(output_ax, 0, 0, 1, 1)
    patch = figures.show_image(patch_ax, patches[0, 0], "Patch, times the kernel")
    products = figures.show_signed(product_ax, np.zeros(kernel.shape), 1)
    drawn = figures.show_signed(output_ax, np.full(output.shape, np.nan), figures.magnitude(output), "Output")
    above, below = (figures.show_numbers(ax, kernel, size=figures.FONT - 2) for ax in (patch_ax, product_ax))
    for (r, c), weight in np.ndenumerate(kernel):
        above[r][c].set_y(r - 0.2)
        patch_ax.text(
            c, r + 0.28, f"× {weight:g}", ha="center", va="center", color=figures.ACCENT, fontweight="bold"
        )

    def draw(k):
        r, c = divmod(k, output.shape[1])
        figures.move_mark(window, r, c)
        figures.move_mark(here, r, c)
        patch.set_data(patches[r, c])
        products.set_data(patches[r, c] * kernel)
        for (i, j), grey in np.ndenumerate(patches[r, c]):
            above[i][j].set_text(f"{grey:.1f}")
            above[i][j].set_color("black" if grey > BRIGHT else "white")
            below[i][j].set_text(tidy(grey * kernel[i, j]))
        product_ax.title.set_text(f"Products: their sum is {tidy(output[r, c])}")
        drawn.set_data(np.where(np.arange(output.size).reshape(output.shape) <= k, output, np.nan))
        return fig

    return widgets.play(
        draw,
        output.size,
        name="sliding-kernel",
        interval=250,
        scale=1.25,  # 64 frames: rendered in seconds
        alt="A 3x3 kernel slides over a digit; the sum of the products under it becomes one output pixel",
        labels=[f"Output pixel ({r}, {c}) is {tidy(output[r, c])}" for r, c in np.ndindex(output.shape)],
    )


# Part 2: convolution


def read_kernel(text):
    """Return the kernel that a person typed, one row a line, numbers apart by spaces or commas."""
    rows = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    if not rows or len({len(row) for row in rows}) != 1:
        raise ValueError("Type one row of the kernel on each line, each with as many numbers as the others.")
    try:
        kernel = np.array([[float(number) for number in row] for row in rows])
    except ValueError:
        raise ValueError("A kernel holds numbers only, such as 1, -2 or 0.5, apart by spaces.") from None
    if max(kernel.shape) > 15:
        raise ValueError(f"A kernel here has at most 15 rows and columns; this one is {kernel.shape}.")
    return filters.validated_matrix(kernel, "The kernel")


def centred_response(image, kernel):
    """Return the response, as large as the image, and the image with its border repeated outwards."""
    rows, columns = kernel.shape
    margins = [(rows // 2, (rows - 1) // 2), (columns // 2, (columns - 1) // 2)]
    padded = np.pad(image, margins, mode="edge")
    return filters.convolve(padded, kernel), padded


def kernel_explorer(pictures):
    """Explore kernels: choose one or type one, turn, scale and flip it, and read the sum under the cursor.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1].
    """
    fig = figures.figure(8.6, 7.4)
    (image_ax, kernel_ax), (response_ax, product_ax) = fig.subplots(2, 2)
    first = next(iter(pictures.values()))
    image_drawn = figures.show_image(image_ax, first, "Picture")
    kernel_drawn = figures.show_signed(kernel_ax, filters.blur_kernel, title="Kernel")
    response_drawn = figures.show_signed(response_ax, first, 1, "Response")
    product_drawn = figures.show_signed(product_ax, filters.blur_kernel, title="Products")
    scale_ax = fig.colorbar(
        response_drawn, ax=response_ax, shrink=0.8, ticks=LinearLocator(3), format="%.2g"
    ).ax
    scale_ax.tick_params(labelsize=figures.FONT - 3)
    window = figures.mark(image_ax, 0, 0, 1, 1)
    here = figures.mark(response_ax, 0, 0, 1, 1)

    def draw(picture, kernel, numbers, scale, angle, flip, row, column):
        weights = read_kernel(numbers) if kernel == OWN else filters.classic_kernel(kernel, scale, angle)
        weights = weights[::-1, ::-1] if flip else weights
        image = pictures[picture]
        response, padded = centred_response(image, weights)
        row, column = min(row, image.shape[0] - 1), min(column, image.shape[1] - 1)
        rows, columns = weights.shape
        products = padded[row : row + rows, column : column + columns] * weights
        image_drawn.set_data(image)
        image_ax.title.set_text(picture)
        replace_signed(response_drawn, response)
        replace_signed(kernel_drawn, weights)
        replace_signed(product_drawn, products)
        figures.move_mark(window, row - rows // 2, column - columns // 2, rows, columns)
        figures.move_mark(here, row, column)
        kernel_ax.title.set_text(f"Kernel {rows}x{columns}, sum {tidy(weights.sum())}")
        product_ax.title.set_text(f"Products at ({row}, {column}): sum {tidy(products.sum())}")
        response_ax.title.set_text("Response to true convolution" if flip else "Response")

    rows, columns = (max(image.shape[axis] for image in pictures.values()) for axis in (0, 1))
    controls = {
        "picture": choice(pictures, "Picture"),
        "kernel": choice([*filters.CLASSIC, OWN], "Kernel", "Horizontal edge"),
        "scale": ipywidgets.FloatSlider(value=1, min=0.5, max=4, step=0.1, description="Scale (pixels)"),
        "angle": slider(0, 180, 0, "Angle (degrees)"),
        "flip": ipywidgets.Checkbox(value=False, description="Flip the kernel: true convolution"),
        "numbers": ipywidgets.Textarea(value="1 2 1\n0 0 0\n-1 -2 -1", description="Own numbers", rows=4),
        "row": slider(0, rows - 1, first.shape[0] // 2, "Row"),
        "column": slider(0, columns - 1, first.shape[1] // 2, "Column"),
    }
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name="kernel",
        pointer=(image_ax, "row", "column"),
        alt="A picture, a kernel, the response of the picture to it, and the products under the cursor",
    )


# Part 3: filter banks


def show_bank(ax, bank, columns):
    """Draw the filters of a bank into ``ax``, each scaled to its own strongest entry; outline the first."""
    strongest = np.abs(bank).max(axis=(1, 2), keepdims=True)
    figures.show_signed(ax, figures.tile(bank / strongest, columns, gap=2), 1)
    return figures.mark(ax, 0, 0, *bank.shape[1:])


def filter_bank_explorer(pictures):
    """Explore the Leung-Malik bank: one filter after another, and the response of a picture to it.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1].
    """
    bank, columns = filters.leung_malik_bank(), 12
    kinds = ["edge"] * 18 + ["bar"] * 18 + ["blob"] * 8 + ["blur"] * 4
    responses = {name: filters.bank_responses(image) for name, image in pictures.items()}
    fig = figures.figure(10, 7.4)
    grid = fig.add_gridspec(2, 3, height_ratios=[1, 1.15])
    bank_ax = fig.add_subplot(grid[0, :])
    outline = show_bank(bank_ax, bank, columns)
    image_ax, filter_ax, response_ax = (fig.add_subplot(grid[1, k]) for k in range(3))
    first = next(iter(pictures.values()))
    image_drawn = figures.show_image(image_ax, first, "Picture")
    filter_drawn = figures.show_signed(filter_ax, bank[0], title="Filter")
    response_drawn = figures.show_signed(response_ax, first, title="Response")

    def draw(picture, number):
        k = number - 1
        step = bank.shape[1] + 2
        figures.move_mark(outline, (k // columns) * step, (k % columns) * step)
        image_drawn.set_data(pictures[picture])
        image_ax.title.set_text(picture)
        replace_signed(filter_drawn, bank[k])
        response = responses[picture][k]
        replace_signed(response_drawn, response)
        filter_ax.title.set_text(f"Filter {number}: {kinds[k]}")

    controls = {"picture": choice(pictures, "Picture"), "number": slider(1, len(bank), 13, "Filter")}
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name="filter-bank",
        alt="The Leung-Malik filters, and a picture's response to one of them",
    )
