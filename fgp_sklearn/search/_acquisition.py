"""choose_batch: which candidates to train next, given their joint posterior."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr
from sklearn.utils import check_random_state, check_scalar

from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.processes._sum_kernel_process import lower_factor

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: How candidates are compared.
ACQUISITIONS = ("ucb", "thompson", "ei", "greedy")

_LEAST_VARIANCE = 1e-9
_LOG_ROOT = 0.5 * np.log(2 * np.pi)
_TAIL = -25.0  # below it 1 + z cdf(z) / pdf(z) loses its digits


def choose_batch(
    mean: Any,
    covariance: Any,
    n: int,
    *,
    acquisition: str = "ucb",
    beta: float = 2.0,
    noise: float = 0.0,
    incumbent: float | None = None,
    random_state: Any = None,
) -> IntArray:
    """Choose candidates to train next, given the joint posterior of their values.

    Candidates are chosen one by one. After each choice the posterior is conditioned on it as if its value
    were the mean. Means stay, and variances shrink near the choice, so the batch is diverse.

    Parameters
    ----------
    mean : array-like of shape (n_candidates,)
        Posterior means; larger is better.
    covariance : array-like of shape (n_candidates, n_candidates)
        Posterior covariances of the values, without noise.
    n : int
        Number of candidates to choose.
    acquisition : {"ucb", "thompson", "ei", "greedy"}, default="ucb"
        What the next choice maximises. "ucb": the mean plus `beta` standard deviations. "thompson": a draw
        from the joint posterior, a new one for each choice. "ei": the expected improvement on `incumbent`.
        "greedy": the mean.
    beta : float, default=2.0
        Number of standard deviations of "ucb".
    noise : float, default=0.0
        Variance of the noise of a label. With noise, a choice tells less about its neighbours.
    incumbent : float, optional
        The best value so far, for "ei"; the best mean of a candidate by default.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws of "thompson".

    Returns
    -------
    ndarray of int of shape (n,)
        Distinct positions of candidates, in the order in which they were chosen.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If there are fewer than `n` candidates, or mean, covariance or another parameter is malformed.

    References
    ----------
    Desautels, Krause, Burdick, "Parallelizing Exploration-Exploitation Tradeoffs in Gaussian Process Bandit
    Optimization", JMLR 2014; Kandasamy et al., "Parallelised Bayesian Optimisation via Thompson Sampling",
    AISTATS 2018; Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization",
    NeurIPS 2023.

    Examples
    --------
    >>> from fgp_sklearn.search import choose_batch
    >>> mean = [1.0, 0.99, 0.5]  # the first two are nearly the same architecture
    >>> covariance = [[1.0, 0.99, 0.0], [0.99, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> choose_batch(mean, covariance, 2)
    array([0, 2])
    >>> choose_batch(mean, covariance, 2, acquisition="greedy")
    array([0, 1])
    """
    mean, covariance = np.array(mean, dtype=np.float64), np.array(covariance, dtype=np.float64)
    _check(mean, covariance, n, acquisition)
    check_scalar(beta, "beta", Real, min_val=0)
    check_scalar(noise, "noise", Real, min_val=0)
    if acquisition == "thompson":
        return _drawn(mean, covariance, n, check_random_state(random_state))
    best = float(mean.max() if incumbent is None else incumbent)
    chosen: list[int] = []
    for _ in range(n):
        deviation = np.sqrt(np.maximum(np.diag(covariance), _LEAST_VARIANCE))
        if acquisition == "ei":
            gain = log_expected_improvement(mean - best, deviation)
        else:
            gain = mean + (beta if acquisition == "ucb" else 0.0) * deviation
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
        covariance = conditioned(covariance, chosen[-1], noise)
    return np.array(chosen, dtype=np.int64)


def conditioned(covariance: FloatArray, place: int, noise: float) -> FloatArray:
    """Covariance after a label at one place.

    Parameters
    ----------
    covariance : ndarray of shape (n, n)
        Covariance of the values.
    place : int
        The value that gets a label.
    noise : float
        Variance of the noise of the label.

    Returns
    -------
    ndarray of shape (n, n)
        A smaller covariance.
    """
    column = covariance[:, place]
    smaller: FloatArray = covariance - np.outer(column, column) / max(column[place] + noise, _LEAST_VARIANCE)
    return smaller


def log_expected_improvement(distance: FloatArray, deviation: FloatArray) -> FloatArray:
    """Logarithm of the expected improvement, which stays exact where the improvement is tiny.

    Parameters
    ----------
    distance : ndarray of shape (n,)
        Means above the incumbent.
    deviation : ndarray of shape (n,)
        Standard deviations.

    Returns
    -------
    ndarray of shape (n,)
        Logarithms.
    """
    z = distance / deviation
    low, high = np.clip(z, _TAIL, -1.0), np.maximum(z, -1.0)
    # z cdf(z) + pdf(z) cancels for z far below 0. It is pdf(z) (1 + z cdf(z) / pdf(z)), about pdf(z) / z^2.
    log_density = -0.5 * z**2 - _LOG_ROOT
    middle = np.log1p(low * np.exp(log_ndtr(low) + 0.5 * low**2 + _LOG_ROOT))
    far = -2 * np.log(-np.minimum(z, _TAIL))
    near = np.log(high * ndtr(high) + np.exp(-0.5 * high**2 - _LOG_ROOT))
    tail = log_density + np.where(z > _TAIL, middle, far)
    improvement: FloatArray = np.log(deviation) + np.where(z > -1.0, near, tail)
    return improvement


def _drawn(mean: FloatArray, covariance: FloatArray, n: int, generator: Any) -> IntArray:
    """The best candidate of each of `n` draws that is not chosen yet."""
    lower = lower_factor(covariance + _LEAST_VARIANCE * np.eye(len(mean)))
    chosen: list[int] = []
    for _ in range(n):
        draw = mean + lower @ generator.standard_normal(len(mean))
        draw[chosen] = -np.inf
        chosen.append(int(np.argmax(draw)))
    return np.array(chosen, dtype=np.int64)


def _check(mean: FloatArray, covariance: FloatArray, n: int, acquisition: str) -> None:
    if acquisition not in ACQUISITIONS:
        raise ValueError(f"acquisition must be one of {named(ACQUISITIONS)}, got {shown(acquisition)}")
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
        raise ValueError(
            f"mean has shape {mean.shape} and covariance {covariance.shape}; give n means and n rows of n "
            "covariances"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("mean or covariance is not finite; leave out candidates without a prediction")
    check_scalar(n, "n", Integral, min_val=1)
    if n > len(mean):
        raise ValueError(f"cannot choose n={n} of {len(mean)} candidates; offer more, or choose fewer")
