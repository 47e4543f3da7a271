"""Metrics against scipy, and against twins that try every way to break a tie."""

from __future__ import annotations

import itertools
import pickle
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneOut, cross_val_score, cross_validate

from fgp_sklearn.metrics import (
    kendall_tau_score,
    kendall_tau_scorer,
    precision_at_top_score,
    precision_at_top_scorer,
    regret_at_k_score,
    regret_at_k_scorer,
    spearman_score,
    spearman_scorer,
)

SCORES: list[Callable[..., float]] = [
    kendall_tau_score,
    spearman_score,
    precision_at_top_score,
    regret_at_k_score,
]
SCORERS = [kendall_tau_scorer, spearman_scorer, precision_at_top_scorer, regret_at_k_scorer]

TIED = st.integers(0, 4)
ANY = st.one_of(TIED, st.floats(-1e6, 1e6))


def targets(min_size: int = 2, max_size: int = 30, values: Any = ANY) -> st.SearchStrategy[Any]:
    return st.integers(min_size, max_size).flatmap(
        lambda n: st.tuples(*(st.lists(values, min_size=n, max_size=n) for _ in range(2)))
    )


def is_constant(y: Any) -> bool:
    return len(set(map(float, y))) == 1


# ------------------------------------------------------------------ twins


def tau_b(y_true: Any, y_pred: Any) -> float:
    """Pair by pair, from the definition."""
    agreement = n_true = n_pred = 0.0
    for (a, b), (c, d) in itertools.combinations(zip(y_true, y_pred, strict=True), 2):
        agreement += np.sign(a - c) * np.sign(b - d)
        n_true += a != c
        n_pred += b != d
    return agreement / np.sqrt(n_true * n_pred) if n_true and n_pred else 0.0


def orders(y_pred: Any) -> list[tuple[int, ...]]:
    """All orders of the samples from best to worst predicted."""
    every = itertools.permutations(range(len(y_pred)))
    return [o for o in every if all(y_pred[i] >= y_pred[j] for i, j in itertools.pairwise(o))]


def mean_precision(y_true: Any, y_pred: Any, k: int) -> float:
    threshold = sorted(y_true, reverse=True)[k - 1]
    return float(np.mean([[y_true[i] >= threshold for i in order[:k]] for order in orders(y_pred)]))


def mean_regret(y_true: Any, y_pred: Any, k: int) -> float:
    return float(np.mean([max(y_true) - max(y_true[i] for i in order[:k]) for order in orders(y_pred)]))


@given(targets())
def test_kendall_tau_equals_its_definition_and_scipy(y: Any) -> None:
    score = kendall_tau_score(*y)
    assert score == pytest.approx(tau_b(*y), abs=1e-12)
    if is_constant(y[0]) or is_constant(y[1]):
        assert score == 0.0
    else:
        assert score == pytest.approx(scipy.stats.kendalltau(*y, variant="b").statistic, abs=1e-12)


@given(targets())
def test_spearman_equals_scipy(y: Any) -> None:
    if is_constant(y[0]) or is_constant(y[1]):
        assert spearman_score(*y) == 0.0
    else:
        assert spearman_score(*y) == pytest.approx(scipy.stats.spearmanr(*y).statistic, abs=1e-12)


@given(targets(1, 6, TIED), st.floats(0.001, 1))
def test_precision_is_the_mean_over_all_ways_to_break_ties(y: Any, top: float) -> None:
    k = max(1, round(top * len(y[0])))
    assert precision_at_top_score(*y, top=top) == pytest.approx(mean_precision(*y, k), abs=1e-12)


@given(targets(1, 6, TIED), st.integers(1, 7))
def test_regret_is_the_mean_over_all_ways_to_break_ties(y: Any, k: int) -> None:
    assert regret_at_k_score(*y, k=k) == pytest.approx(mean_regret(*y, min(k, len(y[0]))), abs=1e-12)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12), st.integers(1, 12))
def test_regret_of_constant_predictions_is_that_of_all_subsets(y_true: list[float], k: int) -> None:
    assume(k <= len(y_true))
    picks = [max(y_true) - max(pick) for pick in itertools.combinations(y_true, k)]
    assert regret_at_k_score(y_true, np.zeros(len(y_true)), k=k) == pytest.approx(np.mean(picks), abs=1e-9)


# ------------------------------------------------------------------ properties


@pytest.mark.parametrize("score", SCORES)
@given(y=targets(values=st.integers(-9, 9)), data=st.data())
def test_only_the_order_of_predictions_counts(score: Callable[..., float], y: Any, data: Any) -> None:
    y_true, y_pred = map(np.array, y)
    before = score(y_true, y_pred)
    values = np.unique(y_pred)
    steps = data.draw(st.lists(st.integers(1, 1000), min_size=len(values), max_size=len(values)))
    assert score(y_true, np.cumsum(steps)[np.searchsorted(values, y_pred)] - 500) == before
    assert score(y_true, np.exp(y_pred / 3.0)) == before


@pytest.mark.parametrize("score", SCORES)
@given(y=targets(values=TIED), random=st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_count(score: Callable[..., float], y: Any, random: Any) -> None:
    order = list(range(len(y[0])))
    random.shuffle(order)
    y_true, y_pred = map(np.array, y)
    assert score(y_true[order], y_pred[order]) == pytest.approx(score(y_true, y_pred), abs=1e-12)


@given(targets(), st.floats(0.001, 1), st.integers(1, 40))
def test_bounds(y: Any, top: float, k: int) -> None:
    assert -1 <= kendall_tau_score(*y) <= 1
    assert -1 <= spearman_score(*y) <= 1
    assert 0 <= precision_at_top_score(*y, top=top) <= 1
    assert 0 <= regret_at_k_score(*y, k=k) <= max(y[0]) - min(y[0])


@given(targets(), st.floats(0.001, 1), st.integers(1, 40))
def test_perfect_predictions(y: Any, top: float, k: int) -> None:
    y_true = y[0]
    right = 0.0 if is_constant(y_true) else pytest.approx(1.0)
    assert kendall_tau_score(y_true, y_true) == right
    assert spearman_score(y_true, y_true) == right
    assert precision_at_top_score(y_true, y_true, top=top) == 1
    assert regret_at_k_score(y_true, y_true, k=k) == 0


@given(targets())
def test_reversed_predictions_reverse_the_correlation(y: Any) -> None:
    y_true, y_pred = map(np.array, y)
    for score in (kendall_tau_score, spearman_score):
        assert score(y_true, -y_pred) == pytest.approx(-score(y_true, y_pred), abs=1e-12)
        assert score(y_pred, y_true) == pytest.approx(score(y_true, y_pred), abs=1e-12)


@given(targets(), st.integers(1, 40))
def test_trying_more_never_costs(y: Any, k: int) -> None:
    assert regret_at_k_score(*y, k=k + 1) <= regret_at_k_score(*y, k=k) + 1e-9
    assert regret_at_k_score(*y, k=len(y[0])) == 0


@given(targets(values=st.integers(0, 9)), st.integers(1, 5), st.integers(-5, 5))
def test_regret_is_in_the_units_of_the_truth(y: Any, scale: int, shift: int) -> None:
    y_true, y_pred = map(np.array, y)
    right = pytest.approx(scale * regret_at_k_score(y_true, y_pred, k=2), abs=1e-9)
    assert regret_at_k_score(scale * y_true + shift, y_pred, k=2) == right


# ------------------------------------------------------------------ definitions by example


def test_constant_predictions() -> None:
    y_true = np.arange(200.0)
    constant = np.full(200, 3.0)
    assert kendall_tau_score(y_true, constant) == 0.0
    assert spearman_score(y_true, constant) == 0.0
    assert precision_at_top_score(y_true, constant, top=0.1) == pytest.approx(20 / 200)
    assert regret_at_k_score(y_true, constant) == pytest.approx(y_true.max() - y_true.mean())


def test_ties_in_the_truth_at_the_threshold_all_belong_to_the_top() -> None:
    y_true = [5, 5, 5, 1, 0, 0, 0, 0, 0, 0]
    for best in itertools.permutations([3, 2, 1]):  # whichever of the three equals is predicted best
        assert precision_at_top_score(y_true, [*best, *[0] * 7], top=0.1) == 1
        assert precision_at_top_score(y_true, [*best, *[0] * 7], top=0.2) == 1
    assert precision_at_top_score([7] * 10, range(10), top=0.2) == 1


@pytest.mark.parametrize(
    ("n", "top", "k"),
    [
        (10, 0.01, 1),
        (100, 0.01, 1),
        (149, 0.01, 1),
        (151, 0.01, 2),
        (100, 0.07, 7),
        (15625, 0.01, 156),
        (3, 1, 3),
    ],
)
def test_size_of_the_top(n: int, top: float, k: int) -> None:
    """The k best are right and nothing below is; so that many predictions in reverse order are right."""
    y_true = np.arange(n)
    y_pred = np.where(y_true >= n - k, 2.0 * n - y_true, y_true)
    assert precision_at_top_score(y_true, y_pred, top=top) == 1
    if k < n:  # one predicted above them takes one place
        assert precision_at_top_score(y_true, np.where(y_true == 0, 3 * n, y_pred), top=top) == (k - 1) / k


@pytest.mark.parametrize("score", [kendall_tau_score, spearman_score])
def test_one_sample_has_no_order(score: Callable[..., float]) -> None:
    with pytest.warns(
        UndefinedMetricWarning, match=r"not defined for fewer than two samples; it is set to 0\.0"
    ):
        assert score([1.0], [2.0]) == 0.0


def test_one_sample_is_its_own_top() -> None:
    assert precision_at_top_score([1.0], [2.0]) == 1
    assert regret_at_k_score([1.0], [2.0]) == 0
    assert regret_at_k_score([1.0, 2.0], [2.0, 1.0], k=3) == 0


@pytest.mark.parametrize("score", SCORES)
def test_results_are_floats_and_inputs_may_be_columns_or_integers(score: Callable[..., float]) -> None:
    y_true, y_pred = [3, 1, 2, 9], [200, 100, 250, 0]
    expected = score(y_true, y_pred)
    assert type(expected) is float
    assert score(np.array(y_true, dtype=np.uint8), np.array(y_pred, dtype=np.uint8)) == expected
    assert score(np.array(y_true)[:, None], np.array(y_pred, dtype=np.float32)) == expected
    assert score(tuple(y_true), np.array(y_pred, dtype=object)) == expected


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([1, 2, 3], [1, 2], r"inconsistent numbers of samples: \[3, 2\]"),
        ([], [], r"Found array with 0 sample\(s\)"),
        ([1, np.nan], [1, 2], "Input y_true contains NaN"),
        ([1, 2], [1, np.nan], "Input y_pred contains NaN"),
        ([1, 2], [np.inf, 1], "Input y_pred contains infinity"),
        ([1, None], [1, 2], "Input y_true contains NaN"),
        ([[1, 2], [3, 4]], [1, 2], r"different number of output \(2 != 1\)"),
        ([1, 2], [[1, 2], [3, 4]], r"different number of output \(1 != 2\)"),
        ([[[1]], [[2]]], [1, 2], "Found array with dim 3"),
        ([1, 2], ["1", "2"], "not compatible with arrays of bytes/strings"),
        ([1, 2], [1j, 2], "Complex data not supported"),
    ],
)
def test_targets_are_checked(score: Callable[..., float], y_true: Any, y_pred: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score(y_true, y_pred)


@pytest.mark.parametrize("score", SCORES)
def test_scalars_are_no_targets(score: Callable[..., float]) -> None:
    with pytest.raises(TypeError, match=re.escape("Expected sequence or array-like, got <class 'float'>")):
        score(1.0, 2.0)


@pytest.mark.parametrize(
    ("score", "parameter", "error", "message"),
    [
        (precision_at_top_score, {"top": 0.0}, ValueError, "top == 0.0, must be > 0"),
        (precision_at_top_score, {"top": 1.5}, ValueError, "top == 1.5, must be <= 1"),
        (precision_at_top_score, {"top": np.nan}, ValueError, "top == nan, must be in"),
        (precision_at_top_score, {"top": "1%"}, TypeError, "top must be an instance of"),
        (regret_at_k_score, {"k": 0}, ValueError, "k == 0, must be >= 1"),
        (regret_at_k_score, {"k": 1.5}, TypeError, "k must be an instance of"),
    ],
)
def test_parameters_are_checked(score: Any, parameter: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        score([1, 2], [1, 2], **parameter)


# ------------------------------------------------------------------ scorers


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 5))
    return X, X @ [3, 2, 1, 0, 0] + rng.normal(size=120)


@pytest.mark.parametrize(("scorer", "score", "sign"), list(zip(SCORERS, SCORES, [1, 1, 1, -1], strict=True)))
def test_scorers_in_cross_validation(data: Any, scorer: Any, score: Any, sign: int) -> None:
    X, y = data
    cv = KFold(4, shuffle=True, random_state=0)
    expected = [
        sign * score(y[test], Ridge().fit(X[train], y[train]).predict(X[test])) for train, test in cv.split(X)
    ]
    np.testing.assert_array_equal(cross_val_score(Ridge(), X, y, cv=cv, scoring=scorer), expected)
    loaded = pickle.loads(pickle.dumps(scorer))
    np.testing.assert_array_equal(cross_val_score(Ridge(), X, y, cv=cv, scoring=loaded), expected)
    parallel = cross_val_score(Ridge(), X, y, cv=cv, scoring=clone(scorer, safe=False), n_jobs=2)
    np.testing.assert_array_equal(parallel, expected)


def test_scorers_together(data: Any) -> None:
    names = ["tau", "spearman", "p_at_1", "regret"]
    results = cross_validate(Ridge(), *data, cv=4, scoring=dict(zip(names, SCORERS, strict=True)))
    for name, scorer in zip(names, SCORERS, strict=True):
        np.testing.assert_array_equal(
            results[f"test_{name}"], cross_val_score(Ridge(), *data, cv=4, scoring=scorer)
        )
    assert (results["test_regret"] <= 0).all()
    assert (results["test_tau"] > 0.6).all()


def test_a_search_prefers_what_ranks_better(data: Any) -> None:
    X, y = data
    alphas = [1e12, 1.0, 1e3]
    for scorer in (kendall_tau_scorer, spearman_scorer, regret_at_k_scorer):
        search = GridSearchCV(Ridge(), {"alpha": alphas}, scoring=scorer, cv=4).fit(X, y)
        means = [cross_val_score(Ridge(alpha=alpha), X, y, scoring=scorer, cv=4).mean() for alpha in alphas]
        np.testing.assert_array_equal(search.cv_results_["mean_test_score"], means)
        assert search.best_params_ == {"alpha": alphas[int(np.argmax(means))]}


def test_a_search_passes_over_constant_predictions(data: Any) -> None:
    """With NaN scores it would pick the first candidate."""
    X, y = data
    candidates = {"regressor": [DummyRegressor(), Ridge()]}
    search = GridSearchCV(TransformedTargetRegressor(), candidates, scoring=kendall_tau_scorer, cv=4).fit(
        X, y
    )
    assert search.cv_results_["mean_test_score"][0] == 0.0
    assert isinstance(search.best_params_["regressor"], Ridge)


def test_leave_one_out_is_warned_about(data: Any) -> None:
    X, y = data
    with pytest.warns(UndefinedMetricWarning, match="fewer than two samples"):
        scores = cross_val_score(Ridge(), X[:4], y[:4], cv=LeaveOneOut(), scoring=kendall_tau_scorer)
    assert scores.tolist() == [0.0] * 4


def test_scorers_of_other_tops(data: Any) -> None:
    X, y = data
    model = Ridge().fit(X, y)
    top_tenth = make_scorer(precision_at_top_score, top=0.1)
    in_top = set(np.argsort(y)[-12:]) & set(np.argsort(model.predict(X))[-12:])
    assert top_tenth(model, X, y) == len(in_top) / 12


@pytest.mark.parametrize("score", SCORES)
def test_fifteen_thousand_architectures_are_scored_in_no_time(score: Callable[..., float]) -> None:
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=(2, 15625)).round(2)
    start = time.process_time()
    score(y_true, y_pred)
    assert time.process_time() - start < 1


# ------------------------------------------------------------------ weights of samples


WEIGHTED = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        *(st.lists(st.integers(0, 3), min_size=n, max_size=n) for _ in range(2)),
        st.lists(st.integers(0, 3), min_size=n, max_size=n).filter(any),
    )
)
WITH_PARAMETERS = [
    (kendall_tau_score, {}),
    (spearman_score, {}),
    (precision_at_top_score, {"top": 0.01}),
    (precision_at_top_score, {"top": 0.4}),
    (regret_at_k_score, {}),
    (regret_at_k_score, {"k": 3}),
]
each_score = pytest.mark.parametrize(("score", "parameters"), WITH_PARAMETERS)


@each_score
@pytest.mark.filterwarnings("ignore:.*fewer than two samples")
@given(y=WEIGHTED)
def test_integer_weights_are_copies(score: Any, parameters: Any, y: Any) -> None:
    y_true, y_pred, weight = map(np.array, y)
    copies = np.repeat(np.arange(len(weight)), weight)
    assert score(y_true, y_pred, sample_weight=weight, **parameters) == pytest.approx(
        score(y_true[copies], y_pred[copies], **parameters), abs=1e-9
    )


@each_score
@given(y=targets())
def test_weights_of_one_change_nothing(score: Any, parameters: Any, y: Any) -> None:
    one = np.ones(len(y[0]))
    assert score(*y, sample_weight=one, **parameters) == pytest.approx(score(*y, **parameters), abs=1e-9)


@pytest.mark.parametrize("score", [kendall_tau_score, spearman_score])
@given(y=WEIGHTED, scale=st.floats(1e-3, 1e3))
@pytest.mark.filterwarnings("ignore:.*fewer than two samples")
def test_correlations_take_proportions_of_weights(score: Any, y: Any, scale: float) -> None:
    y_true, y_pred, weight = map(np.array, y)
    expected = score(y_true, y_pred, sample_weight=weight)
    assert score(y_true, y_pred, sample_weight=scale * weight) == pytest.approx(expected, abs=1e-9)


@given(targets(2, 8, TIED), st.data())
def test_kendall_tau_weighs_pairs_by_products(y: Any, data: Any) -> None:
    weight = data.draw(st.lists(st.floats(0.1, 5), min_size=len(y[0]), max_size=len(y[0])))
    agreement = n_true = n_pred = 0.0
    for (a, b, u), (c, d, v) in itertools.combinations(zip(*y, weight, strict=True), 2):
        agreement += u * v * np.sign(a - c) * np.sign(b - d)
        n_true += u * v * (a != c)
        n_pred += u * v * (b != d)
    expected = agreement / np.sqrt(n_true * n_pred) if n_true and n_pred else 0.0
    assert kendall_tau_score(*y, sample_weight=weight) == pytest.approx(expected, abs=1e-9)


@given(targets(2, 6, TIED), st.integers(1, 4), st.data())
def test_regret_and_precision_move_smoothly_with_weights(y: Any, k: int, data: Any) -> None:
    """What is not a whole number of samples lies near the whole numbers beside it."""
    weight = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(y[0]), max_size=len(y[0]))))
    nudged = weight + 1e-7
    expected = regret_at_k_score(*y, k=k, sample_weight=weight)
    assert regret_at_k_score(*y, k=k, sample_weight=nudged) == pytest.approx(expected, abs=1e-4)
    assert 0 <= regret_at_k_score(*y, k=k, sample_weight=weight * 0.7 + 0.5) <= max(y[0]) - min(y[0])
    assert 0 <= precision_at_top_score(*y, top=0.3, sample_weight=weight * 0.7 + 0.5) <= 1 + 1e-12


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 1], r"inconsistent numbers of samples: \[3, 3, 2\]"),
        ([1, -2, 1], r"sample_weight\[1\] is -2; weights must not be negative"),
        ([0, 0, 0], "sample_weight is 0 for every sample"),
        ([1, np.nan, 1], "Input sample_weight contains NaN"),
        ([1, np.inf, 1], "Input sample_weight contains infinity"),
    ],
)
def test_weights_are_checked(score: Any, weight: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score([1, 2, 3], [1, 2, 3], sample_weight=weight)


@pytest.mark.parametrize("score", [precision_at_top_score, regret_at_k_score])
def test_less_than_one_sample_has_no_top(score: Any) -> None:
    with pytest.raises(ValueError, match=r"sums to 0\.6, less than one sample\..* scale them to a mean of 1"):
        score([1, 2, 3], [1, 2, 3], sample_weight=[0.2, 0.2, 0.2])


def test_weights_are_routed_to_the_scorer(data: Any) -> None:
    X, y = data
    weight = np.random.default_rng(1).integers(0, 4, len(y))
    for scorer, score, sign in zip(SCORERS, SCORES, [1, 1, 1, -1], strict=True):
        with config_context(enable_metadata_routing=True):
            weighted = clone(scorer, safe=False).set_score_request(sample_weight=True)
            model = Ridge().set_fit_request(sample_weight=False)
            found = cross_val_score(model, X, y, cv=4, scoring=weighted, params={"sample_weight": weight})
        expected = [
            sign
            * score(y[test], Ridge().fit(X[train], y[train]).predict(X[test]), sample_weight=weight[test])
            for train, test in KFold(4).split(X)
        ]
        np.testing.assert_allclose(found, expected)
