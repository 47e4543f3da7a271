"""Messages on their way through all architectures of a batch at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._kinds import levels_of_kinds
from fgp_sklearn.architectures._levels import Level, levels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Codes = NDArray[np.integer[Any]]

#: What operations make of messages: takes messages, codes of operations, and where to write the states.
Transform = Callable[[Tensor, Tensor, Tensor], None]


class Walk:
    """A row for each state, in the order in which they are made; the first is the start message.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures; there is room for a state of each node on the way and on the way back.
    start : ndarray of float64 or float32 of shape (width,)
        What goes out from where a walk starts; states are of its dtype.
    transform : callable
        What operations make of messages.
    joining : {"sum", "mean", "max"}
        How messages from several senders join.
    """

    def __init__(
        self, batch: ArchitectureBatch, start: FloatArray, transform: Transform, *, joining: str
    ) -> None:
        self.batch = batch
        self.transform = transform
        self.joining = joining
        first = torch.from_numpy(start)
        self.states = first.new_empty(1 + 2 * len(batch.ops), len(start))
        self.states[0] = first
        # Sums of squares of such numbers still fit: 2**400 of a float64, 2**50 of a float32.
        self.largest = 2.0 ** (np.finfo(start.dtype).maxexp * 25 // 64)
        self.n_made = 1

    def walk(self, ops: Codes, *, backward: bool = False, begun: IntArray | None = None) -> IntArray:
        """Make a state of each node.

        Parameters
        ----------
        ops : ndarray of int of shape (total_nodes,)
            Codes of operations.
        backward : bool, default=False
            Walk from the sinks to the sources.
        begun : ndarray of int of shape (total_nodes,), optional
            With which row each node begins where the walk starts, if not with the start message.

        Returns
        -------
        ndarray of int of shape (total_nodes,)
            Row of the state of each node.
        """
        if begun is None:
            rows = np.zeros(len(ops), dtype=np.int64)
            for level, nodes, kind in levels_of_kinds(self.batch, ops, backward=backward):
                rows[nodes] = self._step(level, rows, ops)[kind]
        else:
            rows = begun.copy()
            for level in levels(self.batch, backward=backward):
                rows[level.nodes] = self._step(level, rows, ops)
        return rows

    def total(self, rows: IntArray, chosen: NDArray[np.bool_]) -> FloatArray:
        """Sum the states of the chosen nodes of each architecture.

        Parameters
        ----------
        rows : ndarray of int of shape (total_nodes,)
            Row of the state of each node.
        chosen : ndarray of bool of shape (total_nodes,)
            Which nodes count.

        Returns
        -------
        ndarray of float of shape (n_architectures, width)
            Zero where an architecture has no chosen node.
        """
        where = np.flatnonzero(chosen)
        bounds = torch.from_numpy(np.searchsorted(where, self.batch.node_ptr))
        read = torch.from_numpy(rows[where])
        total: FloatArray = embedding_bag(
            read, self.states, bounds, mode="sum", include_last_offset=True
        ).numpy()
        return total

    def _step(self, level: Level, rows: IntArray, ops: Codes) -> IntArray:
        made = np.arange(self.n_made, self.n_made + len(level.nodes))
        state = self.states[self.n_made : self.n_made + len(made)]
        self.n_made += len(made)
        message = self._joined(level, torch.from_numpy(rows[level.senders]))
        self.transform(message, torch.from_numpy(ops[level.nodes]), state)
        state.clamp_(-self.largest, self.largest)
        return made

    def _joined(self, level: Level, senders: Tensor) -> Tensor:
        starts = torch.from_numpy(level.starts)
        if self.joining == "max":
            return embedding_bag(senders, self.states, starts, mode="max")
        counts = None if self.batch.multiplicity is None else self._tensor(level.multiplicity)
        total = embedding_bag(senders, self.states, starts, mode="sum", per_sample_weights=counts)
        return total / self._tensor(level.total_multiplicity()) if self.joining == "mean" else total

    def _tensor(self, numbers: FloatArray) -> Tensor:
        return torch.from_numpy(numbers).to(self.states.dtype)
