"""Adjacency matrices of any kind, read into columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import networkx as nx
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import array_problem, entry_problem, named, shown
from fgp_sklearn.architectures._node_attributes import (
    NodeAttributes,
    as_column,
    as_columns,
    attribute_names,
    from_nodes,
)
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.architectures._ops import code_ops
from fgp_sklearn.architectures._tensors import readable

_DENSE_ENTRIES_AT_ONCE = 1 << 20


class _EdgeCollector:
    """Collects the edges of many matrices; small dense matrices are read many at a time."""

    def __init__(self) -> None:
        none = np.zeros(0, dtype=np.int64)
        self._edges: list[tuple[NDArray[Any], ...]] = [(none, none, none, np.zeros(0))]
        self._waiting: list[NDArray[Any]] = []
        self._first = 0
        self._entries = 0

    def add_dense(self, index: int, matrix: NDArray[Any]) -> None:
        if not self._waiting:
            self._first = index
        self._waiting.append(matrix)
        self._entries += matrix.size
        if self._entries > _DENSE_ENTRIES_AT_ONCE:
            self.flush()

    def add_sparse(self, index: int, matrix: Any) -> None:
        self.flush()
        entries = matrix.tocoo()
        source, target, count = entries.row, entries.col, entries.data
        if len(count) > 1 and not entries.has_canonical_format:  # the same entry twice means its sum
            entries = scipy.sparse.coo_array((count.astype(np.float64), (source, target)), matrix.shape)
            entries.sum_duplicates()
            source, target, count = entries.row, entries.col, entries.data
        keep = count != 0
        owner = np.full(int(keep.sum()), index)
        self._edges.append((owner, source[keep], target[keep], count[keep].astype(np.float64)))

    def flush(self) -> None:
        if not self._waiting:
            return
        sizes = np.array([len(m) for m in self._waiting])
        flat = np.concatenate([m.reshape(-1) for m in self._waiting])
        ends = np.cumsum(sizes * sizes)
        where = np.flatnonzero(flat)
        owner = np.searchsorted(ends, where, side="right")
        source, target = np.divmod(where - (ends - sizes * sizes)[owner], sizes[owner])
        self._edges.append((owner + self._first, source, target, flat[where].astype(np.float64)))
        self._waiting, self._entries = [], 0

    def collected(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Owner, source and target (shape (2, n)), and count of all edges."""
        self.flush()
        owner, source, target, count = map(np.concatenate, zip(*self._edges, strict=True))
        return owner, np.stack([source, target]), count


def read_matrices(
    adjacencies: Sequence[Any],
    ops: Sequence[Any],
    names: Sequence[Any] | None = None,
    attributes: Sequence[Mapping[str, Any] | None] | None = None,
    *,
    may_count: bool,
    wanted: NodeAttributes | None = None,
) -> ArchitectureColumns:
    """Read adjacency matrices and the operations of their nodes.

    Parameters
    ----------
    adjacencies : sequence of array-like of shape (n_nodes, n_nodes)
        Arrays, nested lists, SciPy sparse matrices or tensors.
    ops : sequence of sequence of str, int or mapping
        Operations of the nodes of each architecture. A mapping holds the operation and attributes.
    names : sequence, optional
        Name of each architecture. The str of any object is a name.
    attributes : sequence of mapping of str to array-like of shape (n_nodes,), or None, optional
        Attributes of the nodes of each architecture.
    may_count : bool
        Whether entries may be numbers of parallel edges. Otherwise only 0 and 1 are valid.
    wanted : NodeAttributes, optional
        What to read of operations that are mappings, which must be given if there are any.

    Returns
    -------
    ArchitectureColumns
        The architectures in the given order. Their vocabulary is the operations that occur, sorted.
    """
    collector = _EdgeCollector()
    sizes: list[int] = []
    all_ops: list[Any] = []
    for index, (adjacency, own_ops) in enumerate(zip(adjacencies, ops, strict=True)):
        matrix = _as_matrix(adjacency, index)
        op_list = _as_op_list(own_ops, matrix.shape[0], index)
        if type(matrix) is np.ndarray:
            collector.add_dense(index, matrix)
        else:
            collector.add_sparse(index, matrix)
        sizes.append(len(op_list))
        all_ops.extend(op_list)
    owner, edges, count = collector.collected()
    if not may_count:
        _refuse_counts(owner, edges, count)
    node_ptr = offsets(np.array(sizes))
    columns = {} if attributes is None else _joined_attributes(attributes, sizes)
    if wanted is not None and (wanted.names or any(issubclass(t, Mapping) for t in set(map(type, all_ops)))):
        all_ops, columns = _split(all_ops, node_ptr, wanted)
    vocabulary, codes = code_ops(all_ops, node_ptr)
    texts = list(map(str, names or ()))
    return checked_columns(
        ops=codes,
        edges=edges,
        node_ptr=node_ptr,
        edge_ptr=offsets(np.bincount(owner, minlength=len(sizes))),
        vocabulary=vocabulary,
        multiplicity=count,
        attributes=columns,
        names=texts if any(texts) else None,
    )


def _as_matrix(adjacency: Any, index: int) -> Any:
    matrix = adjacency
    if type(adjacency) is not np.ndarray and not scipy.sparse.issparse(adjacency):
        matrix = _as_array(adjacency, index)
    if matrix.dtype.kind not in "biuf":
        raise ArchitectureError(
            f"its adjacency holds {matrix.dtype}, not numbers; entries must be 0 or 1", index
        )
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ArchitectureError(
            f"its adjacency has shape {matrix.shape}; it must be square, one row and column per node",
            index,
        )
    return matrix


def _as_array(adjacency: Any, index: int) -> Any:
    if isinstance(adjacency, nx.Graph):  # NumPy would make a matrix of its node labels
        raise ArchitectureError("its adjacency is a graph; give the graph alone, without operations", index)
    if np.ma.is_masked(adjacency):
        raise ArchitectureError("its adjacency has masked entries; entries must be 0 or 1", index)
    if depth(adjacency) > 2:  # a list that contains itself would fill the memory
        raise ArchitectureError("its adjacency has more than two dimensions; it must be square", index)
    try:
        matrix = readable(adjacency)
        return matrix if scipy.sparse.issparse(matrix) else np.asarray(matrix)
    except Exception as error:  # whatever another library's __array__ raises
        raise ArchitectureError(f"its adjacency is {array_problem(adjacency, error)}", index) from error


def depth(item: Any) -> int:
    """Number of dimensions of nested lists or an array, from first elements alone; 3 for 3 and more."""
    for level in range(3):
        if not isinstance(item, (list, tuple)):
            return min(3, level + getattr(item, "ndim", 0))
        if not item:
            return level + 1
        item = item[0]
    return 3


def _as_op_list(ops: Any, n_nodes: int, index: int) -> list[Any]:
    op_list = ops if type(ops) is list else _listed(ops)
    if op_list is None:
        raise ArchitectureError(
            f"its operations are {shown(ops)}; give a list with one str or int per node", index
        )
    if len(op_list) != n_nodes:
        raise ArchitectureError(
            f"its adjacency has {n_nodes} nodes but there are {len(op_list)} operations; give one "
            "operation per node",
            index,
        )
    return op_list


def _listed(ops: Any) -> list[Any] | None:
    listed = ops.tolist() if hasattr(ops, "tolist") else ops
    ordered = isinstance(listed, Sequence) and not isinstance(listed, (str, bytes, bytearray))
    return list(listed) if ordered else None


def _joined_attributes(
    attributes: Sequence[Mapping[str, Any] | None], sizes: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Attributes of all nodes by name; NaN for architectures without one."""
    if all(own is None for own in attributes):
        return {}
    read = [
        _own_attributes(own, n, index) for index, (own, n) in enumerate(zip(attributes, sizes, strict=True))
    ]
    absent = [np.full(n_nodes, np.nan) for n_nodes in sizes]
    return {
        name: np.concatenate([own.get(name, gap) for own, gap in zip(read, absent, strict=True)])
        for name in sorted(set().union(*read))
    }


def _own_attributes(attributes: Any, n_nodes: int, index: int) -> dict[str, NDArray[np.float64]]:
    """Attributes of the nodes of one architecture."""
    try:
        given = as_columns(attributes)
        attribute_names(given)
        return {name: as_column(name, values, (n_nodes,)) for name, values in given.items()}
    except ArchitectureError as error:
        raise ArchitectureError(error.problem, index) from error.__cause__


def _split(
    nodes: Sequence[Any], node_ptr: NDArray[np.int64], wanted: NodeAttributes
) -> tuple[list[Any], dict[str, NDArray[np.float64]]]:
    """Operations and attributes of nodes, some of which are mappings."""
    mappings = [node if isinstance(node, Mapping) else {wanted.op: node} for node in nodes]

    def problem_at(node: int, problem: str) -> NoReturn:
        index = int(np.searchsorted(node_ptr, node, side="right")) - 1
        raise ArchitectureError(f"node {node - int(node_ptr[index])} has {problem}", index)

    try:
        ops = [node[wanted.op] for node in mappings]
    except KeyError:
        position = next(i for i, node in enumerate(mappings) if wanted.op not in node)
        found = named(mappings[position])
        problem_at(position, f"no key {shown(wanted.op)} to name its operation; it has {found or 'none'}")
    return ops, from_nodes(mappings, wanted, problem_at)


def _refuse_counts(owner: NDArray[Any], edges: NDArray[Any], count: NDArray[np.float64]) -> None:
    bad = count != 1
    if bad.any():
        edge = int(np.argmax(bad))
        source, target = edges[:, edge].tolist()
        raise ArchitectureError(entry_problem(source, target, count[edge]), int(owner[edge]))
