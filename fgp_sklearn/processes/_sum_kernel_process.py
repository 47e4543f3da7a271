"""SumKernelProcess: a Gaussian process whose kernel is a sum over blocks of features."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.linalg
import scipy.optimize
from numpy.typing import NDArray

from fgp_sklearn._storage import POSITIVE, REAL, Array, PersistenceError, Storable
from fgp_sklearn.processes._kernels import block_kernel, compared, sum_diagonal, sum_kernel
from fgp_sklearn.processes._priors import NARROW, SOME_LINEAR, Priors

FloatArray = NDArray[np.float64]

_JITTER = 1e-6
_LARGEST_LOGARITHM = 20.0  # of a hyper-parameter; a line search may try any number
_NEAR = 0.8  # distance of means, in standard deviations of normal scores
_PRIOR_LABELS = 2.0  # pseudo-labels with residuals as large as expected


class SumKernelProcess(Storable):
    """Gaussian process with one kernel per block of features: Matern 5/2, or linear.

    Weights, lengths and noise maximise the posterior density on at most `max_search` labels. More than
    `max_inducing` labels are learnt through a Nystrom approximation of this rank.

    Parameters
    ----------
    max_search, max_inducing : int
        Bounds on the number of labels whose cost is cubic.
    seed : int
        Seed of the random choice of labels beyond these bounds.
    linear : tuple of bool
        Whether each block has a linear kernel.
    n_sources : int, default=0
        Number of blocks at the end that hold scores of sources. The first column of the first of them has a
        slope that is expected to be positive.

    Attributes
    ----------
    weights_, lengths_ : ndarray of shape (n_blocks,)
        Variance and length scale of each block. The length of a linear kernel has no effect.
    noise_ : float
        Variance of the noise.
    leave_one_out_ : ndarray of shape (3, n)
        For each label of the search: leave-one-out mean, leave-one-out residual in standard deviations, and
        weight. The means are predictions by a process with the same hyper-parameters that never saw the
        label, so they tell how far the process can be trusted beside other predictors.
    searched_ : ndarray of int of shape (n,)
        Positions of the labels of the search.
    log_likelihood_ : float
        Logarithm of the marginal likelihood of these labels, without the constant ``-n / 2 * log(2 * pi)``.

    References
    ----------
    Rasmussen, Williams, "Gaussian Processes for Machine Learning", 2006, Sections 2.2, 5.4 and 8.3.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.processes import SumKernelProcess
    >>> block = np.linspace(-1, 1, 30)[:, None]
    >>> process = SumKernelProcess(500, 1500, seed=0, linear=(False,)).fit([block], np.sin(3 * block[:, 0]))
    >>> mean, deviation = process.predict([np.array([[0.5]])])
    >>> bool(abs(mean[0] - np.sin(1.5)) < 0.05)
    True
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(("max_search", "max_inducing", "seed"), int),
        "n_sources": int,
        **dict.fromkeys(("mean_", "slope_"), REAL),
        "noise_": POSITIVE,
        "linear": tuple[bool, ...],
        **dict.fromkeys(("weights_", "lengths_"), Array("linear")),
        "left_out_": Array(3, "searched_"),
        "searched_": Array("searched_", dtype="i"),
        "log_likelihood_": REAL,
        **dict.fromkeys(("_lower", "_posterior_lower"), Array("inducing", "inducing")),
        "_solution": Array("inducing"),
        "_inducing": list[Array("inducing", None)],  # type: ignore[misc]  # not a type, but a kind
    }

    _optional_attributes: ClassVar[frozenset[str]] = frozenset(
        {"searched_", "log_likelihood_", "n_sources", "slope_"}
    )

    # Files of older versions lack these.
    n_sources: int = 0
    slope_: float = 0.0

    def __init__(
        self, max_search: int, max_inducing: int, seed: int, linear: tuple[bool, ...], n_sources: int = 0
    ) -> None:
        self.max_search = max_search
        self.max_inducing = max_inducing
        self.seed = seed
        self.linear = linear
        self.n_sources = n_sources

    def fit(
        self,
        blocks: list[FloatArray],
        y: FloatArray,
        weights: FloatArray | None = None,
        priors: Priors | None = None,
    ) -> Self:
        """Choose the hyper-parameters and learn from labels.

        Parameters
        ----------
        blocks : list of ndarray of shape (n, n_features)
            Blocks of features, with distances of about 1.
        y : ndarray of shape (n,)
            Labels, about standard normal.
        weights : ndarray of shape (n,), optional
            Weights of the labels. The noise of a label has variance ``noise_ / weight``, as the mean of
            `weight` labels has.
        priors : Priors, optional
            Priors of the hyper-parameters.

        Returns
        -------
        SumKernelProcess
            The fitted process.
        """
        weights = np.ones(len(y)) if weights is None else weights
        priors = priors or (SOME_LINEAR if any(self.linear) else NARROW)
        self.slope_ = priors.sources.slope if self.n_sources else 0.0
        self.mean_ = 0.0
        self.mean_ = float(np.average(y - self.trend(blocks), weights=weights))
        residual = y - self.trend(blocks)
        generator = np.random.default_rng(self.seed)
        self.searched_ = searched = _some(len(y), self.max_search, generator)
        self._search([block[searched] for block in blocks], residual[searched], weights[searched], priors)
        self.leave_one_out_[0] += self.trend(blocks)[searched]
        inducing = _some(len(y), self.max_inducing, generator)
        self._inducing = [block[inducing] for block in blocks]
        kernel = self._kernel(self._inducing, self._inducing)
        kernel[np.diag_indices_from(kernel)] += _JITTER
        self._lower = lower_factor(kernel)
        precision = np.sqrt(weights / self.noise_)
        seen = self._whitened(self._kernel(blocks, self._inducing)) * precision
        self._posterior_lower = scipy.linalg.cholesky(np.eye(len(seen)) + seen @ seen.T, lower=True)
        self._solution = _solved(self._posterior_lower, seen @ (residual * precision))
        return self

    def _search(
        self, blocks: list[FloatArray], y: FloatArray, label_weights: FloatArray, priors: Priors
    ) -> None:
        """Choose the hyper-parameters, and compute leave-one-out means and residuals."""
        alike = [compared(block, block, linear) for block, linear in zip(blocks, self.linear, strict=True)]
        prior = priors.of_blocks(len(blocks), self.n_sources)

        def negative_log_posterior(theta: FloatArray) -> tuple[float, FloatArray]:
            weights, lengths, noise = _split(theta)
            parts = [block_kernel(*part) for part in zip(alike, lengths, self.linear, strict=True)]
            kernel = sum(w * value for w, (value, _) in zip(weights, parts, strict=True))
            inverse, log_determinant = _inverse(kernel + np.diag(noise / label_weights + _JITTER))
            alpha = inverse @ y
            slope = 0.5 * (inverse - np.outer(alpha, alpha))
            by_weight = [w * np.vdot(slope, value) for w, (value, _) in zip(weights, parts, strict=True)]
            by_length = [w * np.vdot(slope, change) for w, (_, change) in zip(weights, parts, strict=True)]
            by_noise = noise * (np.diag(slope) / label_weights).sum()
            penalty, gradient = prior.penalty(theta)
            gradient += np.r_[by_weight, by_length, by_noise]
            return float(0.5 * (y @ alpha + log_determinant)) + penalty, gradient

        found = scipy.optimize.minimize(
            negative_log_posterior, prior.centre, jac=True, method="L-BFGS-B", options={"maxiter": 80}
        )
        self.weights_, self.lengths_, self.noise_ = _split(found.x)
        kernel = self._kernel(blocks, blocks)
        inverse, log_determinant = _inverse(kernel + np.diag(self.noise_ / label_weights + _JITTER))
        precision = np.diag(inverse)
        residual = inverse @ y
        self.log_likelihood_ = float(-0.5 * (y @ residual + log_determinant))
        self.leave_one_out_ = np.stack(
            [y - residual / precision, residual / np.sqrt(precision), label_weights]
        )

    def _stored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Files have the old name of `leave_one_out_`."""
        return {"left_out_" if name == "leave_one_out_" else name: part for name, part in state.items()}

    def _restored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        state = {"leave_one_out_" if name == "left_out_" else name: part for name, part in state.items()}
        if "leave_one_out_" in state:  # files of older versions lack the others
            state.setdefault("searched_", np.arange(state["leave_one_out_"].shape[-1]))
            state.setdefault("log_likelihood_", 0.0)
        return state

    @property
    def widths(self) -> list[int]:
        """Number of features of each block."""
        return [block.shape[1] for block in self._inducing]

    def _check_stored(self) -> None:
        diagonals = [np.diag(lower) for lower in (self._lower, self._posterior_lower)]
        sizes = [*diagonals, self.weights_, self.lengths_]
        if len(self._inducing) != len(self.linear) or not all((size > 0).all() for size in sizes):
            raise PersistenceError("kernel and labels of a process do not belong together")

    def mean(self, blocks: list[FloatArray]) -> FloatArray:
        """Mean of each row, as in `predict` but at a lower cost.

        Parameters
        ----------
        blocks : list of ndarray of shape (n, n_features)
            Blocks of features.

        Returns
        -------
        ndarray of shape (n,)
            Means.
        """
        return self.trend(blocks) + self._kernel(blocks, self._inducing) @ self._mean_weights()

    def trend(self, blocks: list[FloatArray]) -> FloatArray:
        """Mean of each row before any label: a constant, and what the sources expect.

        Parameters
        ----------
        blocks : list of ndarray of shape (n, n_features)
            Blocks of features.

        Returns
        -------
        ndarray of shape (n,)
            Means.
        """
        if not self.n_sources:
            return np.full(len(blocks[0]), self.mean_)
        trend: FloatArray = self.mean_ + self.slope_ * blocks[-self.n_sources][:, 0]
        return trend

    def predict(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of new labels of weight 1, noise included.

        Parameters
        ----------
        blocks : list of ndarray of shape (n, n_features)
            Blocks of features.

        Returns
        -------
        mean : ndarray of shape (n,)
            Means.
        deviation : ndarray of shape (n,)
            Standard deviations.
        """
        mean, whitened, projected = self._posterior(blocks)
        variance = self._prior_variance(blocks) - _squared_columns(whitened) + _squared_columns(projected)
        return mean, self.spread_factor(mean) * np.sqrt(np.maximum(variance, 0.0) + self.noise_)

    def spread_factor(self, mean: FloatArray) -> FloatArray:
        """Factors by which standard deviations are multiplied to fit leave-one-out residuals.

        A factor is the root mean square of the residuals, weighted towards labels with a similar mean: the
        process may have larger errors at the top than elsewhere, for example. It is at least 1.

        Parameters
        ----------
        mean : ndarray of shape (n,)
            Predicted means.

        Returns
        -------
        ndarray of shape (n,)
            The factors.
        """
        means, distances, weights = self.leave_one_out_
        near = weights * np.exp(-0.5 * ((mean[:, None] - means) / _NEAR) ** 2)
        squares: FloatArray = (near @ distances**2 + _PRIOR_LABELS) / (near.sum(axis=1) + _PRIOR_LABELS)
        return np.sqrt(np.maximum(squares, 1.0))

    def predict_jointly(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Joint distribution of the values of all rows, without noise.

        Parameters
        ----------
        blocks : list of ndarray of shape (n, n_features)
            Blocks of features.

        Returns
        -------
        mean : ndarray of shape (n,)
            Means.
        covariance : ndarray of shape (n, n)
            Covariances.
        """
        mean, whitened, projected = self._posterior(blocks)
        return mean, self._kernel(blocks, blocks) - whitened.T @ whitened + projected.T @ projected

    def _posterior(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Mean, and the terms by which labels reduce the variance and by which their noise adds to it."""
        kernel = self._kernel(blocks, self._inducing)
        mean = self.trend(blocks) + kernel @ self._mean_weights()
        whitened = self._whitened(kernel)
        return mean, whitened, _solved(self._posterior_lower, whitened)

    def _mean_weights(self) -> FloatArray:
        """Weights of inducing labels in the mean."""
        return _solved(self._lower, _solved(self._posterior_lower, self._solution, trans=1), trans=1)

    def _whitened(self, kernel: FloatArray) -> FloatArray:
        return _solved(self._lower, kernel.T)  # the transpose has the memory layout that LAPACK reads

    def _kernel(self, first: list[FloatArray], second: list[FloatArray]) -> FloatArray:
        return sum_kernel(self.weights_, self.lengths_, self.linear, first, second)

    def _prior_variance(self, blocks: list[FloatArray]) -> FloatArray:
        """Diagonal of the kernel."""
        return sum_diagonal(self.weights_, self.linear, blocks)


def _some(n: int, at_most: int, generator: np.random.Generator) -> NDArray[np.int64]:
    if n <= at_most:
        return np.arange(n)
    return np.sort(generator.choice(n, at_most, replace=False))


def _split(theta: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    n_blocks = len(theta) // 2
    values = np.exp(np.clip(theta, -_LARGEST_LOGARITHM, _LARGEST_LOGARITHM))
    return values[:n_blocks], values[n_blocks:-1], float(values[-1])


def _solved(lower: FloatArray, right: FloatArray, *, trans: Literal[0, 1] = 0) -> FloatArray:
    solution: FloatArray = scipy.linalg.solve_triangular(
        lower, right, lower=True, trans=trans, check_finite=False
    )
    return solution


def _squared_columns(matrix: FloatArray) -> FloatArray:
    """Squared length of each column."""
    squares: FloatArray = np.einsum("ij,ij->j", matrix, matrix)
    return squares


def lower_factor(matrix: FloatArray) -> FloatArray:
    """Lower Cholesky factor of a matrix that is positive definite up to rounding.

    During the search for hyper-parameters a kernel may be so large that rounding hides the noise. If so, the
    smallest of a few constants that makes the matrix positive definite is added to the diagonal.
    """
    for added in (0.0, 1e-12, 1e-10, 1e-8):
        try:
            shifted = matrix + np.diag(np.full(len(matrix), added * np.trace(matrix))) if added else matrix
            lower: FloatArray = scipy.linalg.cholesky(shifted, lower=True)
        except np.linalg.LinAlgError:
            continue
        return lower
    raise np.linalg.LinAlgError("a kernel matrix is not positive definite")


def _inverse(matrix: FloatArray) -> tuple[FloatArray, float]:
    """Inverse and logarithm of the determinant of a positive definite matrix."""
    lower = lower_factor(matrix)
    inverse = scipy.linalg.cho_solve((lower, True), np.eye(len(matrix)))
    return inverse, float(2 * np.log(np.diag(lower)).sum())
