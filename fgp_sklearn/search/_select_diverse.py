"""select_diverse: the architectures to label first."""

from __future__ import annotations

from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, check_scalar

from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn.architectures import as_batch
from fgp_sklearn.architectures._positions import as_positions
from fgp_sklearn.estimators import FGPEncoder
from fgp_sklearn.processes._flow_kernel import FlowKernel
from fgp_sklearn.search._informative import most_informative

IntArray = NDArray[np.int64]


def select_diverse(
    X: Any,
    n: int,
    *,
    encoder: FGPEncoder | None = None,
    labelled: Any = (),
    view: str = "accuracy",
    n_candidates: int = 3000,
    n_targets: int = 1000,
    random_state: Any = None,
    op_attr: Hashable = "op",
    attributes: Any = None,
) -> IntArray:
    """Choose the architectures whose labels are most informative about the pool.

    Greedy integrated variance reduction: each choice is the architecture that most reduces the posterior
    variance of a Gaussian process, summed over the pool. This needs no labels. The kernel is that of
    `FlowGaussianProcessRegressor` with the same `view`, before it is fitted to labels.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        The pool.
    n : int
        Number of architectures to choose.
    encoder : FGPEncoder, optional
        A fitted encoder. If given, the kernel compares its embeddings as well.
    labelled : array-like of int of shape (n_labelled,), or of bool of shape (n_architectures,), optional
        Architectures of `X` that are labelled already, for later rounds: distinct positions, or a mask.
    view : {"accuracy", "cost", "both"}, default="accuracy"
        What counts in an architecture; see `FlowGaussianProcessRegressor`.
    n_candidates, n_targets : int, default=3000 and 1000
        Numbers of architectures to choose from, and to sum the variance over. If the pool is larger, they are
        drawn at random.
    random_state : int, RandomState instance or None, default=None
        Seed of the flows and of these draws.
    op_attr : hashable, default="op"
        Node attribute of graphs that holds the operation.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    Returns
    -------
    ndarray of int of shape (n,)
        Distinct positions in `X` of unlabelled architectures, the most informative first.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed.
    TypeError
        If `n`, `n_candidates` or `n_targets` is not an integer.
    ValueError
        If one of these is less than 1, or `view` is unknown. If the pool or the candidates contain fewer
        than `n` unlabelled architectures. If a labelled position is not in `X` or is given twice, or a mask
        is not as long as `X`.

    References
    ----------
    Cohn, "Neural Network Exploration Using Optimal Experiment Design", 1996; Seo, Wallat, Graepel,
    Obermayer, "Gaussian Process Regression: Active Data Selection and Test Point Rejection", 2000.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.search import select_diverse
    >>> pool = nasbench201_space()
    >>> first = select_diverse(pool, 20, random_state=0)
    >>> later = select_diverse(pool, 10, labelled=first, random_state=0)
    >>> len(set(first) | set(later))
    30
    """
    for name, number in {"n": n, "n_candidates": n_candidates, "n_targets": n_targets}.items():
        check_scalar(number, name, Integral, min_val=1)
    generator = check_random_state(random_state)
    features = None if encoder is None else [FrozenEstimator(encoder)]
    kernel = FlowKernel(view, features)
    batch = as_batch(X, op_attr=op_attr, attributes=attributes)
    known = np.sort(as_positions(labelled, len(batch), name="labelled", as_set=True))
    free = np.setdiff1d(np.arange(len(batch)), known)
    if n > min(len(free), n_candidates):
        cure = "choose fewer" if n > len(free) else "choose fewer, or raise n_candidates"
        raise ValueError(
            f"cannot choose n={n} of {len(free)} unlabelled architectures with n_candidates={n_candidates}; "
            f"{cure}"
        )
    candidates = _some(free, n_candidates, generator)
    targets = _some(np.arange(len(batch)), n_targets, generator)
    rows = np.r_[known, candidates, targets]
    (seed,) = draw_seeds(generator, 1)
    blocks = kernel.blocks(batch, seed)
    compared = blocks.fit_transform(batch.take(rows), batch)
    ends = np.cumsum([len(known), len(candidates)])
    seen, choice, rest = zip(*(np.split(block, ends) for block in compared), strict=True)
    return candidates[most_informative(list(seen), list(choice), list(rest), blocks.linear, n)]


def _some(positions: IntArray, at_most: int, generator: Any) -> IntArray:
    if len(positions) <= at_most:
        return positions
    return np.sort(generator.choice(positions, at_most, replace=False))
