import pickle

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import ArchitectureBatch, ArchitectureError, ArchitectureSimplifier, as_batch
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.preprocessing import GraphTensorizer
from tests.preprocessing.doubles import ReadsMatrices, WritesMatrices
from tests.strategies import batches

#        0 -> 1 (none) -> 4        0 -> 2 (skip) -> 4        0 -> 3 (conv) -> 4
CELL = np.array([[0, 1, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5])
OPS = ["input", "none", "skip", "conv", "output"]
CHAIN = np.eye(3, k=1, dtype=int)


class SimplifierOfMatrices(ReadsMatrices, WritesMatrices, ArchitectureSimplifier):
    pass


@pytest.mark.filterwarnings("ignore:identity_ops names:UserWarning")  # some checks lack convolutions
@parametrize_with_checks(
    [SimplifierOfMatrices(), SimplifierOfMatrices(null_ops=(), identity_ops=["conv", "none"])]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def as_graph(matrix, ops, **attributes):
    graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
    graph.add_nodes_from((v, {"op": op, **attributes}) for v, op in enumerate(ops))
    return graph


@pytest.mark.parametrize(
    ("identity_ops", "ops", "matrix"),
    [
        ((), ("input", "skip", "conv", "output"), [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0] * 4]),
        (["skip"], ("input", "conv", "output"), [[0, 1, 1], [0, 0, 1], [0, 0, 0]]),
        ({"skip", "conv"}, ("input", "output"), [[0, 2], [0, 0]]),
    ],
)
@pytest.mark.parametrize(
    "X", [[(CELL, OPS)], [as_graph(CELL, OPS)], as_batch([(CELL, OPS)])], ids=["pair", "graph", "batch"]
)
def test_every_form_of_input_is_simplified(X, identity_ops, ops, matrix):
    simplifier = ArchitectureSimplifier(identity_ops=identity_ops)
    result = simplifier.fit_transform(X)
    assert isinstance(result, ArchitectureBatch)
    assert result[0] == Architecture(matrix, ops)
    assert simplifier.transform(X) == result


def test_input_is_not_changed():
    graph = as_graph(CELL, OPS)
    before = nx.node_link_data(graph)
    ArchitectureSimplifier(identity_ops=["skip"]).fit_transform([graph])
    assert nx.node_link_data(graph) == before


def test_operations_may_be_integers():
    simplified = ArchitectureSimplifier(null_ops=(1,), identity_ops=(2,)).fit_transform([(CELL, range(5))])
    assert simplified[0].ops == ("0", "3", "4")


def test_attributes_of_graphs_are_read_by_name():
    graph = as_graph(CHAIN, "abc", kind="conv", channels=8)
    graph.nodes[1]["kind"] = "none"
    simplified = ArchitectureSimplifier(op_attr="kind", attributes=["channels"]).fit_transform([graph])
    assert simplified[0].ops == ("conv", "conv")
    assert simplified.attributes["channels"].tolist() == [8.0, 8.0]


def test_duplicates_have_equal_attributes():
    def chain(*numbers):
        nodes = [{"op": op, "kernel": n} for op, n in zip(("input", "conv", "output"), numbers, strict=True)]
        return CHAIN, nodes

    X = [chain(None, 3, None), chain(None, 5, None), chain(None, 3.0, None), chain(3, 3, None)]
    X.append(chain(None, None, None))
    assert ArchitectureSimplifier(attributes=["kernel"]).duplicates(X).tolist() == [0, 1, 0, 2, 3]
    assert ArchitectureSimplifier(attributes=()).duplicates(X).tolist() == [0] * 5


def test_duplicates_are_isomorphic_functional_graphs():
    X = [
        (CHAIN, ["input", "none", "output"]),
        (CELL, OPS),
        (CELL, ["input", "conv", "none", "skip", "output"]),
        (CELL, ["input", "conv", "none", "conv", "output"]),
        (CHAIN, ["input", "zero", "output"]),
    ]
    assert ArchitectureSimplifier().duplicates(X).tolist() == [0, 1, 1, 2, 0]
    assert ArchitectureSimplifier(null_ops=()).duplicates(X).tolist() == [0, 1, 1, 2, 3]


@given(st.data())
def test_duplicates_do_not_depend_on_what_else_is_there(data):
    batch = data.draw(batches(min_size=2, max_size=8, max_nodes=5, ops=("conv", "none", "skip")))
    chosen = data.draw(st.lists(st.sampled_from(range(len(batch))), min_size=1, max_size=8))
    simplifier = ArchitectureSimplifier(identity_ops=["skip"])
    group, subgroup = simplifier.duplicates(batch), simplifier.duplicates(batch.take(chosen))
    together = group[chosen][:, None] == group[chosen]
    assert (together == (subgroup[:, None] == subgroup)).all()


def test_fit_is_not_needed():
    X = [(CELL, OPS)]
    simplifier = ArchitectureSimplifier(identity_ops=["skip"])
    fitted = clone(simplifier).fit(X)
    assert simplifier.transform(X) == fitted.transform(X)
    assert simplifier.duplicates(X).tolist() == [0]
    assert simplifier.get_feature_names_out().tolist() == ["architecture"]
    assert FrozenEstimator(simplifier).fit(X, None).transform(X) == fitted.transform(X)
    assert vars(fitted) == vars(simplifier)
    assert not get_tags(simplifier).requires_fit
    assert not get_tags(simplifier).input_tags.two_d_array


def test_copies_behave_alike():
    simplifier = ArchitectureSimplifier(identity_ops=["skip"], null_ops={"none"})
    X = [(CELL, OPS)]
    for copy in (clone(simplifier), pickle.loads(pickle.dumps(simplifier))):
        assert copy.get_params() == simplifier.get_params()
        assert copy.transform(X) == simplifier.transform(X)


@given(batches(max_nodes=6, ops=("input", "none", "skip", "conv"), max_multiplicity=2))
def test_data_frame_makes_the_round_trip(batch):
    simplifier = ArchitectureSimplifier(identity_ops=["skip"])
    expected = simplifier.transform(batch)
    frame = simplifier.set_output(transform="pandas").fit_transform(batch)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["architecture"]
    assert frame.shape == (len(batch), 1)
    assert as_batch(frame) == as_batch(frame["architecture"]) == as_batch(list(expected))
    with config_context(transform_output="pandas"):
        pd.testing.assert_frame_equal(ArchitectureSimplifier(identity_ops=["skip"]).transform(batch), frame)


def test_data_frame_keeps_index_names_and_attributes():
    graphs = [as_graph(CHAIN, ["a", "b", "c"], channels=4.0, stride=1) for _ in range(2)]
    for name, graph in zip(("first", "second"), graphs, strict=True):
        graph.graph["name"] = name
    column = pd.Series(graphs, index=["x", "y"], name="cell")
    simplifier = ArchitectureSimplifier(attributes=["stride", "channels"]).set_output(transform="pandas")
    frame = simplifier.fit_transform(column)
    assert frame.index.tolist() == ["x", "y"]
    back = as_batch(frame)
    assert back.names.tolist() == ["first", "second"]
    assert back.attribute_values.tolist() == [[4.0, 1.0]] * 6
    assert back.attribute_names == ("channels", "stride")


def test_data_frames_pass_through_pipeline_and_columns():
    cells = [(CELL, OPS), (CHAIN, ["input", "conv", "output"])]
    graphs = [as_graph(*cell) for cell in cells]
    pipeline = make_pipeline(ArchitectureSimplifier(), GraphTensorizer())
    expected = pipeline.fit_transform(graphs)
    frame = pipeline.set_output(transform="pandas").fit_transform(graphs)
    assert as_batch(frame) == expected
    table = pd.DataFrame({"cell": graphs, "flops": [1.0, 2.0]})
    columns = ColumnTransformer([("cell", pipeline, ["cell"])], remainder="passthrough")
    result = columns.set_output(transform="pandas").fit_transform(table)
    assert as_batch(result["cell__architecture"]) == expected
    assert result["remainder__flops"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (
            {"null_ops": "none"},
            ValueError,
            "The 'null_ops' parameter .* must be a str among",
        ),
        ({"identity_ops": None}, ValueError, "The 'identity_ops' parameter .* must be a str among"),
        ({"op_attr": ["op"]}, ValueError, "The 'op_attr' parameter"),
        ({"null_ops": [0.5]}, ArchitectureError, "operation 0.5, a float; use a str or an int"),
        (
            {"null_ops": ["zero", "skip", 1], "identity_ops": ["1", "skip"]},
            ValueError,
            "null_ops and identity_ops both contain '1', 'skip'",
        ),
    ],
)
def test_bad_parameters_are_named(params, error, message):
    simplifier = ArchitectureSimplifier(**params)
    X = as_batch([(CELL, OPS)])
    for method in (simplifier.fit, simplifier.transform, simplifier.duplicates):
        with pytest.raises(error, match=message):
            method(X)


def test_malformed_architecture_is_named_at_fit():
    with pytest.raises(ArchitectureError, match="architecture 1: it has a cycle"):
        ArchitectureSimplifier().fit([(CELL, OPS), (np.ones((2, 2), int) - np.eye(2, dtype=int), ["a", "b"])])
