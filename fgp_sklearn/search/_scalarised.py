"""scalarised: one number per trial from several objectives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

FloatArray = NDArray[np.float64]

_SHARE_OF_THE_SUM = 0.05


def scalarised(values: FloatArray, draws: np.random.Generator) -> FloatArray:
    """Weigh objectives at random, as ParEGO does.

    Parameters
    ----------
    values : ndarray of float of shape (n_trials, n_objectives)
        Objectives, larger is better; NaN for a trial without values. Infinite ones count as the largest or
        smallest that are finite.
    draws : numpy.random.Generator
        Source of the weights.

    Returns
    -------
    ndarray of float of shape (n_trials,)
        The objective if there is one. Of several, the augmented Chebyshev function of their ranks.

    References
    ----------
    Knowles, "ParEGO: a hybrid algorithm with on-line landscape approximation for expensive multiobjective
    optimization problems", IEEE Transactions on Evolutionary Computation 10 (2006).
    """
    if values.shape[1] == 1:
        column = values[:, 0].copy()
        finite = column[np.isfinite(column)]
        if len(finite):
            np.clip(column, finite.min(), finite.max(), out=column)
        return np.where(np.isinf(column), np.nan, column)
    known = np.flatnonzero(~np.isnan(values).any(axis=1))
    weights = draws.dirichlet(np.ones(values.shape[1]))
    result = np.full(len(values), np.nan)
    if len(known):
        losses = 1 - rankdata(values[known], axis=0) / len(known)
        result[known] = -(losses * weights).max(axis=1) - _SHARE_OF_THE_SUM * (losses @ weights)
    return result
