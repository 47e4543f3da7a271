"""DagRows: cells as padded arrays, with changes that act on many at once."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


class DagRows(NamedTuple):
    """Cells with at most so many nodes, numbered along the edges: the input is first and the output last.

    Parameters
    ----------
    edges : ndarray of bool of shape (n_cells, max_nodes, max_nodes)
        Upper triangular adjacency matrices.
    ops : ndarray of int of shape (n_cells, max_nodes)
        Operation of each node; -1 after the output. The first and the last node have operations of their own.
    """

    edges: BoolArray
    ops: IntArray

    @property
    def n_nodes(self) -> IntArray:
        """Number of nodes of each cell."""
        sizes: IntArray = (self.ops >= 0).sum(axis=1)
        return sizes

    def take(self, rows: IntArray | BoolArray) -> Self:
        """The cells at some positions."""
        return self._replace(edges=self.edges[rows], ops=self.ops[rows])

    def put(self, rows: IntArray, cells: DagRows) -> None:
        """Replace the cells at some positions."""
        self.edges[rows], self.ops[rows] = cells

    def copy(self) -> Self:
        """The same cells in arrays of their own."""
        return self._replace(edges=self.edges.copy(), ops=self.ops.copy())

    def pruned(self) -> tuple[Self, BoolArray]:
        """Remove nodes on no path from input to output, and tell which cells have such a path.

        Nodes that are removed may have any operation but -1.
        """
        most = self.ops.shape[1]
        rows = np.arange(len(self.ops))
        last = self.n_nodes - 1
        forward, backward = np.zeros((2, *self.ops.shape), dtype=bool)
        forward[:, 0] = backward[rows, last] = True
        for node in range(1, most):
            forward[:, node] = (self.edges[:, :, node] & forward).any(axis=1)
        for node in range(most - 2, -1, -1):
            backward[:, node] |= (self.edges[:, node] & backward).any(axis=1)
        kept = forward & backward
        order = np.argsort(~kept, axis=1, kind="stable")
        kept = np.take_along_axis(kept, order, axis=1)
        ops = np.where(kept, np.take_along_axis(self.ops, order, axis=1), -1)
        edges = _renumbered(self.edges, order) & kept[:, :, None] & kept[:, None, :]
        return self._replace(edges=edges, ops=ops), kept[:, 0]

    def with_other_operation(self, n_ops: int, generator: np.random.Generator) -> Self:
        """Give a random inner node of each cell another of the operations 1 to `n_ops`."""
        rows, node = self._inner(generator)
        changed = self.copy()
        steps = generator.integers(1, max(n_ops, 2), size=len(rows))
        changed.ops[rows, node] = 1 + (self.ops[rows, node] - 1 + steps) % n_ops
        return changed

    def with_other_edge(self, generator: np.random.Generator) -> Self:
        """Add or remove an edge between two random nodes of each cell."""
        first, second = self._pairs(generator)
        changed = self.copy()
        changed.edges[np.arange(len(first)), first, second] ^= True
        return changed

    def with_another_node(self, n_ops: int, generator: np.random.Generator) -> Self:
        """Put a node between two random nodes of each cell that is not full; keep or drop their edge."""
        first, second = self._pairs(generator)
        rows = np.flatnonzero(self.n_nodes < self.ops.shape[1])
        first, second, node = first[rows], second[rows] + 1, first[rows] + 1
        place = np.arange(self.ops.shape[1])
        order = place - (place > first[:, None])  # the new node is a copy of `first`, whose edges are removed
        own = np.arange(len(rows))
        grown = self.take(rows)
        edges = _renumbered(grown.edges, order)
        edges[own, node] = False
        edges[own, :, node] = False
        edges[own, first, node] = edges[own, node, second] = True
        edges[own, first, second] &= generator.random(len(rows)) < 0.5
        ops = np.take_along_axis(grown.ops, order, axis=1)
        ops[own, node] = generator.integers(1, n_ops + 1, size=len(rows))
        changed = self.copy()
        changed.put(rows, DagRows(edges, ops))
        return changed

    def without_a_node(self, generator: np.random.Generator) -> Self:
        """Remove a random inner node of each cell and join its predecessors to its successors."""
        rows, node = self._inner(generator)
        changed = self.copy()
        before, after = self.edges[rows, :, node], self.edges[rows, node]
        changed.edges[rows] |= before[:, :, None] & after[:, None, :]
        changed.edges[rows, node] = False
        changed.edges[rows, :, node] = False
        return changed

    def mixed(self, other: DagRows, generator: np.random.Generator) -> Self:
        """Take each edge and each operation from one of two cells, whose outputs are aligned."""
        first, second = self._spread(), other._spread()
        edges = np.where(generator.random(self.edges.shape) < 0.5, first.edges, second.edges)
        from_first = generator.random(self.ops.shape) < 0.5
        ops = np.where(from_first, first.ops, second.ops)
        ops = np.where(first.ops < 0, second.ops, np.where(second.ops < 0, first.ops, ops))
        ops[:, 1:] = np.maximum(ops[:, 1:], 1)  # where neither cell has a node, nor any edge
        return self._replace(edges=edges, ops=ops)

    def _spread(self) -> DagRows:
        """The same cells with the output at the last place, as `pruned` takes them."""
        most = self.ops.shape[1]
        rows, last = np.arange(len(self.ops)), self.n_nodes - 1
        order = np.tile(np.arange(most), (len(rows), 1))
        order[rows, last], order[rows, -1] = most - 1, last
        return DagRows(_renumbered(self.edges, order), np.take_along_axis(self.ops, order, axis=1))

    def _inner(self, generator: np.random.Generator) -> tuple[IntArray, IntArray]:
        """A random inner node of each cell that has one."""
        n_inner = self.n_nodes - 2
        rows = np.flatnonzero(n_inner > 0)
        return rows, 1 + generator.integers(n_inner[rows])

    def _pairs(self, generator: np.random.Generator) -> tuple[IntArray, IntArray]:
        """Two random nodes of each cell, in their order."""
        n_nodes = self.n_nodes
        first = generator.integers(n_nodes)
        second = generator.integers(n_nodes - 1)
        second += second >= first
        return np.minimum(first, second), np.maximum(first, second)


def _renumbered(edges: BoolArray, order: IntArray) -> BoolArray:
    """Adjacency matrices of the nodes in another order."""
    rows = np.arange(len(edges))[:, None, None]
    renumbered: BoolArray = edges[rows, order[:, :, None], order[:, None, :]]
    return renumbered
