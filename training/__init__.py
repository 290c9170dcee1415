"""How a network learns: the loop, batches with their random changes, a recipe for each data set, and kept results."""

from training import kept
from training.loop import EXAMPLES, best_device, classify_examples, evaluate, train_epoch, train_model
from training.recipes import RECIPES, one_cycle, validated_recipe

__all__ = [
    "EXAMPLES",
    "RECIPES",
    "best_device",
    "classify_examples",
    "evaluate",
    "kept",
    "one_cycle",
    "train_epoch",
    "train_model",
    "validated_recipe",
]
