"""Traversal of a whole batch, one topological generation after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._offsets import offsets, ranges


@dataclass(frozen=True, slots=True)
class Level:
    """Nodes that can be computed together, and the senders of their messages.

    Parameters
    ----------
    nodes : ndarray of int of shape (n,)
        Positions in ``batch.ops``.
    senders : ndarray of int of shape (m,)
        Positions of the neighbours that send messages to them, grouped by receiving node.
    starts : ndarray of int of shape (n,)
        Offset of the senders of each node. Every node has at least one sender.
    multiplicity : ndarray of float of shape (m,)
        Number of parallel edges that each message passes along.
    """

    nodes: NDArray[np.int64]
    senders: NDArray[np.int64]
    starts: NDArray[np.int64]
    multiplicity: NDArray[np.float64]

    def total_multiplicity(self) -> NDArray[np.float64]:
        """Number of parallel edges that arrive at each node; shape (n, 1)."""
        return np.add.reduceat(self.multiplicity, self.starts)[:, None]

    def take(self, chosen: NDArray[np.int64]) -> Level:
        """The nodes at the given positions, with their messages."""
        counts = np.diff(self.starts, append=len(self.senders))[chosen]
        messages = ranges(self.starts[chosen], counts)
        return Level(
            nodes=self.nodes[chosen],
            senders=self.senders[messages],
            starts=offsets(counts)[:-1],
            multiplicity=self.multiplicity[messages],
        )


def levels(batch: ArchitectureColumns, *, backward: bool = False) -> Iterator[Level]:
    """Traverse all architectures of a batch together, one generation after the other.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    backward : bool, default=False
        Traverse from sinks to sources instead.

    Yields
    ------
    Level
        Nodes whose senders are all in earlier levels or have no senders themselves. Nodes without senders
        (sources, or sinks when backward) are in no level, because the traversal starts from them.
    """
    everything, bounds = in_order(batch, backward=backward)
    first = np.append(everything.starts, len(everything.senders))
    for start, stop in pairwise(bounds.tolist()):
        begin, end = first[start], first[stop]
        yield Level(
            nodes=everything.nodes[start:stop],
            senders=everything.senders[begin:end],
            starts=first[start:stop] - begin,
            multiplicity=everything.multiplicity[begin:end],
        )


def in_order(batch: ArchitectureColumns, *, backward: bool = False) -> tuple[Level, NDArray[np.int64]]:
    """All levels of a batch, joined into one.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    backward : bool, default=False
        Traverse from sinks to sources instead.

    Returns
    -------
    everything : Level
        All levels, one after the other.
    bounds : ndarray of int of shape (n_levels + 1,)
        Offsets of the levels into ``everything.nodes``.
    """
    source, target = batch.flat_edges
    senders, receivers = (target, source) if backward else (source, target)
    deepest = batch.generation.max(initial=0)
    rank = deepest - batch.generation if backward else batch.generation
    # NumPy sorts keys of one or two bytes in linear time.
    keys = (
        receivers.astype(np.min_scalar_type(len(rank))),
        rank[receivers].astype(np.min_scalar_type(deepest)),
    )
    order = np.lexsort(keys)
    senders, receivers = senders[order], receivers[order]
    multiplicity = np.ones(len(order)) if batch.multiplicity is None else batch.multiplicity[order]
    first = np.flatnonzero(np.diff(receivers, prepend=-1))
    nodes = receivers[first]
    bounds = np.append(np.flatnonzero(np.diff(rank[nodes], prepend=-1)), len(nodes))
    return Level(nodes, senders, first, multiplicity), bounds
