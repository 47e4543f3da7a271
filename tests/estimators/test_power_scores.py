import numpy as np
import pytest
import scipy.stats

from fgp_sklearn.estimators._power_scores import power_scores
from fgp_sklearn.estimators._targets import normal_scores


def labels(n=200, seed=0):
    return np.exp(np.random.default_rng(seed).normal(size=n))


def test_candidates_are_the_transform_of_scipy_and_standardised_labels():
    y = labels()
    closest, plain = power_scores(y)
    expected, _ = scipy.stats.yeojohnson((y - y.mean()) / y.std())
    np.testing.assert_allclose(closest.values, (expected - expected.mean()) / expected.std(), atol=1e-3)
    np.testing.assert_allclose(plain.values, np.minimum((y - y.mean()) / y.std(), 4))


def test_slopes_are_those_of_the_map():
    y = np.sort(labels(3000))
    for scores in power_scores(y):
        inside = slice(50, -300)
        differences = np.diff(scores.values)[inside] / np.diff(y)[inside]
        shift = np.log(differences) - (scores.log_slopes[1:] + scores.log_slopes[:-1])[inside] / 2
        np.testing.assert_allclose(shift, shift.mean(), atol=0.02)


def test_candidates_have_slopes_in_the_same_units():
    y = np.sort(labels(3000))
    middle = slice(1500, 1502)
    constants = [
        np.log(np.diff(scores.values[middle]) / np.diff(y[middle])) - scores.log_slopes[1500]
        for scores in power_scores(y)
    ]
    assert constants[0] == pytest.approx(constants[1], abs=0.01)


@pytest.mark.parametrize("outlier", [1e6, 1e300, -1e12])
def test_outliers_leave_normal_scores(outlier):
    y = np.r_[np.random.default_rng(0).normal(size=30), outlier]
    (only,) = power_scores(y)
    np.testing.assert_array_equal(only.values, normal_scores(y))


def test_a_label_of_weight_two_counts_twice():
    y = labels(40)
    twice = np.r_[y, y[:10]]
    for weighted, repeated in zip(
        power_scores(y, np.repeat([2.0, 1.0], [10, 30])), power_scores(twice), strict=True
    ):
        np.testing.assert_allclose(weighted.values, repeated.values[:40], atol=1e-3)


def test_units_do_not_matter():
    y = labels(50)
    for one, other in zip(power_scores(y), power_scores(1e-200 * y), strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-6)
