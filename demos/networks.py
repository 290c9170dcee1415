"""The demos that look inside trained networks, parts 6 to 15: one function a demo, one line in the notebook.

The numbers come from `cnn`, `inside` and `resnet`.
"""

import numpy as np

import figures
import widgets
from demos.controls import choice, replace_signed, slider
from figures import diagrams
from figures.activations import layers_with_weights, size, square
from training import EXAMPLES, classify_examples


def example_activations(net, dataset):
    """Return every layer's activations for the first six validation images, a list of arrays (6, ...)."""
    classify_examples(net, dataset)
    return [output.float().cpu().numpy().copy() for output in net.outputs]


def mosaic(maps):
    """Return (channels, rows, columns) as one nearly square mosaic; a vector as one of single pixels."""
    maps = maps.reshape(len(maps), 1, 1) if maps.ndim == 1 else maps
    gap = 1 if maps.shape[-1] > 1 else 0
    return figures.tile(maps, square(len(maps)), gap)


def layer_explorer(net, dataset):
    """Explore a trained network: what goes into a layer, the weights of one channel, and what comes out.

    Parameters
    ----------
    net : nn.Module
        One of the three networks of `cnn`.
    dataset : MulticlassDataset
        Its first six validation images are shown.
    """
    activations, layers = example_activations(net, dataset), layers_with_weights(net)
    names = {f"{number}: {type(module).__name__}": number for number, module in layers.items()}
    fig = figures.figure(11, 4.6)
    image_ax, input_ax, weights_ax, output_ax = fig.subplots(1, 4)
    images = [dataset.unnormalize(np.asarray(image)) for image in activations[0]]
    drawn = figures.show_image(image_ax, images[0], dataset.title)
    signed = [figures.show_signed(ax, np.zeros((2, 2))) for ax in (input_ax, weights_ax, output_ax)]

    def draw(layer, image, channel):
        number = names[layer]
        weights = layers[number].weight.detach().float().cpu().numpy()
        channel = min(channel, len(weights) - 1)
        before, after = activations[number - 1][image], activations[number][image]
        kernel = weights[channel]
        if kernel.ndim == 1 and before.ndim == 3:
            kernel = kernel.reshape(before.shape)  # a dense layer on feature maps: one weight for each pixel
        output = after[channel] if after.ndim == 3 else after
        drawn.set_data(np.moveaxis(images[image], 0, -1).squeeze())
        for artist, values in zip(signed, (mosaic(before), mosaic(kernel), as_matrix(output)), strict=True):
            replace_signed(artist, values)
        input_ax.title.set_text(f"Input\n{size(before)}")
        weights_ax.title.set_text(f"Weights of {channel}\n{size(kernel)}")
        what = f"Output {channel}" if after.ndim == 3 else f"Outputs ({channel}: {after[channel]:+.1f})"
        output_ax.title.set_text(f"{what}\n{size(output)}")

    most = max(len(module.weight) for module in layers.values())
    controls = {
        "layer": choice(names, "Layer"),
        "image": slider(0, EXAMPLES - 1, 0, "Image"),
        "channel": slider(0, most - 1, 0, "Channel"),
    }
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name=f"layers-{type(net).__name__}",
        alt=f"One image, and the input, the weights and the output of a layer of {type(net).__name__}",
    )


def as_matrix(values):
    """Return (rows, columns) as it is, and a vector as a column."""
    return values if values.ndim == 2 else values[:, None]


def weights_player(snapshots):
    """Play how the kernels of the first layer change from epoch to epoch.

    Parameters
    ----------
    snapshots : list of dict
        What `cnn.train_model` returned; ``weights`` is (kernels, 1 or 3, rows, columns).
    """
    kernels = np.stack([snapshot["weights"].float().numpy() for snapshot in snapshots])
    limit = figures.magnitude(kernels)
    fig = figures.figure(9, 4.9)
    ax = fig.subplots()
    # Colour kernels as colours: zero is grey.
    picture = 0.5 + 0.5 * kernels / limit
    drawn = figures.show_image(ax, figures.tile(picture[0], 8, fill=1))

    def draw(k):
        shown = figures.tile(picture[k], 8, fill=1)
        drawn.set_data(np.moveaxis(shown, 0, -1).squeeze())
        return fig

    return widgets.play(
        draw,
        len(snapshots),
        name="weights-by-epoch",
        alt="The kernels of the first layer, epoch by epoch: noise becomes edges and spots of colour",
        labels=[
            f"Epoch {snapshot['epoch']}: validation accuracy {snapshot['val_accuracy']:.1%}"
            for snapshot in snapshots
        ],
    )


def prediction_explorer(prediction, title):
    """Explore what a network says to photographs: the crop that it sees, and its five likeliest classes.

    Parameters
    ----------
    prediction : Prediction
        What `resnet.classify` returned.
    title : str
        Where the photographs are from.
    """
    categories, images, top5 = prediction
    fig = figures.figure(10, 5)
    left, right = fig.subplots(1, 2)
    photograph = figures.show_image(left, images[0], title)
    bars = figures.bars(right, ["\n"] * 5, [0] * 5)
    right.set_title(prediction.title.replace(", ", "\n"), fontsize=figures.FONT, color=figures.INK)

    def draw(frame):
        photograph.set_data(images[frame])
        for bar, guess in zip(bars, top5[frame], strict=True):
            bar.set_width(guess.score)
        right.set_yticklabels([categories[guess.id].replace(" ", "\n", 1) for guess in top5[frame]])

    controls = {"frame": slider(0, len(images) - 1, 0, "Photograph")}
    return widgets.Explorer(
        fig,
        draw,
        controls,
        name="prediction",
        alt="A photograph, and the five likeliest classes with their scores",
    )


def resnet34_player():
    """Play ResNet-34 from its first layer to its last, a residual block at a time."""
    draw, labels = diagrams.resnet34_frames()
    return widgets.play(
        draw,
        len(labels),
        name="resnet34",
        interval=900,
        labels=labels,
        alt="ResNet-34 grows block by block; each block's shortcut leads past its two convolutions",
    )
