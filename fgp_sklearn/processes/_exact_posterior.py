"""ExactPosterior: the posterior of a fitted process at many rows, at a low cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from fgp_sklearn.processes._kernels import sum_diagonal, sum_kernel
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess, lower_factor

FloatArray = NDArray[np.float64]
RealArray = NDArray[Any]  # in single or double precision

_ROWS_AT_ONCE = 512  # their kernel stays in the cache of the processor
_GRID = 256  # means at which spread factors are computed; between them they are interpolated
_JITTER = 1e-6


class ExactPosterior:
    """Posterior of a process, conditioned on labels whose number is not reduced.

    `SumKernelProcess.predict` computes in double precision. This class answers for rows in single precision,
    with one product of matrices for the variance: 30,000 rows and 150 labels take a fifth of a second.

    Parameters
    ----------
    process : SumKernelProcess
        A fitted process. Its hyper-parameters are used, and its leave-one-out residuals widen deviations.
    blocks : list of ndarray of shape (n_labels, n_features)
        Blocks of features of the labels.
    y : ndarray of shape (n_labels,)
        Labels.
    weights : ndarray of shape (n_labels,), optional
        Weights of the labels.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.processes import SumKernelProcess
    >>> from fgp_sklearn.processes._exact_posterior import ExactPosterior
    >>> block = np.linspace(-1, 1, 30)[:, None]
    >>> y = np.sin(3 * block[:, 0])
    >>> process = SumKernelProcess(500, 1500, seed=0, linear=(False,)).fit([block], y)
    >>> mean, deviation = ExactPosterior(process, [block], y).predict([np.float32([[0.5]])])
    >>> bool(abs(mean[0] - np.sin(1.5)) < 0.05)
    True
    """

    def __init__(
        self,
        process: SumKernelProcess,
        blocks: list[FloatArray],
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> None:
        self._process = process
        weights = np.ones(len(y)) if weights is None else weights
        kernel = sum_kernel(process.weights_, process.lengths_, process.linear, blocks, blocks)
        lower = lower_factor(kernel + np.diag(process.noise_ / weights + _JITTER))
        self._solution = scipy.linalg.cho_solve((lower, True), y - process.mean_)
        self._inverse = scipy.linalg.solve_triangular(lower, np.eye(len(y)), lower=True)
        self._blocks = blocks
        self._single = [np.asarray(block, dtype=np.float32) for block in blocks]

    def predict(self, blocks: list[RealArray]) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the value of each row, without noise.

        Parameters
        ----------
        blocks : list of ndarray of float32 of shape (n, n_features)
            Blocks of features.

        Returns
        -------
        mean : ndarray of float64 of shape (n,)
            Means.
        deviation : ndarray of float64 of shape (n,)
            Standard deviations, widened as those of `SumKernelProcess.predict` are.
        """
        n = len(blocks[0])
        mean, variance = np.empty(n), np.empty(n)
        solution, inverse = self._solution.astype(np.float32), self._inverse.T.astype(np.float32)
        for start in range(0, n, _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            some = [block[rows] for block in blocks]
            kernel = self._kernel(some, self._single)
            mean[rows] = kernel @ solution
            whitened = kernel @ inverse
            variance[rows] = sum_diagonal(self._process.weights_, self._process.linear, some)
            variance[rows] -= np.einsum("ij,ij->i", whitened, whitened)
        mean += self._process.mean_
        return mean, self._spread_factor(mean) * np.sqrt(np.maximum(variance, _JITTER))

    def predict_jointly(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Joint distribution of the values of all rows, without noise, in double precision.

        Parameters
        ----------
        blocks : list of ndarray of shape (n, n_features)
            Blocks of features.

        Returns
        -------
        mean : ndarray of shape (n,)
            Means.
        covariance : ndarray of shape (n, n)
            Covariances, widened as the deviations of `predict` are.
        """
        blocks = [np.asarray(block, dtype=np.float64) for block in blocks]
        kernel = self._kernel(blocks, self._blocks)
        mean = self._process.mean_ + kernel @ self._solution
        whitened = kernel @ self._inverse.T
        factor = self._spread_factor(mean)
        covariance = self._kernel(blocks, blocks) - whitened @ whitened.T
        return mean, covariance * np.outer(factor, factor)

    def _spread_factor(self, mean: FloatArray) -> FloatArray:
        """Factors of `SumKernelProcess.spread_factor`, which change smoothly, from a grid."""
        grid = np.linspace(mean.min(), mean.max(), _GRID)
        return np.interp(mean, grid, self._process.spread_factor(grid))

    def _kernel(self, first: list[RealArray], second: list[RealArray]) -> RealArray:
        process = self._process
        return sum_kernel(process.weights_, process.lengths_, process.linear, first, second)
