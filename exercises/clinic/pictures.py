"""What a student sees of a run: curves, gradients and activations beside the healthy run, its signs, and its script."""

import html
import math

import numpy as np

import figures
from exercises.clinic.symptoms import number, signs
from figures.axes import ACCENT, FAINT, FONT, SECOND

GREY = "#9aa5b1"  # the healthy run
LARGEST = 30  # a loss beyond is drawn as this one: the picture has an end


@figures.own_style
def draw_run(run, healthy, title):
    """Draw loss, accuracy, gradients, dead units and activations of a run, the healthy one in grey behind.

    Parameters
    ----------
    run, healthy : dict
        As `instruments.run` returns them.
    title : str
        Written above.

    Returns
    -------
    Figure
    """
    fig = figures.figure(12, 7.2)
    fig.suptitle(title, fontsize=FONT + 4, color=figures.INK)
    axes = fig.subplots(2, 6, gridspec_kw={"height_ratios": [1.15, 1]})
    grid = axes[0, 0].get_gridspec()
    for ax in axes.flat:
        ax.remove()
    draw_losses(fig.add_subplot(grid[0, :3]), run, healthy)
    draw_accuracies(fig.add_subplot(grid[0, 3:]), run, healthy)
    draw_gradients(fig.add_subplot(grid[1, :2]), run, healthy)
    draw_dead(fig.add_subplot(grid[1, 2:4]), run, healthy)
    draw_spread(fig.add_subplot(grid[1, 4:]), run, healthy)
    return fig


def styled(ax, title, xlabel=""):
    """Give axes the look of `figures.curves`, and return them."""
    ax.set_title(title, fontsize=FONT, color=figures.INK)
    ax.set_xlabel(xlabel, fontsize=FONT)
    ax.tick_params(labelsize=FONT)
    ax.grid(color=FAINT, linewidth=0.7)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def by_epoch(run, key):
    """Return epochs from 1 and a quantity, which ends where it is not a number any more."""
    values = [math.nan if epoch[key] is None else epoch[key] for epoch in run["epochs"]]
    return np.arange(1, len(values) + 1), np.array(values)


def draw_losses(ax, run, healthy):
    """Draw the loss of each step and in validation."""
    for case, colors, labels in (
        (healthy, (GREY, GREY), ("healthy", None)),
        (run, (SECOND, ACCENT), ("training, by step", "validation")),
    ):
        losses = np.minimum([number(loss) for loss in case["losses"]], LARGEST)
        places = np.linspace(0, len(case["epochs"]), len(losses) + 1)[1:]
        ax.plot(places, losses, color=colors[0], linewidth=1.3, label=labels[0], alpha=0.9)
        epochs, values = by_epoch(case, "val_loss")
        values = np.minimum(np.nan_to_num(values, nan=LARGEST), LARGEST)
        ax.plot(epochs, values, color=colors[1], linewidth=2.5, marker="o", markersize=5, label=labels[1])
    ax.set_yscale("log")
    ax.set_ylim(0.02, 1.3 * LARGEST)
    ax.set_yticks([0.1, 1, 10, LARGEST], ["0.1", "1", "10", f"{LARGEST}+"])
    styled(ax, "loss", "epoch")
    ax.legend(fontsize=FONT - 1, frameon=False, loc="lower left")


def draw_accuracies(ax, run, healthy):
    """Draw the share of right answers in training and in validation, and that in the test at the end."""
    last = 0
    for case, colors in ((healthy, (GREY, GREY, GREY)), (run, (SECOND, ACCENT, figures.POSITIVE))):
        labels = ("training", "validation", "test") if case is run else (None, None, None)
        for key, color, label in zip(("train_accuracy", "val_accuracy"), colors, labels, strict=False):
            epochs, values = by_epoch(case, key)
            style = "--" if key.startswith("train") else "-"
            ax.plot(
                epochs,
                values,
                color=color,
                linewidth=2.5,
                linestyle=style,
                marker="o",
                markersize=5,
                label=label,
            )
        last = max(last, len(epochs))
        ax.plot(
            len(epochs) + 0.5, case["test_accuracy"], "D", color=colors[2], markersize=10, label=labels[2]
        )
    ax.set_ylim(0, 1.03)
    ax.set_xticks(range(0, last + 1, max(1, last // 5)))
    styled(ax, "share of right answers", "epoch")
    ax.legend(fontsize=FONT - 1, frameon=False, loc="best")


def draw_gradients(ax, run, healthy):
    """Draw the norm of each layer's gradient: the median of the epochs' medians."""
    names, heights = [], []
    for case in (run, healthy):
        values = [[number(part) for part in epoch["gradients"].values()] for epoch in case["epochs"]]
        names, heights = [*names, list(case["epochs"][0]["gradients"])], [*heights, np.median(values, axis=0)]
    bottom, top = 1e-2, 1e4
    draw_bars(ax, names[0], [np.clip(part, bottom, top) for part in heights], bottom)
    for place, value in enumerate(heights[0]):
        if value == 0:
            ax.text(place - 0.2, bottom * 1.3, "0", ha="center", fontsize=FONT, color=SECOND, weight="bold")
    ax.set_yscale("log")
    ax.set_ylim(bottom, top)
    styled(ax, "norm of the gradient")


def draw_dead(ax, run, healthy):
    """Draw the share of dead units behind each ReLU, at the end."""
    last = [case["epochs"][-1]["dead"] for case in (run, healthy)]
    draw_bars(ax, list(last[0]), [list(part.values()) for part in last])
    ax.set_ylim(0, 1.03)
    styled(ax, "share of dead units")


def draw_bars(ax, names, heights, bottom=0.0):
    """Draw a bar for each layer, and the healthy run's in grey beside it."""
    for shift, values, color in ((-0.2, heights[0], SECOND), (0.2, heights[1], GREY)):
        ax.bar(np.arange(len(values)) + shift, np.asarray(values) - bottom, 0.38, bottom=bottom, color=color)
    ax.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names])


def draw_spread(ax, run, healthy):
    """Draw the standard deviation of the pixels and of what each layer gives, in training and in validation."""
    low, high = 1e-2, 1e4
    for case, colors in ((healthy, (GREY, GREY)), (run, (SECOND, ACCENT))):
        for part, color in zip(("training", "validation"), colors, strict=True):
            spread = case["epochs"][-1]["spread"][part]
            values = np.clip([number(value) for value in spread.values()], low, high)
            label = part if case is run else None
            ax.plot(range(len(values)), values, color=color, linewidth=2.5, marker="o", markersize=6, label=label,
                    linestyle="--" if part == "training" else "-")  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(low * 0.8, high)
    ax.set_xticks(
        range(len(spread)), [name.replace(" ", "\n").replace("images", "im-\nage") for name in spread]
    )
    styled(ax, "spread of activations")
    ax.legend(fontsize=FONT - 1, frameon=False, loc="lower left")


def signs_table(run, healthy, name):
    """Return the signs of a run beside the healthy one's as an HTML table."""
    here, there = signs(run), signs(healthy)

    def percent(value):
        return f"{value:.0%}"

    def loss(value):
        return f"{value:.2f}" if value < 1000 else ("not a number" if math.isinf(value) else f"{value:.0e}")

    def row(says, attribute, text):
        return [says, text(getattr(here, attribute)), text(getattr(there, attribute))]

    rows = [
        row("training loss", "train_loss", loss),
        row("validation loss", "val_loss", loss),
        row("smallest loss of a step", "smallest_loss", loss),
        row("right in training", "train_accuracy", percent),
        row("right in validation", "val_accuracy", percent),
        row("right in the test", "test_accuracy", percent),
        row("same answers, asked twice", "same_answers", percent),
        row("cosine with the last gradient", "turn", "{:.2f}".format),
        row("different digits in a batch", "classes", "{:.1f}".format),
        row("images learned from", "images", "{:,}".format),
        row("pixel spread, training", "pixels", lambda pixels: f"{pixels[0]:.2f}"),
        row("pixel spread, validation", "pixels", lambda pixels: f"{pixels[1]:.2f}"),
    ]
    return figures.table_html(["At the end", name, "healthy"], rows)


def script_html(text):
    """Return a script as HTML, its lines numbered."""
    lines = (
        f'<span style="color:#6b7280;user-select:none">{number:2d}  </span>{html.escape(line)}'
        for number, line in enumerate(text.splitlines(), start=1)
    )
    return (
        '<pre class="lecture-script" style="margin:0;padding:0.5em;background:#f6f8fa;color:#22303c;'
        f'font-size:12.5px;line-height:1.4;overflow-x:auto">{chr(10).join(lines)}</pre>'
    )
