"""Hyperparameter tuning with Optuna: search spaces, pruning by epoch, and fault-tolerant studies."""

from fgp_sklearn._suggests_params import SuggestsParams
from fgp_sklearn.tuning._pruning_callback import PruningCallback
from fgp_sklearn.tuning._suggest_params import suggest_params
from fgp_sklearn.tuning._tune import Tuned, tune

__all__ = ["PruningCallback", "SuggestsParams", "Tuned", "suggest_params", "tune"]
