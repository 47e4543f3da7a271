"""as_batch: every accepted form is read right, and alike."""

from __future__ import annotations

import copy
import enum
from collections import UserList, deque
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer

from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError, as_batch
from tests.strategies import dags

MATRIX = np.array([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
NAMES = ["input", "conv3x3", "skip", "output"]
EXPECTED = ArchitectureBatch(
    [0, 1, 2, 3], [[0, 0, 1, 2], [1, 2, 3, 3]], [0, 4], [0, 4], ["input", "conv3x3", "skip", "output"]
)

SPARSE = ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"]


def graph_of(adjacency: Any, ops: Any, labels: Any = None, kind: Any = nx.DiGraph) -> Any:
    graph = kind()
    labels = list(range(len(ops))) if labels is None else labels
    graph.add_nodes_from((label, {"op": op}) for label, op in zip(labels, ops, strict=True))
    graph.add_edges_from((labels[i], labels[j]) for i, j in np.argwhere(adjacency).tolist())
    return graph


# ------------------------------------------------------------------ forms of a pair


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint64, int, np.float16, float, np.longdouble])
def test_dtypes_of_an_adjacency(dtype: Any) -> None:
    batch = as_batch([(MATRIX.astype(dtype), NAMES)])
    assert batch == EXPECTED
    assert batch.multiplicity is None


@pytest.mark.parametrize(
    "adjacency",
    [
        MATRIX.tolist(),
        tuple(map(tuple, MATRIX.tolist())),
        list(MATRIX),
        MATRIX.astype(bool).tolist(),
        MATRIX.astype(float).tolist(),
        np.asfortranarray(MATRIX),
        np.repeat(np.repeat(MATRIX, 2, 0), 2, 1)[::2, ::2],
        MATRIX.view(np.matrix),
        np.ma.masked_array(MATRIX),
        pd.DataFrame(MATRIX),
        torch.tensor(MATRIX),
    ],
    ids=lambda adjacency: type(adjacency).__name__,
)
def test_forms_of_an_adjacency(adjacency: Any) -> None:
    assert as_batch([(adjacency, NAMES)]) == EXPECTED
    assert as_batch([[adjacency, NAMES], Architecture(adjacency, tuple(NAMES))]) == EXPECTED[[0, 0]]


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("layout", SPARSE)
@pytest.mark.parametrize("dtype", [bool, np.int8, float])
def test_sparse_adjacencies(layout: str, kind: str, dtype: Any) -> None:
    sparse = getattr(scipy.sparse, f"{layout}_{kind}")(MATRIX.astype(dtype))
    assert as_batch([(sparse, NAMES), (MATRIX, NAMES), (sparse, NAMES)]) == EXPECTED[[0, 0, 0]]


def test_sparse_matrices_with_explicit_zeros_and_entries_in_any_order() -> None:
    source, target = np.array([2, 0, 1, 0, 3]), np.array([3, 2, 3, 1, 0])
    sparse = scipy.sparse.coo_array((np.array([1, 1, 1, 1, 0]), (source, target)), shape=(4, 4))
    assert as_batch([(sparse, NAMES), (sparse.tocsr(), NAMES)]) == EXPECTED[[0, 0]]


def test_reading_leaves_a_sparse_matrix_as_it_is() -> None:
    parts = scipy.sparse.coo_matrix((np.array([0.5, 0.5]), ([0, 0], [1, 1])), shape=(2, 2))
    assert as_batch([(parts, ["a", "b"])]) == as_batch([([[0, 1], [0, 0]], ["a", "b"])])  # 0.5 twice is 1
    assert parts.nnz == 2
    assert not parts.has_canonical_format


class Net(torch.nn.Module):
    """A network that is no architecture."""


@pytest.mark.parametrize("X", [Net(), [Net()], torch.nn.Sequential(Net()), [torch.nn.Sequential(Net())]])
def test_torch_modules_are_read_by_from_torch(X: object) -> None:
    with pytest.raises(ArchitectureError, match=r"; fgp_sklearn\.architectures\.from_torch reads torch mod"):
        as_batch(X)


@pytest.mark.parametrize("X", [3, [3, 1], np.array([3, 1])])
def test_positions_are_no_architectures(X: object) -> None:
    with pytest.raises(ArchitectureError, match=r"a position in a sequence X of architectures, give X\[\["):
        as_batch(X)


@pytest.mark.parametrize("make", [list, tuple, np.array, pd.Series, pd.Index, deque, UserList], ids=repr)
def test_forms_of_operations(make: Any) -> None:
    assert as_batch([(MATRIX, make(NAMES)), Architecture(MATRIX, make(NAMES))]) == EXPECTED[[0, 0]]


@pytest.mark.parametrize(
    "ops", [[3, 0, 12, 0], np.array([3, 0, 12, 0], dtype=np.int16), torch.tensor([3, 0, 12, 0])], ids=repr
)
def test_integers_are_named_by_their_digits(ops: Any) -> None:
    batch = as_batch([(MATRIX, ops), graph_of(MATRIX, list(map(int, ops)))])
    assert [one.ops for one in batch] == [("3", "0", "12", "0")] * 2
    assert batch.vocabulary == ("0", "12", "3")
    assert as_batch([([[0]], [-(2**80)])])[0].ops == (str(-(2**80)),)


def test_members_of_enumerations_are_named_by_their_value() -> None:
    class Op(str, enum.Enum):  # noqa: UP042 - unlike members of a StrEnum, these print as Op.CONV
        CONV = "conv"

    class Code(enum.IntEnum):
        CONV = 3

    for ops in ([Op.CONV, "conv"], ["conv", Op.CONV], [np.str_("conv"), "conv"]):
        assert as_batch([([[0, 1], [0, 0]], ops)])[0].ops == ("conv", "conv")
    assert as_batch([([[0]], [Code.CONV])])[0].ops == ("3",)
    assert {type(op) for op in as_batch([([[0]], [Op.CONV])]).vocabulary} == {str}


def test_entries_of_an_architecture_count_parallel_edges() -> None:
    batch = as_batch([([[0, 1], [0, 0]], ["a", "b"]), Architecture([[0, 3], [0, 0]], ("a", "b"))])
    assert batch.multiplicity is not None
    assert batch.multiplicity.tolist() == [1, 3]
    assert batch[1].adjacency.tolist() == [[0, 3], [0, 0]]


# ------------------------------------------------------------------ graphs


@given(dags(max_nodes=8), st.randoms(use_true_random=False))
def test_graphs_keep_the_order_of_their_nodes_whatever_their_labels(dag: Any, random: Any) -> None:
    adjacency, ops = dag
    labels = [*range(20, 25), *"zyxwv", (0, 1), (1, 0), frozenset({1}), 2.5, -1, "", "0", 0]
    random.shuffle(labels)
    graph = graph_of(adjacency, ops, labels[: len(ops)])
    assert as_batch([graph]) == as_batch([(adjacency, ops)])
    assert as_batch([graph])[0].ops == tuple(ops)


def test_kinds_of_graph() -> None:
    graph = graph_of(MATRIX, NAMES, "stop")
    multi = graph_of(MATRIX, NAMES, "stop", nx.MultiDiGraph)
    bigger = graph.copy()
    bigger.add_edge("p", "another")

    class Cell(nx.DiGraph):
        pass

    forms = [graph, nx.freeze(graph.copy()), multi, Cell(graph), bigger.subgraph(graph)]
    forms += [graph.copy(as_view=True), graph.reverse().reverse(copy=False)]
    assert as_batch(forms) == EXPECTED[[0] * len(forms)]


def test_parallel_edges_of_graphs_are_counted() -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from([(0, {"op": "a"}), (1, {"op": "b"}), (2, {"op": "c"})])
    graph.add_edge(0, 1, multiplicity=3)
    graph.add_edge(1, 2, weight=1, colour="red")
    multi = nx.MultiDiGraph(graph)
    multi.add_edge(0, 1)
    multi.add_edge(1, 2, multiplicity=np.int64(4))
    batch = as_batch([graph, multi])
    assert batch.multiplicity is not None
    assert batch.multiplicity.tolist() == [3, 1, 4, 5]


TWICE = np.array([[0, 2], [0, 0]])
PAIR_OF_OPS = ("a", "b")


def weighted(kind: Any, **how: Any) -> Any:
    """What networkx makes of a matrix with an entry 2."""
    graph = nx.from_numpy_array(TWICE, create_using=kind, **how)
    nx.set_node_attributes(graph, dict(enumerate(PAIR_OF_OPS)), "op")
    return graph


def weighted_sparse() -> Any:
    graph = nx.from_scipy_sparse_array(scipy.sparse.csr_array(TWICE), create_using=nx.DiGraph)
    nx.set_node_attributes(graph, dict(enumerate(PAIR_OF_OPS)), "op")
    return graph


READ = {
    "Architecture": lambda: as_batch([Architecture(TWICE, PAIR_OF_OPS)]),
    "nested": lambda: as_batch([Architecture(TWICE.tolist(), PAIR_OF_OPS)]),
    "sparse": lambda: as_batch([Architecture(scipy.sparse.csr_array(TWICE), PAIR_OF_OPS)]),
    "tensor": lambda: as_batch([Architecture(torch.tensor(TWICE), PAIR_OF_OPS)]),
    "multiplicity": lambda: as_batch([weighted(nx.DiGraph, edge_attr="multiplicity")]),
    "multigraph": lambda: as_batch([weighted(nx.MultiDiGraph, parallel_edges=True)]),
    "columns": lambda: ArchitectureBatch([0, 1], [[0], [1]], [0, 2], [0, 1], PAIR_OF_OPS, multiplicity=[2]),
    "its own graphs": lambda: as_batch(READ["columns"]().to_networkx()),
    "its own architectures": lambda: as_batch(list(READ["columns"]())),
}
REFUSED = {
    "matrix": lambda: as_batch([(TWICE, PAIR_OF_OPS)]),
    "nested": lambda: as_batch([(TWICE.tolist(), PAIR_OF_OPS)]),
    "sparse": lambda: as_batch([(scipy.sparse.csr_array(TWICE), PAIR_OF_OPS)]),
    "tensor": lambda: as_batch([(torch.tensor(TWICE), PAIR_OF_OPS)]),
    "weights": lambda: as_batch([weighted(nx.DiGraph)]),
    "weights of a sparse matrix": lambda: as_batch([weighted_sparse()]),
    "weights in a multigraph": lambda: as_batch([weighted(nx.MultiDiGraph)]),
    "stacked": lambda: ArchitectureBatch.from_arrays(TWICE, [[0, 1]], PAIR_OF_OPS),
    "listed twice": lambda: ArchitectureBatch([0, 1], [[0, 0], [1, 1]], [0, 2], [0, 2], PAIR_OF_OPS),
}


@pytest.mark.parametrize("form", READ)
def test_parallel_edges_are_read(form: str) -> None:
    multiplicity = READ[form]().multiplicity
    assert multiplicity is not None
    assert multiplicity.tolist() == [2]


@pytest.mark.parametrize("form", REFUSED)
def test_parallel_edges_that_are_not_read_are_refused(form: str) -> None:
    with pytest.raises(ArchitectureError, match=r"Architecture|multiplicity"):
        REFUSED[form]()


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32, float])
def test_weights_of_single_edges_are_no_harm(kind: Any, dtype: Any) -> None:
    graph = nx.from_numpy_array(MATRIX.astype(dtype), create_using=kind)
    nx.set_node_attributes(graph, dict(enumerate(NAMES)), "op")
    assert as_batch([graph]) == EXPECTED
    assert as_batch([graph]).multiplicity is None


def test_other_weights_do_no_harm_beside_a_multiplicity() -> None:
    graph = graph_of(MATRIX, NAMES)
    nx.set_edge_attributes(graph, {edge: {"multiplicity": 1, "weight": 0.3} for edge in graph.edges})
    assert as_batch([graph]) == EXPECTED


def test_attributes_have_names() -> None:
    graph = graph_of(MATRIX, NAMES)
    for node, attributes in graph.nodes(data=True):
        attributes[("kind", 1)] = attributes.pop("op")
        attributes["channels"] = node + 0.5
    batch = as_batch([graph, graph], op_attr=("kind", 1), attributes=["channels"])
    np.testing.assert_array_equal(batch.attributes["channels"], [0.5, 1.5, 2.5, 3.5] * 2)
    assert batch[:1].recode(EXPECTED.vocabulary)[0].ops == EXPECTED[0].ops


def test_names_of_graphs_and_architectures_are_kept() -> None:
    graph = graph_of(MATRIX, NAMES)
    graph.graph["name"] = "first"
    batch = as_batch([(MATRIX, NAMES), graph, Architecture(MATRIX, tuple(NAMES), name="second, longer")])
    assert [one.name for one in batch] == ["", "first", "second, longer"]
    assert as_batch([(MATRIX, NAMES)]).names is None


def test_input_is_not_changed() -> None:
    graph = graph_of(MATRIX, NAMES, "stop")
    X = [graph, (MATRIX.tolist(), list(NAMES)), (scipy.sparse.csr_array(MATRIX), tuple(NAMES))]
    before = copy.deepcopy(X)
    as_batch(X)
    assert nx.utils.graphs_equal(X[0], before[0])
    assert list(X[0]) == list(before[0])
    assert X[1] == before[1]
    np.testing.assert_array_equal(X[2][0].toarray(), before[2][0].toarray())  # type: ignore[union-attr]


# ------------------------------------------------------------------ sequences


def in_a_form(adjacency: Any, ops: Any, form: str) -> Any:
    if form == "graph":
        return graph_of(adjacency, ops, [f"{(7 * i) % 10}{i}" for i in range(len(ops))])
    if form == "multigraph":
        return graph_of(adjacency, ops, kind=nx.MultiDiGraph)
    if form == "architecture":
        return Architecture(adjacency, tuple(ops))
    if form == "nested":
        return [adjacency.tolist(), tuple(ops)]
    return (adjacency, ops) if form == "dense" else (getattr(scipy.sparse, form)(adjacency), np.array(ops))


FORMS = ["graph", "multigraph", "architecture", "nested", "dense", "csr_array", "coo_matrix"]


@given(
    st.lists(
        st.tuples(dags(max_nodes=6), st.sampled_from(FORMS), st.sampled_from(FORMS)), min_size=1, max_size=6
    )
)
def test_mixed_forms_agree_and_keep_their_order(drawn: Any) -> None:
    first = as_batch([in_a_form(*dag, form) for dag, form, _ in drawn])
    second = as_batch([in_a_form(*dag, form) for dag, _, form in drawn])
    assert first == second
    assert (
        first.vocabulary == second.vocabulary == tuple(sorted({op for (_, ops), *_ in drawn for op in ops}))
    )
    for one, ((adjacency, ops), *_) in zip(first, drawn, strict=True):
        np.testing.assert_array_equal(one.adjacency, adjacency)
        assert one.ops == tuple(ops)


def test_many_dense_matrices_of_many_sizes_are_read_in_pieces() -> None:
    rng = np.random.default_rng(0)
    sizes = [700, 3, 800, 1, 900, 2, 50]  # more entries than are read at once
    matrices = [np.triu(rng.random((n, n)) < 3 / n, 1) for n in sizes]
    batch = as_batch([(matrix, [0] * len(matrix)) for matrix in matrices])
    for one, matrix in zip(batch, matrices, strict=True):
        np.testing.assert_array_equal(one.adjacency, matrix)


def object_column(items: list[Any]) -> Any:
    column = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        column[i] = item
    return column


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        deque,
        UserList,
        object_column,
        lambda items: object_column(items)[:, None],
        lambda items: pd.Series(object_column(items), index=range(7, 7 + len(items))),
        lambda items: pd.DataFrame({"cell": object_column(items)}),
        lambda items: dict(enumerate(items)).values(),
    ],
    ids=["list", "tuple", "deque", "UserList", "array", "column", "Series", "DataFrame", "values"],
)
@pytest.mark.parametrize("form", ["graph", "dense", "nested", "csr_array", "architecture"])
def test_kinds_of_sequence(make: Any, form: str) -> None:
    for n in (1, 2, 3):
        X = make([in_a_form(MATRIX, NAMES, form) for _ in range(n)])
        assert as_batch(X) == EXPECTED[[0] * n]


def test_a_column_transformer_hands_over_graphs_beside_numbers() -> None:
    graphs = [graph_of(MATRIX, NAMES), graph_of([[0]], ["a"])]
    frame = pd.DataFrame({"cell": graphs, "flops": [1.0, 2.0]})

    def sizes(X: Any) -> Any:
        return as_batch(X).n_nodes[:, None]

    transformer = ColumnTransformer(
        [("cell", FunctionTransformer(sizes), ["cell"]), ("flops", "passthrough", ["flops"])]
    )
    np.testing.assert_array_equal(transformer.fit_transform(frame), [[4, 1], [1, 2]])


def test_a_batch_is_returned_as_it_is() -> None:
    assert as_batch(EXPECTED) is EXPECTED


def test_graphs_of_equal_size_stay_graphs() -> None:
    # np.array(graphs) would be a matrix of node labels, here one that looks like operations
    graphs = [graph_of(MATRIX, NAMES) for _ in range(4)]
    batch = as_batch(graphs)
    assert batch.shape == (4,)
    assert batch == EXPECTED[[0] * 4]
    assert all(
        column.dtype != object for column in batch.columns().values() if isinstance(column, np.ndarray)
    )
