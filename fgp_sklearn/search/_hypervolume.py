"""Two objectives: Pareto fronts and the area that they dominate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def on_front(points: FloatArray) -> BoolArray:
    """Whether no other point is at least as good in both objectives and better in one.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        Points; larger is better. A point that is not finite is on no front.

    Returns
    -------
    ndarray of bool of shape (n,)
        Whether each point is on the front. Equal points are all on it.
    """
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(known):
        return np.zeros(len(points), dtype=bool)
    first, second = points[known].T
    order = np.lexsort((-second, -first))
    best_before = np.r_[-np.inf, np.maximum.accumulate(second[order])[:-1]]
    # A point of the same first coordinate as an earlier one is beaten by it, unless both are equal.
    same = np.r_[False, (np.diff(first[order]) == 0) & (np.diff(second[order]) == 0)]
    beats = second[order] > best_before
    leader = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    found = np.zeros(len(points), dtype=bool)
    found[known[order]] = beats[leader]
    return found


def hypervolume(points: Any, reference: Any) -> float:
    """Area that points dominate and that dominates a reference point.

    Parameters
    ----------
    points : array-like of shape (n, 2)
        Points; larger is better.
    reference : array-like of shape (2,)
        A point that is worse than all that count.

    Returns
    -------
    float
        The area.

    Examples
    --------
    >>> from fgp_sklearn.search import hypervolume
    >>> hypervolume([[1, 2], [2, 1]], reference=[0, 0])
    3.0
    """
    values = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    front = np.unique(values[on_front(values)], axis=0)
    edges, heights = _staircase(front[None], np.asarray(reference, dtype=np.float64))
    return float((np.diff(edges[0, :-1]) * (heights[0, :-1] - reference[1])).sum())


def improvements(front: FloatArray, reference: FloatArray, points: FloatArray) -> FloatArray:
    """Area that each point would add to each front.

    Parameters
    ----------
    front : ndarray of shape (n_draws, n_front, 2)
        Points whose area is known, of each draw; larger is better. They need not be on the front.
    reference : ndarray of shape (2,)
        Reference point.
    points : ndarray of shape (n_draws, n_points, 2)
        Points of each draw.

    Returns
    -------
    ndarray of shape (n_draws, n_points)
        Areas.
    """
    edges, heights = _staircase(front, reference)
    gained = np.zeros(points.shape[:2])
    for left, right, height in zip(edges.T[:-1], edges.T[1:], heights.T, strict=True):
        width = np.minimum(points[..., 0], right[:, None]) - left[:, None]
        gained += np.maximum(width, 0.0) * np.maximum(points[..., 1] - height[:, None], 0.0)
    return gained


def choose_by_improvement(
    draws: FloatArray, front: FloatArray, reference: FloatArray, n: int, n_waiting: int = 0
) -> IntArray:
    """Choose the candidates that add most area in the mean over draws of the posterior, one by one.

    Parameters
    ----------
    draws : ndarray of shape (n_draws, n_waiting + n_candidates, 2)
        Draws of both objectives. Those of architectures whose training runs come first.
    front : ndarray of shape (n_front, 2)
        Points that are known.
    reference : ndarray of shape (2,)
        Reference point.
    n : int
        Number of choices.
    n_waiting : int, default=0
        Number of architectures whose training runs.

    Returns
    -------
    ndarray of int of shape (n,)
        Distinct positions of candidates.

    References
    ----------
    Daulton, Balandat, Bakshy, "Differentiable Expected Hypervolume Improvement for Parallel Multi-Objective
    Bayesian Optimization", NeurIPS 2020.
    """
    known = np.broadcast_to(front, (len(draws), *front.shape))
    known = np.concatenate([known, draws[:, :n_waiting]], axis=1)
    points = draws[:, n_waiting:]
    chosen: list[int] = []
    for _ in range(n):
        gain = improvements(known, reference, points).mean(axis=0)
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
        known = np.concatenate([known, points[:, chosen[-1:]]], axis=1)
    return np.array(chosen, dtype=np.int64)


def _staircase(points: FloatArray, reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Edges of strips along the first objective, and how high each strip is dominated."""
    above = np.maximum(points, reference)
    order = np.argsort(above[..., 0], axis=1)
    above = np.take_along_axis(above, order[..., None], axis=1)
    n = len(points)
    left, right = np.full((n, 1), reference[0]), np.full((n, 1), np.inf)
    edges = np.hstack([left, above[..., 0], right])
    highest = np.maximum.accumulate(above[:, ::-1, 1], axis=1)[:, ::-1]
    return edges, np.hstack([highest, np.full((n, 1), reference[1])])
