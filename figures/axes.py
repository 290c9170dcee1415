"""Drawing on axes: the few kinds of picture that the whole lecture is made of.

A function here takes an ``ax`` and returns the artists that it made, so that a caller can update them later.
Figures are `matplotlib.figure.Figure` objects that pyplot knows nothing of: they are safe in the threads in
which Jupyter runs the callbacks of sliders.
"""

import functools
import threading
import warnings

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import PcolorImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

FONT = 14  # points: at 100 dpi and full width, readable from the back row
INK = "#22303c"
FAINT = "#c9d1d9"
ACCENT = "#e8871e"
SECOND = "#2a7f9e"
POSITIVE = "#b2182b"  # the ends of the map that `show_signed` uses
NEGATIVE = "#2166ac"
VIOLET = "#8e5ea2"  # a fifth curve: a second blue would be taken for the first
SIGNED_MAP = "RdBu_r"


_one_at_a_time = (
    threading.RLock()
)  # the style is one for all threads, and callbacks of controls run in theirs


def own_style(draw):
    """Make a function draw by matplotlib's own defaults, whatever style the user has set; theirs is left alone."""

    @functools.wraps(draw)
    def drawn(*arguments, **options):
        with _one_at_a_time, mpl.rc_context():
            mpl.rcdefaults()
            return draw(*arguments, **options)

    return drawn


def figure(width, height, dpi=100):
    """Return an empty figure of ``width`` x ``height`` inches that lays itself out."""
    fig = Figure(figsize=(width, height), dpi=dpi, layout="constrained", facecolor="white")
    FigureCanvasAgg(fig)
    return fig


def bare(ax, title=""):
    """Take ticks and frame from ``ax``, give it a title, and return it."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title, fontsize=FONT, color=INK)
    return ax


def within(ax):
    """Tell the layout that what is drawn on ``ax`` lies within it: to look at each part takes a third of the time."""
    for artist in (*ax.patches, *ax.lines, *ax.texts):
        artist.set_in_layout(False)


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


def _draw_pixels(ax, values, cmap, minimum, maximum):
    drawn = Pixels(ax, cmap=cmap, norm=Normalize(minimum, maximum))
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


def bars(ax: Axes, names, scores, color=SECOND):
    """Draw horizontal bars for scores between 0 and 1, the first on top, and return them."""
    drawn = ax.barh(range(len(scores)), scores, color=color)
    ax.set_axisbelow(True)
    ax.set_yticks(range(len(scores)), names, fontsize=FONT, color=INK)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=FONT)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return drawn


def curves(ax: Axes, series, xlabel="", ylabel="", title=""):
    """Draw one line for each entry of ``series``, {name: (x values, y values)}, and return the lines."""
    colors = [SECOND, ACCENT, POSITIVE, INK, VIOLET]
    lines = [
        ax.plot(x, y, label=name, color=colors[i % len(colors)], linewidth=2.5, marker="o", markersize=4)[0]
        for i, (name, (x, y)) in enumerate(series.items())
    ]
    ax.set_xlabel(xlabel, fontsize=FONT)
    ax.set_ylabel(ylabel, fontsize=FONT)
    ax.set_title(title, fontsize=FONT, color=INK)
    ax.tick_params(labelsize=FONT)
    ax.grid(color=FAINT, linewidth=0.7)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if xlabel == "epoch":
        # A training that goes by time may end within its first epoch; else there is no half one.
        parts = 0 < max(x[-1] for x, _ in series.values()) < 1
        # Steps that end where trainings do: at 20, not at 21.
        whole = MaxNLocator(integer=True, steps=[1, 2, 5, 10])
        ax.xaxis.set_major_locator(MaxNLocator(4) if parts else whole)
    if len(series) > 1:
        ax.legend(fontsize=FONT, frameon=False)
    return lines


def tile(images, columns, gap=1, fill=np.nan):
    """Lay images out as one mosaic, row by row.

    Parameters
    ----------
    images : array
        (count, rows, columns) or (count, channels, rows, columns).
    columns : int
        Images in a row of the mosaic.
    gap : int or (int, int)
        Pixels between two images, or between two rows and between two columns of them.
    fill : float
        Value of the gaps.

    Returns
    -------
    array
        (rows, columns) or (channels, rows, columns), float.
    """
    images = np.asarray(images, dtype=float)
    count, (height, width) = len(images), images.shape[-2:]
    rows, (below, beside) = -(-count // columns), (gap, gap) if np.isscalar(gap) else gap
    shape = (rows * (height + below) - below, columns * (width + beside) - beside)
    mosaic = np.full((*images.shape[1:-2], *shape), fill, dtype=float)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + below), (i % columns) * (width + beside)
        mosaic[..., top : top + height, left : left + width] = image
    return mosaic
