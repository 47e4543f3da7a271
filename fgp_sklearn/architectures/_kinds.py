"""Nodes that hear the same, so that a flow through many architectures computes them once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._levels import Level, levels


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


def codes_of(values: NDArray[np.float64], draws: np.random.Generator) -> NDArray[np.uint64]:
    """A random code for each value, the same for equal ones."""
    different, which = np.unique(values, return_inverse=True)
    return random_codes(draws, (len(different),))[which]


def levels_of_kinds(
    batch: ArchitectureBatch, ops: NDArray[np.integer[Any]], *, backward: bool = False
) -> Iterator[tuple[Level, NDArray[np.int64], NDArray[np.int64]]]:
    """Walk as `levels`, over one node of each kind.

    Nodes of a level are of one kind if they have the same operation and equally many senders of each
    kind. All nodes without senders are of one.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    ops : ndarray of int of shape (total_nodes,)
        Codes of operations, those of the batch or others.
    backward : bool, default=False
        Walk from sinks to sources.

    Yields
    ------
    level : Level
        A node of each kind.
    nodes : ndarray of int of shape (n,)
        All nodes of the level.
    kind : ndarray of int of shape (n,)
        Which of ``level.nodes`` stands for each of `nodes`.
    """
    draws = np.random.default_rng(0)
    of_op, of_node = (random_codes(draws, (n,)) for n in (int(ops.max(initial=0)) + 1, len(ops)))
    code = np.repeat(random_codes(draws, (1,)), len(ops))
    for level in levels(batch, backward=backward):
        heard = code[level.senders]
        if batch.multiplicity is not None:
            heard = heard * codes_of(level.multiplicity, draws)
        total = np.add.reduceat(heard, level.starts) + of_op[ops[level.nodes]]
        _, first, kind = np.unique(total, return_index=True, return_inverse=True)
        code[level.nodes] = of_node[level.nodes[first]][kind]
        yield level.take(first), level.nodes, kind
