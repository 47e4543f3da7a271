"""EstimatorPrediction: any regressor as the predictor of a search."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from fgp_sklearn.estimators import FlowGaussianProcessRegressor
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._kernels import prior_kernel
from fgp_sklearn.search._features import Features

FloatArray = NDArray[np.float64]

_NOISE = 0.1  # share of the variance of a candidate


class EstimatorPrediction:
    """Posterior by a regressor that predicts a mean and a standard deviation.

    Such a regressor does not say how the errors of two candidates are correlated. The correlation is that of
    a flow kernel before it sees labels.

    Parameters
    ----------
    estimator : estimator
        A regressor whose `predict` has `return_std`. A clone is fitted.
    blocks : FlowBlocks
        Fitted blocks of a flow kernel.
    known : Features
        Labelled architectures.
    values : ndarray of shape (n_labelled,)
        Their values.
    weights : ndarray of shape (n_labelled,)
        Number of labels of each.
    seed : int
        Seed of the clone, if its `random_state` is None.
    pool : ArchitectureBatch
        Architectures that may be predicted later.

    Attributes
    ----------
    noise : float
        Variance of the noise of a label.
    incumbent : float
        Largest prediction for a labelled architecture.
    """

    def __init__(
        self,
        estimator: Any,
        blocks: FlowBlocks,
        known: Features,
        values: FloatArray,
        weights: FloatArray,
        seed: int,
        pool: Any,
    ) -> None:
        self._linear = blocks.linear
        self._estimator = clone(estimator)
        if "random_state" in self._estimator.get_params(deep=False) and estimator.random_state is None:
            self._estimator.set_params(random_state=seed)
        given: dict[str, Any] = {}
        if has_fit_parameter(estimator, "sample_weight") and np.ptp(weights):
            given["sample_weight"] = weights
        if isinstance(estimator, FlowGaussianProcessRegressor):
            given["X_unlabeled"] = pool
        self._estimator.fit(known.architectures, values, **given)
        mean, deviation = self.marginal(known)
        self.incumbent = float(mean.max())
        self.noise = float(_NOISE * np.mean(deviation**2))

    def marginal(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """See `Predicted`."""
        mean, deviation = self._estimator.predict(candidates.architectures, return_std=True)
        return np.asarray(mean, dtype=np.float64), np.asarray(deviation, dtype=np.float64)

    def joint(self, candidates: Features) -> tuple[FloatArray, FloatArray]:
        """See `Predicted`."""
        mean, deviation = self.marginal(candidates)
        kernel = prior_kernel(candidates.double, candidates.double, self._linear)
        spread = deviation / np.sqrt(np.maximum(np.diag(kernel), 1e-12))
        return mean, kernel * np.outer(spread, spread)

    def scored(self, value: float) -> float:
        """See `Predicted`."""
        return value

    def values(self, scores: FloatArray) -> FloatArray:
        """See `Predicted`."""
        return scores
