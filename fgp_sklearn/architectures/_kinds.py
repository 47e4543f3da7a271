"""Nodes that hear the same, so that a flow through many architectures computes them once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._levels import Level, in_order

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def random_codes(draws: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint64]:
    """Numbers whose sums tell what was added: two agree by chance as likely as one guesses 64 bits.

    Parameters
    ----------
    draws : numpy.random.Generator
        Source of the numbers.
    shape : tuple of int
        How many.

    Returns
    -------
    ndarray of uint64 of that shape
        Sums of them wrap around.
    """
    return draws.integers(np.iinfo(np.uint64).max, size=shape, dtype=np.uint64, endpoint=True)


def codes_of(values: FloatArray, draws: np.random.Generator) -> NDArray[np.uint64]:
    """A random code for each value, the same for equal ones."""
    different, which = np.unique(values, return_inverse=True)
    return random_codes(draws, (len(different),))[which]


def scrambled(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits one to one (the finaliser of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return bits ^ (bits >> np.uint64(31))


@dataclass(frozen=True, slots=True)
class Kinds:
    """A walk over one node of each kind.

    Nodes are of one kind if they have the same operation and equally many senders of each kind. Kinds are
    numbered so that each hears only from kinds before it; those that hear from none come first, and the
    ends, which nobody hears (sinks, or backward sources), come last.

    Parameters
    ----------
    kind : ndarray of int of shape (total_nodes,)
        Kind of each node.
    starts : ndarray of int of shape (n_starts,)
        A node of each kind that hears from none.
    heard : Level
        A node of each kind from `n_starts` on, and the kinds of its senders.
    steps : ndarray of int of shape (n_steps + 1,)
        Offsets into ``heard.nodes``: kinds that can be computed at once. The last step are the ends.
    arriving : Level
        All ends in the order of nodes, and the kinds of their senders. A node that is alone is its own.
    """

    kind: IntArray
    starts: IntArray
    heard: Level
    steps: IntArray
    arriving: Level

    @property
    def nodes(self) -> IntArray:
        """A node of each kind."""
        return np.append(self.starts, self.heard.nodes)

    @classmethod
    def of(cls, batch: ArchitectureColumns, *, backward: bool = False) -> Self:
        """Find them.

        Parameters
        ----------
        batch : ArchitectureBatch
            The architectures.
        backward : bool, default=False
            Walk from sinks to sources instead.

        Returns
        -------
        Kinds
            Those of all architectures together.
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
            first, which = _by_first(code[nodes])
            kind[nodes] = sum(len(before) for before in made) + which
            made.append(first)
        starts, inner, last = made
        representatives = np.append(np.flatnonzero(~is_end)[inner], np.flatnonzero(is_end)[last])
        steps = np.unique(np.searchsorted(representatives[: len(inner)], bounds))
        return cls(
            kind=kind,
            starts=groups[0][starts],
            heard=_in_kinds(everything.take(representatives), kind),
            steps=np.append(steps, len(representatives)),
            arriving=_in_kinds(_ends(batch, everything, ends), kind),
        )


def _by_first(code: NDArray[np.uint64]) -> tuple[IntArray, IntArray]:
    """Where each code occurs first, in this order, and which of them each entry is."""
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return first[order], number[which]


def _codes(batch: ArchitectureColumns, everything: Level, bounds: IntArray) -> NDArray[np.uint64]:
    """A number for each node, the same for nodes of one kind."""
    draws = np.random.default_rng(0)
    own, code = (random_codes(draws, (len(batch.vocabulary),))[batch.ops] for _ in range(2))
    weights = None if batch.multiplicity is None else codes_of(everything.multiplicity, draws)
    first = np.append(everything.starts, len(everything.senders))
    for start, stop in pairwise(bounds.tolist()):
        begin, end = first[start], first[stop]
        heard = code[everything.senders[begin:end]]
        if weights is not None:
            heard *= weights[begin:end]
        nodes = everything.nodes[start:stop]
        code[nodes] = scrambled(own[nodes] + np.add.reduceat(heard, first[start:stop] - begin))
    return code


def _ends(batch: ArchitectureColumns, everything: Level, is_end: NDArray[np.bool_]) -> Level:
    """Where a walk ends, in the order of nodes; nodes that are alone hear themselves."""
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
