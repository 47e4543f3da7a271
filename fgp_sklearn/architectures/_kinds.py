"""Nodes that hear the same, so that a flow through many architectures computes them once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._levels import Level, in_order

if TYPE_CHECKING:
    from fgp_sklearn.architectures._batch import ArchitectureBatch

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

    Nodes are of one kind if they have the same operation and equally many senders of each kind. All
    nodes without senders are of kind 0, from which a walk starts. Where it ends, at the sinks or backward
    at the sources, messages arrive and go no further, so these ends have no kind unless asked for.

    Parameters
    ----------
    heard : Level
        A node of each kind from 1 on, and the kinds of its senders.
    steps : ndarray of int of shape (n_steps + 1,)
        Offsets into ``heard.nodes``: the kinds of a step hear only from those of earlier steps.
    arriving : Level
        The ends, and the kinds of their senders. To a node that is alone arrives what starts there.
    kind : ndarray of int of shape (total_nodes,)
        Kind of each node; meaningless for ends without one.
    """

    heard: Level
    steps: IntArray
    arriving: Level
    kind: IntArray

    @classmethod
    def of(cls, batch: ArchitectureBatch, *, backward: bool = False, with_ends: bool = False) -> Self:
        """Find them.

        Parameters
        ----------
        batch : ArchitectureBatch
            The architectures.
        backward : bool, default=False
            Walk from sinks to sources instead.
        with_ends : bool, default=False
            Whether ends have kinds as any other node.

        Returns
        -------
        Kinds
            Those of all architectures together.
        """
        everything, bounds = in_order(batch, backward=backward)
        is_end = (batch.in_degree if backward else batch.out_degree) == 0
        code = _codes(batch, everything, bounds)
        chosen = np.flatnonzero(with_ends | ~is_end[everything.nodes])
        _, first, which = np.unique(
            code[everything.nodes[chosen]], return_index=True, return_inverse=True
        )
        kind = np.zeros(len(batch.ops), dtype=np.int64)
        made = np.argsort(first)  # of each kind the first node, so that what it hears has been made
        number = np.empty(len(first), dtype=np.int64)
        number[made] = np.arange(1, len(first) + 1)
        kind[everything.nodes[chosen]] = number[which]
        representatives = chosen[first[made]]
        steps = np.searchsorted(representatives, bounds)
        return cls(
            heard=_in_kinds(everything.take(representatives), kind),
            steps=np.unique(steps),
            arriving=_in_kinds(_ends(batch, everything, is_end), kind),
            kind=kind,
        )


def _codes(batch: ArchitectureBatch, everything: Level, bounds: IntArray) -> NDArray[np.uint64]:
    """A number for each node, the same for nodes of one kind."""
    draws = np.random.default_rng(0)
    of_op = random_codes(draws, (len(batch.vocabulary),))[batch.ops[everything.nodes]]
    code = np.repeat(random_codes(draws, (1,)), len(batch.ops))
    weights = None if batch.multiplicity is None else codes_of(everything.multiplicity, draws)
    first = np.append(everything.starts, len(everything.senders))
    for start, stop in pairwise(bounds.tolist()):
        begin, end = first[start], first[stop]
        heard = code[everything.senders[begin:end]]
        if weights is not None:
            heard *= weights[begin:end]
        total = np.add.reduceat(heard, first[start:stop] - begin) + of_op[start:stop]
        code[everything.nodes[start:stop]] = scrambled(total)
    return code


def _ends(batch: ArchitectureBatch, everything: Level, is_end: NDArray[np.bool_]) -> Level:
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
