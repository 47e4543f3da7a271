"""Errors name the index of the architecture, what is wrong, and what would be right."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch

from fgp_sklearn.architectures import (
    Architecture,
    ArchitectureBatch,
    ArchitectureError,
    CyclicArchitectureError,
    UnknownOperationError,
    as_batch,
)
from fgp_sklearn.architectures._ops import op_name, op_names

EDGE = [[0, 1], [0, 0]]
OPS = ["a", "b"]


def graph(*edges: Any, nodes: Any = "uvw", kind: Any = nx.DiGraph, **attributes: Any) -> Any:
    made = kind()
    made.add_nodes_from(nodes, **(attributes or {"op": "conv"}))
    made.add_edges_from(edges)
    return made


def counted(multiplicity: Any, kind: Any = nx.DiGraph) -> Any:
    return graph(("u", "v", {"multiplicity": multiplicity}), kind=kind)


def weighted(weight: Any, kind: Any = nx.DiGraph) -> Any:
    return graph(("u", "v", {"weight": weight}), kind=kind)


def triangle(form: Callable[..., Any]) -> Any:
    return form([[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]], ["a"] * 4)


def pair(*parts: Any) -> Any:
    return parts


def endless() -> Any:
    made: list[Any] = []
    made.extend([made, made])
    return made


# What is wrong, and what the message says after "architecture i: ".
BROKEN: dict[str, tuple[Any, str]] = {
    # cycles
    "cycle in a graph": (
        graph(("u", "v"), ("v", "w"), ("w", "v")),
        "it has a cycle, 'v' -> 'w' -> 'v'; remove an edge, architectures must be acyclic",
    ),
    "cycle in a multigraph": (
        graph(("v", "w"), ("v", "w"), ("w", "v"), kind=nx.MultiDiGraph),
        "it has a cycle, 'v' -> 'w' -> 'v'; remove an edge",
    ),
    "cycle in a matrix": (triangle(pair), "it has a cycle, 0 -> 2 -> 3 -> 0; remove an edge"),
    "cycle in an Architecture": (triangle(Architecture), "it has a cycle, 0 -> 2 -> 3 -> 0; remove an edge"),
    "self loop in a graph": (graph(("v", "v")), "node 'v' has an edge to itself; remove it"),
    "self loop in a matrix": (([[0, 1], [0, 1]], OPS), "node 1 has an edge to itself; remove it"),
    # operations
    "no operation": (
        graph(kind_of="x", nodes="u"),
        "node 'u' has no attribute 'op' to name its operation (it has 'kind_of'); set it, or name another "
        "attribute with op_attr=",
    ),
    "no attribute": (
        nx.DiGraph([("u", "v")]),
        "node 'u' has no attribute 'op' to name its operation (it has no attributes); set it",
    ),
    "None as operation of a graph": (
        graph(op=None),
        "node 'u' has operation None, a NoneType; use a str or an",
    ),
    "vector as operation of a graph": (
        graph(op=np.array([0, 1])),
        "node 'u' has operation array([0, 1]), a ndarray; use a str or an int",
    ),
    "None": ((EDGE, ["a", None]), "node 1 has operation None, a NoneType; use a str or an int"),
    "float": ((EDGE, np.array([0.5, 1])), "node 0 has operation 0.5, a float; use a str or an int"),
    "bool": ((EDGE, ["a", True]), "node 1 has operation True, a bool; use a str or an int"),
    "numpy bool": (
        (EDGE, [np.bool_(True), "a"]),
        "node 0 has operation np.True_, a bool; use a str or an int",
    ),
    "bytes": (Architecture(EDGE, ("a", b"b")), "node 1 has operation b'b', a bytes; use a str or an int"),
    "one-hot rows": ((EDGE, np.eye(2)), "node 0 has operation [1.0, 0.0], a list; use a str or an int"),
    "huge int": (
        ([[0]], [10**5000]),
        "node 0 has operation <int>, an integer of more than 1024 bits; use a name",
    ),
    "long junk": (
        ([[0]], [["x" * 999]]),
        f"node 0 has operation ['{'x' * 54} ..., a list; use a str or an int",
    ),
    "str as operations": ((EDGE, "ab"), "its operations are 'ab'; give a list with one str or int per node"),
    "dict as operations": (
        (EDGE, {0: "a", 1: "b"}),
        "its operations are {0: 'a', 1: 'b'}; give a list with one",
    ),
    "set as operations": (
        (EDGE, {"a"}),
        "its operations are {'a'}; give a list with one str or int per node",
    ),
    "no list": ((EDGE, None), "its operations are None; give a list with one str or int per node"),
    "number as operations": (Architecture(EDGE, 5), "its operations are 5; give a list"),  # type: ignore[arg-type]
    "0-d array": ((EDGE, np.array("a")), "its operations are array('a', dtype='<U1'); give a list"),
    "generator": ((EDGE, iter(OPS)), "its operations are <list_iterator object at"),
    "too few": (
        (EDGE, ["a"]),
        "its adjacency has 2 nodes but there are 1 operations; give one operation per node",
    ),
    "too many": (
        Architecture(EDGE, ("a",) * 3),
        "its adjacency has 2 nodes but there are 3 operations; give one",
    ),
    # adjacencies
    "not square": (
        ([[0, 1]], OPS),
        "its adjacency has shape (1, 2); it must be square, one row and column per node",
    ),
    "sparse, not square": (
        (scipy.sparse.csr_array((2, 3)), OPS),
        "its adjacency has shape (2, 3); it must be square, one row and column per node",
    ),
    "vector": ((np.zeros(2), OPS), "its adjacency has shape (2,); it must be square"),
    "number": ((1.0, OPS), "its adjacency has shape (); it must be square"),
    "3-D": ((np.zeros((1, 2, 2)), OPS), "its adjacency has shape (1, 2, 2); it must be square"),
    "3-D lists": (([EDGE], OPS), "its adjacency has more than two dimensions; it must be square"),
    "endless": ((endless(), OPS), "its adjacency has more than two dimensions; it must be square"),
    "ragged": (
        ([[0, 1], [0]], OPS),
        "its adjacency is not an array but [[0, 1], [0]]; give rows of equal length",
    ),
    "graph as adjacency": (
        (graph(), OPS),
        "its adjacency is a graph; give the graph alone, without operations",
    ),
    "object": (
        (np.array(EDGE, dtype=object), OPS),
        "its adjacency holds object, not numbers; entries must be 0 or 1",
    ),
    "sparse complex": (
        (scipy.sparse.eye_array(2, dtype=complex), OPS),
        "its adjacency holds complex128, not",
    ),
    "text": (([["0", "1"], ["0", "0"]], OPS), "its adjacency holds <U1, not numbers; entries must be 0 or 1"),
    "None in it": (
        ([[0, None], [0, 0]], OPS),
        "its adjacency holds object, not numbers; entries must be 0 or 1",
    ),
    "complex": ((np.array(EDGE, dtype=complex), OPS), "its adjacency holds complex128, not numbers"),
    "huge entry": (([[0, 10**400], [0, 0]], OPS), "its adjacency holds object, not numbers"),
    "masked": (
        (np.ma.masked_array(EDGE, mask=EDGE), OPS),
        "its adjacency has masked entries; entries must be 0 or 1",
    ),
    "on no device": (
        (torch.zeros(2, 2, device="meta"), OPS),
        "its adjacency is not an array but tensor(..., device='meta', size=(2, 2)) (Cannot copy out of meta "
        "tensor; no data!); convert it to a NumPy array of numbers",
    ),
    "half of an edge in bfloat16": (
        (torch.tensor(EDGE, dtype=torch.bfloat16) / 2, OPS),
        "adjacency entry (0, 1) is 0.5; entries must be 0 or 1",
    ),
    "2": (
        ([[0, 2], [0, 0]], OPS),
        "adjacency entry (0, 1) is 2; entries must be 0 or 1 (for parallel edges, give "
        "Architecture(adjacency, ops), whose entries are counts)",
    ),
    "negative": (([[0, -1], [0, 0]], OPS), "adjacency entry (0, 1) is -1; entries must be 0 or 1"),
    "fraction": ((np.array(EDGE) / 2, OPS), "adjacency entry (0, 1) is 0.5; entries must be 0 or 1"),
    "NaN": (([[0, 0], [np.nan, 0]], OPS), "adjacency entry (1, 0) is nan; entries must be 0 or 1"),
    "infinite": (([[0, np.inf], [0, 0]], OPS), "adjacency entry (0, 1) is inf; entries must be 0 or 1"),
    "sparse NaN": ((scipy.sparse.csr_array([[0, np.nan], [0, 0]]), OPS), "adjacency entry (0, 1) is nan"),
    "twice in a sparse matrix": (
        (scipy.sparse.coo_array((np.ones(2), ([0, 0], [1, 1])), shape=(2, 2)), OPS),
        "adjacency entry (0, 1) is 2; entries must be 0 or 1",
    ),
    # multiplicities
    "zero edges": (counted(0), "edge (0, 1) has multiplicity 0; it must be positive and finite"),
    "minus one edge": (
        Architecture([[0, -1], [0, 0]], ("a", "b")),
        "edge (0, 1) has multiplicity -1; it must be",
    ),
    "NaN edges": (
        Architecture([[0, np.nan], [0, 0]], ("a", "b")),
        "edge (0, 1) has multiplicity nan; it must be",
    ),
    "one edge minus one": (
        counted(-1, nx.MultiDiGraph),
        "edge (0, 1) has multiplicity -1; it must be positive",
    ),
    "text as multiplicity": (
        counted("2"),
        "edge ('u', 'v') has multiplicity '2'; give the number of parallel edges",
    ),
    "None as multiplicity": (
        counted(None),
        "edge ('u', 'v') has multiplicity None; give the number of parallel",
    ),
    "NaN as multiplicity": (
        counted(np.nan),
        "edge ('u', 'v') has multiplicity nan; give the number of parallel",
    ),
    "list as multiplicity": (
        counted([2]),
        "edge ('u', 'v') has multiplicity [2]; give the number of parallel",
    ),
    "complex multiplicity": (
        counted(np.complex128(1)),
        "edge ('u', 'v') has multiplicity np.complex128(1+0j); give",
    ),
    "huge multiplicity": (counted(10**400), "edge ('u', 'v') has multiplicity 1000"),
    "text in a multigraph": (
        counted("2", nx.MultiDiGraph),
        "edge ('u', 'v') has multiplicity '2'; give the number",
    ),
    "weight": (
        weighted(2),
        "edge ('u', 'v') has weight 2 and no multiplicity; if it counts parallel edges, name the attribute "
        "'multiplicity', else delete it or give it another name",
    ),
    "learnt weight": (weighted(0.3), "edge ('u', 'v') has weight 0.3 and no multiplicity; if"),
    "no weight": (weighted(None), "edge ('u', 'v') has weight None and no multiplicity; if"),
    "weight in a multigraph": (
        weighted(2.0, nx.MultiDiGraph),
        "edge ('u', 'v') has weight 2.0 and no multiplicity; if",
    ),
    # emptiness
    "empty graph": (nx.DiGraph(), "it has no nodes; give it at least one node or leave it out"),
    "empty matrix": ((np.zeros((0, 0)), []), "it has no nodes; give it at least one node or leave it out"),
    "empty lists": (([], []), "its adjacency has shape (0,); it must be square"),
    # what is no architecture at all
    "undirected": (
        graph(kind=nx.Graph),
        "it is an undirected graph; give a networkx.DiGraph whose edges follow",
    ),
    "undirected multigraph": (
        graph(kind=nx.MultiGraph),
        "it is an undirected graph; give a networkx.DiGraph",
    ),
    "missing": (
        None,
        "it is NoneType; expected a sequence of networkx.DiGraph, (adjacency, ops) pairs, Architecture obj",
    ),
    "name": ("cell", "it is str; expected a sequence of networkx.DiGraph"),
    "position": (7, "it is int; expected a sequence of networkx.DiGraph"),
    "mapping": ({"op": "a"}, "it is dict; expected a sequence of networkx.DiGraph"),
    "three parts": ((EDGE, OPS, OPS), "it is tuple of length 3; expected a sequence of networkx.DiGraph"),
    "one part": ([EDGE], "it is list of length 1; expected a sequence of networkx.DiGraph"),
    "matrix": (np.eye(2), "it is ndarray; expected a sequence of networkx.DiGraph"),
    "batch": (as_batch([(EDGE, OPS)]), "it is ArchitectureBatch; expected a sequence of networkx.DiGraph"),
    # attributes
    "infinite attribute": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [1, np.inf]}),
        "attribute 'x' of node 1 is infinite; give a finite number, or NaN if the node has none",
    ),
    "attribute whose square is infinite": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [1e30, -1.5e60]}),
        "attribute 'x' of node 1 is -1.5e+60, which is too large to compute with; give a number of at most",
    ),
    "attribute of too few nodes": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [1]}),
        "attribute 'x' is int64 of shape (1,); give numbers of shape (2,), NaN where a node has none",
    ),
    "attribute without numbers": (
        Architecture(EDGE, ("a", "b"), attributes={"x": ["1", "2"]}),
        "attribute 'x' is <U1 of shape (2,); give numbers of shape (2,)",
    ),
    "attribute with None": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [1, None]}),
        "attribute 'x' is object of shape (2,); give numbers of shape (2,), NaN where a node has none",
    ),
    "huge attribute": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [1, 10**400]}),
        "attribute 'x' is object of shape (2,); give numbers of shape (2,)",
    ),
    "vectors": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [[1, 2], [3, 4]]}),
        "attribute 'x' is int64 of shape (2, 2); give numbers of shape (2,)",
    ),
    "ragged attribute": (
        Architecture(EDGE, ("a", "b"), attributes={"x": [[1], [1, 2]]}),
        "attribute 'x' is [[1], [1, 2]], not an array",
    ),
    "attributes without names": (
        Architecture(EDGE, ("a", "b"), attributes=[[1, 2]]),
        "attributes must map names to columns of numbers, as {'kernel': [...]}, but got [[1, 2]]",
    ),
    "attribute with a number for a name": (
        Architecture(EDGE, ("a", "b"), attributes={1: [1, 2]}),
        "attributes must be names (str), got 1",
    ),
    "mapping without an operation": (
        (EDGE, [{"op": "a"}, {"kind": "b", "x": 3}]),
        "node 1 has no key 'op' to name its operation; it has 'kind', 'x'",
    ),
    "mapping with a bad operation": (
        (EDGE, [{"op": "a"}, {"op": 1.5}]),
        "node 1 has operation 1.5, a float; use a str or an int",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_message_names_index_problem_and_cure(case: str) -> None:
    """Alone and in the middle of a mixed sequence, where other items surround it."""
    item, message = BROKEN[case]
    for before, after in [(0, 0), (1, 0), (4, 3)]:
        around = [graph(), (EDGE, OPS), Architecture([[0]], ("a",), attributes={"x": [1]}), (EDGE, OPS)]
        X = [*around[:before], item, *around[:after]]
        with pytest.raises(ArchitectureError, match=re.escape(f"architecture {before}: {message}")) as caught:
            as_batch(X)
        assert caught.value.index == before
        assert str(caught.value) == f"architecture {before}: {caught.value.problem}"


ONE_GRAPH = "expected a sequence of architectures, got one graph; wrap it: [graph]"
ONE_PAIR = "expected a sequence of architectures, got one (adjacency, ops); wrap it: [(adjacency, ops)]"
NOTHING = "Found array with 0 sample(s): there are no architectures, while a minimum of 1 is required"
WANTED = (
    "expected a sequence of networkx.DiGraph, (adjacency, ops) pairs, Architecture objects or texts of "
    "benchmarks that cannot be mistaken, or an ArchitectureBatch, got "
)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (graph(), ONE_GRAPH),
        (graph(kind=nx.MultiDiGraph), ONE_GRAPH),
        (graph(kind=nx.Graph), ONE_GRAPH),
        (nx.DiGraph(), ONE_GRAPH),
        (Architecture(EDGE, ("a", "b")), "got one architecture; wrap it: [architecture]"),
        ((EDGE, OPS), ONE_PAIR),
        ([EDGE, OPS], ONE_PAIR),
        ([np.array(EDGE), OPS], ONE_PAIR),
        ((np.array(EDGE), np.array([0, 1])), ONE_PAIR),
        ((scipy.sparse.csr_array(EDGE), tuple(OPS)), ONE_PAIR),
        (([[0]], ["a"]), ONE_PAIR),
        ([], NOTHING),
        ((), NOTHING),
        (np.array([], dtype=object), NOTHING),
        (np.zeros((0, 1)), NOTHING),
        (pd.Series([], dtype=object), NOTHING),
        (as_batch([(EDGE, OPS)])[:0], NOTHING),
        (None, f"{WANTED}NoneType"),
        (3, f"{WANTED}int"),
        ("cells", f"{WANTED}str"),
        (b"cells", f"{WANTED}bytes"),
        ({0: graph()}, f"{WANTED}dict"),
        ({graph()}, f"{WANTED}set"),
        (ArchitectureBatch, f"{WANTED}type"),
        (scipy.sparse.eye_array(3), f"{WANTED}dia_array"),
        (scipy.sparse.csr_matrix(np.ones((3, 1))), f"{WANTED}csr_matrix"),
        (scipy.sparse.coo_array(np.ones(3)), f"{WANTED}coo_array"),
        (iter([graph()]), f"{WANTED}list_iterator, which can be read only once; give a list"),
        ((one for one in [graph()]), f"{WANTED}generator, which can be read only once; give a list"),
        (map(graph, []), f"{WANTED}map, which can be read only once; give a list"),
        (
            np.ones((3, 2)),
            f"{WANTED}ndarray with 2 dimensions; give a DataFrame with names of columns: one column",
        ),
        (np.ones((3, 2, 2)), f"{WANTED}ndarray with 3 dimensions; stacked arrays become a batch"),
        (np.array(1), f"{WANTED}ndarray with 0 dimensions"),
        (torch.ones(3, 1), f"{WANTED}Tensor with 2 dimensions"),
        (pd.DataFrame({"a": [1], "b": [2]}), f"{WANTED}DataFrame with 2 dimensions"),
        (np.ones((3, 1)), "architecture 0: it is float"),
        (np.ones(3), "architecture 0: it is float64; expected a sequence"),
        (range(3), "architecture 0: it is int; expected a sequence"),
        ([[0.5, 1.5], [2.5, 3.5]], "architecture 0: its adjacency has shape (); it must be square"),
        ([[0.5], [1, 2, 3]], "architecture 0: it is list of length 1; expected a sequence"),
        ([[graph(), graph()]], "architecture 0: its adjacency is a graph; give the graph alone"),
        ([[graph()]], "architecture 0: it is list of length 1; expected a sequence"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_sequence_of_architectures(X: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        as_batch(X)


@pytest.mark.parametrize("make", [list, tuple])
def test_two_pairs_are_not_taken_for_one(make: Any) -> None:
    for one in [
        (EDGE, OPS),
        [EDGE, OPS],
        (np.array(EDGE), OPS),
        ([[0]], ["a"]),
        (scipy.sparse.csr_array(EDGE), OPS),
    ]:
        assert len(as_batch(make([one, one]))) == 2


def test_the_first_broken_architecture_of_a_form_is_named() -> None:
    with pytest.raises(ArchitectureError, match="architecture 2: adjacency entry"):
        as_batch([graph(), (EDGE, OPS), ([[0, 3], [0, 0]], OPS), graph(), ([[0, 4], [0, 0]], OPS)])
    with pytest.raises(CyclicArchitectureError, match="architecture 3: node 'u' has an edge to itself"):
        as_batch([graph(), (EDGE, OPS), (EDGE, OPS), graph(("u", "u")), graph(("v", "v"))])


def test_the_cycle_of_a_big_graph_is_named_exactly() -> None:
    chain = nx.path_graph(500, create_using=nx.DiGraph)
    nx.set_node_attributes(chain, "conv", "op")
    chain.add_edge(301, 299)
    with pytest.raises(CyclicArchitectureError, match="it has a cycle, 299 -> 300 -> 301 -> 299;"):
        as_batch([chain])


def test_kinds_of_error() -> None:
    assert issubclass(ArchitectureError, ValueError)
    with pytest.raises(CyclicArchitectureError):
        as_batch([([[1]], ["a"]), graph()])  # kept through a mixed sequence
    for kind in (ArchitectureError, CyclicArchitectureError, UnknownOperationError):
        again = pickle.loads(pickle.dumps(kind("it is wrong; mend it", 3)))
        assert (type(again), str(again)) == (kind, "architecture 3: it is wrong; mend it")
        assert (again.index, again.problem) == (3, "it is wrong; mend it")
        assert str(kind("nothing to blame")) == "nothing to blame"


# ------------------------------------------------------------------ the constructor


GOOD: dict[str, Any] = {
    "ops": [0, 1, 0],
    "edges": [[0], [1]],
    "node_ptr": [0, 2, 3],
    "edge_ptr": [0, 1, 1],
    "vocabulary": ["a", "b"],
}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("ops", [0, 1], r"ops has shape \(2,\) where \(3,\) is needed"),
        ("ops", [[0, 1, 0]], r"ops must have shape \(n_nodes,\), got \(1, 3\)"),
        ("ops", [0.0, 1.0, 0.0], "ops must be integers, got float64"),
        ("ops", ["a", "b", "a"], "ops must be integers, got <U1"),
        ("ops", [0, 1, 2], r"architecture 1: operation code 2 is not in 0 \.\. 1"),
        ("ops", [0, -1, 0], r"architecture 0: operation code -1 is not in 0 \.\. 1"),
        ("ops", [0, 1, 2**32], "ops must fit 32 bits, got 0 to 4294967296"),
        ("ops", [[0], [1, 0]], "ops is not an array .* give rows of equal length"),
        ("edges", [[0, 1]], r"edges must have shape \(2, n_edges\), got \(1, 2\)"),
        ("edges", [0, 1], r"edges must have shape \(2, n_edges\), got \(2,\)"),
        ("edges", [[0, 1], [0, 1], [0, 1]], r"edges must have shape \(2, n_edges\), got \(3, 2\)"),
        ("edges", [[0, 0], [1, 1]], r"edges has shape \(2, 2\) where \(2, 1\) is needed"),
        ("edges", [[0], [2]], r"architecture 0: edge \(0, 2\) leaves its 2 nodes"),
        ("edges", [[-1], [1]], r"architecture 0: edge \(-1, 1\) leaves its 2 nodes"),
        ("edges", [[2**32], [1]], "edges must fit 32 bits, got 1 to 4294967296"),
        ("edges", [[0.0], [1.0]], "edges must be integers, got float64"),
        ("edges", [[1], [1]], "architecture 0: node 1 has an edge to itself"),
        ("node_ptr", [1, 2, 3], "node_ptr must be a one-dimensional integer array that starts with 0"),
        ("node_ptr", [], "node_ptr must be a one-dimensional integer array that starts with 0"),
        ("node_ptr", [[0, 3]], "node_ptr must be a one-dimensional integer array that starts with 0"),
        ("node_ptr", [0.0, 2.0, 3.0], "node_ptr must be a one-dimensional integer array that starts with 0"),
        ("node_ptr", [0, 4, 3], "node_ptr must not decrease"),
        ("node_ptr", np.array([0, 4, 3], dtype=np.uint64), "node_ptr must not decrease"),
        ("node_ptr", [0, 3, 3], "architecture 1: it has no nodes; give it at least one node or leave it out"),
        ("node_ptr", [0, 2, 4], r"ops has shape \(3,\) where \(4,\) is needed"),
        ("edge_ptr", [0, 1], r"edge_ptr has shape \(2,\) where \(3,\) is needed"),
        ("edge_ptr", [0, 2, 1], "edge_ptr must not decrease"),
        ("edge_ptr", [0, 0, 1], r"architecture 1: edge \(0, 1\) leaves its 1 nodes"),
        ("vocabulary", ["a", "a"], "vocabulary names an operation twice"),
        ("vocabulary", [1, "1"], "vocabulary names an operation twice"),
        ("vocabulary", "ab", "vocabulary must be a sequence of operations, got 'ab'"),
        ("vocabulary", ["a", None], "operation None, a NoneType; use a str or an int"),
        (
            "multiplicity",
            [0],
            r"architecture 0: edge \(0, 1\) has multiplicity 0; it must be positive and finite",
        ),
        ("multiplicity", [-2], r"architecture 0: edge \(0, 1\) has multiplicity -2"),
        ("multiplicity", [np.inf], r"architecture 0: edge \(0, 1\) has multiplicity inf"),
        ("multiplicity", [1, 1], r"multiplicity has shape \(2,\) where \(1,\) is needed"),
        ("multiplicity", ["2"], "multiplicity must be float64, got <U1"),
        (
            "attributes",
            {"x": [1, 2]},
            r"attribute 'x' is int64 of shape \(2,\); give numbers of shape \(3,\)",
        ),
        ("attributes", {"x": [[1, 2, 3]]}, r"attribute 'x' is int64 of shape \(1, 3\); give numbers of"),
        (
            "attributes",
            {"x": [1, 2, -np.inf]},
            "architecture 1: attribute 'x' of node 0 is infinite; give a fin",
        ),
        ("attributes", {"x": [1, 2, None]}, "attribute 'x' is object of shape"),
        ("attributes", {"x": [1, 2, 3j]}, "attribute 'x' is complex128 of shape"),
        ("attributes", {"x" * 999: [1]}, r"^attribute 'x{55} \.\.\. is int64 of shape"),
        ("attributes", {b"x": [1, 2, 3]}, r"attributes must be names \(str\), got b'x'"),
        ("attributes", [1, 2, 3], r"attributes must map names to columns .* but got \[1, 2, 3\]"),
        ("attributes", "x", "attributes must map names to columns .* but got 'x'"),
        ("names", ["first"], r"names has shape \(1,\) where \(2,\) is needed"),
        ("names", [1, 2], "names must be str, got int64"),
    ],
)
def test_columns_are_checked(column: str, value: Any, message: str) -> None:
    assert len(ArchitectureBatch(**GOOD)) == 2
    with pytest.raises(ArchitectureError, match=message):
        ArchitectureBatch(**(GOOD | {column: value}))


def test_an_edge_is_listed_once() -> None:
    columns = GOOD | {"edges": [[0, 0], [1, 1]], "edge_ptr": [0, 2, 2]}
    with pytest.raises(
        ArchitectureError, match=r"architecture 0: edge \(0, 1\) is listed twice; list it once with mult"
    ):
        ArchitectureBatch(**columns)


@pytest.mark.parametrize(
    ("adjacency", "ops", "message"),
    [
        (EDGE, [0, 1], r"ops must be an integer array of shape \(n, n_nodes\), got int64 of shape \(2,\)"),
        (EDGE, [["a", "b"]], r"ops must be an integer array of shape \(n, n_nodes\), got <U1"),
        (EDGE, [[0, 1], [0]], "ops is not an array"),
        ([[0, 1], [0]], [[0, 1]], "adjacency is not an array"),
        (
            [[0]],
            [[0, 1]],
            r"adjacency must have shape \(2, 2\) or \(1, 2, 2\) to go with ops of shape \(1, 2\)",
        ),
        ([[0, 2], [0, 0]], [[0, 1]], r"^adjacency entry \(0, 1\) is 2; entries must be 0 or 1"),
        ([EDGE, [[0, np.nan], [0, 0]]], [[0, 1]] * 2, r"architecture 1: adjacency entry \(0, 1\) is nan"),
        ([["0", "1"], ["0", "0"]], [[0, 1]], "adjacency holds <U1, not numbers; entries must be 0 or 1"),
        (
            [EDGE, EDGE],
            [[0, 1], [0, -1]],
            "architecture 1: an edge touches padding; give every node an operation",
        ),
        ([EDGE, EDGE], [[0, 1], [-1, 0]], r"architecture 1: padding \(-1\) must come after the last node"),
        (
            [EDGE, EDGE],
            [[0, 1], [0, -2]],
            "architecture 1: an operation code is less than -1, which marks padding",
        ),
        ([EDGE, EDGE], [[0, 1], [0, 2]], r"architecture 1: operation code 2 is not in 0 \.\. 1"),
        ([EDGE, [[0, 0], [1, 1]]], [[0, 1], [0, 1]], "architecture 1: node 1 has an edge to itself"),
        ([EDGE, [[0, 0], [0, 0]]], [[0, 1], [-1, -1]], "architecture 1: it has no nodes"),
    ],
)
def test_stacked_arrays_are_checked(adjacency: Any, ops: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        ArchitectureBatch.from_arrays(adjacency, ops, ["a", "b"])


def test_names_of_operations_are_checked() -> None:
    assert op_name("skip") == "skip"
    assert op_name(np.int8(3)) == "3"
    assert op_names(["skip", 3]) == {"skip", "3"}
    with pytest.raises(ArchitectureError, match="there is operation None, a NoneType; use a str or an int"):
        op_name(None)
    for one in ("none", 3):
        with pytest.raises(
            ArchitectureError, match=rf"expected a list of operations, got {one!r}; wrap it: \[{one!r}\]"
        ):
            op_names(one)  # type: ignore[arg-type]
