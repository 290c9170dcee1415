"""Exercise: batch norm in both modes."""

import numpy as np
import torch
import torch.nn.functional as F

from exercises.exercise import Exercise

EPSILON, MOMENTUM = 1e-5, 0.1
SHAPES = [(2, 2, 1, 3), (3, 2, 1, 1), (4, 1, 2, 3), (1, 3, 3, 2)]


def reference(x, scale, shift, running_mean, running_var, training):
    """Return the output and the running averages after it, by PyTorch."""
    mean, var = (torch.tensor(values) for values in (running_mean, running_var))
    y = F.batch_norm(
        torch.tensor(x), mean, var, torch.tensor(scale), torch.tensor(shift), training, MOMENTUM, EPSILON
    )
    return y, mean, var


def inputs(generator):
    """Return feature maps in both modes; those of the first channel hardly vary, so that epsilon matters."""
    cases = []
    for shape in SHAPES:
        channels = shape[1]
        x = generator.normal(1, 2, shape).astype(np.float32)
        x[:, 0] = 0.5 + 0.003 * x[:, 0]
        scale, shift, mean = generator.normal(1, 0.5, (3, channels)).astype(np.float32)
        var = generator.uniform(0.5, 2, channels).astype(np.float32)
        var[0] = 1e-5
        cases += [(x, scale, shift, mean, var, training) for training in (True, False)]
    return cases


def by_hand(
    x,
    scale,
    shift,
    running_mean,
    running_var,
    training,
    axes=(0, 2, 3),
    ddof=0,
    kept_ddof=1,
    kept=MOMENTUM,
    inside=True,
):
    """Return what batch norm would with other axes, variances, averages or place of epsilon than the right ones."""
    mean, var = (values[:, None, None] for values in (running_mean, running_var))
    if training:
        mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True, ddof=ddof)
        means, variances = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=kept_ddof)
        running_mean = running_mean + kept * (means - running_mean)
        running_var = running_var + kept * (variances - running_var)
    deviation = np.sqrt(var + EPSILON) if inside else np.sqrt(var) + EPSILON
    return (x - mean) / deviation * scale[:, None, None] + shift[:, None, None], running_mean, running_var


exercise = Exercise(
    name="batch norm",
    part=13,
    text="""Batch norm for feature maps `x` (N, channels, rows, columns), in both modes. `scale`, `shift`,
`running_mean` and `running_var` have one number for each channel.

- In training (`training` is True) each channel is standardised by its mean and its variance over the batch
  and all places. Then both running averages move a tenth of the way, 0.1, from where they are towards the
  batch's mean and variance.
- Otherwise it is standardised by the running averages, and they stay.

The small number under the root is 1e-5. There are two kinds of variance: the batch is standardised by the
mean of the squares (divided by n), and PyTorch's running variance averages the unbiased one (by
n-1). Return `y`, the new `running_mean` and the new `running_var`.""",
    stub='''def batch_norm(
    x: np.ndarray,
    scale: np.ndarray,
    shift: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    training: bool,
) -> tuple:
    """Return the standardised, scaled and shifted maps, and the running mean and variance after them."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    outputs=("y", "running_mean", "running_var"),
    hints=(
        "Take one channel only, as a list of numbers over the batch and all places. What happens to it?",
        "Write the two modes one below the other: which mean and variance does each use, and what does "
        "each hand on? Numbers a channel need a shape that goes with (N, channels, rows, columns).",
    ),
)


@exercise.mistake(
    "In training mode you standardise by the wrong statistics.",
    "While a network learns its batch norm looks at the batch, and the running averages only watch.",
)
def running_averages_in_training(x, scale, shift, running_mean, running_var, training):
    """Standardise by the running averages in training, too."""
    y, _, _ = by_hand(x, scale, shift, running_mean, running_var, False)
    return y, *by_hand(x, scale, shift, running_mean, running_var, training)[1:]


@exercise.mistake(
    "Training mode is right. The other mode is not.",
    "When a network is used, its answer to an image must not depend on the other images of the batch.",
)
def batch_statistics_always(x, scale, shift, running_mean, running_var, training):
    """Standardise by the batch in evaluation mode, too."""
    y, _, _ = by_hand(x, scale, shift, running_mean, running_var, True)
    return y, *by_hand(x, scale, shift, running_mean, running_var, training)[1:]


@exercise.mistake(
    "The running averages move in evaluation mode, too.",
    "What a network has learned does not change while it is only used.",
)
def averages_always_move(x, scale, shift, running_mean, running_var, training):
    """Move the running averages in evaluation mode, too."""
    y, _, _ = by_hand(x, scale, shift, running_mean, running_var, training)
    return y, *by_hand(x, scale, shift, running_mean, running_var, True)[1:]


@exercise.mistake(
    "The two kinds of variance: which one is under the root?",
    "The batch is standardised by the mean of the squared deviations; see what divisor your library takes"
    " unless told.",
)
def unbiased_under_the_root(x, scale, shift, running_mean, running_var, training):
    """Standardise by the unbiased variance."""
    return by_hand(x, scale, shift, running_mean, running_var, training, ddof=1)


@exercise.mistake(
    "`y` is right. The two kinds of variance: which one does the running average take?",
    "The running variance is a guess for all images, from a sample of them: see what divisor your library"
    " takes unless told.",
)
def biased_running_variance(x, scale, shift, running_mean, running_var, training):
    """Average the biased variance."""
    return by_hand(x, scale, shift, running_mean, running_var, training, kept_ddof=0)


@exercise.mistake(
    "Where a channel hardly varies, your numbers are too large. What is there against division by zero?",
    "The small number stands under the root, beside the variance: see part 13.",
)
def epsilon_outside(x, scale, shift, running_mean, running_var, training):
    """Add epsilon to the root."""
    return by_hand(x, scale, shift, running_mean, running_var, training, inside=False)


@exercise.mistake(
    "The running averages move too far.",
    "They move a tenth of the way, and keep nine tenths of what they were.",
)
def averages_move_too_far(x, scale, shift, running_mean, running_var, training):
    """Move the running averages nine tenths of the way."""
    return by_hand(x, scale, shift, running_mean, running_var, training, kept=1 - MOMENTUM)


@exercise.mistake(
    "Each pixel has a mean and a variance of its own in your answer.",
    "In a convolutional layer a channel shares one mean and variance over all places, too.",
)
def each_pixel_by_itself(x, scale, shift, running_mean, running_var, training):
    """Take the statistics over the batch only."""
    return by_hand(x, scale, shift, running_mean, running_var, training, axes=(0,))


@exercise.mistake(
    "All channels share one mean and variance in your answer.",
    "Each channel has statistics of its own.",
)
def all_channels_together(x, scale, shift, running_mean, running_var, training):
    """Take the statistics over the channels, too."""
    return by_hand(x, scale, shift, running_mean, running_var, training, axes=(0, 1, 2, 3))


@exercise.mistake(
    "Standardised it is. Two numbers a channel play no part yet.",
    "The layer learns a scale and a shift, so that it can undo the whole thing.",
)
def no_scale_and_shift(x, scale, shift, running_mean, running_var, training):
    """Leave scale and shift out."""
    return by_hand(x, np.ones_like(scale), np.zeros_like(shift), running_mean, running_var, training)
