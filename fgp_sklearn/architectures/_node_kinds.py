"""Kinds of nodes: nodes with identical inputs, which message passing computes once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._levels import Level, in_order
from fgp_sklearn.architectures._random_codes import by_first_appearance, codes_of, random_codes, scrambled

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kinds:
    """One node of each kind, in an order for message passing.

    Two nodes are of one kind if they have the same operation, the same attributes and the same number of
    senders of each kind. Each kind receives messages only from kinds with smaller numbers. Kinds without
    senders come first. Ends, which send to no node (sinks, or sources when backward), come last.

    Parameters
    ----------
    kind : ndarray of int of shape (total_nodes,)
        Kind of each node.
    starts : ndarray of int of shape (n_starts,)
        A node of each kind without senders.
    receiving : Level
        A node of each kind with senders (kinds from `n_starts` on), and the kinds of its senders.
    steps : ndarray of int of shape (n_steps + 1,)
        Offsets into ``receiving.nodes``. Kinds of one step can be computed together. The last step holds the
        ends.
    arriving : Level
        All ends in the order of nodes, and the kinds of their senders. A node without edges is its own
        sender.
    """

    kind: IntArray
    starts: IntArray
    receiving: Level
    steps: IntArray
    arriving: Level

    @property
    def nodes(self) -> IntArray:
        """A node of each kind."""
        return np.append(self.starts, self.receiving.nodes)

    @classmethod
    def of(cls, batch: ArchitectureColumns, *, backward: bool = False) -> Self:
        """Find the kinds of nodes of a batch.

        Parameters
        ----------
        batch : ArchitectureBatch
            The architectures.
        backward : bool, default=False
            Pass messages from sinks to sources instead.

        Returns
        -------
        Kinds
            The kinds of all architectures together.
        """
        everything, bounds = in_order(batch, backward=backward)
        begins, ends = batch.in_degree == 0, batch.out_degree == 0
        if backward:
            begins, ends = ends, begins
        is_end = ends[everything.nodes]
        groups = np.flatnonzero(begins), *(everything.nodes[chosen] for chosen in (~is_end, is_end))
        code = _codes(batch, everything, bounds)
        kind = np.empty(len(code), dtype=np.int64)
        made: list[IntArray] = []
        for nodes in groups:
            first, which = by_first_appearance(code[nodes])
            kind[nodes] = sum(len(before) for before in made) + which
            made.append(first)
        starts, inner, last = made
        representatives = np.append(np.flatnonzero(~is_end)[inner], np.flatnonzero(is_end)[last])
        steps = np.unique(np.searchsorted(representatives[: len(inner)], bounds))
        return cls(
            kind=kind,
            starts=groups[0][starts],
            receiving=_in_kinds(everything.take(representatives), kind),
            steps=np.append(steps, len(representatives)),
            arriving=_in_kinds(_ends(batch, everything, ends), kind),
        )


def _codes(batch: ArchitectureColumns, everything: Level, bounds: IntArray) -> NDArray[np.uint64]:
    """A code for each node, equal for nodes of one kind."""
    draws = np.random.default_rng(0)
    own, code = (_of_rows(batch, draws) for _ in range(2))
    weights = None if batch.multiplicity is None else codes_of(everything.multiplicity, draws)
    first = np.append(everything.starts, len(everything.senders))
    for start, stop in pairwise(bounds.tolist()):
        begin, end = first[start], first[stop]
        received = code[everything.senders[begin:end]]
        if weights is not None:
            received *= weights[begin:end]
        nodes = everything.nodes[start:stop]
        code[nodes] = scrambled(own[nodes] + np.add.reduceat(received, first[start:stop] - begin))
    return code


def _of_rows(batch: ArchitectureColumns, draws: np.random.Generator) -> NDArray[np.uint64]:
    """A random code for each node, equal for nodes with the same operation and attributes."""
    if batch.attribute_values is None:
        return random_codes(draws, (len(batch.vocabulary),))[batch.ops]
    nodes, row = batch.node_rows
    return random_codes(draws, (len(nodes),))[row]


def _ends(batch: ArchitectureColumns, everything: Level, is_end: NDArray[np.bool_]) -> Level:
    """The ends in the order of nodes. A node without edges becomes its own sender."""
    alone = np.flatnonzero((batch.in_degree == 0) & (batch.out_degree == 0))
    reached = Level(
        nodes=np.append(everything.nodes, alone),
        senders=np.append(everything.senders, alone),
        starts=np.append(everything.starts, len(everything.senders) + np.arange(len(alone))),
        multiplicity=np.append(everything.multiplicity, np.ones(len(alone))),
    )
    ends = np.flatnonzero(is_end[reached.nodes])
    return reached.take(ends[np.argsort(reached.nodes[ends])])


def _in_kinds(level: Level, kind: IntArray) -> Level:
    return replace(level, senders=kind[level.senders])
