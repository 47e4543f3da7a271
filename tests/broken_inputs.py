"""Sequences of architectures broken in every way we could think of, and a slow reader to judge them.

``broken_sequences()`` draws ``(X, is_harmless)``. Whether a mutation did harm is decided by
`read_slowly`, which shares no code with the library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import scipy.sparse
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fgp_sklearn.architectures import Architecture, ArchitectureBatch
from tests.strategies import OPS, dags

Reading = tuple[tuple[str, ...], dict[tuple[int, int], float], Any]

# ------------------------------------------------------------------ the slow reader


def read_slowly(X: Any) -> list[Reading] | None:
    """Operations, counted edges and attributes of every architecture; None if anything is wrong."""
    if isinstance(X, ArchitectureBatch):
        X = list(X)
    if isinstance(X, pd.DataFrame):
        X = X.iloc[:, 0].tolist() if X.shape[1] == 1 else None
    elif isinstance(X, pd.Series):
        X = X.tolist()
    elif isinstance(X, np.ndarray):
        X = list(X) if X.ndim == 1 else list(X[:, 0]) if X.ndim == 2 and X.shape[1] == 1 else None
    if not isinstance(X, (list, tuple)) or not X:
        return None
    readings = [read_item(item) for item in X]
    read = [reading for reading in readings if reading is not None]
    return read if len(read) == len(X) else None


def read_item(item: Any) -> Reading | None:
    """Read one architecture; None if it is malformed."""
    if isinstance(item, nx.Graph):
        reading = _read_graph(item)
    elif isinstance(item, Architecture):
        reading = _read_pair(item.adjacency, item.ops, item.attributes, counts=True)
    elif isinstance(item, (list, tuple)) and len(item) == 2:
        reading = _read_pair(*item, None, counts=False)
    else:
        return None
    return reading if reading is not None and _is_acyclic(len(reading[0]), set(reading[1])) else None


def _read_graph(graph: Any) -> Reading | None:
    if not graph.is_directed() or not len(graph):
        return None
    order = list(graph)
    ops = [_op(graph.nodes[node].get("op")) for node in order]
    edges: dict[tuple[int, int], float] = {}
    for u, v, attributes in graph.edges(data=True):
        count = attributes.get("multiplicity", 1)
        if not _is_count(count):
            return None
        key = order.index(u), order.index(v)
        edges[key] = edges.get(key, 0) + float(count)
    return None if None in ops else (tuple(map(str, ops)), edges, None)


def _read_pair(adjacency: Any, ops: Any, attributes: Any, *, counts: bool) -> Reading | None:
    rows = _rows(adjacency)
    op_list = ops.tolist() if isinstance(ops, np.ndarray) else ops
    if rows is None or not isinstance(op_list, (list, tuple, range)) or not rows:
        return None
    names = [_op(op.get("op") if isinstance(op, dict) and not counts else op) for op in op_list]
    if len(names) != len(rows) or any(len(row) != len(rows) for row in rows) or None in names:
        return None
    edges = {}
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            if not isinstance(entry, (bool, np.bool_, Real)):
                return None
            if entry != 0:
                if not (_is_count(entry) if counts else entry == 1):
                    return None
                edges[i, j] = float(entry)
    if attributes is not None and not _are_attributes(attributes, len(rows)):
        return None
    return tuple(map(str, names)), edges, attributes


def _are_attributes(attributes: Any, n_nodes: int) -> bool:
    return isinstance(attributes, dict) and all(
        isinstance(name, str) and _is_column(column, n_nodes) for name, column in attributes.items()
    )


def _is_column(column: Any, n_nodes: int) -> bool:
    """Whether these are `n_nodes` numbers, none of them infinite or too large for a float."""
    if isinstance(column, np.ndarray):
        column = column.tolist() if column.ndim == 1 and column.dtype.kind in "biuf" else None
    if not isinstance(column, (list, tuple)) or len(column) != n_nodes:
        return False
    if not all(
        isinstance(x, (bool, int, float, np.generic)) and isinstance(x, (Real, np.bool_)) for x in column
    ):
        return False
    integers = all(isinstance(x, (bool, int)) for x in column)
    fits = not integers or all(-(2**63) <= x < 2**64 for x in column)
    return fits and not any(abs(x) > 1.7e308 for x in column)


def _rows(matrix: Any) -> list[list[Any]] | None:
    if scipy.sparse.issparse(matrix):
        matrix = matrix.toarray()
    if np.ma.is_masked(matrix):
        return None
    if isinstance(matrix, np.ndarray):
        return matrix.tolist() if matrix.ndim == 2 and matrix.dtype.kind in "biuf" else None
    if not isinstance(matrix, (list, tuple)):
        return None
    rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in matrix]
    return [list(row) for row in rows] if all(isinstance(row, (list, tuple)) for row in rows) else None


def _op(op: Any) -> str | None:
    if isinstance(op, str):
        return op
    if isinstance(op, (int, np.integer)) and not isinstance(op, bool) and abs(int(op)) < 2**1024:
        return str(int(op))
    return None


def _is_count(count: Any) -> bool:
    return isinstance(count, (np.bool_, Real)) and 0 < count < 1e300 and math.isfinite(count)


def _is_acyclic(n_nodes: int, edges: set[tuple[int, int]]) -> bool:
    left = set(range(n_nodes))
    while left:
        free = {node for node in left if not any(v == node and u in left for u, v in edges)}
        if not free:
            return False
        left -= free
    return True


# ------------------------------------------------------------------ valid items, in every form


@st.composite
def items(draw: st.DrawFn) -> Any:
    """One valid architecture in any accepted form."""
    adjacency, ops = draw(dags(max_nodes=5))
    form = draw(st.sampled_from(["graph", "pair", "nested", "sparse", "architecture", "multigraph"]))
    if form == "pair":
        dtype = draw(st.sampled_from([np.int8, bool, np.float32, np.int64, np.uint8]))
        return adjacency.astype(dtype), draw(st.sampled_from([list, tuple, np.array]))(ops)
    if form == "nested":
        return draw(st.sampled_from([list, tuple]))([adjacency.tolist(), [OPS.index(op) for op in ops]])
    if form == "sparse":
        kind = draw(st.sampled_from(["csr_array", "coo_matrix", "csc_matrix", "coo_array", "lil_matrix"]))
        return getattr(scipy.sparse, kind)(adjacency), ops
    if form == "architecture":
        return Architecture(adjacency * draw(st.sampled_from([1, 2])), tuple(ops))
    return as_graph(adjacency, ops, multigraph=form == "multigraph", label=draw(st.sampled_from("ab")))


def as_graph(adjacency: Any, ops: Any, *, multigraph: bool = False, label: str = "") -> Any:
    """NetworkX graph; a label makes its nodes strings that do not sort by position."""
    graph: Any = nx.MultiDiGraph() if multigraph else nx.DiGraph()
    names = [f"{label}{(i * 7) % 10}{i}" if label else i for i in range(len(ops))]
    graph.add_nodes_from((name, {"op": op}) for name, op in zip(names, ops, strict=True))
    graph.add_edges_from((names[i], names[j]) for i, j in np.argwhere(adjacency).tolist())
    return graph


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 1, 0, 10**4000, -(10**400), 2**63, 2**70]),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.sampled_from(OPS),
    st.builds(object),
)
ARRAYS = hnp.arrays(
    st.sampled_from([np.int8, np.int64, np.float64, np.bool_, np.complex128, "U2", "S2"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
JUNK = st.recursive(
    st.one_of(SCALARS, ARRAYS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
        st.sets(st.integers(), max_size=2),
    ),
    max_leaves=8,
)
BAD_ENTRIES = [2, -1, math.nan, math.inf, -math.inf, 0.5, "1", "", None, 10**400, [1], 1j, 1e-300, b"1"]
BAD_OPS = [None, 1.5, True, [], {}, {"conv": 1}, b"x", math.nan, 10**4000, ("a",), np.array([0, 1]), object()]
BAD_COUNTS = [
    0,
    -1,
    math.nan,
    math.inf,
    None,
    "",
    "2",
    [2],
    1j,
    np.complex128(1),
    10**400,
    {},
    np.array([1, 2]),
]

# ------------------------------------------------------------------ ways to break an item


def _as_pair(item: Any) -> tuple[list[list[Any]], list[Any]]:
    """Any valid item as nested lists."""
    reading = read_item(item)
    assert reading is not None
    names, edges, _ = reading
    n = len(names)
    return [[int((i, j) in edges) for j in range(n)] for i in range(n)], list(names)


def _form(draw: st.DrawFn, rows: list[list[Any]], ops: list[Any]) -> Any:
    """A square 0/1 matrix in a form drawn at random."""
    forms: list[Callable[[], Any]] = [
        lambda: (rows, ops),
        lambda: (np.array(rows), ops),
        lambda: (scipy.sparse.csr_array(np.array(rows)), ops),
        lambda: Architecture(np.array(rows), tuple(ops)),
        lambda: as_graph(rows, ops, label="n"),
    ]
    return draw(st.sampled_from(forms))()


PAIR_FORMS = st.sampled_from([lambda *pair: pair, lambda *pair: list(pair), Architecture])


def reverse_edge_too(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    i, j = (draw(st.integers(0, len(ops) - 1)) for _ in range(2))
    rows[i][j] = rows[j][i] = 1
    return _form(draw, rows, ops)


def self_loop(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    i = draw(st.integers(0, len(ops) - 1))
    rows[i][i] = 1
    return _form(draw, rows, ops)


def transpose(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    return _form(draw, [list(row) for row in zip(*rows, strict=True)], ops)


def bad_entry(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    i, j = (draw(st.integers(0, len(ops) - 1)) for _ in range(2))
    rows[i][j] = draw(st.sampled_from(BAD_ENTRIES))
    if not isinstance(rows[i][j], (int, float)) or rows[i][j] == 10**400:
        return rows, ops
    array = np.array(rows)
    matrices = [array, rows, scipy.sparse.coo_array(array), array.astype(object)]
    return draw(PAIR_FORMS)(matrices[draw(st.integers(0, 3))], ops)


def doubled_entry(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    source, target = np.nonzero(rows)
    twice = np.tile([source, target], 2)
    kind = draw(st.sampled_from([scipy.sparse.coo_array, scipy.sparse.coo_matrix]))
    return kind((np.ones(twice.shape[1], dtype=np.int8), tuple(twice)), shape=(len(ops), len(ops))), ops


def not_square(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    rows = draw(st.sampled_from([rows[:-1], [row[:-1] for row in rows], [*rows, rows[0]]]))
    return draw(st.sampled_from([list, np.array]))(rows), ops


def ragged(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    rows[draw(st.integers(0, len(ops) - 1))].append(0)
    return rows, ops


def other_dimensions(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    array = np.array(rows)
    return draw(
        st.sampled_from([array[None], array[0], array[0, 0], [rows], rows[0], [[rows]], rows[0][0]])
    ), ops


def other_adjacency(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    array = np.array(rows)
    masked = np.ma.masked_array(array, np.ones_like(array))
    odd = [array.astype(object), array.astype(str), array.astype(complex), masked, array.view(np.matrix)]
    odd += [np.ma.masked_array(array), as_graph(rows, ops), dict(enumerate(rows)), None, "01"]
    adjacency = draw(st.one_of(st.sampled_from(odd), JUNK))
    return draw(PAIR_FORMS)(adjacency, ops)


def other_ops(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    odd: list[Any] = [
        "".join(ops),
        "x" * len(ops),
        dict(enumerate(ops)),
        dict.fromkeys(map(str, range(len(ops)))),
    ]
    odd += [set(range(len(ops))), None, 3, iter(ops), (op for op in ops), np.array("a"), np.eye(len(ops))]
    odd += [
        np.arange(len(ops)),
        range(len(ops)),
        np.arange(len(ops)) / 2,
        [*ops, "a"],
        ops[:-1],
        [ops],
        np.array(ops),
    ]
    chosen = draw(st.one_of(st.sampled_from(odd), JUNK))
    return draw(PAIR_FORMS)(draw(st.sampled_from([list, np.array]))(rows), chosen)


def bad_op(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    ops[draw(st.integers(0, len(ops) - 1))] = draw(st.one_of(st.sampled_from(BAD_OPS), JUNK))
    return _form(draw, rows, ops)


def no_op(draw: st.DrawFn, item: Any) -> Any:
    graph = as_graph(*_as_pair(item), label="n")
    attributes = graph.nodes[draw(st.sampled_from(list(graph)))]
    attributes["kind"] = attributes.pop("op")
    return graph


def bad_multiplicity(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    graph = as_graph(rows, ops, multigraph=draw(st.booleans()))
    for *_, attributes in graph.edges(data=True):
        attributes["multiplicity"] = draw(st.one_of(st.sampled_from(BAD_COUNTS), JUNK))
        if draw(st.booleans()):
            break
    return graph


def nothing_in_it(draw: st.DrawFn, item: Any) -> Any:
    empty = [nx.DiGraph(), nx.MultiDiGraph(), (np.zeros((0, 0)), []), ([], []), ([[]], [])]
    return draw(st.sampled_from([*empty, Architecture(np.zeros((0, 0)), ()), (), [], None]))


def undirected(draw: st.DrawFn, item: Any) -> Any:
    graph = as_graph(*_as_pair(item), multigraph=draw(st.booleans()))
    return graph.to_undirected()


def other_length(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    return draw(st.sampled_from([(rows, ops, ops), (rows,), [rows], (rows, ops, None), rows, ops]))


def swapped(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    return draw(st.sampled_from([(ops, rows), (ops, np.array(rows)), (np.array(ops), rows)]))


def with_attributes(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    n = len(ops)
    column = draw(st.sampled_from([np.ones(n), np.full(n, np.nan), [1.5] * n, (True,) * n, np.arange(n)]))
    odd = [
        {"x": column},
        {"x": column, "y": column},
        {"x": np.ones((n, 1))},
        {"x": np.ones(n + 1)},
        {"x": np.full(n, np.inf)},
        {"x": [10**400] * n},
        {"x": np.ones(n, complex)},
        {"x": ["1"] * n},
        {"x": [None] * n},
        {"x": [[1], *[[1, 2]] * n]},
        {"x": 1.0},
        {1: column},
        {None: column},
        np.ones((n, 2)),
        "x",
        ["x"],
        {},
    ]
    return Architecture(rows, tuple(ops), attributes=draw(st.one_of(st.sampled_from(odd), JUNK)))


def mappings_for_ops(draw: st.DrawFn, item: Any) -> Any:
    rows, ops = _as_pair(item)
    nodes: list[Any] = [{"op": op} for op in ops]
    nodes[draw(st.integers(0, len(ops) - 1))] = draw(
        st.sampled_from([ops[0], {}, {"kind": "a"}, {"op": None}])
    )
    return rows, nodes


def wrapped(draw: st.DrawFn, item: Any) -> Any:
    return draw(st.sampled_from([[item], (item,), [item, item], (item, item), {"a": item}, {0: item}]))


def replaced(draw: st.DrawFn, item: Any) -> Any:
    return draw(JUNK)


def stringified(draw: st.DrawFn, item: Any) -> Any:
    return draw(st.sampled_from([str, type, id]))(item)


def junk_pair(draw: st.DrawFn, item: Any) -> Any:
    return draw(st.one_of(st.tuples(JUNK, JUNK), st.lists(JUNK, min_size=2, max_size=2)))


ITEM_MUTATIONS = [
    reverse_edge_too,
    self_loop,
    transpose,
    bad_entry,
    doubled_entry,
    not_square,
    ragged,
    other_dimensions,
    other_adjacency,
    other_ops,
    bad_op,
    no_op,
    bad_multiplicity,
    nothing_in_it,
    undirected,
    other_length,
    swapped,
    with_attributes,
    mappings_for_ops,
    wrapped,
    replaced,
    stringified,
    junk_pair,
]

# ------------------------------------------------------------------ ways to break a sequence


def _object_array(valid: list[Any]) -> Any:
    column = np.empty(len(valid), dtype=object)
    column[:] = [None] * len(valid)
    for i, item in enumerate(valid):
        column[i] = item
    return column


SEQUENCE_MUTATIONS: dict[str, Callable[[list[Any]], Any]] = {
    "as it is": lambda valid: valid,
    "tuple": tuple,
    "object array": _object_array,
    "object column": lambda valid: _object_array(valid)[:, None],
    "object row": lambda valid: _object_array(valid)[None, :],
    "series": lambda valid: pd.Series(_object_array(valid)),
    "data frame": lambda valid: pd.DataFrame({"cell": _object_array(valid)}),
    "two columns": lambda valid: pd.DataFrame({"cell": _object_array(valid), "flops": 1.0}),
    "one item": lambda valid: valid[0],
    "one item as a list": lambda valid: list(valid[0]) if isinstance(valid[0], tuple) else valid[0],
    "dict": lambda valid: dict(enumerate(valid)),
    "generator": lambda valid: (item for item in valid),
    "iterator": iter,
    "map": lambda valid: map(_as_pair, valid),
    "empty": lambda valid: valid[:0],
    "empty tuple": lambda valid: (),
    "empty series": lambda valid: pd.Series([], dtype=object),
    "nested": lambda valid: [valid],
    "itself in it": lambda valid: valid + [valid],  # noqa: RUF005
    "none in it": lambda valid: [*valid, None],
    "pairs only": lambda valid: list(map(_as_pair, valid)),
    "tuple of pairs": lambda valid: tuple(map(_as_pair, valid)),
    "stacked": lambda valid: np.zeros((len(valid), 3, 3), dtype=int),
    "numbers": lambda valid: np.ones((len(valid), 4)),
    "a column of numbers": lambda valid: np.ones((len(valid), 1)),
    "a row of numbers": lambda valid: np.ones(len(valid)),
    "sparse": lambda valid: scipy.sparse.eye_array(len(valid)),
    "sparse column": lambda valid: scipy.sparse.csr_matrix(np.ones((len(valid), 1))),
    "sparse vector": lambda valid: scipy.sparse.coo_array(np.ones(len(valid))),
    "text": str,
    "type": lambda valid: list,
    "number": len,
    "none": lambda valid: None,
    "ellipsis": lambda valid: ...,
}


@st.composite
def broken_sequences(draw: st.DrawFn) -> tuple[Any, bool]:
    """``(X, is_harmless)``: architectures of all forms in a sequence, one or none of them broken.

    A quarter of the sequences are broken as a whole, and some are nothing but junk.
    """
    valid = draw(st.lists(items(), min_size=1, max_size=4))
    how = draw(st.sampled_from(["item"] * 6 + ["sequence"] * 2 + ["junk"]))
    X: Any = valid
    if how == "item":
        broken = draw(st.integers(0, len(valid) - 1))
        X[broken] = draw(st.sampled_from(ITEM_MUTATIONS))(draw, valid[broken])
    elif how == "sequence":
        X = SEQUENCE_MUTATIONS[draw(st.sampled_from(sorted(SEQUENCE_MUTATIONS)))](valid)
    else:
        X = draw(JUNK)
    return X, read_slowly(X) is not None
