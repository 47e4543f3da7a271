"""Estimators: an encoder and regressors of architectures."""

from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._fgp_regressor import FGPRegressor
from fgp_sklearn.estimators._flow_gaussian_process_regressor import FlowGaussianProcessRegressor
from fgp_sklearn.estimators._sources_from_curves import sources_from_curves
from fgp_sklearn.estimators._transferred_predictor import TransferredPredictor

__all__ = [
    "FGPEncoder",
    "FGPRegressor",
    "FlowGaussianProcessRegressor",
    "TransferredPredictor",
    "sources_from_curves",
]
