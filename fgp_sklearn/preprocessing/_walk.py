"""Messages on their way through all architectures of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._columns import offsets
from fgp_sklearn.architectures._kinds import Kinds
from fgp_sklearn.architectures._levels import Level, in_order

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: What operations make of messages: takes messages, codes of operations, and where to write the states.
Transform = Callable[[Tensor, Tensor, Tensor], None]


class Walk:
    """States in rows, in the order in which they are made; the first is the start message.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
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
        self.start = torch.from_numpy(start)
        self.transform = transform
        self.joining = joining
        # Sums of squares of such numbers still fit: 2**400 of a float64, 2**50 of a float32.
        self.largest = 2.0 ** (np.finfo(start.dtype).maxexp * 25 // 64)

    def arrived(self, *, backward: bool = False) -> FloatArray:
        """What arrives where a walk ends: at the sinks, or backward at the sources.

        Parameters
        ----------
        backward : bool, default=False
            Walk from the sinks to the sources.

        Returns
        -------
        ndarray of float of shape (n_architectures, width)
            Sum of the messages to the ends of each architecture.
        """
        kinds = self.batch.backward_kinds if backward else self.batch.forward_kinds
        states = self._room(len(kinds.heard.nodes))
        self._make(states, 1, kinds.heard, kinds.steps)
        (message,) = self._messages(states, kinds.arriving, np.array([0, len(kinds.arriving.nodes)]))
        message.clamp_(-self.largest, self.largest)
        return self._total(message, np.arange(len(message)), kinds.arriving.nodes)

    def returned(self) -> FloatArray:
        """What comes back to the sources once the sinks have sent back their states.

        Returns
        -------
        ndarray of float of shape (n_architectures, width)
            Sum of the states of the sources of each architecture.
        """
        kinds = Kinds.of(self.batch, with_ends=True)
        way_back, bounds = in_order(self.batch, backward=True)
        n_made, n_nodes = 1 + len(kinds.heard.nodes), len(way_back.nodes)
        states = self._room(n_made - 1 + n_nodes)
        self._make(states, 1, kinds.heard, kinds.steps)
        rows = kinds.kind.copy()
        rows[way_back.nodes] = np.arange(n_made, n_made + n_nodes)
        self._make(states, n_made, replace(way_back, senders=rows[way_back.senders]), bounds)
        sources = np.flatnonzero(self.batch.in_degree == 0)
        return self._total(states, rows[sources], sources)

    def _room(self, n_states: int) -> Tensor:
        """Room for so many states behind the start message."""
        states = self.start.new_empty(1 + n_states, len(self.start))
        states[0] = self.start
        return states

    def _make(self, states: Tensor, at: int, heard: Level, steps: IntArray) -> None:
        """Make states from row `at` on, step by step, of what their nodes hear."""
        sizes = np.diff(steps).tolist()
        made = states[at : at + len(heard.nodes)].split(sizes)
        ops = torch.from_numpy(self.batch.ops[heard.nodes]).split(sizes)
        for message, op, state in zip(self._messages(states, heard, steps), ops, made, strict=True):
            self.transform(message, op, state)
            state.clamp_(-self.largest, self.largest)

    def _messages(self, states: Tensor, heard: Level, steps: IntArray) -> Iterator[Tensor]:
        """What the nodes of one step after the other hear, joined; read once it is asked for."""
        sizes, first = np.diff(steps), np.append(heard.starts, len(heard.senders))[steps]
        n_heard = np.diff(first).tolist()
        senders = torch.from_numpy(heard.senders).split(n_heard)
        starts = torch.from_numpy(heard.starts - np.repeat(first[:-1], sizes)).split(sizes.tolist())
        is_counted = self.batch.multiplicity is not None and self.joining != "max"
        counts = self._tensor(heard.multiplicity).split(n_heard) if is_counted else [None] * len(sizes)
        totals = self._tensor(heard.total_multiplicity()).split(sizes.tolist())
        for sender, start, count, total in zip(senders, starts, counts, totals, strict=True):
            if self.joining == "max":
                yield embedding_bag(sender, states, start, mode="max")
                continue
            message = embedding_bag(sender, states, start, mode="sum", per_sample_weights=count)
            yield message.div_(total) if self.joining == "mean" else message

    def _total(self, states: Tensor, rows: IntArray, nodes: IntArray) -> FloatArray:
        """Sum the states in `rows`, which are those of `nodes`, over each architecture."""
        bounds = torch.from_numpy(np.searchsorted(nodes, self.batch.node_ptr))
        read = torch.from_numpy(rows)
        total: FloatArray = embedding_bag(
            read, states, bounds, mode="sum", include_last_offset=True
        ).numpy()
        return total

    def _tensor(self, numbers: FloatArray) -> Tensor:
        return torch.from_numpy(numbers).to(self.start.dtype)
