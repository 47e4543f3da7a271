"""NormalScoreRegressor: any regressor, trained on the normal scores of the labels."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor

from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores


class NormalScoreRegressor(TransformedTargetRegressor):
    """A regressor that learns normal scores of the labels, as the estimators of this library do.

    Raw accuracies have outliers, which would be a handicap. Predictions are in the units of the labels. A
    transformer cannot do this: equal labels have the mean of their ranks, and predictions beyond the largest
    label must stay apart.

    Parameters
    ----------
    regressor : estimator
        Regressor of numeric columns. It is cloned before it is fitted.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the regressor to the normal scores of `y`."""
        labels = np.asarray(y, dtype=np.float64)
        scores = normal_scores(labels)
        self.regressor_ = clone(self.regressor).fit(X, scores)
        self.calibration_ = MonotoneCalibration().fit(scores, labels)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict labels."""
        return self.calibration_.transform(np.asarray(self.regressor_.predict(X), dtype=np.float64))
