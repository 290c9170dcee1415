"""One cell of a notebook as HTML."""

import base64
import html
import io
import re

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

# What would be fetched: pictures, scripts, style sheets and fonts from elsewhere. Links that a reader follows may stay.
LEAVING = re.compile(
    r"<(?:img|script|video|audio|source|iframe|embed|object|link)\b[^>]*\b(?:src|href|data)=[\"']?(?:https?:)?//[^>]*"
    r"|url\([\"']?(?:https?:)?//[^)]*|@import\b.*",
    re.IGNORECASE,
)


class Renderer(IPythonRenderer):
    """Markdown to HTML with formulas in brackets, so that a dollar sign in the text is just a dollar sign."""

    def block_math(self, body):
        """Return a formula on a line of its own."""
        return rf'<div class="tex">\[{html.escape(body)}\]</div>'

    def inline_math(self, body):
        """Return a formula within a line."""
        return rf'<span class="tex">\({html.escape(body)}\)</span>'

    def link(self, text, url, title=None):
        """Return a link; its text alone if it leads to a file beside the notebook, which the page does not have."""
        return super().link(text, url, title) if re.match(r"#|[a-z]+:", url) else text

    def heading(self, text, level, **attributes):
        """Return a heading that links can lead to."""
        name = re.sub(r"\W+", "-", re.sub(r"<[^>]+>", "", text).lower()).strip("-")
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def table(self, text):
        """Return a table in a box of its own, which scrolls where the table is wider than the screen."""
        return f'<div class="scroll-box"><table>{text}</table></div>\n'


def markdown(source):
    """Return Markdown as HTML."""
    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(source)


def code(source):
    """Return Python as highlighted HTML."""
    return highlight(source.rstrip(), PythonLexer(), HtmlFormatter(cssclass="highlight scroll-box"))


def what_is_shown(output):
    """Return (kind, HTML) of one output of a cell, without a kernel; kind is None for what readers do not need.

    Kinds are "demo", "still" (one picture), "code", "print" and "other", such as a table.

    Raises
    ------
    ValueError
        If it is an error, or a picture without alternative text.
    """
    if output.output_type == "error":
        raise ValueError(f"A cell has failed: {output.ename}: {output.evalue}")
    if output.output_type == "stream":
        # Progress bars and warnings go to stderr.
        return (None, "") if output.name == "stderr" else ("print", printed(output.text))
    data = output.data
    if "text/html" in data:
        if '<div class="highlight">' in data["text/html"] and "text/latex" in data:  # IPython.display.Code
            return "code", code(data["text/plain"])
        return classify(data["text/html"])
    if "text/markdown" in data:
        return "other", markdown(data["text/markdown"])
    if "application/vnd.jupyter.widget-view+json" in data:
        return None, ""  # a control without a picture of its own
    if "image/png" in data:
        return classify(f'<img src="data:image/png;base64,{data["image/png"].strip()}">')
    return "print", printed(data.get("text/plain", ""))


def printed(text):
    """Return printed text without the codes that colour it in a terminal."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text.rstrip())
    return f'<pre class="scroll-box">{html.escape(text)}</pre>'


def classify(text):
    """Return (kind, HTML) of an output that is HTML already."""
    if "lecture-demo" in text:
        return "demo", text
    text = re.sub(r"<img\b[^>]*>", picture, text)
    text = re.sub(r"<table\b.*?</table>", r'<div class="scroll-box">\g<0></div>', text, flags=re.DOTALL)
    is_still = len(re.findall(r"<img\b|<svg\b", text)) == 1 and "<table" not in text
    return ("still" if is_still else "other"), text


def picture(match):
    """Return a picture's tag with its size, and its pixels as lossless WebP where that takes fewer bytes.

    Raises
    ------
    ValueError
        If it has no alternative text.
    """
    tag = match[0]
    if not re.search(r"\balt=([\"'])(?!\1)", tag):
        raise ValueError(f"A picture has no alternative text: {tag[:120]}")
    if not (found := re.search(r"data:image/(png|webp);base64,([^\"']+)", tag)):
        return tag
    image, stream = Image.open(io.BytesIO(base64.b64decode(found[2]))), io.BytesIO()
    if found[1] == "png":
        image.save(stream, "WEBP", lossless=True)
        encoded = base64.b64encode(stream.getvalue()).decode()
        if len(encoded) < len(found[2]):
            tag = tag.replace(found[0], f"data:image/webp;base64,{encoded}")
    # The size is known before the pixels are: nothing jumps while the page is laid out.
    size = "" if re.search(r"\bheight=", tag) else f' width="{image.width}" height="{image.height}"'
    return f"<img{size}{tag[4:]}"
