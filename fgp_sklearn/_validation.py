"""Validation and comparison of parameters; the only file that imports private names of scikit-learn."""

from collections.abc import Callable
from typing import Any, TypeVar

import joblib
import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.metrics._scorer import _PassthroughScorer as PassthroughScorer
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config as get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _num_samples as num_samples

from fgp_sklearn._rollback import rolls_back

__all__ = [
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "PassthroughScorer",
    "StrOptions",
    "check_feature_names_in",
    "fit_context",
    "get_output_config",
    "num_samples",
    "safe_indexing",
    "same_value",
    "validate_parameter_constraints",
]

Method = TypeVar("Method", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]:
    """Validate parameters against `_parameter_constraints` before a method runs.

    If the method or the validation raises, the estimator keeps the attributes that it had before.
    """
    checks: Callable[[Method], Method] = _fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return lambda method: rolls_back(checks(method))


def same_value(first: Any, second: Any) -> bool:
    """Whether two parameters are equal, where one may be a clone or a pickled copy of the other.

    Two estimators count as equal if they have the same class. The caller compares their parameters.
    """
    if first is second:
        return True
    if type(first) is type(second):
        if isinstance(first, BaseEstimator):
            return True
        if isinstance(first, dict):
            return first.keys() == second.keys() and all(same_value(first[k], second[k]) for k in first)
        if isinstance(first, (list, tuple)):
            return len(first) == len(second) and all(map(same_value, first, second))
        if isinstance(first, (np.ndarray, np.random.RandomState)):
            return bool(joblib.hash(first) == joblib.hash(second))
    return bool(np.all(first == second))
