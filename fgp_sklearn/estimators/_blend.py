"""The blend of several predictors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Member(NamedTuple):
    """Weight of one predictor, for each target or for all, and its scores: (n_architectures, n_targets)."""

    weight: float | FloatArray
    scores: FloatArray


def blended(members: Sequence[Member]) -> FloatArray:
    """Sum of the scores of one or more members, times their weights.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.estimators._blend import Member, blended
    >>> blended([Member(0.75, np.array([[1.0], [2.0]])), Member(0.25, np.array([[5.0], [6.0]]))])
    array([[2.],
           [3.]])
    """
    first, *others = members
    total: FloatArray = first.weight * first.scores
    for member in others:
        total = total + member.weight * member.scores
    return total
