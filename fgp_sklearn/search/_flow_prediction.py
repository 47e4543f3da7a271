"""FlowPrediction: the flow process on features that are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.estimators import FlowGaussianProcessRegressor
from fgp_sklearn.estimators._power_scores import power_scores
from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores
from fgp_sklearn.processes import SumKernelProcess
from fgp_sklearn.processes._exact_posterior import ExactPosterior
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._priors import SOME_LINEAR
from fgp_sklearn.search._features import Features

FloatArray = NDArray[np.float64]

_MAX_SEARCH = 500  # labels from which the kernel is chosen


class FlowPrediction:
    """Posterior of scores by a process like that of `FlowGaussianProcessRegressor`.

    Parameters
    ----------
    blocks : FlowBlocks
        The fitted blocks.
    early : sequence of FlowPrediction
        What is predicted for less training. Their means are one more block, with a linear kernel.
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
        self,
        blocks: FlowBlocks,
        early: Sequence[FlowPrediction],
        known: Features,
        values: FloatArray,
        weights: FloatArray,
        seed: int,
    ) -> None:
        self._early = early
        scores = np.zeros(len(values))
        if np.ptp(values):
            grouped = blocks.grouped
            scores = power_scores(values, weights)[0].values if grouped else normal_scores(values, weights)
        order = np.argsort(values, kind="stable")
        self._values, self._scores = values[order], scores[order]
        self._calibration = MonotoneCalibration().fit(scores, values, weights)
        compared = self._with_early(known).double
        linear, priors = (
            (blocks.linear, blocks.priors) if not early else ((*blocks.linear, True), SOME_LINEAR)
        )
        process = SumKernelProcess(_MAX_SEARCH, len(values), seed, linear)
        process.fit(compared, scores, weights, priors)
        self._posterior = ExactPosterior(process, compared, scores, weights)
        self.noise = process.noise_
        self.incumbent = float(self.marginal(known)[0].max())

    def marginal(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """See `Predicted`."""
        return self._posterior.predict(self._with_early(candidates).blocks)

    def joint(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """See `Predicted`."""
        return self._posterior.predict_jointly(self._with_early(candidates).double)

    def scored(self, value: float) -> float:
        """See `Predicted`."""
        return float(np.interp(value, self._values, self._scores))

    def values(self, scores: FloatArray) -> FloatArray:
        """See `Predicted`."""
        return self._calibration.transform(scores)

    def _with_early(self, features: Features) -> Features:
        """Features with the predictions for less training as one more block."""
        if not self._early:
            return features
        means = [one.marginal(features)[0] for one in self._early]
        return Features(
            features.architectures, [*features.blocks, np.stack(means, axis=1).astype(np.float32)]
        )


def is_plain_flow(predictor: Any) -> bool:
    """Whether a predictor is the flow process without sources, which it asks in `fit` only."""
    return type(predictor) is FlowGaussianProcessRegressor and not predictor.sources
