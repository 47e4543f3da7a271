"""Plain regressors on plain encodings: what a predictor of architectures must rank better than."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing import AdjacencyEncoding, AttributeStatistics

FloatArray = NDArray[np.float64]

_MOST_NODES = 64  # in the one-hot encoding, whose width grows with the square


class PlainRival(NamedTuple):
    """A regressor, and the columns of all architectures that it reads."""

    regressor: Any
    columns: FloatArray


def plain_rivals(batch: ArchitectureBatch, seed: int) -> dict[str, PlainRival]:
    """Plain regressors on two encodings that use no labels.

    Parameters
    ----------
    batch : ArchitectureBatch
        All architectures that will be compared.
    seed : int
        Seed of the forests and of boosting.

    Returns
    -------
    dict of str to PlainRival
        By names such as "ridge on one-hot". Nothing is on one-hot if an architecture has more than 64 nodes.
    """
    encodings: dict[str, FloatArray] = {
        "counts and sums": AttributeStatistics(1, means=False).fit_transform(batch)
    }
    if batch.n_nodes.max() <= _MOST_NODES:
        encodings = {"one-hot": AdjacencyEncoding().fit_transform(batch), **encodings}
    return {
        f"{name} on {encoding}": PlainRival(regressor, columns)
        for encoding, columns in encodings.items()
        for name, regressor in _regressors(seed).items()
    }


def _regressors(seed: int) -> dict[str, Any]:
    kernel = ConstantKernel() * RBF(10.0, (0.1, 1e3)) + WhiteKernel(0.1, (1e-3, 10))
    return {
        "ridge": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))),
        "forest": RandomForestRegressor(200, random_state=seed),
        # With the usual 20 labels per leaf, few labels would make no tree.
        "boosting": HistGradientBoostingRegressor(min_samples_leaf=5, random_state=seed),
        "GP": make_pipeline(StandardScaler(), GaussianProcessRegressor(kernel)),
    }
