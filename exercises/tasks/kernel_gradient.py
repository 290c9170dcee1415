"""Exercise: the gradient of a convolution with respect to its kernel."""

import numpy as np
import torch
import torch.nn.functional as F

from exercises.exercise import Exercise
from exercises.tasks.drawing import with_gradients


def reference(x, grad):
    """Return the kernel's gradient by autograd."""
    shape = [n - m + 1 for n, m in zip(x.shape, grad.shape, strict=True)]
    kernel = torch.zeros(1, 1, *shape, requires_grad=True)
    F.conv2d(torch.tensor(x)[None, None], kernel).backward(torch.tensor(grad)[None, None])
    return kernel.grad[0, 0]


exercise = Exercise(
    name="kernel gradient",
    part=5,
    text="""A layer has computed the response of an image `x` to a kernel, without padding, at stride 1.
Back-propagation hands it `grad`: how much the loss grows with each number of the response. How much does
the loss grow with each weight of the kernel?

`x` and `grad` are arrays (rows, columns). The shape of the kernel follows from theirs. Return its gradient.""",
    stub='''def kernel_gradient(x: np.ndarray, grad: np.ndarray) -> np.ndarray:
    """Return the gradient of the loss with respect to the kernel."""
    ...  # your code
''',
    reference=reference,
    inputs=lambda generator: with_gradients(generator, 0),
    hints=(
        "Take the kernel's top left weight only. Which pixel does it meet for the first number of the "
        "response, and which for the last?",
        "A weight meets one pixel for each number of the response. Part 4 says what becomes of all these "
        "gradients. Have you written a function for that already?",
    ),
)


@exercise.mistake(
    "These are the right numbers in another order: first and last have changed places.",
    "Which pixel does the top left weight meet when it makes the top left number of the response? No flip"
    " is needed.",
)
def flipped(x, grad):
    """Return the gradient flipped in both axes."""
    return reference(x, grad).flip(0, 1)


@exercise.mistake(
    "The gradients from all places should not cancel each other like this: in which order do you go "
    "through `grad`?",
    "The pixel that lies r rows further down belongs to the number of `grad` that lies r rows further down.",
)
def flipped_grad(x, grad):
    """Flip what comes back."""
    return reference(x, grad[::-1, ::-1].copy())


@exercise.mistake(
    "Your numbers are proportional to the wanted ones, but smaller.",
    "The gradients from all places are added up; nobody divides.",
)
def mean_over_places(x, grad):
    """Take the mean over the places."""
    return reference(x, grad) / grad.size


@exercise.mistake(
    "You keep the gradient of one place only.",
    "Each weight touches the image at many places, and all these gradients are added up.",
)
def last_place_only(x, grad):
    """Let each place overwrite the one before."""
    last = np.zeros_like(grad)
    last[-1, -1] = grad[-1, -1]
    return reference(x, last)


@exercise.mistake(
    "What comes back, `grad`, seems to play no part.",
    "The chain rule: the pixel that a weight meets, times how much the loss grows with that number of the"
    " response.",
)
def grad_ignored(x, grad):
    """Take what comes back for ones."""
    return reference(x, np.ones_like(grad))


@exercise.mistake(
    "Rows and columns have changed places.",
    "The kernel's first axis goes down, as that of the image.",
)
def transposed(x, grad):
    """Return columns for rows."""
    return reference(x, grad).T
