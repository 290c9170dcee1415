"""Parts 6, 8 and 12: a trained network, layer by layer."""

import numpy as np

from demos.page import Demo, fractions, packed
from demos.page.network import network_steps

EXAMPLES = 6  # images
WITH_WEIGHTS = ("conv2d", "dense")


def layer_explorer(net, dataset):
    """Explore a trained network: what goes into a layer, the weights of one channel, and what comes out.

    The page computes the network itself (see `demos.page.network`).

    Parameters
    ----------
    net : nn.Module
        A network of layers that returns a score for each class, such as the three of `cnn`.
    dataset : MulticlassDataset
        Its first six validation images are shown.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If the network does not take these images, has no layer with weights, does something that the page cannot
        compute, or returns something else than a score for each class.
    """
    images = np.asarray(dataset.val.values[:EXAMPLES], np.float32)
    name, classes = type(net).__name__, list(dataset.label_names)
    steps = network_steps(net, images.shape[1:])
    if not any(step["kind"] in WITH_WEIGHTS for step in steps):
        raise ValueError(f"{name} has no convolution and no dense layer whose weights could be shown")
    if steps[-1]["shape"] != [len(classes)]:
        raise ValueError(
            f"{name} returns {steps[-1]['shape']}, not a score for each of {len(classes)} classes"
        )
    mean, std = (0, 1) if dataset.mean is None else (dataset.mean, dataset.std)
    pictures = np.clip(images * std + mean, 0, 1)  # as they were before `normalize`: a quarter of the bytes
    return Demo(
        "network_layers",
        {
            "steps": steps,
            "pictures": fractions(pictures),
            "mean": packed(mean),
            "std": packed(std),
            "labels": [int(label) for label in dataset.val.labels[:EXAMPLES]],
            "classes": classes,
            "source": dataset.title,
        },
        alt=f"One of six images, and the input, the weights and the output of a layer of {name}",
        title=f"layers-{name}",
    )
