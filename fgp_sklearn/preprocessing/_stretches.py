"""Process large batches in stretches of consecutive architectures, to bound the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._threads import map_on_cores
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import ArchitectureBatch

FloatArray = NDArray[np.float64]

_STATES_AT_ONCE = 2**23  # numbers, at most 64 MB; nodes with identical inputs share a state
# A generation of a deep network has few nodes, so several networks share its overhead.
_LARGEST_AT_ONCE, _TIMES_AS_MANY = 32, 4


def stretches(sizes: NDArray[np.int64], width: int) -> Iterator[slice]:
    """Split architectures into stretches that bound the memory.

    Parameters
    ----------
    sizes : ndarray of int of shape (n_architectures,)
        Number of nodes of each architecture.
    width : int
        Numbers in the state of a node.

    Yields
    ------
    slice
        Consecutive architectures whose states have at most 2**23 numbers. A stretch of large architectures
        may have four times as many numbers, if that allows it to have more than one and up to 32 of them.
        Splitting a stretch again returns it whole.
    """
    last, n_nodes = np.cumsum(sizes), _STATES_AT_ONCE // width
    start = 0
    while start < len(sizes):
        before = last[start - 1] if start else 0
        stop = _first_beyond(last, before + n_nodes, start)
        of_large = min(_LARGEST_AT_ONCE * int(sizes[start:stop].max()), _TIMES_AS_MANY * n_nodes)
        stop = _first_beyond(last, before + max(n_nodes, of_large), start)
        yield slice(start, stop)
        start = stop


def _first_beyond(last: NDArray[np.int64], n_nodes: int, start: int) -> int:
    return max(start + 1, int(np.searchsorted(last, n_nodes, side="right")))


def in_stretches(
    work: Callable[[ArchitectureBatch], FloatArray], batch: ArchitectureBatch, width: int
) -> FloatArray:
    """Apply a function to stretches of a batch in parallel threads, to bound the memory.

    Parameters
    ----------
    work : callable
        Function of a batch that returns one row per architecture. It can use torch.
    batch : ArchitectureBatch
        The architectures.
    width : int
        Numbers in the state of a node.

    Returns
    -------
    ndarray of float of shape (n_architectures, n_columns)
        The rows of all architectures.
    """
    parts = list(stretches(batch.n_nodes, width))
    work = usual_settings()(work)
    if len(parts) <= 1:
        return map_on_cores(work, [batch])[0]
    return np.concatenate(map_on_cores(lambda part: work(batch[part]), parts))
