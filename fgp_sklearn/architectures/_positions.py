"""Positions of architectures, from an index, a list of indices or a mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


class PositionError(IndexError, ValueError):
    """Invalid positions: an `IndexError`, as containers raise it, and a `ValueError`, as for parameters."""


def as_position(index: Any, n: int) -> int:
    """Check one position among `n` architectures.

    Parameters
    ----------
    index : int
        A position. Negative positions count from the end.
    n : int
        Number of architectures.

    Returns
    -------
    int
        From 0 to ``n - 1``.

    Raises
    ------
    PositionError
        If it is not an integer, or out of range.
    """
    if isinstance(index, bool) or not isinstance(index, (int, np.integer)):
        raise PositionError(f"index must be an integer, got {type(index).__name__}")
    if not -n <= index < n:
        raise PositionError(f"index {int(index)} is out of range for {n} architectures")
    return int(index) % n


def as_positions(indices: Any, n: int, *, name: str = "indices", as_set: bool = False) -> IntArray:
    """Check positions among `n` architectures, given as integers or as a mask.

    As in scikit-learn, booleans are a mask with one entry per architecture, True for each selected one.

    Parameters
    ----------
    indices : array-like of int of shape (n_positions,), or of bool of shape (n,)
        Positions, or a mask. Negative positions count from the end.
    n : int
        Number of architectures.
    name : str, default="indices"
        Name of the parameter, for messages.
    as_set : bool, default=False
        Whether the positions form a set. Then repeats are errors, and so are negative numbers, which
        lookups return for "not found".

    Returns
    -------
    ndarray of int64 of shape (n_positions,)
        From 0 to ``n - 1``, in the given order.

    Raises
    ------
    PositionError
        If they are neither integers nor booleans, a mask has the wrong length, a position is out of range,
        or a position is repeated with `as_set`.

    Examples
    --------
    >>> from fgp_sklearn.architectures._positions import as_positions
    >>> as_positions([-1, 0, 0], 3).tolist(), as_positions([True, False, True], 3).tolist()
    ([2, 0, 0], [0, 2])
    """
    found = _as_array(indices, name)
    if found.dtype.kind == "b":
        if len(found) != n:
            raise PositionError(
                f"{name} is a mask of {len(found)} booleans for {n} architectures; give one per architecture"
            )
        return np.flatnonzero(found)
    lowest = 0 if as_set else -n
    outside = (found < lowest) | (found >= n)
    if outside.any():
        wanted = f"; give whole numbers from 0 to {n - 1}, or a mask" if as_set else ""
        raise PositionError(
            f"{name}: index {found[np.argmax(outside)]} is out of range for {n} architectures{wanted}"
        )
    positions = np.where(found < 0, found + n, found).astype(np.int64)
    if as_set:
        values, counts = np.unique(positions, return_counts=True)
        if (counts > 1).any():
            raise PositionError(
                f"{name} holds position {values[np.argmax(counts > 1)]} twice; give each one once, or "
                f"a mask of {n} booleans"
            )
    return positions


def _as_array(indices: Any, name: str) -> NDArray[Any]:
    """The positions as a one-dimensional array of integers or booleans."""
    try:
        found = np.asarray(indices)
    except ValueError as error:  # rows of unequal length
        raise PositionError(f"{name} must be one-dimensional: {error}") from error
    if found.ndim != 1:
        raise PositionError(
            f"{name} must be one-dimensional, a list or an array; got {type(indices).__name__} of "
            f"shape {found.shape}"
        )
    if not found.size:
        return found.astype(bool if found.dtype.kind == "b" else np.int64)
    if found.dtype.kind == "O" or isinstance(indices, (list, tuple)):  # NumPy makes mixed booleans numbers
        kinds = {type(value) for value in indices}
        if len(kinds) > 1 and kinds & {bool, np.bool_}:
            raise PositionError(f"{name} mixes booleans with other values; a mask must contain booleans only")
        if found.dtype.kind == "O" and kinds <= {bool, int, np.bool_}:  # from a column of a data frame
            found = np.array(list(indices))
    if found.dtype.kind not in "biu":
        raise PositionError(f"{name} must be integers, whole numbers, or booleans; got {found.dtype}")
    return found
