"""Examples of a pool: few architectures that show which operations and attributes it has."""

from __future__ import annotations

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch

_N_EXAMPLES = 512


def examples_of(pool: ArchitectureBatch) -> ArchitectureBatch:
    """Some architectures of a pool, by which scales and vocabularies can be learnt later.

    Parameters
    ----------
    pool : ArchitectureBatch
        The pool.

    Returns
    -------
    ArchitectureBatch
        At most 512 architectures drawn at random, the deepest one, and for each operation and for each
        attribute of an operation the first one that has it. They are in the order of the pool.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.estimators._examples import examples_of
    >>> len(examples_of(nasbench201_space()))
    514
    """
    n_attributes = len(pool.attribute_names)
    known = np.ones((len(pool.ops), 1 + n_attributes), dtype=bool)
    if pool.attribute_values is not None:
        known[:, 1:] = ~np.isnan(pool.attribute_values)
    node, column = np.nonzero(known)
    _, first = np.unique(pool.ops[node] * (1 + n_attributes) + column, return_index=True)
    drawn = np.random.default_rng(0).permutation(len(pool))[:_N_EXAMPLES]
    deepest = pool.node_owner[np.argmax(pool.generation)]
    return pool.take(np.unique([*drawn, *pool.node_owner[node[first]], deepest]))
