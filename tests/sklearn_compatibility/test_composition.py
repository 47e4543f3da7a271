"""Pipelines, unions and ensembles of estimators on lists of DiGraphs, pairs and batches."""

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor, VotingRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

from fgp_sklearn import (
    ArchitectureSimplifier,
    FlowSurrogate,
    GraphTensorizer,
    PathStatistics,
    UnlabeledPool,
)
from fgp_sklearn.proxies import StructuralProxies
from tests.sklearn_compatibility.spaces import (
    assert_same,
    cells,
    every_estimator,
    forms,
    in_every_form,
    labels,
    output,
    quick_regressor,
    tiny_encoder,
)

PAIRS = cells(24)
Y = labels(PAIRS)
POOL = cells(24, seed=2)  # as long as X, so that a list of it would be cut to the fold
FOLDS = KFold(2)


@pytest.fixture(scope="module")
def regressor():
    return quick_regressor(max_epochs=2, lr=0.05).fit_pretrain(POOL)


def pipeline_with_pool():
    steps = [
        ("simplify", ArchitectureSimplifier()),
        ("tensors", GraphTensorizer(unknown_op="unknown")),
        ("fgp", quick_regressor().set_fit_request(X_unlabeled=True)),
    ]
    return Pipeline(steps, transform_input=["X_unlabeled"])


def by_hand(X, y):
    """What the pipeline does, step by step."""
    simplify = ArchitectureSimplifier().fit(X)
    tensorize = GraphTensorizer(unknown_op="unknown").fit(simplify.transform(X))

    def prepare(architectures):
        return tensorize.transform(simplify.transform(architectures))

    fgp = quick_regressor().fit(prepare(X), y, X_unlabeled=prepare(POOL))
    return lambda X: fgp.predict(prepare(X))


@pytest.mark.parametrize("wrap", [list, UnlabeledPool])
def test_pool_passes_through_the_steps_of_a_pipeline(wrap):
    with config_context(enable_metadata_routing=True):

        def predict(X):
            return pipeline_with_pool().fit(X, Y, X_unlabeled=wrap(POOL)).predict(X)

        np.testing.assert_array_equal(in_every_form(predict, PAIRS), by_hand(PAIRS, Y)(PAIRS))


def test_pool_arrives_whole_in_every_fold_of_a_pipeline():
    pool = UnlabeledPool(POOL)
    with config_context(enable_metadata_routing=True):

        def predict(X):
            return cross_val_predict(pipeline_with_pool(), X, Y, cv=FOLDS, params={"X_unlabeled": pool})

        found = in_every_form(predict, PAIRS)
        for train, test in FOLDS.split(Y):
            expected = by_hand([PAIRS[i] for i in train], Y[train])([PAIRS[i] for i in test])
            np.testing.assert_array_equal(found[test], expected)


def test_search_over_a_pipeline_routes_the_pool():
    pool = UnlabeledPool(POOL)
    grid = {"fgp__lr": [0.01, 0.1]}
    with config_context(enable_metadata_routing=True):

        def search(X):
            found = GridSearchCV(pipeline_with_pool(), grid, cv=FOLDS).fit(X, Y, X_unlabeled=pool)
            return found.cv_results_["mean_test_score"]

        expected = [
            cross_val_score(
                pipeline_with_pool().set_params(fgp__lr=lr), PAIRS, Y, cv=FOLDS, params={"X_unlabeled": pool}
            ).mean()
            for lr in grid["fgp__lr"]
        ]
        np.testing.assert_array_equal(in_every_form(search, PAIRS), expected)


class CountingSimplifier(ArchitectureSimplifier):
    fits = 0

    def fit(self, X, y=None):
        type(self).fits += 1
        return super().fit(X, y)


def test_memory_of_a_pipeline(regressor, tmp_path, monkeypatch):
    monkeypatch.setattr(CountingSimplifier, "fits", 0)

    def predict(X):
        steps = [("simplify", CountingSimplifier()), ("fgp", clone(regressor))]
        for _ in range(2):
            pipeline = Pipeline(steps, memory=joblib.Memory(tmp_path, verbose=0)).fit(X, Y)
        return pipeline.predict(X)

    expected = make_pipeline(ArchitectureSimplifier(), clone(regressor)).fit(PAIRS, Y).predict(PAIRS)
    np.testing.assert_array_equal(in_every_form(predict, PAIRS), expected)
    assert CountingSimplifier.fits == 3  # once a form, though fitted twice


def test_stacking(regressor):
    members = [("slow", clone(regressor).set_params(lr=0.001)), ("fast", regressor)]

    def stack(X):
        return StackingRegressor(members, LinearRegression(), cv=FOLDS).fit(X, Y).predict(X)

    out_of_fold = np.column_stack([cross_val_predict(member, PAIRS, Y, cv=FOLDS) for _, member in members])
    refitted = np.column_stack([clone(member).fit(PAIRS, Y).predict(PAIRS) for _, member in members])
    expected = LinearRegression().fit(out_of_fold, Y).predict(refitted)
    np.testing.assert_allclose(in_every_form(stack, PAIRS), expected)


def test_voting(regressor):
    members = [("slow", clone(regressor).set_params(lr=0.001)), ("fast", regressor)]
    found = in_every_form(lambda X: VotingRegressor(members).fit(X, Y).predict(X), PAIRS)
    expected = np.mean([clone(member).fit(PAIRS, Y).predict(PAIRS) for _, member in members], axis=0)
    np.testing.assert_allclose(found, expected)


def test_transformed_target(regressor):
    y = np.exp(Y)

    def predict(X):
        return TransformedTargetRegressor(regressor, func=np.log, inverse_func=np.exp).fit(X, y).predict(X)

    expected = np.exp(clone(regressor).fit(PAIRS, np.log(y)).predict(PAIRS))
    np.testing.assert_allclose(in_every_form(predict, PAIRS), expected)


def test_multi_output(regressor):
    y = np.column_stack([Y, -Y, Y**2])
    found = in_every_form(lambda X: MultiOutputRegressor(regressor).fit(X, y).predict(X), PAIRS)
    expected = np.column_stack([clone(regressor).fit(PAIRS, column).predict(PAIRS) for column in y.T])
    np.testing.assert_array_equal(found, expected)


def parts():
    return [
        ("embeddings", tiny_encoder()),
        ("flow", FlowSurrogate(4, random_state=0)),
        ("paths", PathStatistics()),
        (
            "proxies",
            StructuralProxies(op_costs={"conv1": 1.0, "conv3": 9.0, "pool": 0.0, "skip_connect": 0.0}),
        ),
    ]


def test_feature_union():
    union = FeatureUnion(parts())
    found = in_every_form(lambda X: clone(union).fit_transform(X), PAIRS)
    expected = np.hstack([part.fit(PAIRS).transform(PAIRS) for _, part in parts()])
    np.testing.assert_array_equal(found, expected)
    names = union.fit(PAIRS).get_feature_names_out()
    assert len(names) == found.shape[1]
    assert {name.partition("__")[0] for name in names} == {"embeddings", "flow", "paths", "proxies"}


def test_feature_union_before_a_selector_and_a_regressor():
    steps = (FeatureUnion(parts()), StandardScaler(), SelectKBest(f_regression, k=10), Ridge())
    found = in_every_form(lambda X: cross_val_predict(make_pipeline(*steps), X, Y, cv=FOLDS), PAIRS)
    assert np.corrcoef(found, Y)[0, 1] > 0.5


def test_frozen_encoder_in_a_pipeline(monkeypatch):
    encoder = tiny_encoder().fit(POOL)
    pipeline = make_pipeline(FrozenEstimator(encoder), Ridge())
    monkeypatch.delattr(type(encoder), "_pretrain")
    found = in_every_form(lambda X: cross_val_predict(pipeline, X, Y, cv=FOLDS), PAIRS)
    expected = cross_val_predict(Ridge(), encoder.transform(PAIRS), Y, cv=FOLDS)
    np.testing.assert_allclose(found, expected)


class Newest(TransformerMixin, BaseEstimator):
    """A user's own step: hands on every architecture."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


@pytest.mark.parametrize("step", [FunctionTransformer(), Newest(), "passthrough"], ids=str)
def test_foreign_steps_hand_architectures_on(regressor, step):
    found = in_every_form(lambda X: make_pipeline(step, clone(regressor)).fit(X, Y).predict(X), PAIRS)
    np.testing.assert_array_equal(found, clone(regressor).fit(PAIRS, Y).predict(PAIRS))


def test_routing_requests_survive_cloning(regressor):
    with config_context(enable_metadata_routing=True):
        asking = clone(regressor).set_fit_request(X_unlabeled=True, proxies=False)
        requests = clone(asking).get_metadata_routing().fit.requests
    assert (requests["X_unlabeled"], requests["proxies"]) == (True, False)


# ------------------------------------------------------------------ estimators as objects


each_estimator = pytest.mark.parametrize("estimator", every_estimator(), ids=lambda e: type(e).__name__)


@each_estimator
def test_joblib_dump_and_load(estimator, tmp_path):
    fitted = clone(estimator).fit(PAIRS, Y)
    expected = output(fitted, PAIRS)
    joblib.dump(fitted, tmp_path / "estimator")
    for mmap_mode in (None, "r"):
        loaded = joblib.load(tmp_path / "estimator", mmap_mode=mmap_mode)
        for X in forms(PAIRS).values():
            assert_same(output(loaded, X), expected)


@each_estimator
def test_html_repr_names_the_class_and_tells_whether_it_is_fitted(estimator):
    fitted = clone(estimator).fit(PAIRS, Y)
    assert type(estimator).__name__ in estimator_html_repr(make_pipeline(fitted))
    assert "<span>Fitted</span>" in estimator_html_repr(fitted)
    if get_tags(estimator).requires_fit:
        assert "<span>Not fitted</span>" in estimator_html_repr(estimator)


def test_tags():
    tags = get_tags(quick_regressor())
    assert tags.estimator_type == "regressor"
    assert tags.target_tags.required
    for estimator in every_estimator():
        tags = get_tags(estimator)
        assert not tags.input_tags.two_d_array
        assert (tags.transformer_tags is None) == is_regressor(estimator)
