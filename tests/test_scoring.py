"""Scores by name, in every function that has a parameter `scoring`."""

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import get_scorer_names, mean_absolute_error, r2_score

from fgp_sklearn._scoring import SCORERS, score_label, scorer_of

X = np.random.default_rng(0).normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.5] + 2 * np.random.default_rng(1).normal(size=60)
MODEL = LinearRegression().fit(X[:30], Y[:30])
PREDICTED = MODEL.predict(X[30:])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, kendalltau(Y[30:], PREDICTED)[0]),
        ("kendall_tau", kendalltau(Y[30:], PREDICTED)[0]),
        ("spearman", spearmanr(Y[30:], PREDICTED)[0]),
        ("precision_at_top", float(Y[30:].argmax() == PREDICTED.argmax())),
        ("regret_at_k", Y[30:][PREDICTED.argmax()] - Y[30:].max()),
        ("r2", r2_score(Y[30:], PREDICTED)),
        ("neg_mean_absolute_error", -mean_absolute_error(Y[30:], PREDICTED)),
    ],
)
def test_a_name_stands_for_its_score(name, expected):
    assert scorer_of(name, MODEL)(MODEL, X[30:], Y[30:]) == pytest.approx(expected)


def test_names_of_scikit_learn_are_left_alone():
    assert not set(SCORERS) & set(get_scorer_names())


def test_a_function_is_a_score():
    assert scorer_of(lambda estimator, X, y: 7.0, MODEL)(MODEL, X, Y) == 7.0


def test_an_unknown_name_is_an_error_with_all_names():
    with pytest.raises(ValueError, match="no score is named 'kendall'; write 'kendall_tau', 'spearman'"):
        scorer_of("kendall", DummyRegressor())


@pytest.mark.parametrize(
    ("scoring", "label"),
    [
        (None, "Kendall tau"),
        ("precision_at_top", "Precision at top"),
        (SCORERS["regret_at_k"], "Regret at k"),
        ("r2", "R2"),
        (scorer_of("r2", MODEL), "score"),
    ],
)
def test_axes_name_the_score(scoring, label):
    assert score_label(scoring).lower() == label.lower()
