"""LayoutSpace: the base of spaces with a few graphs, and one operation at each inner node."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._choice_space import ChoiceSpace

IntArray = NDArray[np.int64]


class LayoutSpace(ChoiceSpace):
    """Base class of spaces of cells from ``"input"`` to ``"output"``.

    Choices are the graph, if there are several, and the operation of each node between input and output.

    Parameters
    ----------
    layouts : ndarray of uint8 of shape (n_layouts, n_nodes, n_nodes)
        Adjacency matrices. They differ.
    ops : tuple of str
        Operations to choose from.
    """

    def __init__(self, layouts: NDArray[np.uint8], ops: tuple[str, ...]) -> None:
        self._layouts = layouts
        self._ops = ops

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def n_choices(self) -> IntArray:
        """Number of values of each choice: of graphs, and of operations at each node."""
        n_slots = self._layouts.shape[1] - 2
        return np.array([len(self._layouts), *[len(self._ops)] * n_slots])

    def decode(self, choices: Any) -> ArchitectureBatch:
        choices = np.asarray(choices, dtype=np.int64)
        ops = np.zeros((len(choices), self._layouts.shape[1]), dtype=np.int32)
        ops[:, 1:-1] = 1 + choices[:, 1:]
        ops[:, -1] = 1 + len(self._ops)
        graphs = self._layouts[choices[:, 0]]
        return ArchitectureBatch.from_arrays(graphs, ops, ("input", *self._ops, "output"))

    def _guessed(self, batch: ArchitectureBatch) -> IntArray:
        n_nodes = self._layouts.shape[1]
        choices = np.full((len(batch), n_nodes - 1), -1, dtype=np.int64)
        rows = np.flatnonzero(batch.n_nodes == n_nodes)
        code = {op: i for i, op in enumerate(self._ops)}
        table = np.array([code.get(op, -1) for op in batch.vocabulary], dtype=np.int64)
        nodes = batch.node_ptr[rows][:, None] + np.arange(1, n_nodes - 1)
        choices[rows, 1:] = table[batch.ops[nodes]]
        # The predecessors of each node as bits.
        weights = 1 << np.arange(n_nodes, dtype=np.int64)
        sums = np.zeros(len(batch.ops), dtype=np.int64)
        np.add.at(sums, batch.flat_edges[1], weights[np.minimum(batch.edges[0], n_nodes - 1)])
        sums = sums[batch.node_ptr[rows][:, None] + np.arange(n_nodes)]
        wanted = weights @ self._layouts
        alike = (sums[:, None] == wanted).all(axis=2)
        choices[rows, 0] = np.where(alike.any(axis=1), alike.argmax(axis=1), -1)
        return choices
