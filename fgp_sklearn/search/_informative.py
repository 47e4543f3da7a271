"""Greedy choice of the architectures whose labels tell most about others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.processes._kernels import prior_kernel, prior_variance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NOISE = 0.1


def most_informative(
    seen: list[FloatArray], choice: list[FloatArray], rest: list[FloatArray], linear: tuple[bool, ...], n: int
) -> IntArray:
    """Condition on the labelled architectures, then n times on the best choice.

    The best choice most reduces the variance of a Gaussian process with the prior kernel, summed over `rest`.

    Parameters
    ----------
    seen, choice, rest : list of ndarray of shape (n_architectures, n_features)
        The same blocks of features of labelled architectures, of those to choose from, and of those to know.
    linear : tuple of bool
        Whether each block has a linear kernel.
    n : int
        Number of choices.

    Returns
    -------
    ndarray of int of shape (n,)
        Distinct positions in `choice`, the most informative first.
    """
    offered = [np.vstack(pair) for pair in zip(seen, choice, strict=True)]
    n_seen = len(seen[0])
    # Posterior covariance between targets and choices, and variance of choices; each step updates them.
    between, variance = prior_kernel(rest, offered, linear), prior_variance(offered, linear)
    factors = np.empty((n_seen + n, between.shape[1]))
    chosen: list[int] = []
    for step in range(n_seen + n):
        gain = (between**2).sum(axis=0) / (variance + _NOISE)
        gain[:n_seen] = -np.inf
        gain[chosen] = -np.inf
        best = step if step < n_seen else int(np.argmax(gain))
        column = prior_kernel(offered, [block[best : best + 1] for block in offered], linear)[:, 0]
        column -= factors[:step].T @ factors[:step, best]
        total = variance[best] + _NOISE
        between -= np.outer(between[:, best], column / total)
        variance -= column**2 / total
        factors[step] = column / np.sqrt(total)
        chosen.append(best)
    return np.array(chosen[n_seen:], dtype=np.int64) - n_seen
