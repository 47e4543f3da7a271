"""Positions of architectures: what an index, a list of indices and a mask mean, everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


class PositionError(IndexError, ValueError):
    """Positions that are none; an `IndexError` of a container, a `ValueError` of a parameter."""


def as_position(index: Any, n: int) -> int:
    """One position among `n` architectures.

    Parameters
    ----------
    index : int
        A position; a negative one counts from the end.
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
    """Positions among `n` architectures, from integers or from a mask.

    As for scikit-learn, booleans are a mask: one per architecture, True for those that are meant.

    Parameters
    ----------
    indices : array-like of int of shape (n_positions,), or of bool of shape (n,)
        Positions; negative ones count from the end.
    n : int
        Number of architectures.
    name : str, default="indices"
        What messages call them.
    as_set : bool, default=False
        Whether they tell which architectures are meant and no more: then nothing may be there twice, and
        a negative number, with which lookups say "not found", is an error.

    Returns
    -------
    ndarray of int64 of shape (n_positions,)
        From 0 to ``n - 1``, in the given order.

    Raises
    ------
    PositionError
        If they are neither whole numbers nor booleans, a mask is of another length, a position is out of
        range, or, with `as_set`, there twice.

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
    """One-dimensional integers or booleans."""
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
    if found.dtype.kind == "O" or isinstance(indices, (list, tuple)):  # NumPy makes numbers of mixed booleans
        kinds = {type(value) for value in indices}
        if len(kinds) > 1 and kinds & {bool, np.bool_}:
            raise PositionError(f"{name} mixes booleans with others; a mask must be of booleans alone")
        if found.dtype.kind == "O" and kinds <= {bool, int, np.bool_}:  # as a column of a data frame
            found = np.array(list(indices))
    if found.dtype.kind not in "biu":
        raise PositionError(f"{name} must be integers, whole numbers, or booleans; got {found.dtype}")
    return found
