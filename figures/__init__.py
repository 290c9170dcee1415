"""Still pictures: what is drawn on axes, and how it gets into a notebook.

The helpers of `figures.axes` and `figures.display` are used as ``figures.show_image(ax, image)``; the pictures of
networks, trainings and data sets lie in modules of their own, such as `figures.diagrams`.
"""

from figures.axes import (
    ACCENT,
    FAINT,
    FONT,
    INK,
    NEGATIVE,
    POSITIVE,
    SECOND,
    bare,
    bars,
    curves,
    figure,
    magnitude,
    mark,
    own_style,
    show_grid,
    show_image,
    show_numbers,
    show_signed,
    tile,
    within,
)
from figures.display import encoded, image_tag, show, show_table, table_html

__all__ = [
    "ACCENT",
    "FAINT",
    "FONT",
    "INK",
    "NEGATIVE",
    "POSITIVE",
    "SECOND",
    "bare",
    "bars",
    "curves",
    "encoded",
    "figure",
    "image_tag",
    "magnitude",
    "mark",
    "own_style",
    "show",
    "show_grid",
    "show_image",
    "show_numbers",
    "show_signed",
    "show_table",
    "table_html",
    "tile",
    "within",
]
