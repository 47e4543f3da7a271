"""Features: architectures with the blocks by which a flow kernel compares them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._flow_kernel import FlowKernel

SingleArray = NDArray[np.float32]

_KERNEL = ("view", "features", "null_ops", "identity_ops", "operations")  # parameters of a flow kernel
_MOST_FITTED = 3000  # architectures from which principal components are learnt


class Features(NamedTuple):
    """Architectures and their blocks.

    Parameters
    ----------
    architectures : ArchitectureBatch
        The architectures.
    blocks : list of ndarray of float32 of shape (n_architectures, n_components)
        One array per block of the kernel. Half the memory of double precision is enough for a kernel.
    """

    architectures: ArchitectureBatch
    blocks: list[SingleArray]

    def take(self, rows: Any) -> Features:
        """Some of the architectures.

        Parameters
        ----------
        rows : ndarray of int or bool
            Which of them.

        Returns
        -------
        Features
            The architectures at these positions, in this order.
        """
        return Features(self.architectures.take(rows), [block[rows] for block in self.blocks])

    @property
    def double(self) -> list[NDArray[np.float64]]:
        """The blocks in double precision."""
        return [block.astype(np.float64) for block in self.blocks]


def features_of(blocks: FlowBlocks, architectures: ArchitectureBatch) -> Features:
    """Compute the blocks of architectures.

    Parameters
    ----------
    blocks : FlowBlocks
        Fitted blocks.
    architectures : ArchitectureBatch
        The architectures.

    Returns
    -------
    Features
        The architectures and their blocks.
    """
    computed: list[SingleArray] = []
    for positions, part in blocks.transform_parts(architectures):
        computed = computed or [
            np.empty((len(architectures), block.shape[1]), dtype=np.float32) for block in part
        ]
        for whole, block in zip(computed, part, strict=True):
            whole[positions] = block
    return Features(architectures, computed)


def joined(first: Features, second: Features) -> Features:
    """Architectures of two sets with the same blocks, one after the other."""
    together = ArchitectureBatch.concatenate([first.architectures, second.architectures])
    return Features(together, [np.vstack(pair) for pair in zip(first.blocks, second.blocks, strict=True)])


def fitted_blocks(predictor: Any, pool: ArchitectureBatch, seed: int) -> FlowBlocks:
    """Blocks of the flow kernel that a predictor has, fitted to a pool.

    Operations and scales are learnt from all of the pool, principal components from a sample.

    Parameters
    ----------
    predictor : estimator
        Regressor of architectures. What it has of the parameters of a flow kernel counts.
    pool : ArchitectureBatch
        The pool.
    seed : int
        Seed of the flows and of the sample.

    Returns
    -------
    FlowBlocks
        The fitted blocks.
    """
    given = {name: value for name in _KERNEL if (value := getattr(predictor, name, None)) is not None}
    blocks = FlowKernel(**{"view": "accuracy", **given}).blocks(pool, seed)
    rows = np.arange(len(pool))
    if len(pool) > _MOST_FITTED:
        rows = np.sort(np.random.default_rng(seed).choice(len(pool), _MOST_FITTED, replace=False))
    blocks.fit_transform(pool.take(rows), pool)
    return blocks
