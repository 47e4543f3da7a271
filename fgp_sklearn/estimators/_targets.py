"""From labels to normal scores for the loss, and from scores back to the units of the labels."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import scipy.stats
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from fgp_sklearn._storage import Array, Number, PersistenceError, Storable

FloatArray = NDArray[np.float64]

ALIKE = 1e-6  # scores are about standard normal; smaller differences are rounding
SLOPE = Number(-1e308, 1e308)  # labels may be of any size


def normal_scores(y: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Replace values by the normal quantiles of their ranks. Equal values get equal scores.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, n_targets)
        Values. Each column is ranked separately. NaN stays NaN.
    weights : ndarray of shape (n,), optional
        Number of times that each row counts in the ranks.

    Returns
    -------
    ndarray of the same shape
        About standard normal.

    References
    ----------
    Blom, "Statistical Estimates and Transformed Beta-Variables", 1958 (offset 3/8).
    """
    known = np.isfinite(y)
    if weights is None:
        ranks, total = scipy.stats.rankdata(y, axis=0, nan_policy="omit"), known.sum(axis=0)
    else:
        ranks, total = np.apply_along_axis(_weighted_ranks, 0, y, weights), weights @ known
    scores: FloatArray = scipy.stats.norm.ppf((ranks - 0.375) / (total + 0.25))
    return scores


def _weighted_ranks(y: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean rank of each value among weighted copies; NaN for NaN."""
    known = np.isfinite(y)
    _, level = np.unique(y[known], return_inverse=True)
    mass = np.bincount(level, weights=weights[known])
    ranks = np.full(len(y), np.nan)
    ranks[known] = (np.cumsum(mass) - mass / 2 + 0.5)[level]
    return ranks


def calibrations_of(
    scores: FloatArray, targets: FloatArray, weights: FloatArray | None
) -> list[MonotoneCalibration]:
    """Fit a calibration to each column of scores and targets of shape (n, n_targets)."""
    columns = zip(scores.T, targets.T, strict=True)
    return [MonotoneCalibration().fit(score, target, weights) for score, target in columns]


def calibrated(calibrations: list[MonotoneCalibration], scores: FloatArray) -> FloatArray:
    """Map each column of scores to the units of its target."""
    columns = [c.transform(column) for c, column in zip(calibrations, scores.T, strict=True)]
    return np.stack(columns, axis=1)


class MonotoneCalibration(Storable):
    """A strictly increasing map from scores to the units of the target.

    Isotonic regression pools scores whose targets are out of order into blocks. Straight lines connect the
    means of the blocks, and extend beyond the outermost blocks with the slope of the outer quarter. The map
    follows the labels and never gives equal values to different scores. Scores that differ by no more than
    rounding are one block.

    Attributes
    ----------
    scores_, values_ : ndarray of shape (n_blocks,)
        Mean score and mean target of each block, in increasing order.
    slopes_ : tuple of float
        Slope below the lowest block and above the highest one.
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "scores_": Array("blocks"),
        "values_": Array("blocks", largest=1e308),
        "slopes_": tuple[SLOPE, SLOPE],  # type: ignore[valid-type]  # not a type, but a kind
    }

    def fit(self, scores: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Self:
        """Fit the map to labelled scores."""
        weights = np.ones(len(y)) if weights is None else weights
        order = np.argsort(scores, kind="stable")
        level = IsotonicRegression().fit(scores, y, weights).predict(scores)[order]
        # Smaller differences are rounding errors and would make means of blocks equal.
        rises = (np.diff(level) > 1e-9 * np.ptp(y)) & (np.ptp(scores) > ALIKE)
        block = np.concatenate([[0], np.cumsum(rises)])
        size = np.bincount(block, weights=weights[order])
        self.scores_ = np.bincount(block, weights=(weights * scores)[order]) / size
        self.values_ = np.bincount(block, weights=(weights * y)[order]) / size
        n_blocks = len(size)
        if n_blocks == 1:  # scores and labels disagree: a small slope keeps the ranking
            spread = float(scores.std())
            units = 1e-3 * float(y.std())
            slope = units / spread if spread > ALIKE else units or 1.0
            self.slopes_ = (slope, slope)
        else:
            quarter = -(-(n_blocks - 1) // 4)
            rise = self.values_[quarter] - self.values_[0], self.values_[-1] - self.values_[-1 - quarter]
            run = self.scores_[quarter] - self.scores_[0], self.scores_[-1] - self.scores_[-1 - quarter]
            self.slopes_ = (float(rise[0] / run[0]), float(rise[1] / run[1]))
        return self

    def _check_stored(self) -> None:
        if not len(self.scores_) or (np.diff(self.scores_) < 0).any():
            raise PersistenceError("scores of a calibration are missing or not increasing")

    def transform(self, scores: FloatArray) -> FloatArray:
        """Map scores of shape (n,) to target units."""
        inside: FloatArray = np.interp(scores, self.scores_, self.values_)
        below = np.minimum(scores - self.scores_[0], 0.0)
        above = np.maximum(scores - self.scores_[-1], 0.0)
        values: FloatArray = inside + self.slopes_[0] * below + self.slopes_[1] * above
        return values
