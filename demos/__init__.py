"""The lecture's players and explorers: one function a demo, each opened by one line in the notebook."""

from demos.kernels import example_pictures, filter_bank_explorer, kernel_explorer, sliding_kernel
from demos.layers import arithmetic_explorer, im2col_player, show_convolutional_layer, show_im2col_cost
from demos.networks import (
    layer_explorer,
    prediction_explorer,
    resnet34_player,
    show_classes,
    show_comparison,
    show_learning_curves,
    weights_player,
)
from demos.shrinking import pooling_explorer, shift_explorer, show_subsampling

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
    "show_classes",
    "show_comparison",
    "show_convolutional_layer",
    "show_im2col_cost",
    "show_learning_curves",
    "show_subsampling",
    "sliding_kernel",
    "weights_player",
]
