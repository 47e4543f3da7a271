"""Offsets into flat arrays: where the part of each architecture begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer[Any]]


def offsets(sizes: IntArray) -> NDArray[np.int64]:
    """Where parts of the given sizes begin, and where the last one ends; shape (n_parts + 1,)."""
    pointer = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=pointer[1:])
    return pointer


def ranges(starts: IntArray, lengths: IntArray) -> NDArray[np.int64]:
    """Concatenate ``arange(start, start + length)`` over all pairs."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - ends + lengths, lengths) + np.arange(total)
