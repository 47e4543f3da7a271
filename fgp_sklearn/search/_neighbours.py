"""Neighbours of architectures: rows of choices are changed until they compute something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.search._search_space import SearchSpace

Rows = NDArray[Any]

_FROM_PARENT = 30  # attempts that begin with the parent; later ones go on from the last child
_ATTEMPTS = 300


def different_children(
    space: SearchSpace,
    parents: ArchitectureBatch,
    rows: Rows,
    change: Callable[[Rows, np.random.Generator], Rows],
    decode: Callable[[Rows], ArchitectureBatch],
    generator: np.random.Generator,
) -> ArchitectureBatch:
    """Change rows at random until each computes something else than before.

    Parameters
    ----------
    space : SearchSpace
        The space, which says what architectures compute.
    parents : ArchitectureBatch
        The architectures.
    rows : ndarray of shape (n_architectures, ...)
        The same in a form of the space's own.
    change : callable
        Makes a changed copy of rows. Where a draw is no member, it returns the row unchanged.
    decode : callable
        Makes architectures of rows.
    generator : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ArchitectureBatch
        One child per parent.
    """
    own = fingerprints(space.functional(parents))
    children, waiting = rows.copy(), np.arange(len(rows))
    pieces, places = [], []
    for attempt in range(_ATTEMPTS):
        begin = rows if attempt < _FROM_PARENT else children
        children[waiting] = change(begin[waiting], generator)
        batch = decode(children[waiting])
        differs = fingerprints(space.functional(batch)) != own[waiting]
        pieces.append(batch.take(differs))
        places.append(waiting[differs])
        waiting = waiting[~differs]
        if not len(waiting):
            return ArchitectureBatch.concatenate(pieces).take(np.argsort(np.concatenate(places)))
    raise ArchitectureError(
        f"no other architecture of {type(space).__name__} that computes something else was found near it; "
        "give the space more choices",
        int(waiting[0]),
    )
