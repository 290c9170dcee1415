"""The exercises in code, a file each, in the order of the lecture."""

from exercises.tasks import (
    batch_norm,
    convolution,
    edge_kernel,
    im2col,
    input_gradient,
    kernel_gradient,
    layer_cost,
    max_pooling,
    output_size,
    receptive_field,
    residual_block,
    small_network,
    training_step,
)

EXERCISES = [
    module.exercise
    for module in (
        convolution,
        edge_kernel,
        output_size,
        layer_cost,
        im2col,
        kernel_gradient,
        input_gradient,
        max_pooling,
        small_network,
        receptive_field,
        training_step,
        batch_norm,
        residual_block,
    )
]
