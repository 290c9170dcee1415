"""What `exercises.check` returns: true only for a right answer, and it shows what happened."""

import html
import textwrap

import numpy as np
import torch

ROWS, COLUMNS, PLANES = 10, 24, 6  # of an array that are shown
STATES = {"right": "Right", "wrong": "Not yet right", "unanswered": "Not answered yet", "stopped": "Stopped"}
COLORS = {"right": "#1f7a4a", "wrong": "#c2410c", "unanswered": "#6b7280", "stopped": "#c2410c"}


class Result:
    """What a check has found.

    Attributes
    ----------
    name : str
        Of the exercise.
    state : str
        "right", "wrong", "unanswered" or "stopped".
    says : str
        What happened.
    hints : list of str
        One at the first miss, two at the second.
    mistake : str
        The name of the typical mistake that was recognised, or "".
    shown : list of judging.Shown
        The first input on which the answer is wrong, what the answer gives, and what is wanted.
    printed : str
        What the answer printed.
    """

    def __init__(self, name, state, says, *, hints=(), mistake="", shown=(), printed=""):
        self.name, self.state, self.says, self.mistake = name, state, says, mistake
        self.hints, self.shown, self.printed = list(hints), list(shown), printed

    def __bool__(self):
        return self.state == "right"

    def __repr__(self):
        parts = [f"{self.name}: {STATES[self.state]}. {self.says}"]
        for label, value, _ in self.shown:
            text = as_text(value)
            parts.append(
                f"{label} =\n{textwrap.indent(text, '    ')}" if "\n" in text else f"{label} = {text}"
            )
        parts += [f"Hint: {hint}" for hint in self.hints]
        if self.printed:
            parts.append("It printed:\n" + textwrap.indent(self.printed, "    "))
        return "\n".join(parts)

    def _repr_html_(self):
        color = COLORS[self.state]
        first, *rest = self.says.split("\n")
        badge = f"background:{color};color:white;padding:0.1em 0.5em;border-radius:3px"
        state = f'<b style="{badge}">{STATES[self.state]}</b>'
        parts = [f'<p style="margin:0">{state} <b>{prose(self.name)}</b>: {prose(first)}</p>']
        parts += [f'<pre style="margin:0.4em 0">{html.escape(line)}</pre>' for line in rest]
        if self.shown:
            blocks = "".join(map(block, self.shown))
            parts.append(
                '<div style="display:flex;flex-wrap:wrap;gap:0.6em 1.6em;align-items:flex-start;margin:0.6em 0">'
                f"{blocks}</div>"
            )
        parts += [f'<p style="margin:0.4em 0"><b>Hint.</b> {prose(hint)}</p>' for hint in self.hints]
        if self.printed:
            parts.append(f'<p style="margin:0.4em 0">It printed:</p><pre>{html.escape(self.printed)}</pre>')
        bar = f"border-left:4px solid {color};padding:0.2em 0 0.2em 0.8em"
        return f'<div class="lecture-check" role="status" style="{bar}">{"".join(parts)}</div>'


def prose(text):
    """Return a sentence as HTML; what stands between backticks is code."""
    pieces = html.escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if k % 2 else piece for k, piece in enumerate(pieces))


def as_array(value):
    """Return an array or a tensor as an array, anything else as None."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    return value if isinstance(value, np.ndarray) else None


def as_text(value):
    """Return a value as plain text, in a line unless it is an array."""
    array = as_array(value)
    if array is None:
        return str(value)[:200]
    if array.ndim == 0:
        return f"{array[()]:.5g}"
    with np.printoptions(precision=4, suppress=True, threshold=ROWS * COLUMNS, linewidth=100):
        return f"{array}"


def block(shown):
    """Return a value with its label as HTML: a matrix as a table, of more axes a table for each of the first planes."""
    label, value, marked = shown
    array = as_array(value)
    if array is None or array.ndim == 0:
        return f"<div>{html.escape(label)} = <code>{html.escape(as_text(value))}</code></div>"
    marked = np.zeros(array.shape, bool) if marked is None else marked
    planes = list(np.ndindex(array.shape[:-2]))[:PLANES]
    tables = [table(np.atleast_2d(array[plane]), np.atleast_2d(marked[plane]), plane) for plane in planes]
    whole = array.size <= sum(np.atleast_2d(array[plane])[:ROWS, :COLUMNS].size for plane in planes)
    size = "×".join(map(str, array.shape))
    return (
        f'<div style="overflow-x:auto"><div>{html.escape(label)}, {size}{"" if whole else ", its beginning"}</div>'
        f'<div style="display:flex;gap:0.6em">{"".join(tables)}</div></div>'
    )


def table(rows, marks, plane):
    """Return a matrix as an HTML table; above it stands which plane it is, of an array with more axes than two."""
    name = f"<div><small>[{', '.join(map(str, plane))}]</small></div>" if plane else ""
    lines = "".join(
        "<tr>" + "".join(map(cell, row[:COLUMNS], mark)) + "</tr>"
        for row, mark in zip(rows[:ROWS], marks, strict=False)
    )
    return f'<div>{name}<table style="border-collapse:collapse;margin:0.2em 0">{lines}</table></div>'


def cell(number, marked):
    """Return a number as a cell of a table."""
    look = "background:#fdd9c4;color:#7c2d12;font-weight:bold;" if marked else ""
    return (
        f'<td style="{look}border:1px solid #9ca3af;padding:0.1em 0.45em;text-align:right;'
        f'font-variant-numeric:tabular-nums">{number:.4g}</td>'
    )
