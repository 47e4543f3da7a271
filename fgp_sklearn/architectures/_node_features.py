"""Node features: those of one architecture as a matrix, and those of several joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import array_problem
from fgp_sklearn.architectures._tensors import dense_array

FloatMatrix = NDArray[np.float32]


def as_features(rows: Any, n_nodes: int, index: int) -> FloatMatrix:
    """Node features of one architecture as a matrix.

    Parameters
    ----------
    rows : array-like of shape (n_nodes, n_node_features)
        Features as given by the user.
    n_nodes : int
        Expected number of rows.
    index : int
        Position of the architecture, for messages.

    Returns
    -------
    ndarray of float32 of shape (n_nodes, n_node_features)
        The features.
    """
    try:
        matrix = dense_array(rows)
    except Exception as error:  # whatever another library's __array__ raises
        raise ArchitectureError(f"its node features are {array_problem(rows, error)}", index) from error
    right_shape = matrix.ndim == 2 and len(matrix) == n_nodes and matrix.shape[1] > 0
    if n_nodes and (matrix.dtype.kind not in "biuf" or not right_shape):
        raise ArchitectureError(
            f"its node features are {matrix.dtype} of shape {matrix.shape}; give each of its {n_nodes} "
            "nodes a list of numbers of one length",
            index,
        )
    with np.errstate(over="ignore"):
        return matrix.astype(np.float32) if n_nodes else np.zeros((0, 0), dtype=np.float32)


def joined_features(
    matrices: Sequence[FloatMatrix | None], first: Sequence[int | None] | None = None
) -> FloatMatrix | None:
    """Node features of several architectures or batches, one below the other.

    Parameters
    ----------
    matrices : sequence of ndarray of shape (n_nodes, n_node_features) or None
        Node features of each, None where there are none. Matrices without columns are left out.
    first : sequence of int or None, optional
        Index of the first architecture of each, for messages. By default its position.

    Returns
    -------
    ndarray of float32 of shape (total_nodes, n_node_features) or None
        None if there are none at all.

    Raises
    ------
    ArchitectureError
        If only some have features, or their numbers of features differ.
    """
    filled = [matrix for matrix in matrices if matrix is not None and matrix.shape[1]]
    if not filled:
        return None
    width = filled[0].shape[1]
    for position, matrix in enumerate(matrices):
        if matrix is not None and matrix.shape[1] in (0, width):
            continue
        index = position if first is None else first[position]
        if matrix is None:
            problem = "it has no node features, while others have; either all have them or none has"
        else:
            problem = f"its nodes have {matrix.shape[1]} features where others have {width}"
        raise ArchitectureError(problem, index)
    return np.concatenate(filled)
