"""Cells of NAS-Bench-Graph: four operations, each of which receives the input or one earlier result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NASBENCH_GRAPH_OPS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
#: The predecessor of each operation; 0 is the input.
NASBENCH_GRAPH_LINKS = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)


def nasbench_graph_layouts() -> NDArray[np.uint8]:
    """Adjacency matrices of input, operations and output for each row of `NASBENCH_GRAPH_LINKS`."""
    return np.stack([_adjacency(predecessors) for predecessors in NASBENCH_GRAPH_LINKS])


def _adjacency(predecessors: tuple[int, ...]) -> NDArray[np.uint8]:
    n = len(predecessors)
    adjacency = np.zeros((n + 2, n + 2), dtype=np.uint8)
    adjacency[predecessors, np.arange(1, n + 1)] = 1
    adjacency[1:-1, -1] = ~adjacency[1:-1].any(axis=1)
    return adjacency
