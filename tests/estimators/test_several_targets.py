"""Several targets at once: one encoder, a score, a process and a calibration each."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from fgp_sklearn import (
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    GraphTensorizer,
    UnlabeledPool,
    as_batch,
    load,
)
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_score, kendall_tau_scorer
from tests.sklearn_compatibility.spaces import (
    cells,
    forms,
    in_every_form,
    labels,
    quick_regressor,
    tiny_regressor,
)

PAIRS, TEST = cells(24), cells(20, seed=5)
Y = np.c_[labels(PAIRS), [adjacency.sum() + i / 100 for i, (adjacency, _) in enumerate(PAIRS)]]


@pytest.fixture(scope="module")
def pretrained():
    return tiny_regressor().fit_pretrain(TEST)


@pytest.mark.parametrize("pretrain", [False, True])
def test_one_column_is_one_target(pretrained, pretrain):
    regressor = pretrained if pretrain else tiny_regressor()
    column, std = clone(regressor).fit(PAIRS, Y[:, :1]).predict(TEST, return_std=True)
    assert column.shape == std.shape == (20, 1)
    expected, expected_std = clone(regressor).fit(PAIRS, Y[:, 0]).predict(TEST, return_std=True)
    np.testing.assert_array_equal(column[:, 0], expected)
    np.testing.assert_array_equal(std[:, 0], expected_std)


def test_every_form_gives_the_same_bits(pretrained):
    def compute(X):
        fitted = clone(pretrained).fit(X, Y)
        return np.stack([*fitted.predict(X, return_std=True), fitted.decision_function(X)])

    predicted, std, scores = in_every_form(compute, PAIRS)
    assert predicted.shape == (24, 2)
    assert (std > 0).all()
    assert not np.allclose(scores[:, 0], scores[:, 1])


def test_both_targets_are_learnt_from_one_encoder():
    bunch = load_nasbench_graph("cora", target=["test_accuracy", "latency"])
    order = np.random.default_rng(0).permutation(len(bunch.target))[:1000]
    X, y = bunch.data[order], bunch.target[order]
    regressor = FGPRegressor(FGPEncoder(hidden_dim=32, max_epochs=3), effort="fast", random_state=0)
    regressor.fit_pretrain(X)
    predicted, std = regressor.fit(X[:200], y[:200]).predict(X[200:], return_std=True)
    accuracy, latency = (kendall_tau_score(*columns) for columns in zip(y[200:].T, predicted.T, strict=True))
    assert accuracy > 0.4
    assert latency > 0.5
    assert kendall_tau_score(y[200:], predicted) == pytest.approx((accuracy + latency) / 2)
    covered = (np.abs(predicted - y[200:]) < 1.645 * std).mean(axis=0)
    assert ((covered > 0.8) & (covered < 0.99)).all()


def test_early_stopping_looks_at_the_mean_tau():
    regressor = tiny_regressor(early_stopping=True, validation_fraction=0.4, max_epochs=4)
    regressor.fit(PAIRS, Y, X_val=PAIRS, y_val=Y)
    best = max(row["valid_score"] for row in regressor.history_)
    assert best == pytest.approx(kendall_tau_score(Y, regressor.predict(PAIRS)), abs=1e-6)


@pytest.mark.parametrize("form", forms(PAIRS))
def test_tools_of_scikit_learn_score_several_targets(form):
    X = forms(PAIRS)[form]
    pipeline = make_pipeline(GraphTensorizer(), quick_regressor())
    found = cross_val_score(pipeline, X, Y, cv=KFold(3), scoring=kendall_tau_scorer)
    for score, (train, test) in zip(found, KFold(3).split(PAIRS), strict=True):
        fitted = quick_regressor().fit([PAIRS[i] for i in train], Y[train])
        predicted = fitted.predict([PAIRS[i] for i in test])
        taus = [kendall_tau_score(Y[test, j], predicted[:, j]) for j in range(2)]
        assert score == pytest.approx(np.mean(taus))
    search = GridSearchCV(quick_regressor(), {"lr": [1e-3, 1e-2]}, cv=2).fit(X, Y)
    assert search.predict(X).shape == Y.shape


def test_saved_with_both_calibrations(tmp_path, pretrained):
    fitted = clone(pretrained).fit(PAIRS, Y, sample_weight=np.arange(24))
    fitted.save(tmp_path)
    for found, expected in zip(
        load(tmp_path).predict(TEST, return_std=True), fitted.predict(TEST, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.c_[Y[:, 0], np.ones(24)], r"y\[:, 1\] is constant \(1\)"),
        (np.where(np.arange(48).reshape(24, 2) == 7, np.nan, Y), r"y\[3, 1\] is nan"),
        (np.empty((24, 0)), r"y has shape \(24, 0\); pass one number per architecture, or one row"),
        (np.empty((24, 1, 1)), r"y has shape \(24, 1, 1\)"),
        (Y[:5], r"inconsistent numbers of samples: \[24, 5\]"),
        (
            1.7e308 * (Y / np.abs(Y).max()),
            r"y\[:, 0\] ranges from -?\S+ to \S+, .* multiply it by a",
        ),
        (1e-310 * Y[:, 0], r"y ranges from \S+ to \S+, .* multiply it by a constant"),
        (UnlabeledPool(PAIRS), "y must hold real numbers, .* of type UnlabeledPool; .* as X_unlabeled"),
        (as_batch(PAIRS), "y must hold real numbers, .* of type ArchitectureBatch"),
    ],
)
def test_bad_targets_are_named(y, message):
    for regressor in (tiny_regressor(), FlowGaussianProcessRegressor()):
        with pytest.raises(ValueError, match=message):
            regressor.fit(PAIRS, y)


@pytest.mark.parametrize("size", [1e-147, 1e147])
def test_numbers_of_any_usual_size(size):
    for regressor in (tiny_regressor().fit_pretrain(PAIRS), FlowGaussianProcessRegressor(random_state=0)):
        large = regressor.fit(PAIRS, size * Y).predict(PAIRS)
        np.testing.assert_allclose(large, size * regressor.fit(PAIRS, Y).predict(PAIRS), rtol=1e-9)
