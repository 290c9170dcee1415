"""The explorers of parts 7 and 8, on smaller images: subsampling, pooling, and what a shift does to them.

The numbers come from `filters` and `pooling`; a picture is a (rows, columns) array in [0, 1].
"""

import ipywidgets
import numpy as np

import figures
import filters
import pooling
import widgets
from demos.controls import choice, slider

# Part 7: subsampling


# Part 8: pooling


def pooling_explorer(pictures):
    """Explore pooling: window, stride and kind, on a picture.

    Parameters
    ----------
    pictures : dict of str to array
        (rows, columns) in [0, 1].
    """
    first = next(iter(pictures.values()))
    fig = figures.figure(10, 5)
    left, right = fig.subplots(1, 2)
    image_drawn = figures.show_image(left, first, "Picture")
    pooled_drawn = figures.show_image(right, first, "Pooled")
    window, here = figures.mark(left, 0, 0, 1, 1), figures.mark(right, 0, 0, 1, 1)

    def draw(picture, size, stride, kind, row, column):
        image = pictures[picture]
        pooled = pooling.pool(image, size, stride, kind)
        row, column = min(row, pooled.shape[0] - 1), min(column, pooled.shape[1] - 1)
        image_drawn.set_data(image)
        pooled_drawn.set_data(pooled)
        figures.move_mark(window, row * stride, column * stride, size, size)
        figures.move_mark(here, row, column)
        left.title.set_text(f"{picture}, {image.shape[0]}x{image.shape[1]}")
        right.title.set_text(
            f"{kind.capitalize()}: {pooled.shape[0]}x{pooled.shape[1]}, here {pooled[row, column]:.2f}"
        )

    controls = {
        "picture": choice(pictures, "Picture"),
        "kind": ipywidgets.ToggleButtons(options=pooling.KINDS, value="max", description="Kind"),
        "size": slider(1, 8, 3, "Window size"),
        "stride": slider(1, 8, 2, "Stride"),
        "row": slider(0, len(first) - 1, 5, "Row"),
        "column": slider(0, len(first) - 1, 5, "Column"),
    }
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name="pooling",
        pointer=(right, "row", "column"),
        alt="A picture and its pooled version, with one window and its output marked",
    )


def shifted(image, down, right):
    """Return an image moved by whole pixels, zeros coming in at the border."""
    rows, columns = image.shape
    margin = max(abs(down), abs(right))
    padded = np.pad(image, margin)
    return padded[margin - down : margin - down + rows, margin - right : margin - right + columns]


def relative_change(before, after):
    """Return the norm of the difference over the norm of the first; 0 where the first is 0."""
    norm = np.linalg.norm(before)
    return float(np.linalg.norm(after - before) / norm) if norm else 0.0


def shift_explorer(digit, title="Digit", kernel=None):
    """Explore what moving a digit by a pixel does to its feature map, pooled or merely subsampled.

    Parameters
    ----------
    digit : array
        (rows, columns) in [0, 1].
    title : str
        Where the digit is from.
    kernel : array, optional
        What gives the feature map; the horizontal edge unless given.
    """
    kernel = filters.horizontal_edge_kernel if kernel is None else kernel

    def maps(image):
        feature = np.maximum(filters.convolve(image, kernel), 0)
        return {
            "Feature map": feature,
            "Average pooled 4x4": pooling.pool(feature, 4, kind="average"),
            "Max pooled 4x4": pooling.pool(feature, 4, kind="max"),
            "Every 4th pixel": feature[::4, ::4],
        }

    before = maps(digit)
    limit = figures.magnitude(before["Feature map"])
    fig = figures.figure(10.5, 6)
    grid = fig.add_gridspec(2, 4, width_ratios=[1.2, 1, 1, 1])
    image_ax, bar_ax = fig.add_subplot(grid[:, 0]), fig.add_subplot(grid[:, 3])
    image_drawn = figures.show_image(image_ax, digit, title)
    places = (grid[0, 1], grid[0, 2], grid[1, 1], grid[1, 2])
    drawn = {
        name: figures.show_image(fig.add_subplot(place), before[name] / limit, name)
        for name, place in zip(before, places, strict=True)
    }
    bars = figures.bars(bar_ax, ["map", "average", "max", "every 4th"], [0] * len(before))
    bar_ax.set_title("Relative change", fontsize=figures.FONT, color=figures.INK)
    bar_ax.set_xlim(0, 1.5)

    def draw(down, right):
        moved = shifted(digit, down, right)
        image_drawn.set_data(moved)
        image_ax.title.set_text(f"{title}\nmoved by ({down}, {right})")
        for bar, (name, after) in zip(bars, maps(moved).items(), strict=True):
            drawn[name].set_data(after / limit)
            bar.set_width(relative_change(before[name], after))

    controls = {"down": slider(-4, 4, 0, "Down (pixels)"), "right": slider(-4, 4, 1, "Right (pixels)")}
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name="shift",
        alt="A digit moved by a few pixels, its feature map, three smaller maps, and how much each changed",
    )
