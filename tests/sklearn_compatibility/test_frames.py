"""Data frames: architectures in a column, features as a frame."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import AdaBoostRegressor, BaggingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from fgp_sklearn import ArchitectureSimplifier, PathStatistics
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.preprocessing._base import BatchTransformer, FeatureTransformer
from tests.sklearn_compatibility.spaces import (
    cells,
    every_estimator,
    in_every_form,
    labels,
    tiny_encoder,
    tiny_regressor,
)

PAIRS = cells(24)
Y = labels(PAIRS)
POOL = cells(40, seed=2)
SIZES = np.random.default_rng(0).normal(size=len(PAIRS))


def pandas_frame(X):
    column = pd.Series(list(X), dtype=object, name="cell")
    return pd.DataFrame({"size": SIZES, "cell": column, "noise": SIZES[::-1]}).set_axis(range(100, 124))


def polars_frame(X):
    column = pl.Series("cell", list(X), dtype=pl.Object)
    return pl.DataFrame([pl.Series("size", SIZES), column, pl.Series("noise", SIZES[::-1])])


each_library = pytest.mark.parametrize("frame", [pandas_frame, polars_frame], ids=["pandas", "polars"])
reads_polars = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"), reason="ColumnTransformer takes pandas only"
)


def features():
    return FeatureUnion([("embeddings", tiny_encoder()), ("paths", PathStatistics())])


def columns_transformed():
    return ColumnTransformer(
        [("graph", features(), "cell"), ("numbers", StandardScaler(), ["size", "noise"])]
    )


@pytest.mark.parametrize("frame", [pandas_frame, pytest.param(polars_frame, marks=reads_polars)])
def test_column_transformer_on_graphs_beside_numbers(frame):
    found = in_every_form(lambda X: columns_transformed().fit_transform(frame(X)), PAIRS)
    numbers = StandardScaler().fit_transform(np.column_stack([SIZES, SIZES[::-1]]))
    np.testing.assert_allclose(found, np.hstack([features().fit_transform(PAIRS), numbers]), rtol=1e-9)


@pytest.mark.parametrize("frame", [pandas_frame, pytest.param(polars_frame, marks=reads_polars)])
def test_column_transformer_in_cross_validation(frame):
    pipeline = make_pipeline(columns_transformed(), Ridge())
    found = in_every_form(lambda X: cross_val_predict(pipeline, frame(X), Y, cv=3), PAIRS)
    assert np.corrcoef(found, Y)[0, 1] > 0.5


@each_library
def test_one_column_of_a_frame_is_a_sequence_of_architectures(frame):
    regressor = tiny_regressor().fit_pretrain(POOL)
    expected = cross_val_predict(regressor, PAIRS, Y, cv=3)
    for pick in (lambda table: table["cell"], lambda table: table[["cell"]]):
        found = in_every_form(
            lambda X, pick=pick: cross_val_predict(regressor, pick(frame(X)), Y, cv=3), PAIRS
        )
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize(
    "transformer",
    [*(e for e in every_estimator() if isinstance(e, FeatureTransformer)), make_union(PathStatistics())],
    ids=lambda transformer: type(transformer).__name__,
)
def test_features_as_a_frame(transformer, library):
    asked = clone(transformer).set_output(transform=library)
    frame_class = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library]

    def transform(X):
        frame = asked.fit_transform(X)
        assert type(frame) is frame_class
        assert list(frame.columns) == list(asked.get_feature_names_out())
        return frame.to_numpy()

    np.testing.assert_array_equal(in_every_form(transform, PAIRS), clone(transformer).fit_transform(PAIRS))


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize(
    "transformer", [e for e in every_estimator() if isinstance(e, BatchTransformer)], ids=repr
)
def test_architectures_as_a_frame_go_on_to_the_next_step(transformer, library):
    asked = clone(transformer).set_output(transform=library)
    frame = asked.fit_transform(PAIRS)
    assert list(frame.columns) == ["architecture"]
    assert all(isinstance(cell, Architecture) for cell in frame["architecture"])
    expected = make_pipeline(clone(transformer), PathStatistics()).fit_transform(PAIRS)
    found = in_every_form(lambda X: make_pipeline(asked, PathStatistics()).fit_transform(X), PAIRS)
    np.testing.assert_array_equal(found, expected)


def test_index_of_a_pandas_column_is_kept():
    column = pandas_frame(PAIRS)["cell"]
    for transformer in (tiny_encoder(), ArchitectureSimplifier()):
        frame = transformer.set_output(transform="pandas").fit_transform(column)
        pd.testing.assert_index_equal(frame.index, column.index)


def test_permutation_importance_of_the_graph_column():
    def importances(X):
        pipeline = make_pipeline(
            ColumnTransformer([("paths", PathStatistics(), "cell")], remainder="passthrough")
        )
        model = make_pipeline(pipeline, Ridge()).fit(pandas_frame(X), Y)
        return permutation_importance(model, pandas_frame(X), Y, random_state=0).importances_mean

    size, cell, noise = in_every_form(importances, PAIRS)
    assert cell > 1
    assert max(abs(size), abs(noise)) < 0.1


@pytest.mark.parametrize("ensemble", [BaggingRegressor, AdaBoostRegressor])
def test_ensembles_of_matrices_read_a_frame_of_one_column(ensemble):
    member = tiny_regressor(FrozenEstimator(tiny_encoder().fit(POOL)))
    model = ensemble(member, n_estimators=2, random_state=0)
    found = in_every_form(
        lambda X: clone(model).fit(pandas_frame(X)[["cell"]], Y).predict(pandas_frame(X)[["cell"]]), PAIRS
    )
    assert np.unique(found).size > 2
    with pytest.raises(ValueError):  # noqa: PT011 - numpy's words
        clone(model).fit(PAIRS, Y)
