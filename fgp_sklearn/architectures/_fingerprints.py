"""Fingerprints of architectures: codes by which equal architectures of different batches are found."""

from __future__ import annotations

from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._levels import in_order
from fgp_sklearn.architectures._random_codes import scrambled

Codes = NDArray[np.uint64]


def fingerprints(batch: ArchitectureColumns) -> Codes:
    """A code per architecture that depends on the architecture alone, not on the batch or the process.

    Codes of operations and attributes are mixed along the edges, and the results against them. The
    fingerprint is the sum over all nodes. Architectures that are the same up to the order of nodes have the
    same fingerprint. Different architectures hardly ever have the same one: the 423,624 cells of
    NAS-Bench-101 have 423,624 fingerprints. `duplicate_groups` decides exactly.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures. Names are ignored.

    Returns
    -------
    ndarray of uint64 of shape (n_architectures,)
        The fingerprints.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._fingerprints import fingerprints
    >>> one, other = as_batch([([[0, 1], [0, 0]], ["a", "b"]), ([[0, 0], [1, 0]], ["b", "a"])])
    >>> bool(fingerprints(as_batch([one])) == fingerprints(as_batch([other])))
    True
    """
    if not len(batch):
        return np.zeros(0, dtype=np.uint64)
    own = _of_nodes(batch)
    for backward in (False, True):
        own = _passed(batch, own, backward=backward)
    totals: Codes = np.add.reduceat(scrambled(own), batch.node_ptr[:-1])
    return totals


def _of_nodes(batch: ArchitectureColumns) -> Codes:
    """Codes of the operation and the attributes of each node."""
    own = np.array([_of_text(op) for op in batch.vocabulary], dtype=np.uint64)[batch.ops]
    for name, column in batch.attributes.items():
        bits = scrambled((column + 0.0).view(np.uint64) + np.uint64(_of_text(name)))
        own += np.where(np.isnan(column), np.uint64(0), bits)
    return scrambled(own)


def _of_text(name: str) -> int:
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _passed(batch: ArchitectureColumns, own: Codes, *, backward: bool) -> Codes:
    """Codes of nodes after one pass along the edges, or against them."""
    everything, bounds = in_order(batch, backward=backward)
    weights = scrambled(everything.multiplicity.view(np.uint64))
    first = np.append(everything.starts, len(everything.senders))
    code = own.copy()
    for start, stop in pairwise(bounds.tolist()):
        begin, end = first[start], first[stop]
        received = scrambled(code[everything.senders[begin:end]] + weights[begin:end])
        nodes = everything.nodes[start:stop]
        total = np.add.reduceat(received, first[start:stop] - begin)
        code[nodes] = scrambled(own[nodes] + total)
    return code
