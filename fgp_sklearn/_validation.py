"""What the library takes from scikit-learn's private modules, in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context
from sklearn.metrics._scorer import _PassthroughScorer as PassthroughScorer
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config as get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _num_samples as num_samples
from sklearn.utils.validation import check_consistent_length

from fgp_sklearn._rollback import rolls_back
from fgp_sklearn.architectures import ArchitectureBatch, UnlabeledPool
from fgp_sklearn.architectures._tensors import readable

__all__ = [
    "HasMethods",
    "Interval",
    "Options",
    "PassthroughScorer",
    "StrOptions",
    "as_reals",
    "check_feature_names_in",
    "fit_context",
    "get_output_config",
    "num_samples",
    "safe_indexing",
    "same_value",
    "validate_parameter_constraints",
    "validate_targets",
    "validate_weights",
]

_LARGEST = 1e150  # target: its square, of which there may be millions to add, still is a float

Method = TypeVar("Method", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]:
    """Check parameters against `_parameter_constraints` before a method runs; keeps its type.

    A method that raises, at any point, leaves the estimator as it was.
    """
    checks: Callable[[Method], Method] = _fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return lambda method: rolls_back(checks(method))


def validate_targets(estimator: Any, y: Any, n_architectures: int) -> NDArray[np.float64]:
    """Check labels: finite numbers, one an architecture or a row of several, and no column all the same."""
    name = type(estimator).__name__
    if y is None:
        raise ValueError(
            f"{name} requires y to be passed, but the target y is None; give one number an architecture"
        )
    values = as_reals(y, "y")
    if values.ndim not in (1, 2) or 0 in values.shape[1:]:
        raise ValueError(
            f"y has shape {values.shape}; give one number an architecture, or a row of several targets"
        )
    check_consistent_length(np.empty(n_architectures), values)
    if not np.isfinite(values).all():
        index = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
        where = ", ".join(map(str, index))
        raise ValueError(
            f"y[{where}] is {values[index]}: Input y contains NaN or infinity; leave out architectures "
            "without a label"
        )
    if len(values) < 2:
        raise ValueError(f"found n_samples = {len(values)}; ranking needs at least 2 labelled architectures")
    for number, column in enumerate(np.atleast_2d(values.T)):
        which = "y" if values.ndim == 1 else f"y[:, {number}]"
        low, high = column.min(), column.max()
        if max(-low, high) > _LARGEST or 0 < high - low < 1 / _LARGEST:
            raise ValueError(
                f"{which} goes from {low:g} to {high:g}, and what is computed with such numbers is beyond "
                "floats; multiply it by a constant, which changes no ranking"
            )
        if low == high:
            raise ValueError(
                f"{which} is constant ({column[0]:g}), so there is nothing to rank; label architectures "
                "that differ"
            )
    return values


def validate_weights(sample_weight: Any, n_architectures: int) -> NDArray[np.float64]:
    """Check weights: one finite number an architecture, none negative, not all zero; their mean becomes 1."""
    weights = as_reals(sample_weight, "sample_weight")
    if weights.ndim != 1:
        raise ValueError(f"sample_weight has shape {weights.shape}; give one number an architecture")
    check_consistent_length(np.empty(n_architectures), weights)
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        index = int(np.argmax(bad))
        raise ValueError(
            f"sample_weight[{index}] is {weights[index]}; weights must be finite and not negative"
        )
    if not weights.any():
        raise ValueError("sample_weight is 0 for every architecture; at least two must count")
    proportions = weights / weights.max()  # so that no sum overflows
    lost = (weights > 0) & (proportions < 1 / _LARGEST**2)
    if lost.any():
        index = int(np.argmax(lost))
        raise ValueError(
            f"sample_weight[{index}] is {weights[index]:g} where the largest is {weights.max():g}; floats "
            "hold no such proportion; give 0 to leave the architecture out"
        )
    mean_one: NDArray[np.float64] = proportions / proportions[proportions > 0].mean()
    return mean_one


def as_reals(values: Any, name: str) -> NDArray[np.float64]:
    """Real numbers as floats; strings that look like numbers, dates and complex numbers are none."""
    if isinstance(values, (ArchitectureBatch, UnlabeledPool)):
        raise ValueError(
            f"{name} must hold real numbers, one row an architecture, and is an {type(values).__name__}; "
            "pass architectures without labels as X_unlabeled, behind y"
        )
    try:
        raw = np.asarray(readable(values))
        if raw.dtype.kind not in "biufO":
            raise TypeError(f"found {raw.dtype}")
        if raw.dtype.kind == "O" and any(map(_is_not_real, raw.flat)):
            raise TypeError("found strings or complex numbers")
        numbers: NDArray[np.float64] = raw.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ValueError(f"{name} must hold real numbers, one row an architecture: {error}") from error
    return numbers


def _is_not_real(value: Any) -> bool:
    return isinstance(value, (str, bytes)) or np.iscomplexobj(value)


def same_value(first: Any, second: Any) -> bool:
    """Tell whether two parameters are the same, though one may be a clone or a pickled copy.

    Estimators are the same if their classes are: their own parameters are for the caller to compare.
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
