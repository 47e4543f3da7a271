import pickle

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import (
    AdjacencyEncoding,
    ArchitectureBatch,
    ArchitectureError,
    ArchitectureSimplifier,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    GraphTensorizer,
    PathStatistics,
    UnlabeledPool,
    as_batch,
)
from fgp_sklearn.architectures import UNKNOWN_OP, UnknownOperationError
from tests.preprocessing.doubles import ReadsMatrices, WritesMatrices
from tests.sklearn_compatibility.spaces import cells, tiny_regressor
from tests.strategies import batches

CHAIN = np.eye(3, k=1, dtype=int)
SEEN = [(CHAIN, ["input", "conv", "output"]), (CHAIN, ["input", "pool", "output"])]
NEW = [(CHAIN, ["input", "conv", "output"]), (CHAIN, ["input", "dense", "pool"])]


class TensorizerOfMatrices(ReadsMatrices, WritesMatrices, GraphTensorizer):
    pass


@parametrize_with_checks([TensorizerOfMatrices(), TensorizerOfMatrices(unknown_op="unknown")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@given(batches(), batches())
def test_every_operation_keeps_its_code(first, second):
    tensorizer = GraphTensorizer(unknown_op="unknown").fit(first)
    *known, last = tensorizer.vocabulary_
    assert known == sorted({op for architecture in first for op in architecture.ops})
    assert last == UNKNOWN_OP
    assert tensorizer.transform(first) == first
    result = tensorizer.transform(second)
    assert result.vocabulary == tensorizer.vocabulary_
    for before, after in zip(second, result, strict=True):
        assert after.ops == tuple(op if op in known else UNKNOWN_OP for op in before.ops)
        assert np.array_equal(after.adjacency, before.adjacency)


@given(batches())
def test_forms_of_input_agree(batch):
    tensorizer = GraphTensorizer().fit(batch)
    for X in (batch, list(batch), batch.to_networkx()):
        assert clone(tensorizer).fit(X).vocabulary_ == tensorizer.vocabulary_
        result = tensorizer.transform(X)
        assert isinstance(result, ArchitectureBatch)
        assert result == batch
        assert result.vocabulary == tensorizer.vocabulary_


def test_vocabulary_holds_what_occurs_only():
    space = as_batch([*SEEN, (CHAIN, ["input", "dense", "output"])])
    assert GraphTensorizer().fit(space[:2]).vocabulary_ == ("conv", "input", "output", "pool")


LEARNERS = [
    PathStatistics(),
    FlowSurrogate(4, random_state=0),
    AdjacencyEncoding(),
    tiny_regressor(),
    FlowGaussianProcessRegressor(random_state=0),
]


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: type(learner).__name__)
def test_what_comes_after_it_knows_the_vocabulary(learner):
    pool, labelled = cells(60), [cell for cell in cells(60) if "pool" not in cell[1]]
    y = np.arange(len(labelled), dtype=float)
    tensorizer = GraphTensorizer().fit(pool)
    pipeline = make_pipeline(FrozenEstimator(tensorizer), clone(learner)).fit(labelled, y)
    answer = pipeline.predict if hasattr(learner, "predict") else pipeline.transform
    assert np.isfinite(answer(pool)).all()
    known = clone(learner).fit(tensorizer.transform(labelled), y)
    np.testing.assert_array_equal(getattr(known, answer.__name__)(pool), answer(pool))
    if not isinstance(learner, FlowSurrogate):  # which knows all operations
        with pytest.raises(UnknownOperationError, match="'pool'"):
            getattr(clone(learner).fit(labelled, y), answer.__name__)(pool)


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: type(learner).__name__)
def test_a_vocabulary_of_what_occurs_changes_nothing(learner):
    X = cells(60)
    y = np.arange(60.0)
    answer = "predict" if hasattr(learner, "predict") else "transform"
    expected = getattr(clone(learner).fit(X, y), answer)(X)
    found = getattr(make_pipeline(GraphTensorizer(), clone(learner)).fit(X, y), answer)(X)
    np.testing.assert_array_equal(found, expected)


def test_the_known_vocabulary_goes_with_the_batch():
    tensorizer = GraphTensorizer().fit(NEW)
    batch = tensorizer.transform(NEW[:1])
    everything = ("conv", "dense", "input", "output", "pool")
    assert batch.vocabulary == everything
    parts = [
        batch,
        batch[:0],
        batch.recode(everything[::-1]),
        pickle.loads(pickle.dumps(batch)),
        UnlabeledPool(batch).architectures,
        as_batch(batch, attributes=()),
        ArchitectureBatch.concatenate([batch, batch]),
        ArchitectureSimplifier().transform(batch),
    ]
    assert [part.used_ops() for part in parts] == [everything] * len(parts)
    only = ("conv", "input", "output")
    assert (
        ArchitectureSimplifier(null_ops=["pool"], identity_ops=["dense"]).transform(batch).used_ops() == only
    )
    without = [
        as_batch(NEW[:1]),
        as_batch(list(batch)),
        ArchitectureBatch.concatenate([batch, as_batch(NEW[:1])]),
    ]
    assert [part.used_ops() for part in without] == [only] * 3


def test_operations_that_are_removed_are_not_known():
    pool = [(CHAIN, ["input", "none", "output"]), (CHAIN, ["input", "none", "conv"]), *NEW]
    batch = GraphTensorizer().fit(pool).transform(pool)
    simplifier = ArchitectureSimplifier()
    assert "none" not in simplifier.transform(batch[:1]).used_ops()
    assert "none" not in simplifier.transform(batch[2:]).used_ops()
    assert "conv" in simplifier.transform(batch[:1]).used_ops()
    dead = GraphTensorizer().fit_transform([(CHAIN, ["none", "none", "none"])])
    assert simplifier.transform(dead).used_ops() == ("none",)


def test_unknown_operation_is_an_error_that_names_it():
    tensorizer = GraphTensorizer().fit(SEEN)
    with pytest.raises(
        UnknownOperationError,
        match=r"architecture 1: unknown operation 'dense'; known ones are 'conv', 'input', 'output', 'pool'",
    ):
        tensorizer.transform(NEW)


def test_unknown_operations_share_the_last_code():
    tensorizer = GraphTensorizer(unknown_op="unknown").fit(SEEN)
    assert tensorizer.vocabulary_ == ("conv", "input", "output", "pool", UNKNOWN_OP)
    assert tensorizer.transform(NEW).ops.tolist() == [1, 0, 2, 1, 4, 3]


@pytest.mark.parametrize("unknown_op", ["error", "unknown"])
def test_the_unknown_operation_survives_a_second_tensorizer(unknown_op):
    mapped = GraphTensorizer(unknown_op="unknown").fit(SEEN).transform(NEW)
    again = GraphTensorizer(unknown_op=unknown_op).fit(mapped)
    assert sorted(again.vocabulary_) == sorted({"conv", "input", "output", "pool", UNKNOWN_OP})
    assert again.transform(mapped) == mapped


def graphs_with(**attributes):
    graph = nx.path_graph(3, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, "conv", "kind")
    for name, number in attributes.items():
        nx.set_node_attributes(graph, number, name)
    return [graph]


def test_attributes_are_read_and_their_names_are_learned():
    tensorizer = GraphTensorizer(op_attr="kind", attributes=["width", "kernel"])
    tensorizer.fit(graphs_with(width=8, kernel=3))
    assert tensorizer.attribute_names_ == ("kernel", "width")
    found = tensorizer.transform(graphs_with(width=16.5, kernel=5)).attributes
    assert {name: column.tolist() for name, column in found.items()} == {
        "kernel": [5.0] * 3,
        "width": [16.5] * 3,
    }
    other = as_batch(graphs_with(width=8), op_attr="kind", attributes=["width"])
    with pytest.raises(ArchitectureError, match="nodes have no attribute 'kernel'; they have 'width'"):
        tensorizer.transform(other)
    with pytest.warns(UserWarning, match="no node has the attribute 'kernel' that attributes= asks for"):
        assert tensorizer.transform(graphs_with(width=8)).attribute_names == ("kernel", "width")
    by_default = GraphTensorizer().fit(other)
    with pytest.raises(
        ArchitectureError, match="nodes have the attributes none, but had 'width' in fit; give"
    ):
        by_default.transform(SEEN)
    assert GraphTensorizer().fit(SEEN).attribute_names_ == ()


def test_must_be_fitted():
    tensorizer = GraphTensorizer()
    assert get_tags(tensorizer).requires_fit
    assert not get_tags(tensorizer).input_tags.two_d_array
    with pytest.raises(NotFittedError):
        tensorizer.transform(SEEN)
    with pytest.raises(NotFittedError):
        tensorizer.get_feature_names_out()


def test_fitting_again_forgets():
    tensorizer = GraphTensorizer().fit(NEW).fit(SEEN)
    assert tensorizer.vocabulary_ == GraphTensorizer().fit(SEEN).vocabulary_
    copy = pickle.loads(pickle.dumps(tensorizer))
    assert copy.vocabulary_ == tensorizer.vocabulary_
    assert copy.transform(SEEN) == tensorizer.transform(SEEN)


def test_data_frame_makes_the_round_trip():
    tensorizer = GraphTensorizer(unknown_op="unknown").fit(SEEN)
    expected = tensorizer.transform(NEW)
    frame = tensorizer.set_output(transform="pandas").transform(NEW)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["architecture"]
    assert as_batch(frame) == expected
    assert GraphTensorizer(unknown_op="unknown").fit(SEEN).transform(frame) == expected


def test_pipeline_hands_the_batch_on():
    pipeline = make_pipeline(ArchitectureSimplifier(), GraphTensorizer())
    X = [(CHAIN, ["input", "none", "output"]), *SEEN]
    result = pipeline.fit_transform(X)
    assert pipeline[-1].vocabulary_ == ("conv", "input", "output", "pool")
    assert result[0].ops == ("input", "output")
    assert result[1:] == as_batch(SEEN)


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match="The 'unknown_op' parameter of GraphTensorizer must be a str among"):
        GraphTensorizer(unknown_op="ignore").fit(SEEN)
