"""Estimators: an encoder and regressors of architectures."""

from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._fgp_regressor import FGPRegressor
from fgp_sklearn.estimators._flow_gaussian_process_regressor import FlowGaussianProcessRegressor

__all__ = ["FGPEncoder", "FGPRegressor", "FlowGaussianProcessRegressor"]
