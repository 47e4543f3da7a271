"""Which layers of a chain belong to which stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def matched_depths(fits: Sequence[BoolArray], depths: Sequence[IntArray], sizes: IntArray) -> IntArray:
    """Divide chains into stages of allowed depths whose layers fit.

    Parameters
    ----------
    fits : sequence of ndarray of bool of shape (n_chains, max_size)
        For each stage, whether each layer of each chain could belong to it. False beyond the end.
    depths : sequence of ndarray of int
        For each stage, the numbers of layers that it may have.
    sizes : ndarray of int of shape (n_chains,)
        Number of layers of each chain, at most `max_size`.

    Returns
    -------
    ndarray of int of shape (n_chains, n_stages)
        Number of layers of each stage; -1 in chains that cannot be divided. If there are several ways, later
        stages are as short as possible.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.search._stage_matching import matched_depths
    >>> first, last = np.array([[True, True, False]]), np.array([[False, True, True]])
    >>> matched_depths([first, last], [np.array([1, 2]), np.array([1, 2])], np.array([3]))
    array([[2, 1]])
    """
    n, most = fits[0].shape
    ends = [np.zeros((n, most + 1), dtype=bool)]  # where the stages so far can end
    ends[0][:, 0] = True
    runs = [_run_lengths(fit) for fit in fits]
    for run, allowed in zip(runs, depths, strict=True):
        reached = np.zeros_like(ends[0])
        for depth in allowed[allowed <= most].tolist():
            reached[:, depth:] |= ends[-1][:, : most + 1 - depth] & (run[:, depth:] >= depth)
        ends.append(reached)
    rows = np.arange(n)
    place = sizes.copy()
    found = np.full((n, len(fits)), -1, dtype=np.int64)
    divided = ends[-1][rows, place]
    for stage in reversed(range(len(fits))):
        for depth in depths[stage].tolist():
            start = np.maximum(place - depth, 0)
            right = divided & (found[:, stage] < 0) & (place >= depth)
            right &= ends[stage][rows, start] & (runs[stage][rows, place] >= depth)
            found[right, stage] = depth
        place -= np.maximum(found[:, stage], 0)
    return found


def _run_lengths(fits: BoolArray) -> IntArray:
    """Number of layers in a row that fit, up to the end of each layer; 0 at the beginning."""
    run = np.zeros((len(fits), fits.shape[1] + 1), dtype=np.int64)
    for layer in range(fits.shape[1]):
        run[:, layer + 1] = np.where(fits[:, layer], run[:, layer] + 1, 0)
    return run
