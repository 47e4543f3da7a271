"""Architectures of several parts: disjoint unions whose operations are told apart by part."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from fgp_sklearn import (
    AdjacencyEncoding,
    ArchitectureSimplifier,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    GraphTensorizer,
    PathStatistics,
)
from fgp_sklearn.architectures import (
    Architecture,
    ArchitectureBatch,
    ArchitectureError,
    UnknownOperationError,
    UnlabeledPool,
    as_batch,
    join_parts,
)
from fgp_sklearn.architectures._simplify import ends_of
from fgp_sklearn.operations._end_of import end_of
from tests.sklearn_compatibility.spaces import cells, tiny_encoder, tiny_regressor
from tests.strategies import batches, with_attributes

CHAIN = np.eye(3, k=1, dtype=int)


def chain(op, **numbers):
    return CHAIN, ["input", {"op": op, **numbers} if numbers else op, "output"]


def numbers_of(graph):
    """Operation and numbers of each node, without None."""
    nodes = dict(graph.nodes(data=True))
    return {node: {k: v for k, v in own.items() if v is not None} for node, own in nodes.items()}


@st.composite
def several(draw):
    """Parts of one length, some of them with attributes and parallel edges."""
    n = draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(["normal", "reduction", "größe |", "0"]), min_size=1, unique=True))
    one = with_attributes(batches(n, n, max_nodes=5, max_multiplicity=2))
    return {name: draw(one) for name in names}


@given(several())
def test_an_architecture_is_the_disjoint_union_of_its_parts(parts):
    joint = join_parts(parts)
    n = len(next(iter(parts.values())))
    assert len(joint) == n
    for i, graph in enumerate(joint.to_networkx()):
        expected = [part[i : i + 1].to_networkx()[0] for part in parts.values()]
        for name, own in zip(parts, expected, strict=True):
            for node in own:
                own.nodes[node]["op"] = f"{name}/{own.nodes[node]['op']}"
        union = nx.disjoint_union_all(expected)
        assert numbers_of(graph) == numbers_of(union)
        assert graph.edges == union.edges
        assert nx.get_edge_attributes(graph, "multiplicity", 1) == nx.get_edge_attributes(
            union, "multiplicity", 1
        )
    assert joint.vocabulary == tuple(sorted({op for architecture in joint for op in architecture.ops}))
    columns = joint.columns()
    attributes = dict(joint.attributes)
    for name in ("attribute_names", "attribute_values", "vocabulary_is_fixed"):
        del columns[name]
    checked = ArchitectureBatch(**columns, attributes=attributes)
    assert checked == joint
    np.testing.assert_array_equal(checked.edges, joint.edges)  # sorted as the constructor sorts them


def test_parts_are_read_in_any_form():
    pairs = [chain("conv"), chain("pool")]
    graphs = as_batch(pairs).to_networkx()
    expected = join_parts({"a": as_batch(pairs), "b": as_batch(pairs)})
    for X in (pairs, graphs, [graphs[0], pairs[1]], UnlabeledPool(pairs), list(as_batch(pairs))):
        assert join_parts({"a": X, "b": pairs}) == expected
    for graph in graphs:
        for node in graph:
            graph.nodes[node]["kind"] = graph.nodes[node].pop("op")
    assert join_parts({"a": graphs, "b": pairs}, op_attr="kind") == expected


def test_names_are_joined():
    def named(*names):
        return [Architecture([[0]], ("a",), name=name) for name in names]

    joint = join_parts({"x": named("first", "", "c", ""), "y": named("first", "b", "d", "")})
    assert joint.names.tolist() == ["first", "b", "c + d", ""]
    assert join_parts({"x": named("", ""), "y": named("", "")}).names is None


def test_attributes_are_kept_and_those_of_other_parts_are_missing():
    parts = {"a": [chain("conv", kernel=3)], "b": [chain("conv", width=8, kernel=5)], "c": [chain("conv")]}
    joint = join_parts(parts, attributes=["kernel", "width"])
    nan = np.nan
    np.testing.assert_array_equal(joint.attributes["kernel"], [nan, 3, nan, nan, 5, nan, nan, nan, nan])
    np.testing.assert_array_equal(joint.attributes["width"], [nan] * 4 + [8] + [nan] * 4)
    read = {name: as_batch(X, attributes=()) for name, X in parts.items()}
    read["b"] = as_batch(parts["b"], attributes=["kernel", "width"])
    assert join_parts(read).attribute_names == ("kernel", "width")
    assert join_parts(read, attributes=["width"]).attribute_names == ("width",)
    assert join_parts(read, attributes=()).attribute_values is None


def test_warnings_come_once_for_all_parts():
    parts = {"a": [chain("conv", kernel=3)], "b": [chain("conv", width=8)]}
    with pytest.warns(UserWarning, match="numbers that are not read: 'kernel', 'width'") as caught:
        join_parts(parts)
    assert len(caught) == 1
    with pytest.warns(
        UserWarning, match="no node has the attribute 'kernels' .* did you mean 'kernel'"
    ) as caught:
        join_parts(parts, attributes=["kernels", "width"])
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "parts must map names to architectures, got {}"),
        ([[chain("conv")]], "parts must map names to architectures, got"),
        ({1: [chain("conv")]}, "the name of a part must be a str without '/', got 1"),
        ({"": [chain("conv")]}, "the name of a part must be a str without '/', got ''"),
        ({"a/b": [chain("conv")]}, "the name of a part must be a str without '/', got 'a/b'"),
        (
            {"a": [chain("conv")] * 2, "b": [chain("conv")] * 3},
            r"parts differ in their number of architectures \('a: 2', 'b: 3'\); give each",
        ),
        ({"a": [chain("conv")], "b": []}, "^in part 'b', Found array with 0 sample"),
        (
            {"a": [chain("conv")] * 2, "b": [chain("conv"), (CHAIN, ["x", "y"])]},
            "^architecture 1: in part 'b', its adjacency has 3 nodes but there are 2 operations",
        ),
    ],
)
def test_errors_name_the_part(parts, message):
    with pytest.raises(ArchitectureError, match=message):
        join_parts(parts)


def test_what_is_known_about_an_operation_holds_in_every_part():
    assert end_of("normal/Input") == "input"
    assert end_of("normal/c_{k-2}") == "input"
    assert end_of("decoder/out") == "output"
    assert end_of("input/conv") is None
    pairs = [chain("none"), chain("conv"), chain("skip_connect")]
    joint = join_parts({"normal": pairs, "reduction": pairs[::-1]})
    is_input, is_output = ends_of(joint)
    assert is_input.tolist() == [True, False, False] * 6
    assert is_output.tolist() == [False, False, True] * 6
    simplifier = ArchitectureSimplifier(identity_ops=["skip_connect"])
    simplified = simplifier.transform(joint)
    assert [list(one.ops) for one in simplified] == [
        ["reduction/input", "reduction/output"],  # the other part carries nothing
        [
            "normal/input",
            "normal/conv",
            "normal/output",
            "reduction/input",
            "reduction/conv",
            "reduction/output",
        ],
        ["normal/input", "normal/output"],
    ]
    assert [np.sum(one.adjacency) for one in simplified] == [1, 4, 1]
    assert simplifier.duplicates(joint).tolist() == [0, 1, 2]
    only_normal = ArchitectureSimplifier(null_ops=["normal/none"]).transform(joint)
    assert [("normal/none" in one.ops, "reduction/none" in one.ops) for one in only_normal] == [
        (False, False),
        (False, False),
        (False, True),
    ]
    known = GraphTensorizer().fit_transform(joint)
    assert not any(op.endswith("/none") for op in ArchitectureSimplifier().transform(known).used_ops())


def test_everything_computes_on_several_parts():
    """Predictions tell apart what was swapped between parts; both parts matter."""
    normal, reduction = cells(60), cells(60, seed=1)
    X = join_parts({"normal": normal, "reduction": reduction})
    swapped = join_parts({"normal": reduction, "reduction": normal})
    y = PathStatistics().fit_transform(normal)[:, 0] + np.arange(60) % 3
    for learner in (PathStatistics(), FlowSurrogate(8, random_state=0), AdjacencyEncoding(), tiny_encoder()):
        learner.fit(ArchitectureBatch.concatenate([X, swapped]))
        features, others = learner.transform(X), learner.transform(swapped)
        assert np.isfinite(features).all()
        assert np.abs(features - others).max(axis=1).min() > 0
    for regressor in (FlowGaussianProcessRegressor(random_state=0), tiny_regressor()):
        regressor.fit(X, y)
        assert np.isfinite(regressor.predict(X)).all()
        with pytest.raises(UnknownOperationError):
            regressor.predict(as_batch(normal))
    pipeline = make_pipeline(GraphTensorizer(), FlowGaussianProcessRegressor(random_state=0)).fit(X, y)
    np.testing.assert_array_equal(
        pipeline.predict(X), FlowGaussianProcessRegressor(random_state=0).fit(X, y).predict(X)
    )


def test_statistics_of_paths_are_those_of_the_parts():
    """Paths do not leave a part: their counts add up over parts."""
    normal, reduction = as_batch(cells(40)), as_batch(cells(40, seed=1))
    union = PathStatistics()
    found = union.fit_transform(join_parts({"normal": normal, "reduction": reduction}))
    names = union.get_feature_names_out().tolist()
    for part, batch in (("normal", normal), ("reduction", reduction)):
        own = PathStatistics()
        counts = own.fit_transform(batch)
        for column, name in enumerate(own.get_feature_names_out()):
            if name.startswith("count_"):
                op = name.removeprefix("count_")
                np.testing.assert_allclose(found[:, names.index(f"count_{part}/{op}")], counts[:, column])
