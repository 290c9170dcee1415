"""An executed notebook as one HTML page with three lives: read, presented as slides, and on a phone.

`build` gives the page; `slides` groups a notebook's cells into slides, and `cells` writes one cell as HTML. What
moves is in files of their own: ``page.js`` and ``page.css`` for the page, ``slides.js`` and ``slides.css`` for the
slides, ``notes.js`` for the speaker's window. They are copied into the page, which asks nothing of any network.
"""

import html
import importlib.resources
import re
from pathlib import Path

from pygments.formatters import HtmlFormatter

from tools.mark import mark
from tools.page.cells import LEAVING
from tools.page.slides import contents, plain, sections

FOLDER = Path(__file__).resolve().parent

# The policy has the browser itself refuse whatever would leave the page. Convolutions run as WebAssembly.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline' 'wasm-unsafe-eval'">
{mark}
<title>{title}</title>
<style>{style}</style>
<script>{theme}</script>
</head>
<body>
<a class="jump-to-text" href="#lecture">To the text</a>
<nav aria-label="Contents">
<div class="bar">
<button type="button" id="contents-button" aria-expanded="false" aria-controls="contents">Contents</button>
<button type="button" id="theme-button">Theme</button>
<button type="button" id="present-button" title="Present (key p)">Present</button>
</div>
{contents}
</nav>
<main id="lecture" tabindex="-1">
{body}
</main>
<script type="text/plain" id="mathjax">{mathjax}</script>
<script>
(() => {{
"use strict";
{script}
}})();
</script>
</body>
</html>
"""


def build(notebook):
    """Return an executed notebook as one HTML page.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With the outputs of its cells. ``metadata.slideshow.slide_type`` of a cell says what it is when presented.

    Raises
    ------
    ValueError
        If a cell has failed, a picture has no alternative text, or something would be asked of a network.
    """
    made = sections(notebook.cells)
    body = "\n".join(section.html() for section in made)
    if found := LEAVING.search(re.sub(r"data:[^\"')]+", "", body)):
        raise ValueError(f"The page would ask a network for something: {found[0][:100]}")
    title = next((plain(title) for level, title, _ in contents(body) if level == 1), "Lecture")
    return PAGE.format(
        mark=mark(notebook.cells),
        title=html.escape(title),
        style=style(),
        theme=asset("theme.js"),
        contents=table_of_contents(body),
        body=body,
        mathjax=mathjax() if 'class="tex"' in body else "",
        script="\n".join(map(asset, ("page.js", "slides.js", "notes.js"))),
    )


def asset(name):
    """Return the text of a file beside this one."""
    return (FOLDER / name).read_text(encoding="utf-8")


def style():
    """Return the style sheet: the page's own, the slides', and the colours of code by day and by night."""
    light = HtmlFormatter(style="xcode").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(':root[data-theme="dark"] .highlight')
    return "\n".join([light, dark, asset("page.css"), asset("slides.css")])


def mathjax():
    """Return MathJax, whose SVG output needs no font.

    It typesets in the browser: no converter from TeX to MathML for Python knows `aligned`, and browsers on machines
    without a mathematical font show MathML badly.
    """
    script = importlib.resources.files("mathjax") / "static" / "mathjax" / "es5" / "tex-svg-full.js"
    return script.read_text(encoding="utf-8").replace("</script", r"<\/script")


def table_of_contents(body):
    """Return the headings of the page as a list of links."""
    links = [
        f'<li class="level-{level}"><a href="#{html.escape(name)}">{title}</a></li>'
        for level, title, name in contents(body)
    ]
    return f'<ol id="contents">\n{chr(10).join(links)}\n</ol>'
