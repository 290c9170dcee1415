"""What can be wrong with an exported page: its slides, whatever it asks of a network, and what axe finds."""

from pathlib import Path

import axe_playwright_python
import nbformat

from tools.page import build

SIZES = [(1280, 720), (1920, 1080)]
CHECK = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


def markdown(source, slide_type="-"):
    """Return a Markdown cell."""
    return nbformat.v4.new_markdown_cell(source, metadata={"slideshow": {"slide_type": slide_type}})


def code(source, *shown, slide_type="-"):
    """Return a code cell that has run: ``shown`` is HTML, or (name, text) for a stream."""
    cell = nbformat.v4.new_code_cell(source, metadata={"slideshow": {"slide_type": slide_type}})
    for output in shown:
        if isinstance(output, tuple):
            cell.outputs.append(nbformat.v4.new_output("stream", name=output[0], text=output[1]))
        else:
            cell.outputs.append(nbformat.v4.new_output("display_data", {"text/html": output}))
    return cell


def write(cells, path):
    """Write cells that have run as a page; return its path."""
    path.write_text(build(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


def open_offline(browser, path, address="", **options):
    """Open a page with all network blocked, once its formulas are set.

    ``page.requests`` lists what it asked others for, ``page.errors`` what went wrong on it.
    """
    context = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 720}, **options})
    page = context.new_page()
    page.requests, page.errors = [], []
    page.on("request", lambda request: note(page.requests, request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.goto(path.as_uri() + address)
    page.evaluate("lecture.ready")
    return page


def note(requests, url):
    """Add an address to a list, unless it leads nowhere but to the page itself."""
    if not url.startswith(("file:", "data:", "blob:", "about:")):
        requests.append(url)


def problems(page, sizes=SIZES):
    """Return what is wrong with the slides of a page in windows of some sizes: a sentence each.

    All must be within its slide and not cut, nothing may lie upon something else, and all text has at least 18 of the
    1280 pixels of a slide's width. Text in pictures (other than SVG) and canvases cannot be measured: look at it.
    """
    found = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        for number in range(page.evaluate("lecture.count")):
            sentences = page.evaluate(CHECK, number)
            found += [f"{width}x{height}, slide {number + 1}: {sentence}" for sentence in sentences]
    return found


def wider_than_window(page):
    """Return the elements that make a page scroll sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
             [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
               .map(e => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 40)}`)"""
    )


def axe_findings(page, within="html", only=(), without=()):
    """Return the serious and critical findings of axe within an element, a sentence each.

    By all of its rules, or only some, or all without some.
    """
    if not page.evaluate("typeof axe != 'undefined'"):
        page.evaluate(AXE)
    run = """([within, only, without]) => axe.run(within, {
      resultTypes: ["violations"], ...(only.length ? { runOnly: only } : {}),
      rules: Object.fromEntries(without.map(rule => [rule, { enabled: false }]))
    }).then(found => found.violations)"""
    violations = page.evaluate(run, [within, list(only), list(without)])
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:150]} ({node['failureSummary'][:300]})"
        for finding in violations
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
