"""Exercise: the output size of a convolution."""

import torch
import torch.nn.functional as F

from exercises.exercise import Exercise


def reference(n, k, p, s, d):
    """Return the size that PyTorch gives, on tensors without content."""
    image, kernel = torch.empty(1, 1, n, device="meta"), torch.empty(1, 1, k, device="meta")
    return F.conv1d(image, kernel, padding=p, stride=s, dilation=d).shape[-1]


def inputs(generator):
    """Return sizes that fit, strides above the kernel's size among them."""
    cases = [
        (5, 3, 0, 1, 1),
        (1, 1, 0, 1, 1),
        (6, 3, 1, 2, 1),
        (9, 2, 0, 3, 1),
        (12, 3, 0, 1, 3),
        (10, 2, 3, 5, 2),
    ]
    for _ in range(20):
        k, p, s, d = (int(generator.integers(*limits)) for limits in ((1, 8), (0, 4), (1, 6), (1, 4)))
        cases.append((d * (k - 1) + 1 + int(generator.integers(0, 20)), k, p, s, d))
    return cases


exercise = Exercise(
    name="output size",
    part=4,
    text="""How many outputs does a kernel of size `k` give along an axis of `n` pixels, with padding `p`
on both sides, stride `s` and dilation `d`? All are whole numbers, and the kernel fits. Return a whole
number.""",
    stub='''def output_size(n: int, k: int, p: int, s: int, d: int) -> int:
    """Return how many outputs a kernel gives along one axis."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    hints=(
        "Draw the case that is shown: a row of n pixels with its padding, and the kernel at each place "
        "where it fits.",
        "How far does the kernel reach, from its first pixel to its last? How many pixels are then left "
        "to move over, and how many steps of the stride fit into them? The formula stands in part 4.",
    ),
)


@exercise.mistake(
    "Almost: count the places for a kernel that is as large as the image.",
    "So many steps make one place more: the kernel has a place before the first step.",
)
def first_place_forgotten(n, k, p, s, d):
    """Leave the + 1 out."""
    return reference(n, k, p, s, d) - 1


@exercise.mistake(
    "Look at where the padding lies.",
    "Padding lies on both sides of the image.",
)
def padding_on_one_side(n, k, p, s, d):
    """Count the padding once."""
    return (n + p - d * (k - 1) - 1) // s + 1


@exercise.mistake(
    "The padding has been forgotten.",
    "Padding makes the image larger before the kernel moves, on both sides.",
)
def padding_forgotten(n, k, p, s, d):
    """Ignore the padding."""
    return (n - d * (k - 1) - 1) // s + 1


@exercise.mistake(
    "The dilation has been forgotten.",
    "A kernel of 3 pixels at a distance of 2 reaches over 5 pixels.",
)
def dilation_forgotten(n, k, p, s, d):
    """Ignore the dilation."""
    return (n + 2 * p - k) // s + 1


@exercise.mistake(
    "How far does a dilated kernel reach?",
    "A kernel of 3 pixels at a distance of 2 reaches over 5 pixels, not 6: there is no gap behind the "
    "last one.",
)
def dilated_too_far(n, k, p, s, d):
    """Take d * k for the reach of the kernel."""
    return (n + 2 * p - d * k) // s + 1


@exercise.mistake(
    "What happens to pixels that are left over where the stride does not fit?",
    "They are never seen: a last step that does not fit is not made.",
)
def rounded_up(n, k, p, s, d):
    """Round up."""
    return -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1


@exercise.mistake(
    "The number may be right, but half a pixel is none: wanted is a whole number, an int.",
    "Python's `/` gives a float even where it divides without a remainder, and where there is one, the "
    "last step is not made.",
)
def not_rounded(n, k, p, s, d):
    """Do not round."""
    return (n + 2 * p - d * (k - 1) - 1) / s + 1


@exercise.mistake(
    "The stride has been forgotten.",
    "With a stride of 2 the kernel stops at every other place only.",
)
def stride_forgotten(n, k, p, s, d):
    """Ignore the stride."""
    return n + 2 * p - d * (k - 1)
