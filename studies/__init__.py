"""Comparisons that are run and kept: a function that returns numbers, and another that shows them."""

from studies.batch_norm import show_activations_by_depth, show_batch_norm_training
from studies.collapse import show_collapse
from studies.comparison import show_comparison
from studies.degradation import show_degradation
from studies.dense_layers import show_dense_layers
from studies.errors import show_errors
from studies.final_accuracy import show_test_accuracy
from studies.first_kernels import show_first_kernels
from studies.looking_inside import show_looking_inside
from studies.shifts import show_shifted
from studies.speed import show_convolution_speed, show_im2col_cost
from studies.transfer import show_transfer
from studies.views_and_votes import show_ten_views, show_test_time_augmentation

__all__ = [
    "show_activations_by_depth",
    "show_batch_norm_training",
    "show_collapse",
    "show_comparison",
    "show_convolution_speed",
    "show_degradation",
    "show_dense_layers",
    "show_errors",
    "show_first_kernels",
    "show_im2col_cost",
    "show_looking_inside",
    "show_shifted",
    "show_ten_views",
    "show_test_accuracy",
    "show_test_time_augmentation",
    "show_transfer",
]
