"""Accuracy, loss and learning rate by epoch: of a training that is done, and of one that is under way."""

from IPython import get_ipython
from IPython.display import HTML, display

import figures


def by_epoch(snapshots, quantity):
    """Return "accuracy" or "loss" by epoch as `figures.curves` draws it."""
    epochs = [snapshot["epoch"] for snapshot in snapshots]
    parts = {"training": "train", "validation": "val"}
    return {name: (epochs, [s[f"{part}_{quantity}"] for s in snapshots]) for name, part in parts.items()}


class LiveCurves:
    """Accuracy and loss of a training that is under way, one picture that is replaced after each epoch.

    Parameters
    ----------
    title : str
        Written above.
    num_epochs : int
        How long the axes are, from the first epoch on.
    """

    def __init__(self, title, num_epochs):
        self.title, self.num_epochs, self.handle, self.highest_loss = title, num_epochs, None, 0.0

    def __call__(self, snapshots):
        """Draw the snapshots so far; outside IPython, where nobody could see them, do nothing."""
        if get_ipython() is None:
            return
        fig = self.draw(snapshots)
        alt = f"{self.title}: accuracy and loss by epoch so far"
        picture = HTML(figures.image_tag(figures.encoded(fig), alt, fig.get_figwidth() * 100))
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)

    @figures.own_style
    def draw(self, snapshots):
        """Return the figure, whose axes stay the same from epoch to epoch as long as the loss does not rise."""
        fig = figures.figure(11, 3.6)
        losses = [s[f"{part}_loss"] for part in ("train", "val") for s in snapshots]
        self.highest_loss = max(self.highest_loss, 1.05 * max(losses))
        for ax, quantity in zip(fig.subplots(1, 2), ("accuracy", "loss"), strict=True):
            figures.curves(ax, by_epoch(snapshots, quantity), "epoch", quantity, self.title)
            ax.set_xlim(0, self.num_epochs)
            ax.set_ylim(0, 1 if quantity == "accuracy" else self.highest_loss)
        return fig


@figures.own_style
def draw_learning_curves(snapshots, title):
    """Draw loss, accuracy and learning rate by epoch."""
    fig = figures.figure(12, 3.8)
    epochs = [snapshot["epoch"] for snapshot in snapshots]
    for ax, quantity in zip(fig.subplots(1, 3), ("loss", "accuracy", "learning rate"), strict=True):
        rates = {quantity: (epochs, [snapshot["learning_rate"] for snapshot in snapshots])}
        series = rates if quantity == "learning rate" else by_epoch(snapshots, quantity)
        figures.curves(ax, series, "epoch", quantity, title if quantity == "accuracy" else "")
    return fig


def show_learning_curves(snapshots, title):
    """Display loss, accuracy and learning rate by epoch."""
    figures.show(
        draw_learning_curves(snapshots, title), f"Loss, accuracy and learning rate of {title} by epoch"
    )
