"""States of a flow through a batch of architectures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._levels import Level

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {  # in place
    "relu": lambda x: x.relu_(),
    "tanh": lambda x: x.tanh_(),
    "identity": lambda x: x,
}
_LARGEST = 2.0**400  # of a state; sums of squares of such numbers still fit into a float


class FlowStates:
    """A row for each state, in the order in which they are made; the first is the start message.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures; there is room for a forward and a backward state of each node.
    start : ndarray of shape (n_draws, n_components)
        The start message.
    shift : ndarray of shape (n_operations, n_draws * n_components)
        What an operation adds to the mixed message.
    mixing : ndarray of shape (n_draws, n_components, n_components)
        What mixes a message.
    alpha : float
        Share of a message that is handed on unchanged.
    activation : {"tanh", "relu", "identity"}
        Of the rest.
    joining : {"sum", "mean", "max"}
        How messages from several senders join.
    """

    def __init__(
        self,
        batch: ArchitectureBatch,
        start: FloatArray,
        shift: FloatArray,
        mixing: FloatArray,
        *,
        alpha: float,
        activation: str,
        joining: str,
    ) -> None:
        self.batch = batch
        self.shift, self.mixing = torch.from_numpy(shift), torch.from_numpy(mixing)
        self.alpha = alpha
        self.activate = _ACTIVATIONS[activation]
        self.joining = joining
        self.states = torch.empty(1 + 2 * len(batch.ops), start.size, dtype=torch.float64)
        self.states[0] = torch.from_numpy(start.ravel())
        self.n_made = 1

    def step(self, level: Level, rows: IntArray) -> IntArray:
        """Make the states of the nodes of a level.

        Parameters
        ----------
        level : Level
            The nodes and who sends to them.
        rows : ndarray of int of shape (total_nodes,)
            Row of the state of each sender.

        Returns
        -------
        ndarray of int of shape (n,)
            Rows of the states that were made.
        """
        made = np.arange(self.n_made, self.n_made + len(level.nodes))
        state = self.states[self.n_made : self.n_made + len(made)]
        self.n_made += len(made)
        message = self._joined(level, torch.from_numpy(rows[level.senders]))
        torch.index_select(self.shift, 0, torch.from_numpy(self.batch.ops[level.nodes]), out=state)
        width = len(self.mixing[0])
        for draw, matrix in enumerate(self.mixing):
            columns = slice(draw * width, (draw + 1) * width)
            state[:, columns].addmm_(message[:, columns], matrix)
        self.activate(state).lerp_(message, self.alpha).clamp_(-_LARGEST, _LARGEST)
        return made

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
        ndarray of float of shape (n_architectures, n_draws * n_components)
            Zero where an architecture has no chosen node.
        """
        where = np.flatnonzero(chosen)
        bounds = torch.from_numpy(np.searchsorted(where, self.batch.node_ptr))
        read = torch.from_numpy(rows[where])
        total: FloatArray = embedding_bag(
            read, self.states, bounds, mode="sum", include_last_offset=True
        ).numpy()
        return total

    def _joined(self, level: Level, senders: Tensor) -> Tensor:
        starts = torch.from_numpy(level.starts)
        if self.joining == "max":
            return embedding_bag(senders, self.states, starts, mode="max")
        counts = None if self.batch.multiplicity is None else torch.from_numpy(level.multiplicity)
        total = embedding_bag(senders, self.states, starts, mode="sum", per_sample_weights=counts)
        return total / torch.from_numpy(level.total_multiplicity()) if self.joining == "mean" else total
