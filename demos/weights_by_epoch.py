"""Part 11: the kernels of the first layer, epoch by epoch."""

import numpy as np
import torch

from demos.page import Demo, packed, phrase


def weights_player(snapshots):
    """Play how the kernels of the first layer change from epoch to epoch, and look at one of them more closely.

    Parameters
    ----------
    snapshots : list of dict
        What `cnn.train_model` or `cnn.trained` returned, one an epoch: ``epoch``; ``weights``, a tensor (kernels, 1 or
        3, rows, columns), of the same shape in all; and ``val_accuracy``, from 0 to 1.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there is no snapshot, or they are not of that form.
    """
    kernels, accuracy = validated(snapshots)
    half = all(snapshot["weights"].dtype == torch.float16 for snapshot in snapshots)
    return Demo(
        "weights_by_epoch",
        {
            "epochs": [round(float(snapshot["epoch"]), 2) for snapshot in snapshots],
            "accuracy": packed(accuracy),
            "kernels": packed(kernels, np.float16 if half else np.float32),
        },
        alt=phrase(
            "The kernels of the first layer, epoch by epoch: noise becomes edges and spots; beside them one kernel, "
            "and how accuracy and that kernel changed"
        ),
    )


def validated(snapshots):
    """Return weights, float32 (snapshots, kernels, 1 or 3, rows, columns), and validation accuracies of snapshots."""
    if not snapshots:
        raise ValueError("weights_player plays snapshots of a training, but there are none")
    for number, snapshot in enumerate(snapshots):
        for key in ("epoch", "weights", "val_accuracy"):
            if key not in snapshot:
                raise ValueError(f"snapshot {number} has no {key!r}; cnn.train_model returns those that have")
    shapes = {tuple(snapshot["weights"].shape) for snapshot in snapshots}
    shape = next(iter(shapes))
    if len(shapes) > 1 or len(shape) != 4 or shape[1] not in (1, 3) or 0 in shape:
        wanted = "(kernels, 1 or 3, rows, columns), the same in all snapshots"
        raise ValueError(
            f"weights must be of shape {wanted}; these are of {', '.join(map(str, sorted(shapes)))}"
        )
    accuracy = np.array([snapshot["val_accuracy"] for snapshot in snapshots], np.float32)
    if not ((accuracy >= 0) & (accuracy <= 1)).all():
        raise ValueError(f"val_accuracy goes from 0 to 1, but here from {accuracy.min()} to {accuracy.max()}")
    kernels = [snapshot["weights"].detach().float().cpu().numpy() for snapshot in snapshots]
    return np.stack(kernels), accuracy
