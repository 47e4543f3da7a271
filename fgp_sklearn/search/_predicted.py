"""Predicted: what a predictor says about candidates, as joint posteriors of scores."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.search._features import Features

FloatArray = NDArray[np.float64]


class Predicted(Protocol):
    """Posterior of one column of values, given labels.

    Attributes
    ----------
    noise : float
        Variance of the noise of a label.
    incumbent : float
        Largest posterior mean of a labelled architecture.
    """

    noise: float
    incumbent: float

    def marginal(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the score of each candidate, each of shape (n_candidates,)."""

    def joint(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """Means of shape (n_candidates,) and covariances of shape (n_candidates, n_candidates)."""

    def scored(self, value: float) -> float:
        """Score of a value in the units of the labels."""

    def values(self, scores: FloatArray) -> FloatArray:
        """Values in the units of the labels, of scores."""
