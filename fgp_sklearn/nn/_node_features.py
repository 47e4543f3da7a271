"""Features of nodes that a backbone reads beside the operation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch


def n_node_features_of(n_attributes: int) -> int:
    """Number of features per node that `node_features` makes of so many attributes."""
    return 2 * n_attributes + 1 if n_attributes else 0


def node_features(batch: ArchitectureBatch) -> NDArray[np.float32]:
    """Attributes of each node as numbers that a network can read.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures with attributes.

    Returns
    -------
    ndarray of float32 of shape (total_nodes, 2 * n_attributes + 1)
        The attributes, 0 where a node has none; for each attribute 1 where a node has none; and the position
        of the node along the longest path: its depth over the depth of the architecture.

    Examples
    --------
    >>> from fgp_sklearn.architectures import ArchitectureBatch
    >>> from fgp_sklearn.nn._node_features import node_features
    >>> batch = ArchitectureBatch.from_arrays(
    ...     [[0, 1], [0, 0]], [[0, 1]], ["conv", "output"], attributes={"kernel": [[3, float("nan")]]})
    >>> node_features(batch)
    array([[3., 0., 0.],
           [0., 1., 1.]], dtype=float32)
    """
    values = batch.attribute_values
    if values is None:
        return np.zeros((len(batch.ops), 0), dtype=np.float32)
    missing = np.isnan(values)
    columns = [np.where(missing, 0.0, values), missing, batch.relative_depth[:, None]]
    return np.concatenate(columns, axis=1).astype(np.float32)
