"""How a network learns: the loop, batches with their random changes, a recipe for each data set, and kept results."""

from training import kept
from training.loop import (
    EXAMPLES,
    best_device,
    check_fit,
    classify_examples,
    evaluate,
    train_epoch,
    train_model,
)
from training.networks import fit, left_as_it_came
from training.recipes import RECIPES, one_cycle, validated_recipe, whole_number

__all__ = [
    "EXAMPLES",
    "RECIPES",
    "best_device",
    "check_fit",
    "classify_examples",
    "evaluate",
    "fit",
    "kept",
    "left_as_it_came",
    "one_cycle",
    "train_epoch",
    "train_model",
    "validated_recipe",
    "whole_number",
]
