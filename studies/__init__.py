"""Comparisons that are run and kept: a function that returns numbers, and another that shows them."""

from studies.batch_norm import run_batch_norm, show_activations_by_depth, show_batch_norm_training
from studies.comparison import RESULTS, show_comparison, write_record
from studies.degradation import run_degradation, show_degradation
from studies.receptive_fields import show_receptive_fields
from studies.speed import show_convolution_speed, show_im2col_cost
from studies.views_and_votes import show_ten_views, show_test_time_augmentation

__all__ = [
    "make_records",
    "show_activations_by_depth",
    "show_batch_norm_training",
    "show_comparison",
    "show_convolution_speed",
    "show_degradation",
    "show_im2col_cost",
    "show_receptive_fields",
    "show_ten_views",
    "show_test_time_augmentation",
]


def make_records(dataset):
    """Run the studies that train, and write their records into ``results/``."""
    for name, run in (("batch-norm", run_batch_norm), ("degradation", run_degradation)):
        path = RESULTS / f"{name}-{dataset.title.replace(' ', '-').lower()}.json"
        write_record(path, dataset, lambda run=run: run(dataset))
