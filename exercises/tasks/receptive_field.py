"""Exercise: receptive field."""

import math

from exercises.exercise import Exercise
from figures.tracing import Field, Window


def reference(layers):
    """Return the field that the lecture's traces follow through the layers."""
    field = Field()
    for size, stride in layers:
        field = field.through(Window((size, size), (stride, stride)))
    return field.size[0]


def inputs(generator):
    """Return lists of layers; some have strides above their kernel's size, and one has no layer."""
    cases = [([(3, 1)],), ([(3, 2), (3, 1)],), ([(5, 1), (2, 2), (5, 1)],), ([(1, 3), (2, 1)],), ([],)]
    for _ in range(6):
        count = int(generator.integers(2, 7))
        cases.append(
            ([(int(generator.integers(1, 8)), int(generator.integers(1, 4))) for _ in range(count)],)
        )
    return cases


exercise = Exercise(
    name="receptive field",
    part=10,
    text="""How many pixels of the image does a unit behind some layers see, in each direction? `layers` is
a list of pairs, (kernel size, stride), of convolutions and poolings, from the image on. Padding does not
matter. Behind no layer at all a unit is a pixel. Return a whole number.""",
    stub='''def receptive_field(layers: list) -> int:
    """Return how many pixels, in each direction, a unit behind these layers sees."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    hints=(
        "Draw the pixels, and behind them the units of each layer. How far apart in pixels are two "
        "neighbouring units?",
        "A kernel of size k reaches over k - 1 steps from its first unit to its last. How many pixels is "
        "one such step, behind the strides of the layers before?",
    ),
)


@exercise.mistake(
    "The strides seem to play no part in your answer.",
    "Behind a stride of 2 neighbouring units lie two pixels apart: a kernel there reaches twice as far.",
)
def strides_ignored(layers):
    """Ignore the strides."""
    return 1 + sum(size - 1 for size, _ in layers)


@exercise.mistake(
    "A layer's own stride does not change what one of its own units sees.",
    "It counts for the layers behind it. In which order do you do the two things?",
)
def own_stride_counted(layers):
    """Let a layer's stride count for itself."""
    field, jump = 1, 1
    for size, stride in layers:
        jump *= stride
        field += (size - 1) * jump
    return field


@exercise.mistake(
    "Two kernels of 3 one behind the other see 5 pixels.",
    "From the first pixel to the last of k pixels there are k - 1 steps.",
)
def kernel_sizes_added(layers):
    """Add the kernel sizes up."""
    field, jump = 0, 1
    for size, stride in layers:
        field += size * jump
        jump *= stride
    return field


@exercise.mistake(
    "Two kernels of 3 one behind the other see 5 pixels.",
    "Their windows overlap: the sizes are not multiplied.",
)
def kernel_sizes_multiplied(layers):
    """Multiply the kernel sizes."""
    return math.prod(size for size, _ in layers)


@exercise.mistake(
    "Each stride counts for one layer only in your answer.",
    "Behind two strides of 2 neighbouring units lie four pixels apart.",
)
def last_stride_only(layers):
    """Let a stride count for the next layer only."""
    field, jump = 1, 1
    for size, stride in layers:
        field += (size - 1) * jump
        jump = stride
    return field


@exercise.mistake(
    "Almost: count the pixels, not the steps between them.",
    "A unit behind no layer sees one pixel.",
)
def steps_counted(layers):
    """Leave the first pixel out."""
    return reference(layers) - 1
