import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata, spearmanr
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import r2_score

from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores

finite = st.floats(-1e3, 1e3, width=32)


@st.composite
def scored_labels(draw):
    """Scores with a least distance, as float32 networks give, and labels of any order; both may tie."""
    n = draw(st.integers(2, 30))
    scores = draw(st.lists(st.integers(-500, 500), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(-50, 50), min_size=n, max_size=n).filter(lambda y: len(set(y)) > 1))
    return np.array(scores) / 100, np.array(labels) / 10


# ------------------------------------------------------------------ normal scores


def blom(values):
    """By counting: the rank of a value is the number below it, plus half of the others equal to it."""
    known = [v for v in values if not np.isnan(v)]
    scores = []
    for value in values:
        rank = sum(v < value for v in known) + (sum(v == value for v in known) + 1) / 2
        position = (rank - 0.375) / (len(known) + 0.25)
        scores.append(np.nan if np.isnan(value) else norm.ppf(position))
    return np.array(scores)


@given(st.lists(st.one_of(finite, st.just(np.nan), st.integers(-2, 2).map(float)), min_size=1, max_size=20))
def test_normal_scores_by_counting(values):
    np.testing.assert_allclose(normal_scores(np.array(values)), blom(values), atol=1e-12)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20))
def test_columns_are_on_their_own(rows):
    columns = np.array(rows)
    expected = np.stack([normal_scores(columns[:, 0]), normal_scores(columns[:, 1])], axis=1)
    np.testing.assert_array_equal(normal_scores(columns), expected)


def test_normal_scores_are_about_standard_normal():
    scores = normal_scores(np.random.default_rng(0).exponential(size=2000))
    assert abs(scores.mean()) < 1e-9
    assert abs(scores.std() - 1) < 0.01
    np.testing.assert_allclose(
        normal_scores(np.array([3.0, 1.0, 2.0])), norm.ppf([2.625 / 3.25, 0.625 / 3.25, 0.5])
    )


# ------------------------------------------------------------------ calibration


@given(scored_labels(), st.lists(st.integers(-900, 900), min_size=2, max_size=40, unique=True))
def test_calibration_increases_strictly(case, asked):
    scores, y = case
    at = np.sort(np.array(asked)) / 100
    assert (np.diff(MonotoneCalibration().fit(scores, y).transform(at)) > 0).all()


@given(scored_labels())
def test_calibration_keeps_ranks(case):
    scores, y = case
    values = MonotoneCalibration().fit(scores, y).transform(scores)
    np.testing.assert_array_equal(rankdata(values), rankdata(scores))


@given(scored_labels())
def test_calibration_meets_isotonic_regression_at_the_centres_of_its_blocks(case):
    scores, y = case
    level = np.round(IsotonicRegression().fit_transform(scores, y), 9)
    levels = np.unique(level)
    if len(levels) == 1:
        return
    centres = np.array([scores[level == value].mean() for value in levels])
    means = np.array([y[level == value].mean() for value in levels])
    np.testing.assert_allclose(means, levels, atol=1e-8)
    found = MonotoneCalibration().fit(scores, y).transform(centres)
    np.testing.assert_allclose(found, means, atol=1e-6)


def test_order_of_the_data_does_not_matter():
    generator = np.random.default_rng(0)
    scores, y = generator.normal(size=50), generator.normal(size=50)
    order = generator.permutation(50)
    first = MonotoneCalibration().fit(scores, y).transform(scores)
    second = MonotoneCalibration().fit(scores[order], y[order]).transform(scores)
    np.testing.assert_allclose(first, second, rtol=1e-12)


def test_labels_against_the_scores_leave_the_mean_barely():
    scores = np.linspace(-1, 1, 11)
    y = -10 * scores + 5
    values = MonotoneCalibration().fit(scores, y).transform(scores)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(values, 5, atol=0.05)


def test_equal_scores_give_the_mean():
    calibration = MonotoneCalibration().fit(np.zeros(4), np.array([1.0, 2.0, 3.0, 6.0]))
    np.testing.assert_allclose(calibration.transform(np.zeros(2)), 3.0)


@pytest.mark.parametrize("link", [np.exp, np.tanh, lambda x: 90 + x], ids=["exp", "tanh", "linear"])
def test_calibration_explains_unseen_labels(link):
    generator = np.random.default_rng(0)
    scores = generator.normal(size=400)
    y = link(scores) + 0.1 * generator.normal(size=400)
    values = MonotoneCalibration().fit(scores[:200], y[:200]).transform(scores[200:])
    assert r2_score(y[200:], values) > 0.8
    assert spearmanr(values, scores[200:]).statistic == pytest.approx(1)


def test_calibration_goes_on_beyond_the_labels():
    scores = np.linspace(0, 1, 21)
    calibration = MonotoneCalibration().fit(scores, 3 * scores + 1)
    np.testing.assert_allclose(calibration.transform(np.array([-1.0, 2.0])), [-2.0, 7.0])


def test_blocks_that_differ_by_rounding_are_one():
    scores, y = np.arange(5.0), np.array([0.7, 1.0, 0.9, 0.2, 3.0])
    level = IsotonicRegression().fit_transform(scores, y)
    assert 0 < np.ptp(level[:4]) < 1e-12  # 0.7, and the mean of the next three
    calibration = MonotoneCalibration().fit(scores, y)
    np.testing.assert_allclose(calibration.values_, [0.7, 3.0])
    np.testing.assert_allclose(calibration.scores_, [1.5, 4.0])
