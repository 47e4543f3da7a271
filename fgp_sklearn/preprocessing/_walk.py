"""Messages on their way through all architectures of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._levels import Level, in_order
from fgp_sklearn.architectures._node_kinds import Kinds

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_AT_ONCE = 512  # messages

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

    def arriving(self, *, backward: bool = False) -> Iterator[tuple[slice, FloatArray]]:
        """What arrives where a walk ends: at the sinks, or backward at the sources.

        Parameters
        ----------
        backward : bool, default=False
            Walk from the sinks to the sources.

        Yields
        ------
        some : slice
            Some architectures.
        message : ndarray of float of shape (n, width)
            Sum of the messages to the ends of each of them, for the caller to change in place.
        """
        kinds = self.batch.backward_kinds if backward else self.batch.forward_kinds
        states = self._room(kinds, 0)
        self._make(states, len(kinds.starts), kinds.heard, kinds.steps[:-1])
        ends = np.searchsorted(kinds.arriving.nodes, self.batch.node_ptr)
        some = _in_cache(np.array([0, len(self.batch)]))
        messages = self._messages(states, kinds.arriving, ends[some])
        for (start, stop), message in zip(pairwise(some.tolist()), messages, strict=True):
            message.clamp_(-self.largest, self.largest)
            yield slice(start, stop), _summed(message, ends[start : stop + 1] - ends[start]).numpy()

    def returned(self) -> FloatArray:
        """What comes back to the sources once the sinks have sent back their states.

        Returns
        -------
        ndarray of float of shape (n_architectures, width)
            Sum of the states of the sources of each architecture.
        """
        kinds = self.batch.forward_kinds
        way_back, bounds = in_order(self.batch, backward=True)
        n_kinds, n_nodes = len(kinds.nodes), len(way_back.nodes)
        states = self._room(kinds, n_nodes)
        self._make(states, len(kinds.starts), kinds.heard, kinds.steps)
        rows = kinds.kind.copy()
        rows[way_back.nodes] = np.arange(n_kinds, n_kinds + n_nodes)
        self._make(states, n_kinds, replace(way_back, senders=rows[way_back.senders]), bounds)
        sources = np.flatnonzero(self.batch.in_degree == 0)
        read = torch.from_numpy(rows[sources])
        total: FloatArray = _bags(states, read, np.searchsorted(sources, self.batch.node_ptr)).numpy()
        return total

    def _room(self, kinds: Kinds, n_more: int) -> Tensor:
        """A row for each kind, of which the first are start messages, and some more."""
        states = self.start.new_empty(len(kinds.nodes) + n_more, len(self.start))
        states[: len(kinds.starts)] = self.start
        return states

    def _make(self, states: Tensor, at: int, heard: Level, steps: IntArray) -> None:
        """Make states from row `at` on, step by step, of what their nodes hear."""
        steps = _in_cache(steps)
        sizes, n_made = np.diff(steps).tolist(), int(steps[-1])
        made = torch.split(states[at : at + n_made], sizes)
        ops = torch.split(torch.from_numpy(self.batch.ops[heard.nodes[:n_made]]), sizes)
        for message, op, state in zip(self._messages(states, heard, steps), ops, made, strict=True):
            self.transform(message, op, state)
            state.clamp_(-self.largest, self.largest)

    def _messages(self, states: Tensor, heard: Level, steps: IntArray) -> Iterator[Tensor]:
        """What the nodes of one step after the other hear, joined; read once it is asked for."""
        sizes, first = np.diff(steps), np.append(heard.starts, len(heard.senders))[steps]
        n_nodes, n_messages = sizes.tolist(), np.diff(first).tolist()
        nodes, messages = slice(0, steps[-1]), slice(0, first[-1])  # steps begin with the first node
        senders = torch.split(torch.from_numpy(heard.senders[messages]), n_messages)
        starts = torch.split(torch.from_numpy(heard.starts[nodes] - np.repeat(first[:-1], sizes)), n_nodes)
        counts: Iterable[Tensor | None] = repeat(None, len(sizes))
        if self.batch.multiplicity is not None and self.joining != "max":
            counts = torch.split(self._tensor(heard.multiplicity[messages]), n_messages)
        totals: Iterable[Tensor | None] = repeat(None, len(sizes))
        if self.joining == "mean":
            totals = torch.split(self._tensor(heard.total_multiplicity()[nodes]), n_nodes)
        mode = "max" if self.joining == "max" else "sum"
        for sender, start, count, total in zip(senders, starts, counts, totals, strict=True):
            message = embedding_bag(sender, states, start, mode=mode, per_sample_weights=count)
            yield message if total is None else message.div_(total)

    def _tensor(self, numbers: FloatArray) -> Tensor:
        return torch.from_numpy(numbers).to(self.start.dtype)


def _summed(states: Tensor, bounds: IntArray) -> Tensor:
    """Sum consecutive states."""
    if len(states) == len(bounds) - 1:
        return states
    return _bags(states, torch.arange(len(states)), bounds)


def _bags(states: Tensor, read: Tensor, bounds: IntArray) -> Tensor:
    """Sum the states that are read, bag by bag."""
    return embedding_bag(read, states, torch.from_numpy(bounds), mode="sum", include_last_offset=True)


def _in_cache(bounds: IntArray) -> IntArray:
    """Bounds of runs so short that what is made of them stays in the cache of a processor."""
    return np.unique(np.append(bounds, np.arange(bounds[0], bounds[-1], _AT_ONCE)))
