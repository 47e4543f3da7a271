"""How far off a prediction may be."""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores

FloatArray = NDArray[np.float64]

_MAX_LABELS = 500
_MAX_COMPONENTS = 10


class EmbeddingUncertainty:
    """Spread of a Gaussian process on the embeddings of an encoder, in the units of the labels.

    The process lives on the normal scores of the labels, with noise; the quantiles of the labels
    carry its spread to their units, so that a crowded region of accuracies gives a small one.

    Attributes
    ----------
    process_ : Pipeline
        Principal components of the embeddings, and the Gaussian process.
    quantiles_ : MonotoneCalibration
        From normal scores to the units of the labels.
    """

    def fit(self, embeddings: FloatArray, y: FloatArray) -> Self:
        """Fit to labelled embeddings of shape (n, width)."""
        scores = normal_scores(y)
        self.quantiles_ = MonotoneCalibration().fit(scores, y)
        chosen = np.arange(len(y))
        if len(y) > _MAX_LABELS:
            chosen = np.sort(np.random.default_rng(0).choice(len(y), _MAX_LABELS, replace=False))
        n_components = min(_MAX_COMPONENTS, embeddings.shape[1], len(chosen))
        kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(1.0, (1e-1, 1e2)) + WhiteKernel(0.1, (1e-3, 1e1))
        self.process_: Pipeline = make_pipeline(
            StandardScaler(),
            PCA(n_components, whiten=False, svd_solver="full"),
            StandardScaler(),
            GaussianProcessRegressor(kernel),
        )
        # A length or noise at its bound is a fine answer here; equal embeddings have no variance to share.
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.process_.fit(embeddings[chosen], scores[chosen])
        return self

    def spread(self, embeddings: FloatArray, predictions: FloatArray) -> FloatArray:
        """Standard deviation about predictions of shape (n,), in their units."""
        _, deviation = self.process_.predict(embeddings, return_std=True)
        centre = np.interp(predictions, self.quantiles_.values_, self.quantiles_.scores_)
        upper = self.quantiles_.transform(centre + deviation)
        lower = self.quantiles_.transform(centre - deviation)
        spread: FloatArray = (upper - lower) / 2
        return spread
