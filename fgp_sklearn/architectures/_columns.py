"""Columns of a batch: offsets into them, and what is accepted as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._ops import op_name, shown, shown_text
from fgp_sklearn.architectures._tensors import readable

IntArray = NDArray[np.integer[Any]]
FloatArray = NDArray[np.float64]

Column = TypeVar("Column", bound=NDArray[Any])


def ranges(starts: IntArray, lengths: IntArray) -> NDArray[np.int64]:
    """Concatenate ``arange(start, start + length)`` over all pairs."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - ends + lengths, lengths) + np.arange(total)


def offsets(sizes: IntArray) -> NDArray[np.int64]:
    pointer = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=pointer[1:])
    return pointer


def frozen(array: Column) -> Column:
    array.flags.writeable = False
    return array


def as_array(column: str, values: Any) -> NDArray[Any]:
    try:
        return _array_of(values)
    except Exception as error:  # whatever a stranger's __array__ raises
        raise ArchitectureError(f"{column} is {unreadable(values, error)}") from error


def _array_of(values: Any) -> NDArray[Any]:
    given = readable(values)
    return np.asarray(given.toarray() if isinstance(given, scipy.sparse.coo_array) else given)


def unreadable(values: Any, error: Exception) -> str:
    """What is wrong with values of which numpy makes no array, and the cure."""
    if isinstance(values, (list, tuple)):
        return f"not an array but {shown(values)}; give rows of equal length"
    return (
        f"not an array but {shown(values)} ({shown_text(str(error))}); convert it to a NumPy array of numbers"
    )


def entry_problem(source: int, target: int, entry: float) -> str:
    """What is wrong with an entry of an adjacency that is neither 0 nor 1, and the cure."""
    return (
        f"adjacency entry ({source}, {target}) is {entry:g}; entries must be 0 or 1 (for parallel edges, "
        "give Architecture(adjacency, ops), whose entries are counts)"
    )


def as_integers(column: str, values: Any) -> NDArray[np.int32]:
    array = as_array(column, values)
    is_edges = column == "edges"
    if array.size == 0:
        return np.zeros((2, 0) if is_edges else 0, dtype=np.int32)
    if array.dtype.kind not in "iu":
        raise ArchitectureError(f"{column} must be integers, got {array.dtype}")
    if array.shape != ((2, array.size // 2) if is_edges else (array.size,)):
        wanted = "(2, n_edges)" if is_edges else "(n_nodes,)"
        raise ArchitectureError(f"{column} must have shape {wanted}, got {array.shape}")
    limits = np.iinfo(np.int32)
    if array.min() < limits.min or array.max() > limits.max:
        raise ArchitectureError(f"{column} must fit 32 bits, got {array.min()} to {array.max()}")
    return np.array(array, dtype=np.int32)


def as_offsets(column: str, values: Any) -> NDArray[np.int64]:
    array = as_array(column, values)
    if array.ndim != 1 or array.dtype.kind not in "iu" or len(array) < 1 or array[0] != 0:
        raise ArchitectureError(f"{column} must be a one-dimensional integer array that starts with 0")
    if (array[1:] < array[:-1]).any():
        raise ArchitectureError(f"{column} must not decrease")
    return np.array(array, dtype=np.int64)


def as_column(column: str, values: Any, dtype: Any) -> NDArray[Any]:
    array = as_array(column, values)
    kinds = "U" if dtype is np.str_ else "biuf"
    if array.size and array.dtype.kind not in kinds:
        raise ArchitectureError(f"{column} must be {np.dtype(dtype).name}, got {array.dtype}")
    with np.errstate(over="ignore"):
        return np.array(array, dtype=dtype)


def as_vocabulary(ops: Sequence[str]) -> tuple[str, ...]:
    if isinstance(ops, str):
        raise ArchitectureError(f"vocabulary must be a sequence of operations, got {shown(ops)}")
    vocabulary = tuple(map(op_name, ops))
    if len(set(vocabulary)) != len(vocabulary):
        raise ArchitectureError("vocabulary names an operation twice")
    return vocabulary


def as_features(rows: Any, n_nodes: int, index: int) -> NDArray[np.float32]:
    """Node features of one architecture as a matrix.

    Parameters
    ----------
    rows : array-like of shape (n_nodes, n_node_features)
        Features as a user writes them.
    n_nodes : int
        Number of rows that are right.
    index : int
        Position of the architecture, for messages.

    Returns
    -------
    ndarray of float32 of shape (n_nodes, n_node_features)
        The features.
    """
    try:
        matrix = _array_of(rows)
    except Exception as error:  # whatever a stranger's __array__ raises
        raise ArchitectureError(f"its node features are {unreadable(rows, error)}", index) from error
    right_shape = matrix.ndim == 2 and len(matrix) == n_nodes and matrix.shape[1] > 0
    if n_nodes and (matrix.dtype.kind not in "biuf" or not right_shape):
        raise ArchitectureError(
            f"its node features are {matrix.dtype} of shape {matrix.shape}; give each of its {n_nodes} "
            "nodes a list of numbers of one length",
            index,
        )
    with np.errstate(over="ignore"):
        return matrix.astype(np.float32) if n_nodes else np.zeros((0, 0), dtype=np.float32)


def join_features(matrices: Sequence[NDArray[np.float32]]) -> NDArray[np.float32] | None:
    """Features of several architectures, one below the other."""
    filled = [(index, matrix) for index, matrix in enumerate(matrices) if len(matrix)]
    for index, matrix in filled:
        if matrix.shape[1] != filled[0][1].shape[1]:
            raise ArchitectureError(
                f"its nodes have {matrix.shape[1]} features where others have {filled[0][1].shape[1]}", index
            )
    return np.concatenate([matrix for _, matrix in filled]) if filled else None


def equal_or_both_none(first: Any, second: Any) -> bool:
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second)


def unless_single(multiplicity: FloatArray) -> FloatArray | None:
    return None if bool((multiplicity == 1).all()) else multiplicity
