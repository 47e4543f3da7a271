"""ArchitectureRegressor: base of the regressors on architectures."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from fgp_sklearn._documentation import DocumentedEstimator
from fgp_sklearn._numeric_input import validate_targets, validate_weights
from fgp_sklearn._storage import SavesItself
from fgp_sklearn._suggests_params import SuggestsParams
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.estimators._predicts_streams import PredictsStreams
from fgp_sklearn.processes._source import check_sources

FloatArray = NDArray[np.float64]

_MEANING_OF_SCORE = (
    "<code>score</code> is R². To judge a ranking, use <code>scoring=kendall_tau_scorer</code> of "
    "<code>fgp_sklearn.metrics</code>."
)


class Labelled(NamedTuple):
    """Architectures with labels of shape (n, n_targets), and weights of shape (n,) or None."""

    architectures: ArchitectureBatch
    y: FloatArray
    weights: FloatArray | None = None

    def take(self, rows: NDArray[np.int64]) -> Labelled:
        """Select rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Labelled(self.architectures.take(rows), self.y[rows], weights)


class ArchitectureRegressor(
    SavesItself, SuggestsParams, PredictsStreams, RegressorMixin, DocumentedEstimator
):
    """Base of regressors: reads labels of one or several targets, and predicts in the same shape.

    Clones keep the fitted predictors in the parameter `sources`.
    """

    sources: Any
    _one_target: bool

    def __sklearn_clone__(self) -> Self:
        bare = copy.copy(self)
        bare.sources = None
        twin: Self = super(ArchitectureRegressor, bare).__sklearn_clone__()
        twin.sources = self.sources
        return twin

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Coefficient of determination, R², of the predictions, as scikit-learn's rules ask of regressors.

        R² judges values, not their order, and is what scikit-learn uses where no score is named. To judge a
        ranking, pass ``scoring=kendall_tau_scorer`` to functions of scikit-learn such as `GridSearchCV`, and
        ``scoring="kendall_tau"`` to those of this library. See :doc:`/how_good`.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        y : array-like of shape (n_architectures,) or (n_architectures, n_targets)
            Their true labels.
        sample_weight : array-like of shape (n_architectures,), optional
            Nonnegative weights of the architectures.

        Returns
        -------
        float
            R², which is 1 for perfect predictions and 0 for predictions that are all the mean label.
        """
        return float(super().score(X, y, sample_weight))

    def _html_repr(self) -> str:
        """Add to the diagram in notebooks what `score` means. scikit-learn has no public hook for a text."""
        return f"{super()._html_repr()}<p>{_MEANING_OF_SCORE}</p>"

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form."""
        raise NotImplementedError

    def _read_labels(self, X: Any, y: Any, sample_weight: Any = None) -> Labelled:
        """Read architectures with labels. Those of weight 0 are dropped."""
        check_sources(self.sources, self)
        batch = self._decode(X)
        targets = validate_targets(self, y, len(batch))
        columns = targets.reshape(len(batch), -1)
        if sample_weight is None:
            return Labelled(batch, columns)
        weights = validate_weights(sample_weight, len(batch))
        counting = np.flatnonzero(weights)
        validate_targets(self, targets[counting], len(counting))
        return Labelled(batch, columns, weights).take(counting)

    def _shaped(self, columns: FloatArray) -> FloatArray:
        """One column per target, in the shape of the labels."""
        return columns[:, 0] if self._one_target else columns

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags
