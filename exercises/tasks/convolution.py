"""Exercise: convolution by loops."""

import numpy as np
import torch
import torch.nn.functional as F

from exercises.exercise import Exercise
from exercises.tasks.drawing import integers

SHAPES = [
    ((3, 4), (2, 2)),
    ((1, 1), (1, 1)),
    ((4, 3), (1, 3)),
    ((4, 6), (3, 2)),
    ((2, 5), (2, 5)),
    ((7, 5), (3, 3)),
]


def reference(image, kernel):
    """Return the response by PyTorch."""
    image, kernel = (torch.from_numpy(values)[None, None] for values in (image, kernel))
    return F.conv2d(image, kernel)[0, 0]


exercise = Exercise(
    name="convolution",
    part=2,
    text="""Slide a kernel over an image, with loops of your own. Each number of the response is the sum of
the products under the kernel, which is used as it is, not flipped. There is no padding, and the stride is
1.

`image` is an array (rows, columns) of any size, `kernel` another one, which fits into it. Return the
response.""",
    stub='''def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the response of an image to a kernel."""
    ...  # your code
''',
    reference=reference,
    inputs=lambda generator: [tuple(integers(generator, *shape) for shape in pair) for pair in SHAPES],
    hints=(
        "Take the top left number of the response: which pixels of the image lie under the kernel, and "
        "what is their sum of products? Compute it by hand, and print what your loop has there.",
        "Four loops do it: two over the places where the kernel fits, and two over the kernel itself. How"
        " many places are there in each direction, for an image of 3 rows and a kernel of 2?",
    ),
)


@exercise.mistake(
    "Your numbers are those of another kernel, closely related to the one that was given. In which order "
    "do you go through its rows and columns?",
    "Mathematicians would be content with your response: see the word on words in part 2. Here the kernel"
    " stays as it is.",
)
def flipped_kernel(image, kernel):
    """Flip the kernel in both axes first."""
    return reference(image, kernel[::-1, ::-1].copy())


@exercise.mistake(
    "The kernel's rows and columns have changed places.",
    "Which index of the kernel goes with the row of the image, and which with its column?",
)
def transposed_kernel(image, kernel):
    """Use the kernel's columns as rows."""
    return reference(image, kernel.T.copy())


@exercise.mistake(
    "A row and a column of the response are missing: the kernel fits into one more place in each direction.",
    "A kernel of 2 fits into an image of 3 at 0 and at 1: that is two places, though 3 - 2 is one.",
)
def off_by_one(image, kernel):
    """Leave the last row and column out."""
    return reference(image, kernel)[:-1, :-1]


@exercise.mistake(
    "The last row and the last column of your response are never computed.",
    "A kernel of 2 fits into an image of 3 at 0 and at 1. Where does your loop end?",
)
def last_ones_left_at_zero(image, kernel):
    """Leave the last row and column at zero."""
    response = reference(image, kernel).clone()
    response[-1], response[:, -1] = 0, 0
    return response


@exercise.mistake(
    "Your response is as large as the image. How many times does the kernel fit into it without reaching "
    "over its border?",
    "There is no padding here: see how large the wanted response is.",
)
def padded(image, kernel):
    """Pad with zeros, so that the response is as large as the image."""
    rows, columns = kernel.shape
    above, left = (rows - 1) // 2, (columns - 1) // 2
    padded = np.pad(image, [(above, rows - 1 - above), (left, columns - 1 - left)])
    return reference(padded, kernel)


@exercise.mistake(
    "Each number of your response is one product. Which one? And what has become of the others under the "
    "kernel?",
    "All products under the kernel are to be added up, not only the last one kept.",
)
def last_product(image, kernel):
    """Keep the last product in place of the sum."""
    only = np.zeros_like(kernel)
    only[-1, -1] = kernel[-1, -1]
    return reference(image, only)


@exercise.mistake(
    "Your numbers are proportional to the wanted ones, but smaller.",
    "Wanted is the sum of the products, not their mean.",
)
def mean_of_products(image, kernel):
    """Take the mean of the products."""
    return reference(image, kernel) / kernel.size


@exercise.mistake(
    "Your response has as many rows as it should have columns.",
    "Which side of an image does `image.shape[0]` count? The images here are not square.",
)
def transposed_response(image, kernel):
    """Return columns for rows."""
    return reference(image, kernel).T
