"""Reader of (adjacency, ops) pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fgp_sklearn.architectures._batch import Architecture, ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._ops import code_ops

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
        if hasattr(entries, "sum_duplicates"):
            entries.sum_duplicates()
        keep = entries.data != 0
        self._append(np.full(int(keep.sum()), index), entries.row[keep], entries.col[keep], entries.data[keep])

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
    names: list[str] = []
    features: list[Any] = []
    counted = np.zeros(len(pairs), dtype=bool)
    for index, pair in enumerate(pairs):
        if isinstance(pair, Architecture):
            adjacency, own_ops = pair.adjacency, pair.ops
            counted[index] = True
            names.append(pair.name)
            if pair.node_features is not None:
                features.append(_features_of(pair, index))
        else:
            adjacency, own_ops = pair
            names.append("")
        matrix = _as_matrix(adjacency, index)
        own_ops = _as_op_list(own_ops, matrix.shape[0], index)
        if scipy.sparse.issparse(matrix):
            collector.add_sparse(index, matrix)
        else:
            collector.add_dense(index, matrix)
        sizes.append(len(own_ops))
        ops.extend(own_ops)
    collector.flush()
    if features and len(features) < len(pairs):
        raise ArchitectureError("either all architectures have node features or none has any")

    size_array = np.array(sizes, dtype=np.int64)
    node_ptr = np.concatenate([[0], np.cumsum(size_array)])
    vocabulary, codes = code_ops(ops, node_ptr)
    owner = np.concatenate(collector.owner) if collector.owner else np.zeros(0, dtype=np.int64)
    edges = (
        np.stack([np.concatenate(collector.source), np.concatenate(collector.target)])
        if collector.owner
        else np.zeros((2, 0), dtype=np.int64)
    )
    count = np.concatenate(collector.count) if collector.count else np.zeros(0)
    _check_entries(owner, edges, count, counted)
    edge_ptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(pairs)))])
    return ArchitectureBatch(
        ops=codes,
        edges=edges,
        node_ptr=node_ptr,
        edge_ptr=edge_ptr,
        vocabulary=vocabulary,
        multiplicity=count,
        node_features=np.concatenate(features) if features else None,
        names=names if any(names) else None,
    )


def _as_matrix(adjacency: Any, index: int) -> Any:
    if isinstance(adjacency, np.ndarray) or scipy.sparse.issparse(adjacency):
        matrix = adjacency
    else:
        try:
            matrix = np.asarray(adjacency)
        except (ValueError, TypeError) as error:
            raise ArchitectureError(
                f"its adjacency is not a matrix ({error}); give rows of equal length", index
            ) from error
    if matrix.dtype.kind not in "biuf":
        raise ArchitectureError(
            f"its adjacency holds {matrix.dtype}, not numbers; entries must be 0 or 1", index
        )
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ArchitectureError(
            f"its adjacency has shape {matrix.shape}; it must be square, one row and column a node", index
        )
    return matrix


def _as_op_list(ops: Any, n_nodes: int, index: int) -> list[Any]:
    if type(ops) is list:
        op_list = ops
    elif isinstance(ops, (str, bytes)) or not hasattr(ops, "__iter__"):
        raise ArchitectureError(
            f"its operations are {ops!r}; give a list with one str or int a node", index
        )
    else:
        op_list = ops.tolist() if isinstance(ops, np.ndarray) else list(ops)
    if len(op_list) != n_nodes:
        raise ArchitectureError(
            f"its adjacency has {n_nodes} nodes but there are {len(op_list)} operations; give one "
            "operation a node",
            index,
        )
    return op_list


def _features_of(architecture: Architecture, index: int) -> NDArray[np.float32]:
    try:
        features = np.asarray(architecture.node_features, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ArchitectureError("its node features are not a matrix of numbers", index) from error
    if features.ndim != 2 or len(features) != len(architecture.ops):
        raise ArchitectureError(
            f"its node features have shape {features.shape}; give one row for each of its "
            f"{len(architecture.ops)} nodes",
            index,
        )
    return features


def _check_entries(
    owner: NDArray[Any], edges: NDArray[Any], count: NDArray[np.float64], counted: NDArray[np.bool_]
) -> None:
    with np.errstate(invalid="ignore"):
        bad = (count != 1) & ~counted[owner]
    if bad.any():
        edge = int(np.argmax(bad))
        raise ArchitectureError(
            f"adjacency entry ({edges[0, edge]}, {edges[1, edge]}) is {count[edge]:g}; entries must be "
            "0 or 1 (for parallel edges, give Architecture(adjacency, ops), whose entries are counts)",
            int(owner[edge]),
        )
