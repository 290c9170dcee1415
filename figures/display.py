"""How a figure or a table gets into a notebook."""

import base64
import html
import io

from IPython.display import HTML, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from PIL import Image

from figures.axes import own_style

PHOTOGRAPH = 20_000  # colours: a drawing with its smoothed edges has fewer
LARGE = 1_600_000  # pixels of a drawing
SHORT = 40  # letters of a table's cell that stay on one line: on a phone a table is moved sideways


@own_style
def encoded(fig, scale=1):
    """Return the figure as bytes of a PNG file, which any program opens, or of a lossless WebP file.

    A drawing has few colours, and 256 of them look like all: a third of the bytes. Photographs keep theirs.
    Photographs and large drawings are WebP, with up to half the bytes of a PNG: notebooks stay small enough to send.

    Parameters
    ----------
    fig : Figure
        What to render.
    scale : float
        Pixels for each dot of the figure.

    Returns
    -------
    bytes
    """
    dpi = fig.dpi
    try:
        fig.set_dpi(dpi * scale)
        layout = fig.get_layout_engine()
        fixed = all(ax.get_aspect() != "auto" for ax in fig.axes)
        if fixed and isinstance(layout, ConstrainedLayoutEngine):
            layout.execute(fig)  # pictures that keep their aspect settle the second time only
        fig.canvas.draw()
        pixels = fig.canvas.buffer_rgba()
        size = pixels.shape[1::-1]
        image = Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1).convert("RGB")
    finally:
        fig.set_dpi(dpi)
        release(fig)
    stream = io.BytesIO()
    if image.getcolors(PHOTOGRAPH) is None:
        image.save(stream, "WEBP", lossless=True)
        return stream.getvalue()
    image = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, paper = image.getpalette(), 3 * image.getpixel((0, 0))
    palette[paper : paper + 3] = (255, 255, 255)  # which the few nearly white edges would else darken
    image.putpalette(palette)
    if image.width * image.height > LARGE:
        image.convert("RGB").save(stream, "WEBP", lossless=True, quality=20, method=1)
    else:
        image.save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def release(fig):
    """Let go of the pixels of a figure's last drawing: 10 MB and more, which its texts hold on to as well."""
    FigureCanvasAgg(fig)  # a new, empty one
    for text in fig.findobj(Text):
        text._renderer = None


def image_tag(data, alt, width):
    """Return an HTML ``<img>`` for what `encoded` returns, ``width`` CSS pixels wide where there is room."""
    kind = "png" if data.startswith(b"\x89PNG") else "webp"
    source = base64.b64encode(data).decode()
    return (
        f'<img alt="{html.escape(alt, quote=True)}" src="data:image/{kind};base64,{source}" '
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
    display(HTML(image_tag(encoded(fig, scale=2), alt, fig.get_figwidth() * 100)))


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

    def cell(tag, place, text):
        style = f"text-align:{place};padding:0.25em 0.6em"
        if tag == "td":
            short = len(text) <= SHORT
            style += ";white-space:nowrap" if short else ";min-width:14em;overflow-wrap:anywhere"
        return f'<{tag} style="{style}">{html.escape(text)}</{tag}>'

    def line(cells, tag):
        sides = ["left", *[side] * (len(cells) - 1)]
        return "".join(cell(tag, place, str(text)) for place, text in zip(sides, cells, strict=True))

    head, body = line(header, "th"), "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<table class="lecture-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def show_table(header, rows):
    """Display a table: the first column to the left, numbers to the right."""
    display(HTML(table_html(header, rows)))
