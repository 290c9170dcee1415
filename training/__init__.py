"""How a network learns: the loop, batches with their random changes, a recipe for each data set, and kept results."""

from training import kept
from training.loop import EXAMPLES, best_device, evaluate, look, train_model
from training.recipes import RECIPES, checked_recipe, one_cycle

__all__ = [
    "EXAMPLES",
    "RECIPES",
    "best_device",
    "checked_recipe",
    "evaluate",
    "kept",
    "look",
    "one_cycle",
    "train_model",
]
