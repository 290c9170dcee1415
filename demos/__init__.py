"""The lecture's players and explorers: one function a demo, each opened by one line in the notebook."""

from demos.kernels import example_pictures, filter_bank_explorer, kernel_explorer, sliding_kernel
from demos.layers import arithmetic_explorer, im2col_player, show_convolutional_layer
from demos.networks import (
    layer_explorer,
    prediction_explorer,
    resnet34_player,
    weights_player,
)
from demos.shrinking import pooling_explorer, shift_explorer

__all__ = [
    "arithmetic_explorer",
    "example_pictures",
    "filter_bank_explorer",
    "im2col_player",
    "kernel_explorer",
    "layer_explorer",
    "pooling_explorer",
    "prediction_explorer",
    "resnet34_player",
    "shift_explorer",
    "show_convolutional_layer",
    "sliding_kernel",
    "weights_player",
]
