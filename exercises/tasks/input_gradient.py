"""Exercise: the gradient of a convolution with respect to its input."""

import numpy as np
import torch
import torch.nn.functional as F

from exercises.exercise import Exercise
from exercises.tasks.drawing import with_gradients


def reference(kernel, grad):
    """Return the input's gradient by autograd."""
    shape = [k + m - 1 for k, m in zip(kernel.shape, grad.shape, strict=True)]
    x = torch.zeros(1, 1, *shape, requires_grad=True)
    F.conv2d(x, torch.tensor(kernel)[None, None]).backward(torch.tensor(grad)[None, None])
    return x.grad[0, 0]


exercise = Exercise(
    name="input gradient",
    part=5,
    text="""For those who want more: the same layer, and now how much the loss grows with each pixel of its
input. Layers before it learn from that.

`kernel` and `grad` are arrays (rows, columns); `grad` says how much the loss grows with each number of the
response. There was no padding, and the stride was 1. Return the gradient with respect to the input, which
is as large as the input was.""",
    stub='''def input_gradient(kernel: np.ndarray, grad: np.ndarray) -> np.ndarray:
    """Return the gradient of the loss with respect to the input."""
    ...  # your code
''',
    reference=reference,
    inputs=lambda generator: with_gradients(generator, 1),
    hints=(
        "Go forwards: which pixels does the first number of the response see, and with which weights? "
        "Backwards the same weights carry its gradient to the same pixels.",
        "Start with zeros as large as the input. Each number of `grad` brings a whole kernel to the place"
        " that it came from. What happens where two of them overlap?",
    ),
)


@exercise.mistake(
    "The right size, but the weights reach the wrong pixels.",
    "Written as a convolution, this is one of the rare cases that need the kernel in another order than "
    "it has.",
)
def kernel_not_flipped(kernel, grad):
    """Slide the kernel over the padded gradient as it is."""
    return reference(kernel[::-1, ::-1].copy(), grad)


@exercise.mistake(
    "Your gradient is smaller than the input. How large was the input?",
    "The pixels at the border have been seen as well, if by fewer numbers of the response.",
)
def no_padding(kernel, grad):
    """Leave out the pixels at the border."""
    rows, columns = kernel.shape
    return reference(kernel, grad)[rows - 1 :, columns - 1 :][: 1 - rows or None, : 1 - columns or None]


@exercise.mistake(
    "Where two numbers of the response see the same pixel, only one of them counts in your answer.",
    "Gradients that reach the same pixel are added up.",
)
def overwritten(kernel, grad):
    """Let later places overwrite earlier ones."""
    shape = [k + m - 1 for k, m in zip(kernel.shape, grad.shape, strict=True)]
    gradient = np.zeros(shape, np.float32)
    for r, c in np.ndindex(*grad.shape):
        gradient[r : r + kernel.shape[0], c : c + kernel.shape[1]] = kernel * grad[r, c]
    return gradient


@exercise.mistake(
    "What comes back, `grad`, seems to play no part.",
    "The chain rule: the weight that a pixel meets, times how much the loss grows with that number of the"
    " response.",
)
def grad_ignored(kernel, grad):
    """Take what comes back for ones."""
    return reference(kernel, np.ones_like(grad))
