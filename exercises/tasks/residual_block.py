"""Exercise: a residual block."""

import torch
from torch import nn

from exercises.exercise import Exercise

SHAPES = [(1, 1, 3, 3), (2, 3, 4, 5), (1, 4, 1, 1), (3, 2, 2, 6)]


def reference(x, conv1, norm1, conv2, norm2):
    """Return what `resnet.Block` gives, without torchvision, for which its module takes seconds to load."""
    h = norm1(conv1(x)).relu()
    h = norm2(conv2(h))
    return (h + x).relu()


def inputs(generator):
    """Return feature maps, and the layers of a block in evaluation mode, as after some training."""
    cases = []
    for shape in SHAPES:
        torch_generator = torch.Generator().manual_seed(int(generator.integers(2**31)))
        layers = []
        for _ in range(2):
            conv = nn.Conv2d(shape[1], shape[1], 3, padding=1, bias=False)
            norm = nn.BatchNorm2d(shape[1]).eval()
            with torch.no_grad():
                for values in (conv.weight, norm.weight, norm.bias, norm.running_mean):
                    values.normal_(generator=torch_generator)
            layers += [conv, norm]
        cases.append((torch.randn(shape, generator=torch_generator), *layers))
    return cases


exercise = Exercise(
    name="residual block",
    part=15,
    text="""Let a residual block compute: two convolutions, each followed by its batch norm, a ReLU between
them, the shortcut, and a last ReLU, as in the diagram of part 15.

`x` is a tensor (N, channels, rows, columns); `conv1`, `norm1`, `conv2` and `norm2` are layers that keep
this shape. Return a tensor of the same shape.""",
    stub='''def residual_block(
    x: torch.Tensor, conv1: nn.Module, norm1: nn.Module, conv2: nn.Module, norm2: nn.Module
) -> torch.Tensor:
    """Return what a residual block makes of its input."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    hints=(
        "Draw the way of the data through the block, with every layer, every ReLU and the sum. What comes"
        " first?",
        "There are two ways from the input to the sum: one through six things, and one through nothing at"
        " all.",
    ),
)


@exercise.mistake(
    "The last ReLU and the sum: which comes first?",
    "In your block the shortcut bypasses the last ReLU as well; in the diagram the ReLU comes behind the "
    "sum.",
)
def relu_before_the_sum(x, conv1, norm1, conv2, norm2):
    """Add the shortcut behind the last ReLU."""
    return norm2(conv2(norm1(conv1(x)).relu())).relu() + x


@exercise.mistake(
    "This is a plain block.",
    "What makes a block residual is missing: the input has a second way.",
)
def no_shortcut(x, conv1, norm1, conv2, norm2):
    """Leave the shortcut out."""
    return norm2(conv2(norm1(conv1(x)).relu())).relu()


@exercise.mistake(
    "Something is missing at the end: your block gives negative numbers.",
    "Behind the sum there is one thing more.",
)
def no_last_relu(x, conv1, norm1, conv2, norm2):
    """Leave the last ReLU out."""
    return norm2(conv2(norm1(conv1(x)).relu())) + x


@exercise.mistake(
    "Nothing bends between your two convolutions.",
    "Two convolutions with nothing but a batch norm between them are one linear map: see part 10.",
)
def no_relu_between(x, conv1, norm1, conv2, norm2):
    """Leave the first ReLU out."""
    return (norm2(conv2(norm1(conv1(x)))) + x).relu()


@exercise.mistake(
    "Batch norm and ReLU: which comes first behind the first convolution?",
    "The batch norm standardises what the convolution gives, before anything is cut off.",
)
def relu_before_the_norm(x, conv1, norm1, conv2, norm2):
    """Take the ReLU before the batch norm."""
    return (norm2(conv2(norm1(conv1(x).relu()))) + x).relu()


@exercise.mistake(
    "The second convolution should have weights of its own.",
    "Look at which layers you call, and how often.",
)
def first_layers_twice(x, conv1, norm1, conv2, norm2):
    """Use the first convolution and its norm twice."""
    return (norm1(conv1(norm1(conv1(x)).relu())) + x).relu()


@exercise.mistake(
    "Your block has no batch norm.",
    "Each convolution is followed by one.",
)
def no_norms(x, conv1, norm1, conv2, norm2):
    """Leave the batch norms out."""
    return (conv2(conv1(x).relu()) + x).relu()


@exercise.mistake(
    "What does your shortcut start from?",
    "It hands on what came into the block, before any of its layers.",
)
def shortcut_from_the_middle(x, conv1, norm1, conv2, norm2):
    """Add what the first half gives in place of the input."""
    h = norm1(conv1(x)).relu()
    return (norm2(conv2(h)) + h).relu()
