import pickle

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import (
    ArchitectureBatch,
    ArchitectureError,
    ArchitectureSimplifier,
    GraphTensorizer,
    as_batch,
)
from fgp_sklearn.architectures import UNKNOWN_OP, UnknownOperationError
from tests.preprocessing.doubles import ReadsMatrices, WritesMatrices
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
    with pytest.warns(UserWarning, match="no node has the attribute 'kernel' that attributes= asks for"):
        assert tensorizer.transform(other).attribute_names == ("kernel", "width")
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
