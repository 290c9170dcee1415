"""Intervals and paired comparisons, against their definitions."""

import math

import numpy as np
import pytest
import scipy.stats

from studies.uncertainty import NORMAL_95, STUDENT_95, accuracy_interval, mean_interval, paired


def test_the_normal_quantile():
    assert math.erf(NORMAL_95 / math.sqrt(2)) == pytest.approx(0.95, abs=1e-6)


@pytest.mark.parametrize(("right", "count"), [(0, 10), (10, 10), (7, 10), (4090, 5000)])
def test_an_interval_ends_where_what_was_seen_is_just_within_95_percent(right, count):
    for end in accuracy_interval(right, count):
        if 0 < end < 1:
            expected_error = NORMAL_95 * math.sqrt(end * (1 - end) / count)
            assert abs(right / count - end) == pytest.approx(expected_error, abs=1e-7)


def test_most_intervals_hold_the_truth():
    right = np.random.default_rng(0).binomial(200, 0.8, 2000)
    held = [low <= 0.8 <= high for low, high in (accuracy_interval(int(r), 200) for r in right)]
    assert 0.93 < np.mean(held) < 0.97


@pytest.mark.parametrize(("right", "count"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_counts_are_refused(right, count):
    with pytest.raises(ValueError, match="right must be 0 to count"):
        accuracy_interval(right, count)


def test_paired_counts_and_the_interval_of_their_difference():
    generator = np.random.default_rng(1)
    labels, first = generator.integers(0, 3, 500), generator.integers(0, 3, 500)
    second = np.where(generator.random(500) < 0.4, labels, first)
    change = (second == labels).astype(int) - (first == labels)
    found = paired(first, second, labels)
    assert (found.gained, found.lost) == ((change == 1).sum(), (change == -1).sum())
    assert found.difference == pytest.approx(change.mean())
    half = NORMAL_95 * change.std() / math.sqrt(500)
    assert (found.low, found.high) == pytest.approx((change.mean() - half, change.mean() + half))


@pytest.mark.parametrize("count", range(2, 11))
def test_student_s_quantiles(count):
    assert STUDENT_95[count - 2] == pytest.approx(scipy.stats.t.ppf(0.975, count - 1), abs=1e-4)


def test_most_intervals_of_means_hold_the_truth():
    draws = np.random.default_rng(2).normal(0.9, 0.01, (4000, 5))
    found = [mean_interval(trainings) for trainings in draws]
    assert found[0][0] == pytest.approx(draws[0].mean())
    assert np.mean([low <= 0.9 <= high for _, low, high in found]) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("values", [[0.5], [0.5] * 11, [[0.5, 0.5]]])
def test_too_few_trainings_have_no_interval(values):
    with pytest.raises(ValueError, match="values must be 2 to 10 numbers, one a training"):
        mean_interval(values)
