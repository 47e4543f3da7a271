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
from fgp_sklearn.architectures._frames._plan import STAGE
from fgp_sklearn.model_selection._normal_score_regressor import NormalScoreRegressor
from fgp_sklearn.operations._part import split_part
from fgp_sklearn.preprocessing import AdjacencyEncoding, AttributeStatistics

FloatArray = NDArray[np.float64]

_MOST_NODES = 64  # in the one-hot encoding, whose width grows with the square


class PlainRival(NamedTuple):
    """A regressor of numeric columns, what makes the columns, and those of all architectures."""

    regressor: Any
    encoding: Any
    columns: FloatArray


def plain_rivals(
    batch: ArchitectureBatch, seed: int, pool: ArchitectureBatch | None = None, **reading: Any
) -> dict[str, PlainRival]:
    """Plain regressors on encodings that use no labels.

    Parameters
    ----------
    batch : ArchitectureBatch
        All architectures that will be compared.
    seed : int
        Seed of the forests and of boosting.
    pool : ArchitectureBatch, optional
        Further architectures that the encodings shall be able to read.
    **reading : dict
        Parameters of `as_batch`, for encodings that read more than `batch`.

    Returns
    -------
    dict of str to PlainRival
        By names such as "ridge on one-hot". Nothing is on one-hot if an architecture has more than 64 nodes.
        Those on columns read what the table of `from_frame` had, which other architectures lack.
    """
    encodings: dict[str, Any] = {"counts and sums": AttributeStatistics(1, means=False, **reading)}
    seen = batch if pool is None else ArchitectureBatch.concatenate([batch, pool])
    if seen.n_nodes.max() <= _MOST_NODES:
        encodings = {"one-hot": AdjacencyEncoding(**reading), **encodings}
    if any(split_part(op)[0].startswith(STAGE) for op in seen.used_ops()):
        encodings["columns"] = AttributeStatistics(1, sums=False, **reading)
    columns = {name: encoding.fit(seen).transform(batch) for name, encoding in encodings.items()}
    return {
        f"{name} on {encoded}": PlainRival(NormalScoreRegressor(regressor), encoding, columns[encoded])
        for encoded, encoding in encodings.items()
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
