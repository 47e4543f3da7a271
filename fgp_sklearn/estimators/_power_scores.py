"""Power transforms of labels: candidates among which a Gaussian process chooses by likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from fgp_sklearn.estimators._targets import normal_scores

FloatArray = NDArray[np.float64]

_POWERS = (-3.0, 5.0)
_LARGEST = 4.0
_LEAST_CORRELATION = 0.8


class LabelScores(NamedTuple):
    """Scores of labels, and how steep the map to them is.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Increasing in the labels, about standard normal.
    log_slopes : ndarray of shape (n,)
        Logarithm of the slope at each label, up to a constant that all candidates share.
    """

    values: FloatArray
    log_slopes: FloatArray


def power_scores(y: FloatArray, weights: FloatArray | None = None) -> list[LabelScores]:
    """Candidate scores: standardised labels, and their Yeo-Johnson transform that is closest to normal.

    Unlike ranks they keep distances between labels, so what adds up in the labels adds up in the scores. If
    neither is close to normal, as with outliers, the only candidate is `normal_scores`.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Labels that are not all equal.
    weights : ndarray of shape (n,), optional
        Positive weights of the labels.

    Returns
    -------
    list of LabelScores
        The candidates.

    References
    ----------
    Yeo, Johnson, "A New Family of Power Transformations to Improve Normality or Symmetry", 2000; Snelson,
    Rasmussen, Ghahramani, "Warped Gaussian Processes", 2003.
    """
    expected = normal_scores(y, weights)
    weights = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
    moderate = y / np.abs(y).max()  # squares of it do not overflow
    standard = (moderate - weights @ moderate) / _spread(moderate, weights)

    def loss(power: float) -> float:
        scores, log_slopes = _transformed(standard, power)
        return float(np.log(_spread(scores, weights)) - weights @ log_slopes)

    closest = float(scipy.optimize.minimize_scalar(loss, bounds=_POWERS, method="bounded").x)
    candidates = [_standardised(standard, power, weights) for power in (closest, 1.0)]
    alike = [c for c in candidates if np.corrcoef(c.values, expected)[0, 1] > _LEAST_CORRELATION]
    return alike or [LabelScores(expected, np.zeros(len(y)))]


def _standardised(standard: FloatArray, power: float, weights: FloatArray) -> LabelScores:
    scores, log_slopes = _transformed(standard, power)
    spread = _spread(scores, weights)
    scores = np.clip((scores - weights @ scores) / spread, -_LARGEST, _LARGEST)
    return LabelScores(scores, log_slopes - np.log(spread))


def _transformed(standard: FloatArray, power: float) -> tuple[FloatArray, FloatArray]:
    """Yeo-Johnson transform, and the logarithm of its slope."""
    logarithm = np.log1p(np.abs(standard))
    exponent = np.where(standard >= 0, power, 2 - power)
    small = np.abs(exponent) < 1e-8
    size = np.where(small, logarithm, np.expm1(exponent * logarithm) / np.where(small, 1.0, exponent))
    return np.copysign(size, standard), (exponent - 1) * logarithm


def _spread(values: FloatArray, weights: FloatArray) -> float:
    return float(np.sqrt(weights @ (values - weights @ values) ** 2))
