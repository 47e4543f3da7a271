"""Large batches, a stretch after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._threads import map_on_cores
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import ArchitectureBatch

FloatArray = NDArray[np.float64]

_STATES_AT_ONCE = 2**23  # numbers, 64 MB at most: nodes that hear the same share a state
# A generation of a deep network has few nodes: many networks share what each costs by itself.
_LARGEST_AT_ONCE, _TIMES_AS_MANY = 32, 4


def stretches(sizes: NDArray[np.int64], width: int) -> Iterator[slice]:
    """Cut architectures into stretches that bound the memory.

    Parameters
    ----------
    sizes : ndarray of int of shape (n_architectures,)
        Number of nodes of each.
    width : int
        Numbers in a state of a node.

    Yields
    ------
    slice
        Consecutive architectures, as many as have 2**23 numbers in their states; of large ones up to 32, if
        they have no more than four times as many. A stretch is not cut further.
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
    """Work on stretches, which bounds the memory.

    Parameters
    ----------
    work : callable
        From a batch to a row for each of its architectures, by torch.
    batch : ArchitectureBatch
        The architectures.
    width : int
        Numbers in a state of a node.

    Returns
    -------
    ndarray of float of shape (n_architectures, n_columns)
        All rows.
    """
    parts = list(stretches(batch.n_nodes, width))
    work = usual_settings()(work)
    if len(parts) <= 1:
        return map_on_cores(work, [batch])[0]
    return np.concatenate(map_on_cores(lambda part: work(batch[part]), parts))
