"""Weights of labels in FGPRegressor: integers count copies, zeros count nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score

from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores
from fgp_sklearn.metrics import kendall_tau_score, kendall_tau_scorer
from tests.sklearn_compatibility.spaces import cells, forms, labels, tiny_regressor

PAIRS, TEST = cells(24), cells(20, seed=5)
Y = labels(PAIRS)
WEIGHTS = np.random.default_rng(0).integers(0, 4, len(PAIRS))
COPIES = np.repeat(np.arange(len(PAIRS)), WEIGHTS)


def fitted(weights=None, rows=None, **params):
    rows = np.arange(len(PAIRS)) if rows is None else rows
    regressor = tiny_regressor(**{"max_epochs": 20, "lr": 0.01, "loss": "logistic", **params})
    return regressor.fit([PAIRS[i] for i in rows], Y[rows], sample_weight=weights)


@pytest.mark.parametrize(("loss", "tolerance"), [("hinge", 0.02), ("logistic", 0.02), ("mse", 0.1)])
def test_integer_weights_are_copies(loss, tolerance):
    """Nearly so for "mse": quantiles of 24 ranks are not those of the ranks of more copies."""
    few = {
        "loss": loss,
        "max_epochs": 5,
        "batch_size": "all",
    }  # lest kinks of the hinge make much of a rounding error
    copied = fitted(rows=COPIES, **few).predict(TEST)
    assert np.abs(fitted(**few).predict(TEST) - copied).mean() > 0.1
    np.testing.assert_allclose(fitted(WEIGHTS, **few).predict(TEST), copied, atol=tolerance)


@pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle", "mse"])
def test_proportions_alone_matter(loss):
    expected = fitted(WEIGHTS, loss=loss).predict(TEST)
    np.testing.assert_allclose(fitted(1e-9 * WEIGHTS, loss=loss).predict(TEST), expected, atol=0.02)
    ones = fitted(np.full(len(PAIRS), 7.0), loss=loss).predict(TEST)
    np.testing.assert_allclose(ones, fitted(loss=loss).predict(TEST), atol=0.02)


def test_labels_without_weight_might_as_well_be_absent():
    there = np.flatnonzero(WEIGHTS)
    expected = fitted(WEIGHTS[there], there)
    np.testing.assert_array_equal(fitted(WEIGHTS).predict(TEST), expected.predict(TEST))
    assert fitted(WEIGHTS).encoder_.vocabulary_ == expected.encoder_.vocabulary_


def test_the_weighty_are_ranked_best():
    contradicting = np.r_[Y, -Y]
    for weights in ([5.0, 1.0], [1.0, 5.0]):
        regressor = tiny_regressor(max_epochs=60, lr=0.03)
        regressor.fit(PAIRS * 2, contradicting, sample_weight=np.repeat(weights, len(PAIRS)))
        assert kendall_tau_score(Y, regressor.predict(PAIRS)) * (weights[0] - weights[1]) > 0.4


def test_held_out_labels_take_their_weights_along():
    early = {"early_stopping": True, "validation_fraction": 0.3}
    weighted, plain = fitted(WEIGHTS + 1.0, **early), fitted(**early)
    assert [row["valid_score"] for row in weighted.history_] != [row["valid_score"] for row in plain.history_]


@pytest.mark.parametrize("form", forms(PAIRS))
def test_weights_are_routed(form):
    X = forms(PAIRS)[form]
    with config_context(enable_metadata_routing=True):
        regressor = tiny_regressor().set_fit_request(sample_weight=True)
        scorer = clone(kendall_tau_scorer, safe=False).set_score_request(sample_weight=True)
        found = cross_val_score(
            regressor, X, Y, cv=KFold(3), scoring=scorer, params={"sample_weight": WEIGHTS}
        )
    for score, (train, test) in zip(found, KFold(3).split(PAIRS), strict=True):
        twin = tiny_regressor().fit([PAIRS[i] for i in train], Y[train], sample_weight=WEIGHTS[train])
        predicted = twin.predict([PAIRS[i] for i in test])
        assert score == pytest.approx(kendall_tau_score(Y[test], predicted, sample_weight=WEIGHTS[test]))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), r"inconsistent numbers of samples: \[24, 3\]"),
        (np.ones((24, 2)), r"sample_weight has shape \(24, 2\); pass one number per architecture"),
        (np.r_[np.ones(23), -1], r"sample_weight\[23\] is -1\.0; weights must be finite and non-negative"),
        (np.r_[np.ones(23), np.nan], r"sample_weight\[23\] is nan"),
        (np.zeros(24), "sample_weight is 0 for every architecture"),
        (np.r_[np.ones(23), 1e-320], r"sample_weight\[23\] is 9\.99989e-321 .* set the weight to 0 to leave"),
        (np.r_[np.full(23, 1e300), 1e-20], r"sample_weight\[23\] is 1e-20 and the largest weight is 1e\+300"),
        (np.eye(24)[0], "found n_samples = 1; ranking needs at least 2"),
        (["heavy"] * 24, "sample_weight must hold real numbers"),
    ],
)
def test_bad_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        fitted(weights)


rows = st.lists(st.tuples(st.integers(0, 5), st.floats(-2, 2), st.integers(1, 3)), min_size=2, max_size=9)


@given(rows=rows)
def test_normal_scores_count_copies(rows):
    y, _, weights = map(np.array, zip(*rows, strict=True))
    copies = np.repeat(np.arange(len(y)), weights)
    y = y.astype(float)
    expected = np.empty(len(y))
    expected[copies] = normal_scores(y[copies])
    np.testing.assert_allclose(normal_scores(y, weights.astype(float)), expected)
    two = np.stack([y, np.where(y == 5, np.nan, -y)], axis=1)
    expected = np.empty(two.shape)
    expected[copies] = normal_scores(two[copies])
    np.testing.assert_allclose(normal_scores(two, weights.astype(float)), expected)


@given(rows=rows)
def test_calibration_counts_copies(rows):
    y, scores, weights = map(np.array, zip(*rows, strict=True))
    copies = np.repeat(np.arange(len(y)), weights)
    weighted = MonotoneCalibration().fit(scores, y.astype(float), weights.astype(float))
    copied = MonotoneCalibration().fit(scores[copies], y[copies].astype(float))
    if len(copied.values_) > 1:  # else the slope is but a token
        at = np.linspace(-3, 3, 20)
        np.testing.assert_allclose(weighted.transform(at), copied.transform(at), atol=1e-6)
