"""Drawing on axes: the few kinds of picture that the whole lecture is made of.

A function here takes an ``ax`` and returns the artists that it made, so that a caller can update them later.
Figures are `matplotlib.figure.Figure` objects that pyplot knows nothing of: they are safe in the threads in
which Jupyter runs the callbacks of sliders.
"""

import base64
import html
import io
import struct
import warnings
import zlib

import numpy as np
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import PcolorImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

FONT = 14  # points: at 100 dpi and full width, readable from the back row
INK = "#22303c"
FAINT = "#c9d1d9"
ACCENT = "#e8871e"
SECOND = "#2a7f9e"
POSITIVE = "#b2182b"  # the ends of the map that `show_signed` uses
NEGATIVE = "#2166ac"
SIGNED_MAP = "RdBu_r"


def figure(width, height, dpi=100):
    """Return an empty figure of ``width`` x ``height`` inches that lays itself out."""
    fig = Figure(figsize=(width, height), dpi=dpi, layout="constrained", facecolor="white")
    FigureCanvasAgg(fig)
    return fig


def png(fig, scale=1, palette=False):
    """Return the figure as PNG bytes.

    Parameters
    ----------
    fig : Figure
        What to render.
    scale : float
        Pixels for each dot of the figure.
    palette : bool
        Keep the 256 most used colours only, and compress well: a third of the size, for films of drawings.
        Otherwise compression is light, since it is what a moving slider waits for.

    Returns
    -------
    bytes
    """
    dpi = fig.dpi
    try:
        if scale != 1:
            fig.set_dpi(dpi * scale)
        if isinstance(fig.get_layout_engine(), ConstrainedLayoutEngine):
            fig.canvas.draw()  # this layout settles on the second drawing only
        fig.canvas.draw()
        pixels = fig.canvas.buffer_rgba()
        size = pixels.shape[1::-1]
        image = Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1).convert("RGB")
    finally:
        if scale != 1:
            fig.set_dpi(dpi)
            release(fig)
    if not palette:
        return quick_png(np.asarray(image))
    stream = io.BytesIO()
    image.quantize(256, method=Image.Quantize.MEDIANCUT).save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def quick_png(pixels):
    """Encode (rows, columns, 3 or 4) uint8 pixels as PNG in 5 ms for 860x740, where Pillow's fastest takes 11.

    Pillow tries five filters on every row. Here each row is stored as its difference to the one above (filter
    2 of the PNG standard, section 9.2), which suits drawings, and is compressed lightly.
    """
    rows, columns, channels = pixels.shape
    flat = pixels.reshape(rows, -1)
    lines = np.empty((rows, 1 + channels * columns), np.uint8)
    lines[:, 0] = 2
    lines[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    kind = {3: 2, 4: 6}[channels]  # RGB, RGBA
    header = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)  # of 8 bits, not interlaced
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def release(fig):
    """Let go of the pixels of a figure's last drawing: 10 MB and more, which its texts hold on to as well."""
    FigureCanvasAgg(fig)  # a new, empty one
    for text in fig.findobj(Text):
        text._renderer = None


def image_tag(data, alt, width):
    """Return an HTML ``<img>`` for PNG bytes, ``width`` CSS pixels wide where there is room."""
    source = base64.b64encode(data).decode()
    return (
        f'<img alt="{html.escape(alt, quote=True)}" src="data:image/png;base64,{source}" '
        f'style="width:{width:.0f}px;max-width:100%;height:auto;background:white">'
    )


def show(fig, alt):
    """Display a figure in the notebook, sharp on a projector, with a text for those who cannot see it.

    Parameters
    ----------
    fig : Figure
        What to display.
    alt : str
        What the figure shows, in a sentence.
    """
    display(HTML(image_tag(png(fig, scale=2), alt, fig.get_figwidth() * 100)))


def show_table(header, rows):
    """Display a table: the first column to the left, numbers to the right.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequences of str
        The cells.
    """

    def line(cells, tag):
        sides = ["left", *["right"] * (len(cells) - 1)]
        return "".join(
            f'<{tag} style="text-align:{side};padding:0.25em 1em">{html.escape(str(cell))}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    display(
        HTML(
            f'<table class="lecture-table"><thead><tr>{line(header, "th")}</tr></thead><tbody>{body}</tbody></table>'
        )
    )


def bare(ax, title=""):
    """Take ticks and frame from ``ax``, give it a title, and return it."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title, fontsize=FONT, color=INK)
    return ax


class Pixels(PcolorImage):
    """An image whose pixels are squares, drawn in a fraction of the time of ``imshow``.

    Each pixel gets its colour before the image is enlarged to the screen, not after.
    """

    def set_data(self, values):
        """Take (rows, columns) values, or (rows, columns, 3) colours; fit the axes to them if their size is new."""
        before, (rows, columns) = self.get_array(), values.shape[:2]
        super().set_data(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, values)
        if before is None or before.shape[:2] != (rows, columns):
            self.axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))

    def get_window_extent(self, renderer=None):
        """Return where the image is: it fills its axes."""
        return self.axes.bbox


def _draw_pixels(ax, values, cmap, least, most):
    drawn = Pixels(ax, cmap=cmap, norm=Normalize(least, most))
    ax.set_aspect("equal")
    ax.add_image(drawn)
    drawn.set_clip_path(ax.patch)
    drawn.set_data(values)
    return drawn


def show_image(ax: Axes, image, title="") -> Pixels:
    """Draw a picture: black is 0, white or full colour is 1 (float) or 255 (uint8).

    Parameters
    ----------
    ax : Axes
        Where to draw.
    image : array
        (rows, columns), (1 or 3, rows, columns) or (rows, columns, 3).
    title : str
        Written above.
    """
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[0] in (1, 3):
        image = image.transpose(1, 2, 0)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    top = 255 if image.dtype == np.uint8 else 1
    bare(ax, title)
    return _draw_pixels(ax, image, "gray", 0, top)


def show_signed(ax: Axes, values, limit=None, title="") -> Pixels:
    """Draw signed values on a zero-centred map: red is positive, blue negative, white zero.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    values : array
        (rows, columns), of either sign; NaN is left light grey.
    limit : float, optional
        The value of the strongest red; the largest magnitude in ``values`` unless given.
    title : str
        Written above.
    """
    values = np.asarray(values, dtype=float)
    bare(ax, title)
    ax.set_facecolor("#eef1f4")
    limit = magnitude(values) if limit is None else limit
    return _draw_pixels(ax, values, SIGNED_MAP, -limit, limit)


def magnitude(values) -> float:
    """Return the largest magnitude in ``values``, or 1 where there is none, to give a colour map a range."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an array of nothing but NaN
        largest = np.nanmax(np.abs(values)) if np.size(values) else 0
    return float(largest) if largest > 0 and np.isfinite(largest) else 1.0


def show_numbers(ax: Axes, matrix, fmt="{:g}", size=FONT, color=INK):
    """Write the entries of a matrix into its cells, and return the texts as a list of rows."""
    return [
        [
            ax.text(c, r, fmt.format(v), ha="center", va="center", fontsize=size, color=color)
            for c, v in enumerate(row)
        ]
        for r, row in enumerate(matrix)
    ]


def show_grid(ax: Axes, rows, columns, color=FAINT):
    """Draw the lines between the cells of a (rows, columns) matrix."""
    ax.set_xlim(-0.5, columns - 0.5)
    ax.set_ylim(rows - 0.5, -0.5)
    ax.set_aspect("equal")
    lines = ax.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, color=color, linewidth=1)
    return lines, ax.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, color=color, linewidth=1)


def mark(ax: Axes, row, column, height, width, color=ACCENT, linewidth=3) -> Rectangle:
    """Outline the pixels from (``row``, ``column``) on, ``height`` x ``width`` of them."""
    return ax.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5),
            width,
            height,
            fill=False,
            edgecolor=color,
            linewidth=linewidth,
            zorder=5,
            clip_on=False,
        )
    )


def move_mark(rectangle: Rectangle, row, column, height=None, width=None):
    """Move (and resize) what `mark` drew."""
    rectangle.set_xy((column - 0.5, row - 0.5))
    if height is not None:
        rectangle.set_height(height)
    if width is not None:
        rectangle.set_width(width)


def bars(ax: Axes, names, scores, color=SECOND):
    """Draw horizontal bars for scores between 0 and 1, the first on top, and return them."""
    drawn = ax.barh(range(len(scores)), scores, color=color)
    ax.set_axisbelow(True)  # names and ticks then need not be drawn again above bars that move
    ax.set_yticks(range(len(scores)), names, fontsize=FONT, color=INK)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=FONT - 2)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return drawn


def curves(ax: Axes, series, xlabel="", ylabel="", title=""):
    """Draw one line for each entry of ``series``, {name: (x values, y values)}, and return the lines."""
    colors = [SECOND, ACCENT, POSITIVE, INK, NEGATIVE]
    lines = [
        ax.plot(x, y, label=name, color=colors[i % len(colors)], linewidth=2.5, marker="o", markersize=4)[0]
        for i, (name, (x, y)) in enumerate(series.items())
    ]
    ax.set_xlabel(xlabel, fontsize=FONT)
    ax.set_ylabel(ylabel, fontsize=FONT)
    ax.set_title(title, fontsize=FONT, color=INK)
    ax.tick_params(labelsize=FONT - 2)
    ax.grid(color=FAINT, linewidth=0.7)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if len(series) > 1:
        ax.legend(fontsize=FONT - 2, frameon=False)
    return lines


def tile(images, columns, gap=1, fill=np.nan):
    """Lay images out as one mosaic, row by row.

    Parameters
    ----------
    images : array
        (count, rows, columns) or (count, channels, rows, columns).
    columns : int
        Images in a row of the mosaic.
    gap : int
        Pixels between two images.
    fill : float
        Value of the gaps.

    Returns
    -------
    array
        (rows, columns) or (channels, rows, columns), float.
    """
    images = np.asarray(images, dtype=float)
    count, (height, width) = len(images), images.shape[-2:]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    mosaic = np.full((*images.shape[1:-2], *shape), fill, dtype=float)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        mosaic[..., top : top + height, left : left + width] = image
    return mosaic
