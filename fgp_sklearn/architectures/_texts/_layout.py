"""Cells whose graph is always the same, so that the operations of their nodes are all there is to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns
from fgp_sklearn.architectures._offsets import offsets


class Layout(NamedTuple):
    """A fixed graph from ``"input"`` to ``"output"`` with an operation at each other node.

    Parameters
    ----------
    edges : ndarray of int of shape (2, n_edges)
        Source and target of each edge.
    n_slots : int
        Number of nodes between input and output.
    ops : tuple of str
        Operations to choose from.
    """

    edges: NDArray[np.int64]
    n_slots: int
    ops: tuple[str, ...]

    def read(self, choices: Any, names: Sequence[str] | None = None) -> ArchitectureColumns:
        """Columns of cells, from positions in `ops`, of shape (n, n_slots)."""
        interior = np.asarray(choices, dtype=np.int32).reshape(-1, self.n_slots)
        n = len(interior)
        codes = np.zeros((n, self.n_slots + 2), dtype=np.int32)
        codes[:, 1:-1] = interior + 1
        codes[:, -1] = len(self.ops) + 1
        return checked_columns(
            ops=codes.ravel(),
            edges=np.tile(self.edges, (1, n)),
            node_ptr=offsets(np.full(n, codes.shape[1])),
            edge_ptr=offsets(np.full(n, self.edges.shape[1])),
            vocabulary=("input", *self.ops, "output"),
            names=names,
        )

    def choices(self, columns: ArchitectureColumns) -> list[list[int] | None]:
        """Position in `ops` of each node between the first and the last; None where there is none."""
        position = {op: i for i, op in enumerate(self.ops)}
        table = np.array([position.get(op, -1) for op in columns.vocabulary] or [-1], dtype=np.int64)
        chosen: list[list[int] | None] = [None] * len(columns)
        of_this_size = np.flatnonzero(columns.n_nodes == self.n_slots + 2)
        if len(of_this_size):
            nodes = columns.node_ptr[of_this_size][:, None] + np.arange(1, self.n_slots + 1)
            interior = table[columns.ops[nodes]]
            known = (interior >= 0).all(axis=1)
            for index, row in zip(of_this_size[known].tolist(), interior[known].tolist(), strict=True):
                chosen[index] = row
        return chosen


def line(n_slots: int) -> NDArray[np.int64]:
    """Edges of a chain from input to output."""
    return np.stack([np.arange(n_slots + 1), np.arange(1, n_slots + 2)])
