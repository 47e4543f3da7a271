"""Values that a search is told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._messages import shown


def told_values(
    values: Any, n: int, name: str = "value", absent: str = "the training failed"
) -> NDArray[np.float64]:
    """Values of `n` architectures, from what a user tells.

    Parameters
    ----------
    values : array-like of float or None, float or None
        One value per architecture; None for a failed training. A single None is for all architectures, and a
        single number for a single architecture.
    n : int
        Number of architectures.
    name : str, default="value"
        What a message calls a value.
    absent : str, default="the training failed"
        What None means, for a message.

    Returns
    -------
    ndarray of float64 of shape (n,)
        The values, NaN for failed trainings.

    Raises
    ------
    ValueError
        If there is not one value for each architecture, or a value is not a finite number.
    """
    if values is None:
        return np.full(n, np.nan)
    listed = np.atleast_1d(np.asarray(values, dtype=object))
    if listed.shape != (n,):
        raise ValueError(
            f"there are {name}s of shape {listed.shape} for {n:,} architectures; give one for each"
        )
    told = np.full(n, np.nan)
    for index, value in enumerate(listed):
        if value is None:
            continue
        try:
            told[index] = float(value)
        except (TypeError, ValueError):
            told[index] = np.nan
        if not np.isfinite(told[index]):
            raise ValueError(f"{name} {index} is {shown(value)}; give a finite number, or None if {absent}")
    return told
