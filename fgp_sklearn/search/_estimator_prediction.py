"""EstimatorPrediction: any regressor as the predictor of a search."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.estimators import FlowGaussianProcessRegressor
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._kernels import prior_kernel
from fgp_sklearn.search._features import Features

FloatArray = NDArray[np.float64]

_NOISE = 0.1  # share of the variance of a candidate


def check_predictor(predictor: Any) -> None:
    """Raise an error if a predictor is no regressor that predicts standard deviations.

    Parameters
    ----------
    predictor : estimator or None
        Parameter of a search.

    Raises
    ------
    TypeError
        If it is no estimator, or its `predict` has no `return_std`. The last step of a pipeline counts.
    """
    if predictor is None:
        return
    cure = "pass a FlowGaussianProcessRegressor() or an FGPRegressor(), for example"
    if inspect.isclass(predictor) or not all(hasattr(predictor, name) for name in ("fit", "get_params")):
        raise TypeError(f"predictor must be an instance of an estimator, got {shown(predictor)}; {cure}")
    last = predictor
    while isinstance(last, Pipeline) and last.steps:
        last = last.steps[-1][1]
    takes = inspect.signature(last.predict).parameters.values() if hasattr(last, "predict") else ()
    passes_on = not isinstance(last, TransformedTargetRegressor)  # its predictions are no pairs
    if not any(one.name == "return_std" or (one.kind is one.VAR_KEYWORD and passes_on) for one in takes):
        raise TypeError(f"predict of {shown(last)} has no return_std, which a search needs; {cure}")


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
        with warnings.catch_warnings():  # a search may leave the range of what is known
            warnings.filterwarnings("ignore", "attributes lie far outside", UserWarning)
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
