import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn import load, save
from fgp_sklearn.preprocessing import RunningTotals
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches_with_attributes

NAMES = "kernel", "width"


def depths_of(graph):
    depth = {}
    for node in nx.topological_sort(graph):
        depth[node] = 1 + max((depth[v] for v in graph.predecessors(node)), default=-1)
    return depth


def total(graph, depth, name):
    """Nodes with an operation, or the sum of an attribute, up to a depth."""
    nodes = [graph.nodes[v] for v, at in depths_of(graph).items() if at <= depth]
    return sum((data["op"] == name) + ((data.get(name) or 0) if name in NAMES else 0) for data in nodes)


@given(batch=batches_with_attributes(NAMES), max_depths=st.integers(1, 14))
def test_features_are_totals_over_the_nodes_up_to_each_depth(batch, max_depths):
    totals = RunningTotals(max_depths).fit(batch)
    graphs = batch.to_networkx()
    deepest = max(max(depths_of(graph).values()) for graph in graphs)
    assert len(totals.depths_) == min(max_depths, deepest + 1)
    assert totals.depths_[-1] == deepest
    parts = [name.removeprefix("upto").split("_") for name in totals.get_feature_names_out()]
    expected = [[total(graph, int(depth), name) for depth, name in parts] for graph in graphs]
    np.testing.assert_allclose(totals.transform(batch), expected, rtol=1e-12, atol=1e-12)


def test_order_of_nodes_does_not_matter():
    pairs = cells(20)
    totals = RunningTotals().fit(pairs)
    np.testing.assert_array_equal(totals.transform(relabelled(pairs)), totals.transform(pairs))


def test_an_operation_that_moves_by_one_differs_at_one_depth():
    chain, moved = ((np.eye(3, k=1), ops) for ops in (["a", "b", "a"], ["b", "a", "a"]))
    totals = RunningTotals()
    difference = np.diff(totals.fit_transform([chain, moved]), axis=0)[0]
    changed = totals.get_feature_names_out()[difference != 0].tolist()
    assert changed == ["upto0_a", "upto0_b"]


def test_nodes_behind_the_depths_of_fit_are_not_counted():
    totals = RunningTotals().fit([(np.eye(2, k=1), ["a", "a"])])
    assert totals.transform([(np.eye(4, k=1), ["a"] * 4)]).tolist() == [[1, 2]]


def test_a_file_holds_what_was_learnt(tmp_path):
    totals = RunningTotals(3).fit(cells(20))
    save(totals, tmp_path)
    np.testing.assert_array_equal(load(tmp_path).transform(cells(20)), totals.transform(cells(20)))
