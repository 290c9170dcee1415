"""What one layer does to an image: what goes in, its weights, and what comes out."""

import re

import numpy as np

import figures


def layers_with_weights(net):
    """Return the layers of a network that have weights, as {number: module}; ``c1`` is layer 1, ``f3`` layer 3."""
    numbered = {name: module for name, module in net.named_children() if re.fullmatch(r"[a-z]\d+", name)}
    return {int(name[1:]): module for name, module in numbered.items() if hasattr(module, "weight")}


@figures.own_style
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
        If the network keeps no activations, the layer has no weights, there is no such example, or a size is not three
        widths and a height above 0.
    """
    if not hasattr(net, "outputs"):
        raise ValueError(
            f"{type(net).__name__} keeps no activations to draw: derive it from cnn.Network, number its layers "
            "c1, f2 ..., and hand each activation to self.keep, as cnn.SimpleCNN does"
        )
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
    fig = figures.figure(sum(widths), height)
    input_ax, weights_ax, output_ax = fig.subplots(1, 3, width_ratios=widths)
    if layer == 1:
        low, high = before.min(), before.max()
        figures.show_image(
            input_ax, (before - low) / max(high - low, 1e-6), f"Input\n{net.data_title}".strip()
        )
    else:
        show_activation(input_ax, before, "Input")
    show_weights(weights_ax, weights, before.shape)
    show_activation(output_ax, after, "Output")
    return fig


def show_activation(ax, values, title):
    """Draw feature maps (channels, rows, columns) as a mosaic, or a vector as bars."""
    if values.ndim == 3:
        return figures.show_signed(
            ax, figures.tile(values, square(len(values))), title=f"{title}\n{size(values)}"
        )
    colors = [figures.POSITIVE if value > 0 else figures.NEGATIVE for value in values]
    drawn = ax.barh(range(len(values)), values, color=colors)
    figures.bare(ax, f"{title}\n{size(values)}")
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
        return figures.show_signed(ax, weights, title=title)
    outputs, channels = weights.shape[:2]
    if channels == 3:  # grey is 0
        colours = 0.5 + 0.5 * weights / figures.magnitude(weights)
        return figures.show_image(ax, figures.tile(colours, square(outputs), fill=1), title)
    tiles = weights.reshape(-1, *weights.shape[2:])
    return figures.show_signed(
        ax, figures.tile(tiles, square(outputs) if channels == 1 else channels), title=title
    )


def square(count):
    """Return how many columns make a nearly square mosaic of so many tiles."""
    return int(np.ceil(np.sqrt(count)))


def size(values):
    """Return the shape of an array as it is written under a title."""
    return " x ".join(map(str, values.shape))
