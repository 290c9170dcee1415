"""How a figure or a table gets into a notebook."""

import base64
import html
import io
import struct
import zlib

import numpy as np
from IPython.display import HTML, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from PIL import Image


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


def table_html(header, rows, side="right"):
    """Return an HTML table.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequences of str
        The cells.
    side : str
        Of all columns but the first, which is to the left: "right" for numbers, "left" for words.
    """

    def line(cells, tag):
        sides = ["left", *[side] * (len(cells) - 1)]
        return "".join(
            f'<{tag} style="text-align:{place};padding:0.25em 1em">{html.escape(str(cell))}</{tag}>'
            for cell, place in zip(cells, sides, strict=True)
        )

    head, body = line(header, "th"), "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<table class="lecture-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def show_table(header, rows):
    """Display a table: the first column to the left, numbers to the right."""
    display(HTML(table_html(header, rows)))
