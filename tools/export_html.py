"""Execute the lecture and write it as one page: no kernel, no network, not one other file.

python tools/export_html.py [lecture.ipynb [lecture.html]]
"""

import argparse
import base64
import html
import importlib.resources
import io
import os
import re
import sys
from pathlib import Path

import nbclient
import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 15  # for a USB stick or a mail

# The policy has the browser itself refuse whatever would leave the page.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:;
 style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
<script>
MathJax = {{ svg: {{ fontCache: "global" }}, options: {{ enableMenu: false }} }};
</script>
<script>{mathjax}</script>
</body>
</html>
"""

STYLE = """
body { margin: 0; background: #fff; color: #22303c; font: 18px/1.55 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 24px; }
.prose { max-width: 46em; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5em; padding-top: 0.6em; border-top: 3px solid #2a7f9e; }
img { max-width: 100%; height: auto; }
pre { margin: 0.4em 0; padding: 0.6em 0.8em; overflow: auto; background: #f4f6f8; font-size: 15px; line-height: 1.4; }
summary { cursor: pointer; color: #5b6b78; font-size: 15px; }
table { border-collapse: collapse; }
th, td { padding: 0.25em 0.8em; border-bottom: 1px solid #c9d1d9; text-align: left; }
.output { margin: 0.8em 0 1.4em; overflow-x: auto; }
.lecture-still p { margin: 0.2em 0; color: #5b6b78; }
"""


class Renderer(IPythonRenderer):
    """Markdown to HTML with formulas in brackets, so that a dollar sign in the text is just a dollar sign."""

    def block_math(self, body):
        """Return a formula on a line of its own."""
        return rf"\[{html.escape(body)}\]"

    def inline_math(self, body):
        """Return a formula within a line."""
        return rf"\({html.escape(body)}\)"


def markdown(source):
    """Return Markdown as HTML."""
    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(source)


def execute(notebook, folder):
    """Run all cells in a new kernel in ``folder``, telling how far it is."""

    def tell(cell, cell_index):
        print(f"\rcell {cell_index + 1} of {len(notebook.cells)}", end="", flush=True)

    client = nbclient.NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        on_cell_executed=lambda cell, cell_index, execute_reply: tell(cell, cell_index),
    )
    client.execute(env={**os.environ, "LECTURE_EXPORT": "1"})
    print()


def output_html(output):
    """Return one output of a cell as HTML: what it shows without a kernel."""
    if output.output_type == "stream":
        # Progress bars and warnings go to stderr: they are of no use to a reader.
        return "" if output.name == "stderr" else f"<pre>{html.escape(output.text)}</pre>"
    data = output.data
    if "text/html" in data:
        return data["text/html"]
    if "text/markdown" in data:
        return markdown(data["text/markdown"])
    if "application/vnd.jupyter.widget-view+json" in data:
        return ""  # a control without a picture of its own
    if "image/png" in data:
        return f'<img src="data:image/png;base64,{data["image/png"].strip()}">'
    return f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"


def cell_html(cell):
    """Return a cell as HTML; code is folded away, unless it shows nothing but itself."""
    if cell.cell_type == "markdown":
        return f'<div class="prose">{markdown(cell.source)}</div>'
    shown = "\n".join(filter(None, map(output_html, cell.outputs)))
    code = highlight(cell.source, PythonLexer(), HtmlFormatter())
    unfolded = "" if shown else " open"
    folded = f'<details{unfolded}><summary>Code</summary><div class="tex2jax_ignore">{code}</div></details>'
    return f'{folded}\n<div class="output">{shown}</div>' if shown else folded


def smaller(match):
    """Return a PNG in the page as lossless WebP: the same pixels in about half the bytes."""
    stream = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(match[1]))).save(stream, "WEBP", lossless=True)
    return f'src="data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"'


def page(notebook):
    """Return an executed notebook as one HTML page.

    Raises
    ------
    ValueError
        If a picture has no alternative text.
    """
    body = "\n".join(cell_html(cell) for cell in notebook.cells if cell.cell_type != "raw")
    for tag in re.findall(r"<img\b[^>]*>", body):
        if not re.search(r'\balt="[^"]+"', tag):
            raise ValueError(f"A picture has no alternative text: show it with plots.show(). {tag[:120]}")
    body = re.sub(r'src="data:image/png;base64,([^"]+)"', smaller, body)
    # MathJax rather than MathML: no converter from TeX to MathML for Python knows `aligned`, and browsers
    # on machines without a mathematical font show MathML badly. SVG output needs no font at all.
    script = importlib.resources.files("mathjax") / "static" / "mathjax" / "es5" / "tex-svg-full.js"
    title = re.search(r"^# (.+)$", "\n".join(cell.source for cell in notebook.cells), re.MULTILINE)
    return PAGE.format(
        title=html.escape(title[1] if title else "Lecture"),
        style=STYLE + HtmlFormatter().get_style_defs(".highlight"),
        body=body,
        mathjax=script.read_text(encoding="utf-8").replace("</script", r"<\/script"),
    )


def main(arguments=None):
    """Execute the lecture and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", type=Path, default=ROOT / "lecture.ipynb")
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "lecture.html")
    chosen = parser.parse_args(arguments)
    notebook = nbformat.read(chosen.notebook, 4)
    execute(notebook, ROOT)
    text = page(notebook)
    chosen.page.write_text(text, encoding="utf-8")
    size = len(text.encode()) / 1e6
    print(f"{chosen.page}: {size:.1f} MB")
    if size > MEGABYTES:
        sys.exit(f"That is more than {MEGABYTES} MB: show fewer frames, or smaller ones.")


if __name__ == "__main__":
    main()
