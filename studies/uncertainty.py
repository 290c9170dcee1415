"""How sure a measured accuracy is: intervals, and two networks compared on the same images."""

import math
from typing import NamedTuple

import numpy as np

NORMAL_95 = 1.959964  # 95 % of a standard normal distribution lie within so many standard deviations
# The same of Student's t distribution, for the means of 2, 3, ... 10 values.
STUDENT_95 = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622)


def accuracy_interval(right, count):
    """Return the 95 % interval of an accuracy, (low, high).

    Wilson's interval, which stays between 0 and 1 (E. B. Wilson, Probable inference, the law of succession, and
    statistical inference, 1927).

    Parameters
    ----------
    right, count : int
        How many of how many images were right.
    """
    if not 0 <= right <= count or count < 1:
        raise ValueError(f"right must be 0 to count, and count at least 1, but they are {right} and {count}")
    z2, p = NORMAL_95**2, right / count
    middle = (p + z2 / (2 * count)) / (1 + z2 / count)
    half = NORMAL_95 * math.sqrt(p * (1 - p) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values):
    """Return the mean of some trainings' results and its 95 % interval, (mean, low, high).

    Student's: how far another such set of trainings, from other seeds, would be. What other images would change it does
    not tell.

    Parameters
    ----------
    values : array of float
        (trainings,): 2 to 10.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not 2 <= len(values) <= len(STUDENT_95) + 1:
        raise ValueError(
            f"values must be 2 to {len(STUDENT_95) + 1} numbers, one a training; got shape {values.shape}"
        )
    half = STUDENT_95[len(values) - 2] * values.std(ddof=1) / math.sqrt(len(values))
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


class Paired(NamedTuple):
    """Two ways to answer, compared on the same images.

    Attributes
    ----------
    gained, lost : int
        Images that only the second way has right, and only the first.
    difference, low, high : float
        Of the accuracies, second minus first, and its 95 % interval.
    """

    gained: int
    lost: int
    difference: float
    low: float
    high: float


def paired(first, second, labels):
    """Compare two ways to answer on the same images: what both have right or wrong says nothing about which is better.

    Parameters
    ----------
    first, second, labels : array of int
        (images,): what the one and the other way say, and what is true.

    Returns
    -------
    Paired
        The interval is that of a difference of paired proportions (normal approximation: for some ten images gained or
        lost, and more).
    """
    first_right, second_right = (np.asarray(answers) == np.asarray(labels) for answers in (first, second))
    count = len(first_right)
    gained, lost = int((second_right & ~first_right).sum()), int((first_right & ~second_right).sum())
    difference = (gained - lost) / count
    half = NORMAL_95 * math.sqrt(gained + lost - (gained - lost) ** 2 / count) / count
    return Paired(gained, lost, difference, difference - half, difference + half)
