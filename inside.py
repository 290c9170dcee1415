"""Pictures of a trained network: its answers, the course of its training, and what one layer does to an image."""

import numpy as np
from IPython import get_ipython
from IPython.display import HTML, display

import plots

LIKELIEST = 2  # classes shown for each example


def labels_of(dataset, count):
    """Return the class names of the first validation images."""
    return [dataset.label_names[int(label)] for label in dataset.val.labels[:count]]


def draw_evaluation(dataset, probabilities, snapshots):
    """Draw validation images with their two likeliest classes, beside accuracy and loss by epoch.

    Parameters
    ----------
    dataset : MulticlassDataset
        Its first validation images are drawn.
    probabilities : array
        (images, classes), what the network says to them.
    snapshots : list of dict
        What `cnn.train_model` returned.

    Returns
    -------
    Figure
    """
    count = len(probabilities)
    fig = plots.figure(13, 7)
    left, right = fig.subfigures(1, 2, width_ratios=[1.5, 1])
    cells = left.subplots(3, 4, width_ratios=[1, 1.1, 1, 1.1]).reshape(-1, 2)
    images = dataset.unnormalize(np.asarray(dataset.val.values[:count]))
    for (image_ax, bar_ax), image, name, scores in zip(
        cells, images, labels_of(dataset, count), probabilities, strict=True
    ):
        plots.show_image(image_ax, image, name)
        likeliest = np.argsort(scores)[::-1][:LIKELIEST]
        names = [dataset.label_names[k] for k in likeliest]
        for bar, guess in zip(plots.bars(bar_ax, names, scores[likeliest]), names, strict=True):
            bar.set_color(plots.SECOND if guess == name else plots.FAINT)
        bar_ax.set_box_aspect(0.6)
    left.suptitle(f"{dataset.title}: validation images", fontsize=plots.FONT, color=plots.INK)
    for ax, quantity in zip(right.subplots(2, 1), ("accuracy", "loss"), strict=True):
        plots.curves(ax, course(snapshots, quantity), "epoch", quantity)
    return fig


def course(snapshots, quantity):
    """Return "accuracy" or "loss" by epoch as `plots.curves` draws it."""
    epochs = [snapshot["epoch"] for snapshot in snapshots]
    parts = {"training": "train", "validation": "val"}
    return {name: (epochs, [s[f"{part}_{quantity}"] for s in snapshots]) for name, part in parts.items()}


class LiveCurves:
    """Accuracy and loss of a training that is under way, one picture that is replaced after each epoch.

    Parameters
    ----------
    title : str
        Written above.
    """

    def __init__(self, title):
        self.title, self.handle = title, None

    def __call__(self, snapshots):
        """Draw the snapshots so far; outside IPython, where nobody could see them, do nothing."""
        if get_ipython() is None:
            return
        fig = plots.figure(11, 3.6)
        for ax, quantity in zip(fig.subplots(1, 2), ("accuracy", "loss"), strict=True):
            plots.curves(ax, course(snapshots, quantity), "epoch", quantity, self.title)
        alt = f"{self.title}: accuracy and loss by epoch so far"
        picture = HTML(plots.image_tag(plots.png(fig), alt, fig.get_figwidth() * 100))
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)


def layers_with_weights(net):
    """Return the layers of a network that have weights, as {number: module}; ``c1`` is layer 1, ``f3`` layer 3."""
    return {int(name[1:]): module for name, module in net.named_children() if hasattr(module, "weight")}


def draw_layer_output(net, layer, index, widths, height):
    """Draw what goes into a layer, its weights, and what comes out, for one example.

    Signed values are red (positive) and blue (negative); each of the three pictures has its own range.

    Parameters
    ----------
    net : nn.Module
        A network whose ``outputs`` hold the activations of the examples.
    layer : int
        A layer with weights.
    index : int
        Which example, from 0.
    widths : sequence of three numbers
        Widths of the three pictures, in inches.
    height : float
        Height, in inches.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the layer has no weights, there is no such example, or a size is not three widths and a height above 0.
    """
    layers = layers_with_weights(net)
    if layer not in layers:
        known = ", ".join(map(str, layers))
        raise ValueError(
            f"layer {layer!r} of {type(net).__name__} has no weights; those that have are {known}"
        )
    if net.outputs[layer] is None:
        raise ValueError(f"{type(net).__name__} has seen no images yet: call cnn.evaluate_model first")
    count = len(net.outputs[layer])
    if not isinstance(index, (int, np.integer)) or not 0 <= index < min(count, 6):
        raise ValueError(f"index must be one of the examples 0 to {min(count, 6) - 1}, but it is {index!r}")
    if np.shape(widths) != (3,) or min(*widths, height) <= 0:
        raise ValueError(
            f"wanted are three widths and a height above 0, but they are {widths!r} and {height!r}"
        )
    before, after = (net.outputs[k][index].float().cpu().numpy() for k in (layer - 1, layer))
    weights = layers[layer].weight.detach().float().cpu().numpy()
    fig = plots.figure(sum(widths), height)
    input_ax, weights_ax, output_ax = fig.subplots(1, 3, width_ratios=widths)
    if layer == 1:
        low, high = before.min(), before.max()
        plots.show_image(input_ax, (before - low) / max(high - low, 1e-6), f"Input\n{net.data_title}".strip())
    else:
        show_activation(input_ax, before, "Input")
    show_weights(weights_ax, weights, before.shape)
    show_activation(output_ax, after, "Output")
    return fig


def show_activation(ax, values, title):
    """Draw feature maps (channels, rows, columns) as a mosaic, or a vector as bars."""
    if values.ndim == 3:
        return plots.show_signed(
            ax, plots.tile(values, square(len(values))), title=f"{title}\n{size(values)}"
        )
    colors = [plots.POSITIVE if value > 0 else plots.NEGATIVE for value in values]
    drawn = ax.barh(range(len(values)), values, color=colors)
    plots.bare(ax, f"{title}\n{size(values)}")
    if len(values) <= 10:
        ax.set_yticks(range(len(values)))
    ax.invert_yaxis()
    return drawn


def show_weights(ax, weights, input_shape):
    """Draw the weights of a layer: a kernel a tile, in colour if it sees colours; a row of tiles for each output.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    weights : array
        (outputs, inputs) or (outputs, input channels, rows, columns).
    input_shape : tuple
        Of what comes in; a dense layer that comes after feature maps is drawn as kernels of their size.
    """
    title = f"Weights\n{size(weights)}"
    if weights.ndim == 2 and len(input_shape) == 3:
        weights = weights.reshape(len(weights), *input_shape)
    if weights.ndim == 2:
        return plots.show_signed(ax, weights, title=title)
    outputs, channels = weights.shape[:2]
    if channels == 3:  # grey is 0
        colours = 0.5 + 0.5 * weights / plots.magnitude(weights)
        return plots.show_image(ax, plots.tile(colours, square(outputs), fill=1), title)
    tiles = weights.reshape(-1, *weights.shape[2:])
    return plots.show_signed(
        ax, plots.tile(tiles, square(outputs) if channels == 1 else channels), title=title
    )


def square(count):
    """Return how many columns make a nearly square mosaic of so many tiles."""
    return int(np.ceil(np.sqrt(count)))


def size(values):
    """Return the shape of an array as it is written under a title."""
    return " x ".join(map(str, values.shape))
