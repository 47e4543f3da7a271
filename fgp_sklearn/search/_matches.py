"""Equal architectures of two batches, found by their fingerprints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct, duplicate_groups

Codes = NDArray[np.uint64]
IntArray = NDArray[np.int64]


def matches(known: ArchitectureBatch, known_codes: Codes, batch: ArchitectureBatch, codes: Codes) -> IntArray:
    """Position of an equal architecture for each one, up to the order of nodes.

    Parameters
    ----------
    known, batch : ArchitectureBatch
        Architectures to find, and those to find them for.
    known_codes, codes : ndarray of uint64
        Their fingerprints.

    Returns
    -------
    ndarray of int of shape (n_architectures,)
        Position in `known` of the first that is equal node by node; if there is none, of the first that is
        equal up to the order of nodes; -1 if there is none.
    """
    found = np.full(len(codes), -1, dtype=np.int64)
    alike = np.flatnonzero(np.isin(known_codes, codes))
    for grouped in (lambda together: distinct(together)[1], duplicate_groups):
        rows = np.flatnonzero(found < 0)
        rows = rows[np.isin(codes[rows], known_codes[alike])]
        if not len(rows):
            break
        group = grouped(ArchitectureBatch.concatenate([known.take(alike), batch.take(rows)]))
        first = np.full(int(group.max()) + 1, -1, dtype=np.int64)
        first[group[: len(alike)][::-1]] = alike[::-1]
        found[rows] = first[group[len(alike) :]]
    return found
