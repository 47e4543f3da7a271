"""Estimators: pre-training and fine-tuning."""

from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._fgp_regressor import FGPRegressor
from fgp_sklearn.estimators._unlabeled_pool import UnlabeledPool

__all__ = ["FGPEncoder", "FGPRegressor", "UnlabeledPool"]
