"""FlowPrediction: the flow process on features that are computed once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.estimators._power_scores import power_scores
from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores
from fgp_sklearn.processes import SumKernelProcess
from fgp_sklearn.processes._exact_posterior import ExactPosterior
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.search._features import Features

FloatArray = NDArray[np.float64]

_MAX_SEARCH = 500  # labels from which the kernel is chosen


class FlowPrediction:
    """Posterior of scores by a process like that of `FlowGaussianProcessRegressor`.

    Parameters
    ----------
    blocks : FlowBlocks
        The fitted blocks.
    known : Features
        Labelled architectures.
    values : ndarray of shape (n_labelled,)
        Their values.
    weights : ndarray of shape (n_labelled,)
        Number of labels of each.
    seed : int
        Seed of the subset of labels from which the kernel is chosen, if there are many.

    Attributes
    ----------
    noise : float
        Variance of the noise of a label.
    incumbent : float
        Largest posterior mean of a labelled architecture.
    """

    def __init__(
        self, blocks: FlowBlocks, known: Features, values: FloatArray, weights: FloatArray, seed: int
    ) -> None:
        scores = np.zeros(len(values))
        if np.ptp(values):
            grouped = blocks.grouped
            scores = power_scores(values, weights)[0].values if grouped else normal_scores(values, weights)
        order = np.argsort(values, kind="stable")
        self._values, self._scores = values[order], scores[order]
        self._calibration = MonotoneCalibration().fit(scores, values, weights)
        process = SumKernelProcess(_MAX_SEARCH, len(values), seed, blocks.linear)
        process.fit(known.double, scores, weights, blocks.priors)
        self._posterior = ExactPosterior(process, known.double, scores, weights)
        self.noise = process.noise_
        self.incumbent = float(self.marginal(known)[0].max())

    def marginal(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """See `Predicted`."""
        return self._posterior.predict(candidates.blocks)

    def joint(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """See `Predicted`."""
        return self._posterior.predict_jointly(candidates.double)

    def scored(self, value: float) -> float:
        """See `Predicted`."""
        return float(np.interp(value, self._values, self._scores))

    def values(self, scores: FloatArray) -> FloatArray:
        """See `Predicted`."""
        return self._calibration.transform(scores)
