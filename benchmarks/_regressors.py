"""Regressors of the accuracy benchmark that several rows share."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fgp_sklearn.preprocessing import ArchitectureSimplifier


def on_ranks(*steps: Any) -> Any:
    """A pipeline that learns the normal scores of accuracies: raw ones would be a handicap."""
    *features, regressor = steps
    ranked = TransformedTargetRegressor(
        regressor, func=normal_scores, inverse_func=np.asarray, check_inverse=False
    )
    return make_pipeline(*features, ranked)


def normal_scores(y: Any) -> Any:
    """Normal quantiles of the ranks."""
    return norm.ppf((rankdata(y, axis=0) - 0.5) / len(y))


def process(kernel: Any) -> GaussianProcessRegressor:
    """A Gaussian process with noise."""
    return GaussianProcessRegressor(ConstantKernel() * kernel + WhiteKernel(0.1, (1e-3, 10)))


def rbf_process() -> GaussianProcessRegressor:
    """An isotropic process with noise."""
    return process(RBF(10.0, (0.1, 1e3)))


def boosting(seed: int) -> HistGradientBoostingRegressor:
    """With the default of 20 labels a leaf, 33 labels would make no tree."""
    return HistGradientBoostingRegressor(min_samples_leaf=5, random_state=seed)


def columns() -> FunctionTransformer:
    """Groups of columns side by side."""
    return FunctionTransformer(np.hstack)


def simplifier() -> ArchitectureSimplifier:
    """As in NAS-BOWL; but identities of Macro hold the place of a stage, and stay, or it would rank worse."""
    return ArchitectureSimplifier(identity_ops=["skip_connect", "skip"])
