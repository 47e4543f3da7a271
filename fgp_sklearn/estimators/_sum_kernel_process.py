"""A Gaussian process whose kernel is a sum over blocks of features."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.linalg
import scipy.optimize
from numpy.typing import NDArray

from fgp_sklearn._storage import POSITIVE, REAL, Array, PersistenceError

FloatArray = NDArray[np.float64]

# Log-normal priors: without them a few dozen labels would settle on a single block.
_WEIGHT_SPREAD, _LENGTH_SPREAD, _NOISE_SPREAD = 0.7, 0.7, 1.0
_WIDE_WEIGHT_SPREAD = 3.0  # where a linear kernel may tell all
_NOISE = 0.2
_JITTER = 1e-6
_NEAR = 0.8  # of means, in standard deviations of normal scores
_PRIOR_LABELS = 2.0  # that lie as far off as expected


class SumKernelProcess:
    """Gaussian process with one kernel for each block of features: Matern 5/2, or linear.

    Weights, lengths and noise are those of the largest posterior density on at most `max_search`
    labels. Beyond `max_inducing` labels all are learnt from through as many inducing ones.

    Parameters
    ----------
    max_search, max_inducing : int
        Bounds on the cubic cost.
    seed : int
        Which labels stand for the others beyond these bounds.
    linear : tuple of bool
        Which blocks have a linear kernel.

    Attributes
    ----------
    weights_, lengths_ : ndarray of shape (n_blocks,)
        Variance and length scale of each block; the length of a linear kernel means nothing.
    noise_ : float
        Variance of the noise.
    left_out_ : ndarray of shape (3, n)
        Of each label that the search saw: its mean were it left out, its distance from there in
        standard deviations, and its weight.

    References
    ----------
    Rasmussen, Williams, "Gaussian Processes for Machine Learning", 2006, Sections 2.2, 5.4 and 8.3.
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(("max_search", "max_inducing", "seed"), int),
        "mean_": REAL,
        "noise_": POSITIVE,
        "linear": tuple[bool, ...],
        **dict.fromkeys(("weights_", "lengths_"), Array("linear")),
        "left_out_": Array(3, None),
        **dict.fromkeys(("_lower", "_posterior_lower"), Array("inducing", "inducing")),
        "_solution": Array("inducing"),
        "_inducing": list[Array("inducing", None)],  # type: ignore[misc]  # not a type, but a kind
    }

    def __init__(self, max_search: int, max_inducing: int, seed: int, linear: tuple[bool, ...]) -> None:
        self.max_search = max_search
        self.max_inducing = max_inducing
        self.seed = seed
        self.linear = linear

    def fit(self, blocks: list[FloatArray], y: FloatArray, weights: FloatArray | None = None) -> Self:
        """Fit to blocks of shape (n, n_features) each, with unit distances of about 1.

        The noise of a label has the variance ``noise_`` over its weight, as that of the mean of so many.
        """
        weights = np.ones(len(y)) if weights is None else weights
        self.mean_ = float(np.average(y, weights=weights))
        residual = y - self.mean_
        generator = np.random.default_rng(self.seed)
        searched = _some(len(y), self.max_search, generator)
        self._search([block[searched] for block in blocks], residual[searched], weights[searched])
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

    def _search(self, blocks: list[FloatArray], y: FloatArray, label_weights: FloatArray) -> None:
        """Find the hyper-parameters, and how far labels that are left out lie off."""
        n_blocks = len(blocks)
        alike = [_compared(block, block, linear) for block, linear in zip(blocks, self.linear, strict=True)]
        centre = np.r_[np.full(n_blocks, -np.log(n_blocks)), np.zeros(n_blocks), np.log(_NOISE)]
        of_weights = _WIDE_WEIGHT_SPREAD if any(self.linear) else _WEIGHT_SPREAD
        spread = np.r_[np.full(n_blocks, of_weights), np.full(n_blocks, _LENGTH_SPREAD), _NOISE_SPREAD]

        def negative_log_posterior(theta: FloatArray) -> tuple[float, FloatArray]:
            weights, lengths, noise = _split(theta)
            parts = [_kernel(*part) for part in zip(alike, lengths, self.linear, strict=True)]
            kernel = sum(w * value for w, (value, _) in zip(weights, parts, strict=True))
            inverse, log_determinant = _inverse(kernel + np.diag(noise / label_weights + _JITTER))
            alpha = inverse @ y
            slope = 0.5 * (inverse - np.outer(alpha, alpha))
            by_weight = [w * np.vdot(slope, value) for w, (value, _) in zip(weights, parts, strict=True)]
            by_length = [w * np.vdot(slope, change) for w, (_, change) in zip(weights, parts, strict=True)]
            away = (theta - centre) / spread
            by_noise = noise * (np.diag(slope) / label_weights).sum()
            gradient = np.r_[by_weight, by_length, by_noise] + away / spread
            return float(0.5 * (y @ alpha + log_determinant + away @ away)), gradient

        found = scipy.optimize.minimize(
            negative_log_posterior, centre, jac=True, method="L-BFGS-B", options={"maxiter": 80}
        )
        self.weights_, self.lengths_, self.noise_ = _split(found.x)
        kernel = self._kernel(blocks, blocks)
        inverse, _ = _inverse(kernel + np.diag(self.noise_ / label_weights + _JITTER))
        precision = np.diag(inverse)
        residual = inverse @ y
        self.left_out_ = np.stack(
            [self.mean_ + y - residual / precision, residual / np.sqrt(precision), label_weights]
        )

    def _check_stored(self) -> None:
        diagonals = [np.diag(lower) for lower in (self._lower, self._posterior_lower)]
        sizes = [*diagonals, self.weights_, self.lengths_]
        if len(self._inducing) != len(self.linear) or not all((size > 0).all() for size in sizes):
            raise PersistenceError("kernel and labels of a process do not belong together")

    def mean(self, blocks: list[FloatArray]) -> FloatArray:
        """Mean, for each row: what `predict` gives, without what the deviation costs."""
        return self._mean(self._kernel(blocks, self._inducing))

    def predict(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation, for each row; noise included, as of a label of weight 1."""
        mean, whitened, projected = self._posterior(blocks)
        variance = self._prior_variance(blocks) - _squared_columns(whitened) + _squared_columns(projected)
        return mean, self.widening(mean) * np.sqrt(np.maximum(variance, 0.0) + self.noise_)

    def widening(self, mean: FloatArray) -> FloatArray:
        """Factors by which the spread must grow for labels that are left out to lie within it.

        Root mean square of their distances, of those with a like mean above all: where labels are
        good, say, the process may err more than elsewhere.
        """
        means, distances, weights = self.left_out_
        near = weights * np.exp(-0.5 * ((mean[:, None] - means) / _NEAR) ** 2)
        squares: FloatArray = (near @ distances**2 + _PRIOR_LABELS) / (near.sum(axis=1) + _PRIOR_LABELS)
        return np.sqrt(np.maximum(squares, 1.0))

    def predict_jointly(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Mean, and covariance of the noiseless values of shape (n, n)."""
        mean, whitened, projected = self._posterior(blocks)
        return mean, self._kernel(blocks, blocks) - whitened.T @ whitened + projected.T @ projected

    def _posterior(self, blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Mean, what the labelled inputs tell, and how much of that their labels leave open."""
        kernel = self._kernel(blocks, self._inducing)
        mean = self._mean(kernel)
        whitened = self._whitened(kernel)
        return mean, whitened, _solved(self._posterior_lower, whitened)

    def _mean(self, kernel: FloatArray) -> FloatArray:
        """Mean of the rows of a kernel with the inducing labels."""
        weights = _solved(self._lower, _solved(self._posterior_lower, self._solution, trans=1), trans=1)
        mean: FloatArray = self.mean_ + kernel @ weights
        return mean

    def _whitened(self, kernel: FloatArray) -> FloatArray:
        return _solved(self._lower, kernel.T)  # transposed, it lies as LAPACK reads it

    def _kernel(self, first: list[FloatArray], second: list[FloatArray]) -> FloatArray:
        return _sum_kernel(self.weights_, self.lengths_, self.linear, first, second)

    def _prior_variance(self, blocks: list[FloatArray]) -> FloatArray:
        """Diagonal of the kernel."""
        return _sum_diagonal(self.weights_, self.linear, blocks)


def prior_kernel(first: list[FloatArray], second: list[FloatArray], linear: tuple[bool, ...]) -> FloatArray:
    """Kernel that the search for hyper-parameters starts from: equal weights that sum to 1, unit lengths.

    Parameters
    ----------
    first, second : list of ndarray of shape (n_first or n_second, n_features)
        The same blocks of features of some architectures and of others.
    linear : tuple of bool
        Which blocks have a linear kernel.

    Returns
    -------
    ndarray of float64 of shape (n_first, n_second)
        Prior covariance of noiseless normal scores.
    """
    ones = np.ones(len(linear))
    return _sum_kernel(ones, ones, linear, first, second) / len(linear)


def prior_variance(blocks: list[FloatArray], linear: tuple[bool, ...]) -> FloatArray:
    """Diagonal of `prior_kernel`: 1 where no block is linear, larger for the unusual where one is.

    Parameters
    ----------
    blocks : list of ndarray of shape (n, n_features)
        Blocks of features.
    linear : tuple of bool
        Which blocks have a linear kernel.

    Returns
    -------
    ndarray of float64 of shape (n,)
        Prior variances of noiseless normal scores.
    """
    return _sum_diagonal(np.ones(len(linear)), linear, blocks) / len(linear)


def _sum_kernel(
    weights: FloatArray,
    lengths: FloatArray,
    linear: tuple[bool, ...],
    first: list[FloatArray],
    second: list[FloatArray],
) -> FloatArray:
    kernel: FloatArray = np.zeros((len(first[0]), len(second[0])))
    for weight, length, is_linear, a, b in zip(weights, lengths, linear, first, second, strict=True):
        part = _compared(a, b, is_linear)
        part = part if is_linear else _matern_in_place(part, length)
        part *= weight
        kernel += part
    return kernel


def _sum_diagonal(weights: FloatArray, linear: tuple[bool, ...], blocks: list[FloatArray]) -> FloatArray:
    sizes = [
        weight * ((block**2).sum(axis=1) if is_linear else np.ones(len(block)))
        for weight, is_linear, block in zip(weights, linear, blocks, strict=True)
    ]
    variance: FloatArray = np.sum(sizes, axis=0)
    return variance


def _compared(first: FloatArray, second: FloatArray, linear: bool) -> FloatArray:
    """What a kernel depends on."""
    return first @ second.T if linear else squared_distances(first, second)


def _kernel(compared: FloatArray, length: float, linear: bool) -> tuple[FloatArray, FloatArray]:
    """Kernel, and its derivative by the logarithm of the length."""
    return (compared, np.zeros_like(compared)) if linear else matern(compared, length)


def _some(n: int, at_most: int, generator: np.random.Generator) -> NDArray[np.int64]:
    if n <= at_most:
        return np.arange(n)
    return np.sort(generator.choice(n, at_most, replace=False))


def _split(theta: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    n_blocks = len(theta) // 2
    values = np.exp(theta)
    return values[:n_blocks], values[n_blocks:-1], float(values[-1])


def squared_distances(first: FloatArray, second: FloatArray) -> FloatArray:
    """Squared distances of all rows, of shape (n_first, n_second)."""
    squares: FloatArray = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    squares -= 2 * first @ second.T
    return np.maximum(squares, 0.0, out=squares)


def matern(squared_distance: FloatArray, length: float) -> tuple[FloatArray, FloatArray]:
    """Matern 5/2 kernel, and its derivative by the logarithm of the length."""
    r = np.sqrt(5 * squared_distance) / length
    decay = np.exp(-r)
    third = r * r / 3
    return (1 + r + third) * decay, third * (1 + r) * decay


def _matern_in_place(squared_distance: FloatArray, length: float) -> FloatArray:
    """The kernel alone, in the memory of the distances."""
    r = np.sqrt(squared_distance, out=squared_distance)
    r *= np.sqrt(5) / length
    decay = np.negative(r)
    np.exp(decay, out=decay)
    kernel = r / 3
    kernel += 1
    kernel *= r
    kernel += 1
    kernel *= decay
    return kernel


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
    """Lower Cholesky factor of a matrix that is positive definite but for rounding.

    A search for hyper-parameters passes kernels so large beside their noise that rounding hides it; as little
    is added to their diagonal as makes them definite.
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
