"""Searches, curves and cross-validation on lists of DiGraphs, pairs and batches."""

import os
from collections import Counter

import numpy as np
import pytest
from joblib import parallel_config
from scipy.stats import kendalltau
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.utils import resample

from fgp_sklearn import FGPEncoder, FGPRegressor, UnlabeledPool
from fgp_sklearn.metrics import kendall_tau_scorer
from tests.sklearn_compatibility.spaces import (
    cells,
    forms,
    in_every_form,
    labels,
    quick_regressor,
    tiny_encoder,
)

PAIRS = cells(24)
Y = labels(PAIRS)
POOL = cells(40, seed=2)
FOLDS = KFold(2)
TAU = {"cv": FOLDS, "scoring": kendall_tau_scorer}


@pytest.fixture(scope="module")
def regressor():
    return quick_regressor(max_epochs=2, lr=0.05).fit_pretrain(POOL)


def by_hand(regressor, rows, **params):
    """A clone that was fitted on some rows of the pairs."""
    return clone(regressor).set_params(**params).fit([PAIRS[i] for i in rows], Y[rows])


def tau_by_hand(regressor, train, test, **params):
    predicted = by_hand(regressor, train, **params).predict([PAIRS[i] for i in test])
    return kendalltau(Y[test], predicted).statistic


def test_cross_validate(regressor):
    found = in_every_form(lambda X: cross_validate(regressor, X, Y, **TAU)["test_score"], PAIRS)
    np.testing.assert_allclose(found, [tau_by_hand(regressor, *fold) for fold in FOLDS.split(Y)])


def test_cross_val_predict(regressor):
    found = in_every_form(lambda X: cross_val_predict(regressor, X, Y, cv=FOLDS), PAIRS)
    for train, test in FOLDS.split(Y):
        expected = by_hand(regressor, train).predict([PAIRS[i] for i in test])
        np.testing.assert_array_equal(found[test], expected)


def test_scores_out_of_fold(regressor):
    """As the FAQ says: scikit-learn wants classes of them, and predictions rank as they do."""
    with pytest.raises(AttributeError, match="classes_"):
        cross_val_predict(regressor, PAIRS, Y, cv=FOLDS, method="decision_function")
    predicted = cross_val_predict(regressor, PAIRS, Y, cv=FOLDS)
    for train, test in FOLDS.split(Y):
        scores = by_hand(regressor, train).decision_function([PAIRS[i] for i in test])
        in_order = predicted[test][np.argsort(scores)]
        assert (np.diff(in_order) >= 0).all()


def test_randomized_search(regressor):
    choices = {"lr": [0.001, 0.01, 0.1], "max_epochs": [1, 2]}

    def search(X):
        return RandomizedSearchCV(regressor, choices, n_iter=3, random_state=0, **TAU).fit(X, Y)

    found = in_every_form(lambda X: search(X).cv_results_["mean_test_score"], PAIRS)
    for params, score in zip(search(PAIRS).cv_results_["params"], found, strict=True):
        expected = cross_val_score(clone(regressor).set_params(**params), PAIRS, Y, **TAU).mean()
        assert score == expected


def test_halving_search_with_epochs_as_resource(regressor):
    def search(X):
        halving = HalvingGridSearchCV(
            regressor,
            {"lr": [0.001, 0.01, 0.1, 0.3]},
            resource="max_epochs",
            max_resources=4,
            factor=2,
            random_state=0,
            **TAU,
        )
        return halving.fit(X, Y)

    found = in_every_form(lambda X: search(X).cv_results_["mean_test_score"], PAIRS)
    results = search(PAIRS).cv_results_
    assert results["n_resources"].tolist() == [1, 1, 1, 1, 2, 2, 4]
    for lr, n_epochs, score in zip(results["param_lr"], results["n_resources"], found, strict=True):
        twin = clone(regressor).set_params(lr=lr, max_epochs=n_epochs)
        assert score == cross_val_score(twin, PAIRS, Y, **TAU).mean()


def test_learning_curve(regressor):
    sizes = [6, 12]
    found = in_every_form(lambda X: learning_curve(regressor, X, Y, train_sizes=sizes, **TAU)[2], PAIRS)
    expected = [
        [tau_by_hand(regressor, train[:size], test) for train, test in FOLDS.split(Y)] for size in sizes
    ]
    np.testing.assert_allclose(found, expected)


def test_validation_curve(regressor):
    rates = [0.001, 0.1]

    def curve(X):
        return validation_curve(regressor, X, Y, param_name="lr", param_range=rates, **TAU)[1]

    expected = [cross_val_score(clone(regressor).set_params(lr=rate), PAIRS, Y, **TAU) for rate in rates]
    np.testing.assert_array_equal(in_every_form(curve, PAIRS), expected)


@pytest.mark.parametrize("form", ["pairs", "graphs", "batch"])
def test_train_test_split_and_resample(regressor, form):
    rows = np.arange(len(Y))
    X = forms(PAIRS)[form]
    X_train, X_test, y_train, _, train, test = train_test_split(X, Y, rows, random_state=0)
    expected = by_hand(regressor, train).predict([PAIRS[i] for i in test])
    np.testing.assert_array_equal(clone(regressor).fit(X_train, y_train).predict(X_test), expected)
    X_drawn, y_drawn, drawn = resample(X, Y, rows, random_state=0)
    expected = by_hand(regressor, drawn).predict(PAIRS)
    np.testing.assert_array_equal(clone(regressor).fit(X_drawn, y_drawn).predict(PAIRS), expected)


# ------------------------------------------------------------------ pre-training once a configuration


class NumberOfEdges(TransformerMixin, BaseEstimator):
    """A surrogate that leaves a mark whenever it is fitted, in whatever process."""

    def __init__(self, file=None):
        self.file = file

    def fit(self, X, y=None):
        with open(self.file, "a") as file:
            file.write(f"fitted in {os.getpid()}\n")
        return self

    def transform(self, X):
        return X.n_edges[:, None].astype(float)


@pytest.fixture
def marks(tmp_path):
    """Where pre-trainings are counted."""
    return tmp_path / "marks"


def marked(marks, **params):
    return quick_regressor(tiny_encoder(surrogate=NumberOfEdges(str(marks)), **params), max_epochs=1)


def count(marks):
    return marks.read_text().count("fitted")


GRID = {"encoder__hidden_dim": [4, 8], "lr": [0.01, 0.1]}


def test_search_pretrains_once_a_configuration(marks):
    pool = UnlabeledPool(POOL)

    def search(X):
        return GridSearchCV(marked(marks), GRID, cv=3).fit(X, Y, X_unlabeled=pool)

    found = in_every_form(lambda X: search(X).cv_results_["mean_test_score"], PAIRS)
    assert count(marks) == 2  # 36 fits and 3 refits
    expected = [
        cross_val_score(
            marked(marks, hidden_dim=hidden_dim).set_params(lr=lr).fit_pretrain(pool), PAIRS, Y, cv=3
        )
        for hidden_dim in (4, 8)
        for lr in (0.01, 0.1)
    ]
    np.testing.assert_array_equal(found, np.mean(expected, axis=1))


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_search_in_parallel_pretrains_once_a_configuration_and_process(marks, backend):
    with parallel_config(backend, n_jobs=2):
        GridSearchCV(marked(marks), GRID, cv=3).fit(PAIRS, Y, X_unlabeled=UnlabeledPool(POOL))
    assert count(marks) >= 2
    assert max(Counter(marks.read_text().splitlines()).values()) <= 2  # in one process


def test_cross_validation_after_pretraining_pretrains_no_more(marks):
    regressor = marked(marks).fit_pretrain(POOL)
    for tool in (cross_val_score, cross_val_predict, cross_validate):
        tool(regressor, PAIRS, Y, cv=3)
    GridSearchCV(regressor, {"lr": [0.01, 0.1]}, cv=3).fit(PAIRS, Y)
    assert count(marks) == 1


def test_another_pool_or_other_proxies_are_another_configuration(marks):
    proxy = np.arange(40.0)
    for X_unlabeled, proxies in [(POOL, None), (POOL[::-1], None), (POOL, proxy), (POOL, proxy[::-1])]:
        for _ in range(2):
            marked(marks).fit(PAIRS, Y, X_unlabeled=X_unlabeled, proxies=proxies)
    assert count(marks) == 4


def test_open_random_state_pretrains_anew(marks):
    for random_state in (None, np.random.RandomState(0)):
        regressor = marked(marks, random_state=random_state).set_params(random_state=None)
        cross_val_score(regressor, PAIRS, Y, cv=2, params={"X_unlabeled": UnlabeledPool(POOL)})
    assert count(marks) == 4


def test_explicit_pretraining_is_never_skipped(marks):
    for _ in range(2):
        marked(marks).fit_pretrain(POOL)
    assert count(marks) == 2


def test_fitted_encoder_of_one_fold_is_not_that_of_another():
    pool = UnlabeledPool(POOL)
    first = quick_regressor().fit(PAIRS[:12], Y[:12], X_unlabeled=pool)
    before = first.predict(PAIRS)
    second = quick_regressor().fit(PAIRS[12:], Y[12:], X_unlabeled=pool)
    assert first.pretrained_encoder_ is second.pretrained_encoder_
    assert isinstance(first.encoder_, FGPEncoder)
    assert first.encoder_ is not second.encoder_
    np.testing.assert_array_equal(first.predict(PAIRS), before)


def test_parameters_of_an_encoder_that_is_not_there_ask_for_one():
    before = FGPRegressor(max_epochs=1)
    for params in ({"encoder__hidden_dim": 8}, {"max_epochs": 2, "encoder__surrogate__alpha": 0.5}):
        with pytest.raises(ValueError, match="give FGPRegressor an estimator as encoder"):
            before.set_params(**params)
    assert before.get_params() == FGPRegressor(max_epochs=1).get_params()
    before.set_params(encoder=FGPEncoder(), encoder__hidden_dim=8)
    assert before.encoder.hidden_dim == 8
