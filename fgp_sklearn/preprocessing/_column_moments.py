"""ColumnMoments: column means and standard deviations of a matrix that is given in parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.preprocessing._base import infinite_if_constant

FloatArray = NDArray[np.float64]


class ColumnMoments:
    """Computes `column_statistics` of a matrix whose rows are given in several parts.

    References
    ----------
    Chan, Golub, LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.preprocessing._column_moments import ColumnMoments
    >>> moments = ColumnMoments()
    >>> for part in (np.array([[1.0], [2.0]]), np.array([[6.0]])):
    ...     moments.add(part)
    >>> mean, spread = moments.statistics()
    >>> float(mean[0]), round(float(spread[0] ** 2), 3)
    (3.0, 4.667)
    """

    def __init__(self) -> None:
        self._n = 0
        self._mean: FloatArray = np.zeros(1)
        self._squares: FloatArray = np.zeros(1)
        self._largest: FloatArray = np.full(1, 1e-300)

    def add(self, part: FloatArray) -> None:
        """Add rows.

        Parameters
        ----------
        part : ndarray of float64 of shape (n_rows, n_columns)
            Further rows of the matrix, at least one.
        """
        mean = part.mean(axis=0)
        n, seen = len(part), self._n
        ahead = mean - self._mean
        self._n = seen + n
        self._squares = self._squares + part.var(axis=0) * n + ahead**2 * (seen * n / self._n)
        self._mean = self._mean + ahead * (n / self._n)
        self._largest = np.maximum(self._largest, np.abs(part).max(axis=0))

    def statistics(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of each column over all rows so far.

        Returns
        -------
        mean, spread : ndarray of float64 of shape (n_columns,)
            The results of `column_statistics` on the whole matrix, up to rounding.
        """
        spread = np.sqrt(self._squares / self._n)
        return self._mean, infinite_if_constant(spread, self._largest, float(np.finfo(np.float64).eps))
