"""KeepsFitted: an estimator whose clones keep fitted estimators in a parameter."""

from __future__ import annotations

import copy
from typing import ClassVar, Self

from sklearn.base import BaseEstimator


class KeepsFitted(BaseEstimator):
    """Base of estimators with a parameter that holds fitted estimators, which cloning must not unfit."""

    _kept_fitted: ClassVar[str]

    def __sklearn_clone__(self) -> Self:
        bare = copy.copy(self)
        setattr(bare, self._kept_fitted, None)
        twin: Self = super(KeepsFitted, bare).__sklearn_clone__()
        setattr(twin, self._kept_fitted, getattr(self, self._kept_fitted))
        return twin
