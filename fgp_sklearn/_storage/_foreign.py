"""Estimators of scikit-learn in a file: which ones are allowed, and checks before they are trusted."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn.base import BaseEstimator

from fgp_sklearn._archive import PersistenceError
from fgp_sklearn._storage._compiled import check_compiled, check_support
from fgp_sklearn._storage._declared_kinds import COUNT, conforms
from fgp_sklearn._storage._trusted import ASKED, ESTIMATORS


def foreign_class(name: Any) -> type | None:
    """Class of scikit-learn with this name; None if a file may not name it."""
    if not isinstance(name, str) or name not in ESTIMATORS:
        return None
    cls: type = getattr(import_module(ESTIMATORS[name]), name)
    return cls


def is_foreign(cls: type) -> bool:
    """Whether a class is one of those estimators."""
    listed = cls.__name__ in ESTIMATORS and cls.__module__.startswith("sklearn.")
    return listed and foreign_class(cls.__name__) is cls


def check_names(cls: type, params: dict[str, Any], state: dict[str, Any]) -> None:
    """Check that attributes do not hide methods, and that there is no cache, which would contain pickles."""
    for name in state:
        if not name.isidentifier() or name.startswith("__") or callable(getattr(cls, name, None)):
            raise PersistenceError(f"{name[:100]!r} is no attribute of {cls.__name__} that can be saved")
    if params.get("memory") is not None:
        raise PersistenceError(f"memory of {cls.__name__} must be None to be saved: it would read pickles")


def check_foreign(value: BaseEstimator) -> None:
    """Check an estimator whose class does not declare its attributes.

    Raises
    ------
    Exception
        Of any kind, if the estimator is not sound.
    """
    state = vars(value)
    for name in ("n_features_in_", "n_outputs_"):
        if name in state and not conforms(int(state[name]), COUNT):
            raise PersistenceError(f"{name} of {type(value).__name__} is {state[name]!r}")
    if "estimators_" in state and not len(state["estimators_"]):
        raise PersistenceError(f"{type(value).__name__} has no estimators_")
    kind = type(value).__name__
    if "tree_" in state:
        _check_tree(value, value.n_features_in_, value.n_outputs_)
    elif kind in ("RandomForestRegressor", "ExtraTreesRegressor") and "estimators_" in state:
        for tree in value.estimators_:
            _check_tree(tree, value.n_features_in_, value.n_outputs_)
    elif kind == "GradientBoostingRegressor" and "estimators_" in state:
        if value.estimators_.ndim != 2 or value.estimators_.shape[1] != 1:
            raise PersistenceError(f"estimators_ of {kind} have shape {value.estimators_.shape}")
        for tree in value.estimators_.ravel():
            _check_tree(tree, value.n_features_in_, 1)
    elif kind == "HistGradientBoostingRegressor" and "_predictors" in state:
        for predictor in (tree for trees in state["_predictors"] for tree in trees):
            check_compiled(predictor)
            if predictor.nodes["feature_idx"].max(initial=0) >= value.n_features_in_:
                raise PersistenceError("a tree splits by a feature that does not exist")
    elif kind in ("SVR", "NuSVR") and "support_" in state:
        check_support(value)
    if kind in ASKED and "n_features_in_" in state:
        _ask(value)


def _check_tree(estimator: Any, n_features: int, n_outputs: int) -> None:
    tree = estimator.tree_
    if type(tree).__name__ != "Tree" or (tree.n_features, tree.n_outputs) != (n_features, n_outputs):
        raise PersistenceError("a tree reads another number of features, or has another one of outputs")
    check_compiled(tree)


def _ask(value: Any) -> None:
    """Apply the estimator to one row, which fails if its arrays have wrong shapes."""
    row = np.ones((1, int(value.n_features_in_)))
    with warnings.catch_warnings(), parallel_config(backend="sequential"):  # a file may have any n_jobs
        warnings.simplefilter("ignore")  # warnings about names of columns
        answer = value.transform(row) if hasattr(value, "transform") else value.predict(row)
    dense = getattr(answer, "data", None) if hasattr(answer, "tocsr") else answer
    dense = np.asarray(dense)
    if dense.dtype.kind == "f" and not np.isfinite(dense).all():
        raise PersistenceError(f"{type(value).__name__} answers NaN or infinity")
