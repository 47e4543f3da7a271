"""Large batches, a stretch after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._threads import map_on_cores
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import ArchitectureBatch

FloatArray = NDArray[np.float64]

_STATES_AT_ONCE = 2**20  # numbers; 8 MB for each of both ways


def in_stretches(
    work: Callable[[ArchitectureBatch], FloatArray], batch: ArchitectureBatch, width: int
) -> FloatArray:
    """Work on stretches whose states fit into the cache of a processor, which also bounds the memory.

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
    n_nodes = max(1, _STATES_AT_ONCE // width)
    size = max(1, n_nodes * len(batch) // max(1, len(batch.ops)))
    parts = [batch[i : i + size] for i in range(0, len(batch), size)] if size < len(batch) else [batch]
    return np.concatenate(map_on_cores(usual_settings()(work), parts))
