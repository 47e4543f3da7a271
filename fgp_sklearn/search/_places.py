"""Places of architectures: vectors such that similar architectures are near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._random_codes import scrambled

Codes = NDArray[np.uint64]

_N_DIMENSIONS = 64


def places(batch: ArchitectureBatch) -> NDArray[np.float32]:
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
    ndarray of float32 of shape (n_architectures, 64)
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
    totals = np.zeros((len(batch), _N_DIMENSIONS), dtype=np.float32)
    for trait, codes in enumerate(traits):
        different, which = np.unique(codes, return_inverse=True)
        vectors = np.random.default_rng(trait).normal(size=(len(different), _N_DIMENSIONS))
        ones = np.ones(len(which), dtype=np.float32)
        counts = csr_array((ones, which, batch.node_ptr), shape=(len(batch), len(different)))
        totals += counts @ vectors.astype(np.float32)
    return totals
