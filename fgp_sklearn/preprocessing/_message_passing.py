"""MessagePassing: passes messages through all architectures of a batch at once."""

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

#: Function of messages, codes of nodes and a tensor, into which it writes the states of the nodes.
Transform = Callable[[Tensor, Tensor, Tensor], None]


class MessagePassing:
    """Passes messages along the edges. Identical nodes are computed once.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    start : ndarray of float64 or float32 of shape (width,) or (n_codes, width)
        State of the nodes without senders, for each code or for all. All states have its dtype.
    transform : callable
        Computes the states of nodes from their messages and codes.
    joining : {"sum", "mean", "max"}
        How messages from several senders are combined.
    codes : ndarray of int of shape (total_nodes,), optional
        What `transform` is told about each node. By default its operation.
    ends : ndarray of float of shape (n_codes, width), optional
        Factors of the messages that arrive at nodes with senders, for each code. By default 1.
    """

    def __init__(
        self,
        batch: ArchitectureBatch,
        start: FloatArray,
        transform: Transform,
        *,
        joining: str,
        codes: IntArray | None = None,
        ends: FloatArray | None = None,
    ) -> None:
        self.batch = batch
        self.start = torch.from_numpy(start)
        self.transform = transform
        self.joining = joining
        self.codes = batch.ops if codes is None else codes
        self.ends = ends
        # 2**400 for float64 and 2**50 for float32, so that sums of squares do not overflow.
        self.largest = 2.0 ** (np.finfo(start.dtype).maxexp * 25 // 64)

    def arriving(self, *, backward: bool = False) -> Iterator[tuple[slice, FloatArray]]:
        """Sum the messages that arrive at the sinks, or backward at the sources.

        Parameters
        ----------
        backward : bool, default=False
            Whether to pass messages from the sinks to the sources.

        Yields
        ------
        some : slice
            Consecutive architectures.
        message : ndarray of float of shape (n, width)
            Sum of the messages to the last nodes of each architecture. The caller may change it in place.
        """
        kinds = self.batch.backward_kinds if backward else self.batch.forward_kinds
        states = self._allocated(kinds, 0)
        self._compute(states, len(kinds.starts), kinds.receiving, kinds.steps[:-1])
        ends = np.searchsorted(kinds.arriving.nodes, self.batch.node_ptr)
        some = _in_cache(np.array([0, len(self.batch)]))
        messages = self._messages(states, kinds.arriving, ends[some])
        for (start, stop), message in zip(pairwise(some.tolist()), messages, strict=True):
            self._finish(message, kinds.arriving.nodes[ends[start] : ends[stop]], backward)
            message.clamp_(-self.largest, self.largest)
            yield slice(start, stop), _summed(message, ends[start : stop + 1] - ends[start]).numpy()

    def returned(self) -> FloatArray:
        """Pass messages forward, then backward from the states of the sinks.

        Returns
        -------
        ndarray of float of shape (n_architectures, width)
            Sum of the backward states of the sources of each architecture.
        """
        kinds = self.batch.forward_kinds
        way_back, bounds = in_order(self.batch, backward=True)
        n_kinds, n_nodes = len(kinds.nodes), len(way_back.nodes)
        states = self._allocated(kinds, n_nodes)
        self._compute(states, len(kinds.starts), kinds.receiving, kinds.steps)
        rows = kinds.kind.copy()
        rows[way_back.nodes] = np.arange(n_kinds, n_kinds + n_nodes)
        self._compute(states, n_kinds, replace(way_back, senders=rows[way_back.senders]), bounds)
        sources = np.flatnonzero(self.batch.in_degree == 0)
        read = torch.from_numpy(rows[sources])
        total: FloatArray = _bags(states, read, np.searchsorted(sources, self.batch.node_ptr)).numpy()
        return total

    def _finish(self, message: Tensor, nodes: IntArray, backward: bool) -> None:
        """Multiply the messages to the ends by their factors. A node without edges only starts messages."""
        if self.ends is None:
            return
        received = (self.batch.out_degree if backward else self.batch.in_degree)[nodes] > 0
        message[torch.from_numpy(received)] *= torch.from_numpy(self.ends[self.codes[nodes[received]]])

    def _allocated(self, kinds: Kinds, n_more: int) -> Tensor:
        """Allocate a row per kind and `n_more` rows. The first rows are filled with the start message."""
        states = self.start.new_empty(len(kinds.nodes) + n_more, self.start.shape[-1])
        is_common = self.start.ndim == 1
        states[: len(kinds.starts)] = self.start if is_common else self.start[self.codes[kinds.starts]]
        return states

    def _compute(self, states: Tensor, at: int, level: Level, steps: IntArray) -> None:
        """Compute the states of the nodes of `level`, step by step, into the rows from `at` on."""
        steps = _in_cache(steps)
        sizes, n_made = np.diff(steps).tolist(), int(steps[-1])
        made = torch.split(states[at : at + n_made], sizes)
        codes = torch.split(torch.from_numpy(self.codes[level.nodes[:n_made]]), sizes)
        for message, code, state in zip(self._messages(states, level, steps), codes, made, strict=True):
            self.transform(message, code, state)
            state.clamp_(-self.largest, self.largest)

    def _messages(self, states: Tensor, level: Level, steps: IntArray) -> Iterator[Tensor]:
        """Combined messages to the nodes of each step, computed when the iterator reaches the step."""
        sizes, first = np.diff(steps), np.append(level.starts, len(level.senders))[steps]
        n_nodes, n_messages = sizes.tolist(), np.diff(first).tolist()
        nodes, messages = slice(0, steps[-1]), slice(0, first[-1])  # steps begin with the first node
        senders = torch.split(torch.from_numpy(level.senders[messages]), n_messages)
        starts = torch.split(torch.from_numpy(level.starts[nodes] - np.repeat(first[:-1], sizes)), n_nodes)
        counts: Iterable[Tensor | None] = repeat(None, len(sizes))
        if self.batch.multiplicity is not None and self.joining != "max":
            counts = torch.split(self._tensor(level.multiplicity[messages]), n_messages)
        totals: Iterable[Tensor | None] = repeat(None, len(sizes))
        if self.joining == "mean":
            totals = torch.split(self._tensor(level.total_multiplicity()[nodes]), n_nodes)
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
    """Sum the rows of `states` at the positions `read`, for each bag of positions."""
    return embedding_bag(read, states, torch.from_numpy(bounds), mode="sum", include_last_offset=True)


def _in_cache(bounds: IntArray) -> IntArray:
    """Split runs at these bounds into shorter ones, whose states fit into the cache of a processor."""
    return np.unique(np.append(bounds, np.arange(bounds[0], bounds[-1], _AT_ONCE)))
