"""Dynamic programming over the paths of a batch: steps over kinds of nodes, and results at the sinks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def steps_of(batch: ArchitectureBatch) -> Iterator[tuple[slice, IntArray, IntArray, FloatArray]]:
    """For each step: its kinds of nodes, their senders, the first sender of each, and edge multiplicities."""
    kinds = batch.forward_kinds
    inner, n_starts = kinds.receiving, len(kinds.starts)
    first = np.append(inner.starts, len(inner.senders))
    for start, stop in pairwise(kinds.steps.tolist()):
        begin, end = first[start], first[stop]
        made = slice(n_starts + start, n_starts + stop)
        yield made, inner.senders[begin:end], first[start:stop] - begin, inner.multiplicity[begin:end]


def over_sinks(batch: ArchitectureBatch, of_kind: FloatArray, join: np.ufunc) -> FloatArray:
    """Join the rows of the kinds of all sinks of each architecture."""
    kinds, first = sinks_of(batch)
    joined: FloatArray = join.reduceat(of_kind[kinds], first, axis=0)
    return joined


def sinks_of(batch: ArchitectureBatch) -> tuple[IntArray, IntArray]:
    """Kinds of all sinks, and the first sink of each architecture."""
    sinks = np.flatnonzero(batch.out_degree == 0)
    return batch.forward_kinds.kind[sinks], np.searchsorted(sinks, batch.node_ptr[:-1])
