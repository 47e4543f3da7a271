"""Places of architectures: vectors such that similar architectures are near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._random_codes import scrambled

Codes = NDArray[np.uint64]

_N_DIMENSIONS = 64


def places(batch: ArchitectureBatch) -> NDArray[np.float64]:
    """Sums of random vectors over the nodes of each architecture.

    A node has one vector for its operation and attributes, one for these with its generation, and two
    for these with its predecessors and with its successors. Architectures that differ in one node differ in
    few vectors, so they are near each other.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    ndarray of float64 of shape (n_architectures, 64)
        The places.
    """
    _, row = batch.node_rows
    own = scrambled(row.astype(np.uint64))
    source, target = batch.flat_edges
    traits = [own, own + scrambled(batch.generation.astype(np.uint64) + np.uint64(1))]
    for sender, receiver in ((source, target), (target, source)):
        received = np.zeros(len(own), dtype=np.uint64)
        np.add.at(received, receiver, scrambled(own[sender] + np.uint64(len(traits))))
        traits.append(own + scrambled(received))
    totals = np.zeros((len(batch), _N_DIMENSIONS))
    for trait, codes in enumerate(traits):
        different, which = np.unique(codes, return_inverse=True)
        vectors = np.random.default_rng(trait).normal(size=(len(different), _N_DIMENSIONS))
        totals += np.add.reduceat(vectors[which], batch.node_ptr[:-1])
    return totals
