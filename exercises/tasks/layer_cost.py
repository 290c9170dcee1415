"""Exercise: parameters and multiply-adds of a layer."""

from functools import cache

from torch import nn

from exercises.exercise import Exercise
from figures.tracing import trace


@cache
def reference(in_channels, out_channels, size, rows, columns):
    """Return what the layer table of the lecture counts, for an image that gives outputs of this size."""
    layer = nn.Sequential(nn.Conv2d(in_channels, out_channels, size, device="meta"))
    traced = trace(layer, (in_channels, rows + size - 1, columns + size - 1))[1]
    return traced.parameters, traced.multiply_adds


def inputs(generator):
    """Return layers that differ in all their numbers; one has a kernel of 1x1, and one gives a single pixel."""
    cases = [(1, 2, 3, 4, 5), (3, 1, 1, 2, 6), (4, 3, 2, 1, 1)]
    for _ in range(4):
        cases.append(tuple(int(generator.integers(2, 12)) for _ in range(5)))
    return cases


exercise = Exercise(
    name="layer cost",
    part=4,
    text="""What does a convolutional layer cost? It takes `in_channels` feature maps and gives
`out_channels`, each of `rows` x `columns` pixels, with kernels of `size` x `size` pixels and a bias for
each output channel.

Return two whole numbers: its parameters, and its multiply-adds for one image. As in the lecture's tables a
product and its addition count as one, and the bias, which is only added, does not count.""",
    stub='''def layer_cost(in_channels: int, out_channels: int, size: int, rows: int, columns: int) -> tuple:
    """Return the parameters and the multiply-adds of a convolutional layer; its output is rows x columns."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    outputs=("parameters", "multiply-adds"),
    hints=(
        "Count for a single number of the output first: how many weights does it need?",
        "All numbers of a feature map share the same weights, but each needs products of its own.",
    ),
)


@exercise.mistake(
    "The parameters lack something small.",
    "Each output channel has one number of its own that is added at the end.",
)
def bias_forgotten(in_channels, out_channels, size, rows, columns):
    """Count no bias."""
    parameters, products = reference(in_channels, out_channels, size, rows, columns)
    return parameters - out_channels, products


@exercise.mistake(
    "How many biases has the layer?",
    "There is one bias for each output channel, not one for the layer.",
)
def one_bias_in_all(in_channels, out_channels, size, rows, columns):
    """Count one bias for the layer."""
    parameters, products = reference(in_channels, out_channels, size, rows, columns)
    return parameters - out_channels + 1, products


@exercise.mistake(
    "How many biases has the layer?",
    "There is one bias for each output channel; a kernel for each input channel has none of its own.",
)
def bias_for_each_kernel(in_channels, out_channels, size, rows, columns):
    """Count a bias for each pair of channels."""
    parameters, products = reference(in_channels, out_channels, size, rows, columns)
    return parameters + out_channels * (in_channels - 1), products


@exercise.mistake(
    "The input has more than one channel.",
    "A filter has a kernel for each channel of its input: see Many channels in part 4.",
)
def one_input_channel(in_channels, out_channels, size, rows, columns):
    """Count one kernel for each output channel."""
    return reference(1, out_channels, size, rows, columns)


@exercise.mistake(
    "The parameters are right. The multiply-adds are those of one output channel.",
    "Each of the output channels computes all of its pixels.",
)
def products_of_one_channel(in_channels, out_channels, size, rows, columns):
    """Count the products of one output channel."""
    parameters, products = reference(in_channels, out_channels, size, rows, columns)
    return parameters, products // out_channels


@exercise.mistake(
    "The parameters are right. The multiply-adds are those of one pixel of the output.",
    "The weights are shared, the work is not: each pixel of the output needs its own products.",
)
def products_of_one_pixel(in_channels, out_channels, size, rows, columns):
    """Count the products of one place."""
    parameters, products = reference(in_channels, out_channels, size, rows, columns)
    return parameters, products // (rows * columns)


@exercise.mistake(
    "The parameters are right. The multiply-adds are a little too many.",
    "The bias is only added: it is no multiply-add.",
)
def bias_among_the_products(in_channels, out_channels, size, rows, columns):
    """Count the bias among the multiply-adds."""
    parameters, _ = reference(in_channels, out_channels, size, rows, columns)
    return parameters, parameters * rows * columns


@exercise.mistake(
    "The parameters depend on the size of the image in your answer. Do they?",
    "A convolution shares its weights: that was its point in part 1.",
)
def dense_layer(in_channels, out_channels, size, rows, columns):
    """Give each place weights of its own."""
    _, products = reference(in_channels, out_channels, size, rows, columns)
    return products + out_channels, products
