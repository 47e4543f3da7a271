"""Operations on edges become nodes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn.architectures import ArchitectureError, CyclicArchitectureError, as_batch, edges_to_nodes
from fgp_sklearn.datasets import nasbench201_space
from tests.strategies import dags


def edge_graph(adjacency: Any, op_attr: str = "op") -> Any:
    """A multigraph with an edge per count, whose operation tells it from all others."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    graph.add_nodes_from(f"n{i}" for i in range(len(adjacency)))
    for u, v in np.argwhere(adjacency):
        for k in range(int(adjacency[u, v])):
            graph.add_edge(f"n{u}", f"n{v}", **{op_attr: f"{u}>{v}#{k}"})
    graph.remove_nodes_from(list(nx.isolates(graph)))
    return graph


def test_cells_of_nasbench201() -> None:
    space = nasbench201_space()[::1000]
    graphs = []
    for architecture in space:
        cell: nx.DiGraph[int] = nx.DiGraph()
        ops = dict(zip(((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)), architecture.ops[1:-1], strict=True))
        cell.add_edges_from((u, v, {"op": ops[u, v]}) for u, v in combinations(range(4), 2))
        graphs.append(cell)
    assert as_batch(edges_to_nodes(graphs)) == space


@given(dags(min_nodes=2, max_nodes=7, max_multiplicity=3))
def test_paths_spell_the_same_words(pair: Any) -> None:
    """A path from a source to a sink spells the operations of its edges, and the new graph has no others."""
    graph = edge_graph(pair[0])
    if not graph:
        return
    before = sorted(
        tuple(graph.edges[edge]["op"] for edge in path)
        for source in (n for n, d in graph.in_degree() if d == 0)
        for path in nx.all_simple_edge_paths(graph, source, [n for n, d in graph.out_degree() if d == 0])
    )
    (made,) = edges_to_nodes([graph])
    ops = nx.get_node_attributes(made, "op")
    sources, sinks = ([n for n, d in degree if d == 0] for degree in (made.in_degree(), made.out_degree()))
    assert {ops[n] for n in sources} == {"input"}
    assert {ops[n] for n in sinks} == {"output"}
    after = sorted(
        tuple(ops[n] for n in path[1:-1])
        for source in sources
        for path in nx.all_simple_paths(made, source, sinks)
    )
    assert after == before
    assert sum(graph.degree(n) > 0 for n in graph) == len(graph)
    assert sorted(op for op in ops.values() if ">" in op) == sorted(
        nx.get_edge_attributes(graph, "op").values()
    )
    assert all(u < v for u, v in made.edges), "nodes are in topological order"


def test_attributes_and_operations_of_nodes_stay() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph(name="one")
    graph.add_node("sum", op="concat", width=8)
    graph.add_edge("a", "sum", op="conv", kernel=3)
    graph.add_edge("b", "sum", op="pool", kernel=2)
    graph.add_edge("sum", "c", op="conv", kernel=1)
    batch = as_batch(edges_to_nodes([graph]), attributes=["kernel", "width"])
    assert batch[0].ops == ("input", "input", "conv", "pool", "concat", "conv", "output")
    np.testing.assert_array_equal(batch.attributes["kernel"], [np.nan, np.nan, 3, 2, np.nan, 1, np.nan])
    np.testing.assert_array_equal(batch.attributes["width"], [np.nan] * 4 + [8, np.nan, np.nan])
    assert batch.edges.T.tolist() == [[0, 2], [1, 3], [2, 4], [3, 4], [4, 5], [5, 6]]
    assert batch[0].name == "one"
    assert graph.nodes["a"] == {}, "the given graph stays as it was"


def test_other_names_and_lost_attributes() -> None:
    graph = edge_graph(np.eye(3, k=1, dtype=int), op_attr="kind")
    assert as_batch(edges_to_nodes([graph], op_attr="kind"), op_attr="kind")[0].ops == (
        *("input", "0>1#0", "1>2#0", "output"),
    )
    graph.nodes["n1"]["width"] = 3
    with pytest.warns(UserWarning, match="vanish, and with them their attributes: 'width'"):
        edges_to_nodes([graph], op_attr="kind")


def test_the_error_for_operations_on_edges_names_the_cure() -> None:
    graph = edge_graph(np.eye(3, k=1, dtype=int))
    with pytest.raises(ArchitectureError, match=r"^architecture 0: .*edges_to_nodes\(graphs, op_attr='op'\)"):
        as_batch([graph])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda graph: graph.add_edge("n0", "n2"), "edge .*'n0', 'n2'.* has no attribute 'op'"),
        (lambda graph: graph.add_edge("n0", "n2", op="x", multiplicity=2), "parallel edges"),
        (lambda graph: graph.add_node("alone"), "node 'alone' has neither edges nor 'op'"),
        (lambda graph: graph.add_edge("n2", "n0", op="back"), "has a cycle"),
        (lambda graph: graph.add_edge("n1", "n1", op="back"), "an edge to itself"),
    ],
)
def test_messages(change: Any, problem: str) -> None:
    good, bad = (edge_graph(np.eye(3, k=1, dtype=int)) for _ in range(2))
    change(bad)
    with pytest.raises(ArchitectureError, match=problem) as caught:
        edges_to_nodes([good, bad])
    assert caught.value.index == 1
    assert isinstance(caught.value, CyclicArchitectureError) == ("cycle" in problem or "itself" in problem)


def test_wrong_calls() -> None:
    for X in (nx.DiGraph(), None):
        with pytest.raises(ArchitectureError, match="expected a sequence of graphs"):
            edges_to_nodes(X)  # type: ignore[arg-type]
    with pytest.raises(ArchitectureError, match="architecture 0: it is Graph"):
        edges_to_nodes([nx.Graph()])  # type: ignore[list-item]
    star = nx.DiGraph([(f"in{i}", "hub") for i in range(2000)] + [("hub", f"out{i}") for i in range(2000)])
    nx.set_edge_attributes(star, "conv", "op")
    with pytest.raises(ArchitectureError, match="4,000,000 edges"):
        edges_to_nodes([star])


@given(st.integers(1, 5))
def test_parallel_edges_are_nodes_side_by_side(n: int) -> None:
    graph = edge_graph(np.array([[0, n], [0, 0]]))
    (made,) = edges_to_nodes([graph])
    assert len(made) == n + 2
    assert sorted(made.edges) == sorted(
        [(0, i) for i in range(1, n + 1)] + [(i, n + 1) for i in range(1, n + 1)]
    )
