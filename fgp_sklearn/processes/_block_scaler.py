"""BlockScaler: principal components of a block of features, scaled to a median distance of 1."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import POSITIVE, Array, PersistenceError, Storable
from fgp_sklearn.preprocessing._base import column_statistics

FloatArray = NDArray[np.float64]

_MAX_COMPONENTS = 32
_MAX_PAIRS = 10_000
_ROWS_AT_ONCE = 512  # they stay in the cache of the processor


class BlockScaler(Storable):
    """Standardises columns, keeps their principal components, and divides these by the median distance."""

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "_mean": Array("columns"),
        "_spread": Array("columns", infinite=True),
        "_directions": Array("columns", None),
        "_unit": POSITIVE,
    }

    def _check_stored(self) -> None:
        if not (self._spread > 0).all():
            raise PersistenceError("the spread of a feature is not positive")

    @property
    def n_columns(self) -> int:
        """Number of columns that the scaler was fitted to."""
        return len(self._mean)

    @property
    def n_components(self) -> int:
        """Number of components that `transform` returns."""
        return int(self._directions.shape[1])

    def fit(self, columns: FloatArray) -> Self:
        """Learn from columns of shape (n_architectures, n_columns)."""
        self._mean, self._spread = column_statistics(columns)
        standardised = (columns - self._mean) / self._spread
        self._directions = _principal_directions(standardised)
        components = standardised @ self._directions
        first, second = _pairs_of_rows(len(components))
        distance = np.sqrt(((components[first] - components[second]) ** 2).sum(axis=1))
        # More than half of the pairs may be equal: a median over all pairs would then be 0.
        self._unit = float(np.median(distance[distance > 0])) if distance.any() else 1.0
        return self

    def transform(self, columns: FloatArray) -> FloatArray:
        """Components of shape (n_architectures, n_components)."""
        components = np.empty((len(columns), self.n_components))
        for start in range(0, len(columns), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            standardised = columns[rows] - self._mean
            standardised /= self._spread
            np.matmul(standardised, self._directions, out=components[rows])
        components /= self._unit
        return components


def _principal_directions(standardised: FloatArray) -> FloatArray:
    """Orthonormal directions of the largest variance, in columns."""
    n_rows, n_columns = standardised.shape
    if n_rows > n_columns:  # the second moments of many rows give the same directions at a lower cost
        moments, directions = np.linalg.eigh(standardised.T @ standardised)
        size, directions = np.sqrt(np.maximum(moments[::-1], 0.0)), directions[:, ::-1].T
    else:
        _, size, directions = np.linalg.svd(standardised, full_matrices=False)
    kept = size[:_MAX_COMPONENTS] > 1e-6 * size.max(initial=1e-300)
    chosen: FloatArray = directions[:_MAX_COMPONENTS][kept].T
    return chosen


def _pairs_of_rows(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of different rows, or a random sample of them if there are many."""
    if n * (n - 1) // 2 <= _MAX_PAIRS:
        return np.triu_indices(n, 1)
    generator = np.random.default_rng(0)
    first = generator.integers(n, size=_MAX_PAIRS)
    return first, (first + generator.integers(1, n, size=_MAX_PAIRS)) % n
