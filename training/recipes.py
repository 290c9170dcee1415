"""Recipes: batch size, learning rate and its schedule, regularisation and augmentation, for each data set."""

import math

STEPS = {
    "batch_size": 64,  # images a step: enough to keep the cores busy, few enough for many steps an epoch
    "learning_rate": 0.05,  # at its highest; at twice as much, training begins to swing
    "momentum": 0.9,  # each step keeps 90 % of the last one's direction, which averages the noise of batches out
    "weight_decay": 5e-4,  # pulls weights gently towards zero, so that none learns single images by heart
}

RECIPES = {
    "MNIST": {
        **STEPS,
        "mirror": False,  # a mirrored 3 is no digit
        "shift": 0,  # digits are centred, in training and in test images alike
    },
    "CIFAR-10": {
        **STEPS,
        "weight_decay": 1e-3,  # more than digits need: photographs are few for their variety
        "mirror": True,  # a cat seen in a mirror is a cat: each image counts for two
        "shift": 2,  # pixels at most, up or down and left or right: an image comes in 25 places
    },
}


def one_cycle(progress):
    """Return the learning rate as a fraction of its peak, when ``progress`` (0 to 1) of the training is done.

    It rises for a quarter of the steps, since first weights that are random bear no large ones, and falls to zero
    then, so that the weights settle (L. N. Smith and N. Topin, 2019, arXiv:1708.07120).
    """
    return 0.04 + 0.96 * progress / 0.25 if progress < 0.25 else (1 - progress) / 0.75


def validated_recipe(dataset, num_epochs, changes):
    """Return the recipe for a data set with changes, in plain numbers, or raise ValueError if one makes no sense."""
    if getattr(dataset, "name", None) not in RECIPES:
        raise ValueError(
            f"there is a recipe for {' and for '.join(RECIPES)}, whole or a subset of it, but not for {dataset!r:.60}: "
            "pass what MulticlassDataset.mnist() or MulticlassDataset.cifar() returns"
        )
    recipe = RECIPES[dataset.name]
    if unknown := set(changes) - set(recipe):
        raise ValueError(
            f"train_model knows no {', '.join(sorted(unknown))}; a recipe has {', '.join(recipe)}"
        )
    recipe = {**recipe, **changes}
    whole_number("num_epochs", num_epochs, 1)
    for name, minimum in (("batch_size", 1), ("shift", 0)):
        recipe[name] = whole_number(name, recipe[name], minimum)
    for name in ("learning_rate", "momentum", "weight_decay"):
        recipe[name] = finite_number(name, recipe[name])
    if _plain(recipe["mirror"]) not in (False, True):
        raise ValueError(f"mirror must be True or False, but it is {recipe['mirror']!r}")
    recipe["mirror"] = bool(recipe["mirror"])
    if recipe["learning_rate"] <= 0:
        raise ValueError(f"learning_rate must be a number above 0, but it is {recipe['learning_rate']!r}")
    for name in ("momentum", "weight_decay"):
        if not 0 <= recipe[name] < 1:
            raise ValueError(f"{name} must be from 0 to below 1, but it is {recipe[name]!r}")
    return recipe


def whole_number(name, value, minimum=None):
    """Return a whole number, be it Python's, NumPy's or torch's, as an int; raise ValueError for anything else."""
    number = _plain(value)
    if type(number) is not int or (minimum is not None and number < minimum):
        bound = "" if minimum is None else f" of at least {minimum}"
        raise ValueError(f"{name} must be a whole number{bound}, but it is {value!r}")
    return number


def finite_number(name, value):
    """Return a number, be it Python's, NumPy's or torch's, as a float; raise ValueError for anything else."""
    number = _plain(value)
    if type(number) not in (int, float) or not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, but it is {value!r}")
    return float(number)


def _plain(value):
    """Return NumPy's and torch's numbers as Python's, which can be kept in a file; others as they are."""
    single = hasattr(value, "item") and getattr(value, "ndim", 0) == 0
    return value.item() if single else value
