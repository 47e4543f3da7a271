"""Values after few epochs: whether one is so low that its training is not worth going on."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._messages import shown

FloatArray = NDArray[np.float64]

_LOW = 0.25  # quantile of early values


def checked_epochs(epochs: Any) -> float:
    """The number of epochs, or an error if it is no positive number."""
    if not isinstance(epochs, Real) or not 0 < float(epochs) < np.inf:
        raise ValueError(f"epochs is {shown(epochs)}; pass the number of epochs so far, such as 12")
    return float(epochs)


def is_hopeless(value: float, early: FloatArray, final: FloatArray) -> bool:
    """Whether a value after few epochs is lower than those of all that ended well, and among the lowest.

    Only ranks count, so the rule does not depend on units or on outliers.

    Parameters
    ----------
    value : float
        Value after some epochs; larger is better.
    early, final : ndarray of float of shape (n_architectures,)
        Values of other architectures after as many epochs, and their final values; larger is better.

    Returns
    -------
    bool
        Whether `value` is below the early values of all architectures whose final value is at least the
        median, and below the lower quartile of all early values. If early values told nothing, this would
        stop a training of the better half with a probability of at most ``2 / (n_architectures + 2)``.
    """
    good = early[final >= np.median(final)]
    return bool(value < good.min() and value < np.quantile(early, _LOW))
