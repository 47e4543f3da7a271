"""scikit-learn's tools on lists of DiGraphs, pairs and batches."""

import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_backend
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import ArchitectureSimplifier, FGPRegressor, GraphTensorizer, UnlabeledPool
from fgp_sklearn.metrics import (
    kendall_tau_scorer,
    precision_at_top_scorer,
    regret_at_k_scorer,
    spearman_scorer,
)
from tests.sklearn_compatibility.spaces import cells, forms, labels, tiny_encoder, tiny_regressor

PAIRS = cells(30)
Y = labels(PAIRS)
POOL = cells(60, seed=2)
X = forms(PAIRS)
each_form = pytest.mark.parametrize("form", X)


def weights(module):
    return [weight.numpy() for weight in module.state_dict().values()]


def full_pipeline():
    steps = [
        ("simplify", ArchitectureSimplifier()),
        ("tensors", GraphTensorizer()),
        ("fgp", tiny_regressor()),
    ]
    return Pipeline(steps)


@pytest.mark.usefixtures("two_threads")
def test_cross_validation_in_processes_equals_one_to_the_last_bit():
    regressor = tiny_regressor().fit_pretrain(POOL)
    alone = cross_val_score(regressor, X["batch"], Y, n_jobs=1)
    for form in ("batch", "graphs"):
        assert cross_val_score(regressor, X[form], Y, n_jobs=2).tobytes() == alone.tobytes()


@pytest.mark.usefixtures("two_threads")
def test_every_fold_has_the_pretrained_weights():
    regressor = tiny_regressor(max_epochs=0).fit_pretrain(POOL)
    expected = weights(regressor.pretrained_encoder_.backbone_)
    folds = cross_validate(regressor, X["batch"], Y, n_jobs=2, return_estimator=True)["estimator"]
    assert len(folds) == 5
    for fold in folds:
        for weight, pretrained in zip(weights(fold.encoder_.backbone_), expected, strict=True):
            np.testing.assert_array_equal(weight, pretrained)


def test_every_fold_starts_from_the_pretrained_weights():
    regressor = tiny_regressor().fit_pretrain(POOL)
    found = cross_val_predict(regressor, X["batch"], Y, cv=KFold(3))
    for train, test in KFold(3).split(Y):
        twin = tiny_regressor().fit(X["batch"][train], Y[train], X_unlabeled=POOL)
        np.testing.assert_array_equal(found[test], twin.predict(X["batch"][test]))


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_backends_of_joblib_agree(backend):
    regressor = tiny_regressor().fit_pretrain(POOL)
    expected = cross_val_score(regressor, X["pairs"], Y, cv=3)
    with parallel_backend(backend, n_jobs=2):
        np.testing.assert_array_equal(cross_val_score(regressor, X["pairs"], Y, cv=3), expected)


@each_form
def test_pipeline(form):
    expected = full_pipeline().fit(PAIRS, Y).predict(PAIRS)
    pipeline = full_pipeline().fit(X[form], Y)
    for twin in (pipeline, clone(pipeline).fit(X[form], Y), pickle.loads(pickle.dumps(pipeline))):
        np.testing.assert_array_equal(twin.predict(X[form]), expected)


def test_a_pipeline_without_tensorizer_is_the_same():
    expected = full_pipeline().fit(PAIRS, Y).predict(PAIRS)
    np.testing.assert_array_equal(tiny_regressor().fit(PAIRS, Y).predict(PAIRS), expected)


@each_form
def test_grid_search(form):
    grid = {"encoder__hidden_dim": [4, 8]}
    search = GridSearchCV(tiny_regressor(), grid, scoring=kendall_tau_scorer, cv=3).fit(X[form], Y)
    for hidden_dim, score in zip([4, 8], search.cv_results_["mean_test_score"], strict=True):
        regressor = tiny_regressor(tiny_encoder(hidden_dim=hidden_dim))
        found = cross_val_score(regressor, PAIRS, Y, cv=3, scoring=kendall_tau_scorer)
        assert score == found.mean()
    best = search.best_params_["encoder__hidden_dim"]
    assert search.predict(X[form]).shape == (30,)
    assert search.best_estimator_.encoder_.transform(PAIRS).shape == (30, best)


@each_form
def test_grid_search_through_a_pipeline(form):
    grid = {"fgp__encoder__hidden_dim": [4, 8], "simplify__identity_ops": [(), ("skip_connect",)]}
    search = GridSearchCV(full_pipeline(), grid, cv=2, n_jobs=2).fit(X[form], Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    expected = GridSearchCV(full_pipeline(), grid, cv=2).fit(PAIRS, Y)
    assert (
        search.cv_results_["mean_test_score"].tobytes() == expected.cv_results_["mean_test_score"].tobytes()
    )


def test_grid_search_over_changed_encoders_after_pretraining_fails_loudly():
    regressor = tiny_regressor().fit_pretrain(POOL)
    search = GridSearchCV(regressor, {"encoder__hidden_dim": [4]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="changed after fit_pretrain"):
        search.fit(PAIRS, Y)


def test_pool_as_fit_parameter_reaches_every_fold_whole():
    pool = UnlabeledPool(cells(30, seed=5))  # as long as X, so that a list of it would be cut
    found = cross_val_score(tiny_regressor(), PAIRS, Y, cv=3, params={"X_unlabeled": pool})
    expected = cross_val_score(tiny_regressor().fit_pretrain(pool), PAIRS, Y, cv=3)
    np.testing.assert_array_equal(found, expected)


def test_embeddings_as_a_data_frame():
    encoder = tiny_encoder().fit(POOL)
    expected = encoder.transform(PAIRS)
    assert expected.dtype == np.float64
    frame = encoder.set_output(transform="pandas").transform(PAIRS)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == [f"fgpencoder{i}" for i in range(8)]
    assert encoder.get_feature_names_out().tolist() == frame.columns.tolist()
    np.testing.assert_array_equal(frame.to_numpy(), expected)


def test_embeddings_feed_other_regressors():
    pipeline = make_pipeline(tiny_encoder(max_epochs=30).fit(POOL), StandardScaler(), Ridge())
    assert pipeline.fit(POOL, labels(POOL)).score(PAIRS, Y) > 0.25


def test_scorers():
    regressor = tiny_regressor(max_epochs=20, lr=0.05).fit(POOL, labels(POOL))
    predicted = regressor.predict(PAIRS)
    assert kendall_tau_scorer(regressor, PAIRS, Y) == pytest.approx(kendalltau(Y, predicted).statistic)
    scoring = {
        "tau": kendall_tau_scorer,
        "rho": spearman_scorer,
        "top": precision_at_top_scorer,
        "regret": regret_at_k_scorer,
        "r2": "r2",
    }
    scores = cross_validate(regressor, X["graphs"], Y, cv=3, scoring=scoring)
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in scoring)
    assert (scores["test_regret"] <= 0).all()


def test_default_regressor_is_pretrained_and_judged():
    regressor = FGPRegressor(max_epochs=1, random_state=0)
    assert cross_val_score(regressor, PAIRS, Y, cv=2).shape == (2,)
