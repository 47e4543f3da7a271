"""What the library takes from scikit-learn's private modules, in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils._set_output import _get_output_config as get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import check_consistent_length, column_or_1d

__all__ = [
    "Interval",
    "Options",
    "StrOptions",
    "check_feature_names_in",
    "fit_context",
    "get_output_config",
    "validate_targets",
]

Method = TypeVar("Method", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]:
    """Check parameters against `_parameter_constraints` before a method runs; keeps its type."""
    decorator: Callable[[Method], Method] = _fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return decorator


def validate_targets(estimator: Any, y: Any, n_architectures: int) -> NDArray[np.float64]:
    """Check labels: one finite number an architecture, and not all the same."""
    name = type(estimator).__name__
    if y is None:
        raise ValueError(
            f"{name} requires y to be passed, but the target y is None; give one number an architecture"
        )
    values = column_or_1d(y, warn=True)
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"y must hold numbers: {error}") from error
    check_consistent_length(np.empty(n_architectures), values)
    if not np.isfinite(values).all():
        index = int(np.argmax(~np.isfinite(values)))
        raise ValueError(
            f"y[{index}] is {values[index]}: Input y contains NaN or infinity; leave out architectures "
            "without a label"
        )
    if len(values) < 2:
        raise ValueError(f"found n_samples = {len(values)}; ranking needs at least 2 labelled architectures")
    if np.ptp(values) == 0:
        raise ValueError(
            f"y is constant ({values[0]:g}), so there is nothing to rank; label architectures that differ"
        )
    return values
