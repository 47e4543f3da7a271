"""Validation of numbers that users pass: targets, sample weights, and others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length

from fgp_sklearn.architectures import ArchitectureBatch, UnlabeledPool
from fgp_sklearn.architectures._tensors import readable

_LARGEST = 1e150  # largest target; the sum of millions of squared targets must not overflow


def validate_targets(estimator: Any, y: Any, n_architectures: int) -> NDArray[np.float64]:
    """Validate labels: finite numbers, one column per target, and no constant column.

    `estimator` is named in messages: an estimator, or the name of a function.
    """
    name = estimator if isinstance(estimator, str) else type(estimator).__name__
    if y is None:
        raise ValueError(
            f"{name} requires y to be passed, but the target y is None; pass one number per architecture"
        )
    values = as_reals(y, "y")
    if values.ndim not in (1, 2) or 0 in values.shape[1:]:
        raise ValueError(
            f"y has shape {values.shape}; pass one number per architecture, or one row of targets per "
            "architecture"
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
                f"{which} ranges from {low:g} to {high:g}, and computations with such numbers overflow or "
                "underflow; multiply it by a constant, which does not change the ranking"
            )
        if low == high:
            raise ValueError(
                f"{which} is constant ({column[0]:g}), so there is nothing to rank; label architectures "
                "that differ"
            )
    return values


def validate_weights(sample_weight: Any, n_architectures: int) -> NDArray[np.float64]:
    """Validate weights: one finite, non-negative number per architecture, and not all zero.

    Returns the weights, scaled so that the positive ones have a mean of 1.
    """
    weights = as_reals(sample_weight, "sample_weight")
    if weights.ndim != 1:
        raise ValueError(f"sample_weight has shape {weights.shape}; pass one number per architecture")
    check_consistent_length(np.empty(n_architectures), weights)
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        index = int(np.argmax(bad))
        raise ValueError(
            f"sample_weight[{index}] is {weights[index]}; weights must be finite and non-negative"
        )
    if not weights.any():
        raise ValueError("sample_weight is 0 for every architecture; at least two weights must be positive")
    proportions = weights / weights.max()  # so that no sum overflows
    lost = (weights > 0) & (proportions < 1 / _LARGEST**2)
    if lost.any():
        index = int(np.argmax(lost))
        raise ValueError(
            f"sample_weight[{index}] is {weights[index]:g} and the largest weight is {weights.max():g}; this "
            "ratio is too small for a float; set the weight to 0 to leave the architecture out"
        )
    mean_one: NDArray[np.float64] = proportions / proportions[proportions > 0].mean()
    return mean_one


def as_reals(values: Any, name: str) -> NDArray[np.float64]:
    """Convert real numbers to floats. Strings, dates and complex numbers are refused."""
    if isinstance(values, (ArchitectureBatch, UnlabeledPool)):
        raise ValueError(
            f"{name} must hold real numbers, one row per architecture, but is of type "
            f"{type(values).__name__}; pass architectures without labels as X_unlabeled, after y"
        )
    try:
        raw = np.asarray(readable(values))
        if raw.dtype.kind not in "biufO":
            raise TypeError(f"found {raw.dtype}")
        if raw.dtype.kind == "O" and any(map(_is_not_real, raw.flat)):
            raise TypeError("found strings or complex numbers")
        numbers: NDArray[np.float64] = raw.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ValueError(f"{name} must hold real numbers, one row per architecture: {error}") from error
    return numbers


def _is_not_real(value: Any) -> bool:
    return isinstance(value, (str, bytes)) or np.iscomplexobj(value)
