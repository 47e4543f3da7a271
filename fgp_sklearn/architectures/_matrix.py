"""Reader of (adjacency, ops) pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._columns import as_features, entry_problem, join_features, unreadable
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._ops import code_ops, shown
from fgp_sklearn.architectures._tensors import readable

_DENSE_ENTRIES_AT_ONCE = 1 << 20


class _EdgeCollector:
    """Gathers edges of many matrices, reading small dense ones many at a time."""

    def __init__(self) -> None:
        self.owner: list[NDArray[Any]] = []
        self.source: list[NDArray[Any]] = []
        self.target: list[NDArray[Any]] = []
        self.count: list[NDArray[Any]] = []
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
        self._append(np.full(int(keep.sum()), index), source[keep], target[keep], count[keep])

    def flush(self) -> None:
        if not self._waiting:
            return
        sizes = np.array([len(m) for m in self._waiting])
        flat = np.concatenate([m.reshape(-1) for m in self._waiting])
        ends = np.cumsum(sizes * sizes)
        where = np.flatnonzero(flat)
        owner = np.searchsorted(ends, where, side="right")
        source, target = np.divmod(where - (ends - sizes * sizes)[owner], sizes[owner])
        self._append(owner + self._first, source, target, flat[where])
        self._waiting, self._entries = [], 0

    def collected(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Owner, ends (2, n) and count of all edges."""
        self.flush()
        none = np.zeros(0, dtype=np.int64)
        source, target = np.concatenate([none, *self.source]), np.concatenate([none, *self.target])
        return (
            np.concatenate([none, *self.owner]),
            np.stack([source, target]),
            np.concatenate([np.zeros(0), *self.count]),
        )

    def _append(
        self, owner: NDArray[Any], source: NDArray[Any], target: NDArray[Any], count: NDArray[Any]
    ) -> None:
        self.owner.append(owner)
        self.source.append(source)
        self.target.append(target)
        self.count.append(count.astype(np.float64))


def read_pairs(pairs: Sequence[Any]) -> ArchitectureBatch:
    """Read a sequence of ``(adjacency, ops)`` pairs and `Architecture` objects.

    Parameters
    ----------
    pairs : sequence
        Adjacency matrices may be arrays, nested lists or SciPy sparse; entries are 0 or 1, and in
        an `Architecture` any count. Operations are lists of str or int.

    Returns
    -------
    ArchitectureBatch
        The architectures in the given order; its vocabulary is what occurs, sorted.
    """
    collector = _EdgeCollector()
    sizes: list[int] = []
    ops: list[Any] = []
    for index, pair in enumerate(pairs):
        adjacency, own_ops = (pair.adjacency, pair.ops) if isinstance(pair, Architecture) else pair
        matrix = _as_matrix(adjacency, index)
        op_list = _as_op_list(own_ops, matrix.shape[0], index)
        if type(matrix) is np.ndarray:
            collector.add_dense(index, matrix)
        else:
            collector.add_sparse(index, matrix)
        sizes.append(len(op_list))
        ops.extend(op_list)
    owner, edges, count = collector.collected()
    counted = np.fromiter((isinstance(p, Architecture) for p in pairs), dtype=bool, count=len(pairs))
    _check_entries(owner, edges, count, counted)
    node_ptr = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    vocabulary, codes = code_ops(ops, node_ptr)
    names = [str(p.name) if isinstance(p, Architecture) else "" for p in pairs] if counted.any() else []
    return ArchitectureBatch(
        ops=codes,
        edges=edges,
        node_ptr=node_ptr,
        edge_ptr=np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(pairs)))]),
        vocabulary=vocabulary,
        multiplicity=count,
        node_features=_features_of(pairs, sizes) if counted.any() else None,
        names=names if any(names) else None,
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
            f"its adjacency has shape {matrix.shape}; it must be square, one row and column a node", index
        )
    return matrix


def _as_array(adjacency: Any, index: int) -> Any:
    if isinstance(adjacency, nx.Graph):  # numpy would make a matrix of its node labels
        raise ArchitectureError("its adjacency is a graph; give the graph alone, without operations", index)
    if np.ma.is_masked(adjacency):
        raise ArchitectureError("its adjacency has masked entries; entries must be 0 or 1", index)
    if depth(adjacency) > 2:  # lists that hold themselves would fill the memory
        raise ArchitectureError("its adjacency has more than two dimensions; it must be square", index)
    try:
        matrix = readable(adjacency)
        return matrix if scipy.sparse.issparse(matrix) else np.asarray(matrix)
    except Exception as error:  # whatever a stranger's __array__ raises
        raise ArchitectureError(f"its adjacency is {unreadable(adjacency, error)}", index) from error


def depth(item: Any) -> int:
    """Nesting of lists and dimensions of arrays, as far as first elements tell; 3 for more."""
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
            f"its operations are {shown(ops)}; give a list with one str or int a node", index
        )
    if len(op_list) != n_nodes:
        raise ArchitectureError(
            f"its adjacency has {n_nodes} nodes but there are {len(op_list)} operations; give one "
            "operation a node",
            index,
        )
    return op_list


def _listed(ops: Any) -> list[Any] | None:
    listed = ops.tolist() if hasattr(ops, "tolist") else ops
    ordered = isinstance(listed, Sequence) and not isinstance(listed, (str, bytes, bytearray))
    return list(listed) if ordered else None


def _features_of(pairs: Sequence[Any], sizes: Sequence[int]) -> NDArray[np.float32] | None:
    given = [p.node_features if isinstance(p, Architecture) else None for p in pairs]
    if all(features is None for features in given):
        return None
    for index, features in enumerate(given):
        if features is None:
            raise ArchitectureError(
                "it has no node features, while others have; either all have them or none has", index
            )
    return join_features([as_features(f, sizes[index], index) for index, f in enumerate(given)])


def _check_entries(
    owner: NDArray[Any], edges: NDArray[Any], count: NDArray[np.float64], counted: NDArray[np.bool_]
) -> None:
    with np.errstate(invalid="ignore"):
        bad = (count != 1) & ~counted[owner]
    if bad.any():
        edge = int(np.argmax(bad))
        source, target = edges[:, edge].tolist()
        raise ArchitectureError(entry_problem(source, target, count[edge]), int(owner[edge]))
