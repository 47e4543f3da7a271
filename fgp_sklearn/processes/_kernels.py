"""Kernels that are sums over blocks of features: Matern 5/2 kernels and linear ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
RealArray = NDArray[Any]  # in single or double precision


def prior_kernel(first: list[FloatArray], second: list[FloatArray], linear: tuple[bool, ...]) -> FloatArray:
    """Kernel at which the search for hyper-parameters starts: equal weights that sum to 1, unit lengths.

    Parameters
    ----------
    first, second : list of ndarray of shape (n_first or n_second, n_features)
        The same blocks of features for two sets of architectures.
    linear : tuple of bool
        Whether each block has a linear kernel.

    Returns
    -------
    ndarray of float64 of shape (n_first, n_second)
        Prior covariance of noiseless normal scores.
    """
    ones = np.ones(len(linear))
    return sum_kernel(ones, ones, linear, first, second) / len(linear)


def prior_variance(blocks: list[FloatArray], linear: tuple[bool, ...]) -> FloatArray:
    """Diagonal of `prior_kernel`.

    It is 1 without linear blocks. A linear block adds the squared length of its features.

    Parameters
    ----------
    blocks : list of ndarray of shape (n, n_features)
        Blocks of features.
    linear : tuple of bool
        Whether each block has a linear kernel.

    Returns
    -------
    ndarray of float64 of shape (n,)
        Prior variances of noiseless normal scores.
    """
    return sum_diagonal(np.ones(len(linear)), linear, blocks) / len(linear)


def sum_kernel(
    weights: FloatArray,
    lengths: FloatArray,
    linear: tuple[bool, ...],
    first: list[RealArray],
    second: list[RealArray],
) -> RealArray:
    """Sum of the kernels of all blocks, of shape (n_first, n_second), in the precision of `first`."""
    kernel: RealArray = np.zeros((len(first[0]), len(second[0])), dtype=first[0].dtype)
    for weight, length, is_linear, a, b in zip(weights, lengths, linear, first, second, strict=True):
        part = compared(a, b, is_linear)
        part = part if is_linear else _matern_in_place(part, length)
        part *= weight
        kernel += part
    return kernel


def sum_diagonal(weights: FloatArray, linear: tuple[bool, ...], blocks: list[RealArray]) -> FloatArray:
    """Diagonal of `sum_kernel` of architectures with themselves, of shape (n,)."""
    sizes = [
        weight * ((block**2).sum(axis=1) if is_linear else np.ones(len(block)))
        for weight, is_linear, block in zip(weights, linear, blocks, strict=True)
    ]
    variance: FloatArray = np.sum(sizes, axis=0)
    return variance


def compared(first: FloatArray, second: FloatArray, linear: bool) -> FloatArray:
    """Inner products for a linear kernel, squared distances for a Matern kernel."""
    return first @ second.T if linear else squared_distances(first, second)


def block_kernel(compared: FloatArray, length: float, linear: bool) -> tuple[FloatArray, FloatArray]:
    """Kernel of one block, and its derivative with respect to the logarithm of the length."""
    return (compared, np.zeros_like(compared)) if linear else matern(compared, length)


def squared_distances(first: FloatArray, second: FloatArray) -> FloatArray:
    """Squared distances between all rows, of shape (n_first, n_second)."""
    squares: FloatArray = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    squares -= 2 * first @ second.T
    return np.maximum(squares, 0.0, out=squares)


def matern(squared_distance: FloatArray, length: float) -> tuple[FloatArray, FloatArray]:
    """Matern 5/2 kernel, and its derivative with respect to the logarithm of the length."""
    r = np.sqrt(5 * squared_distance) / length
    decay = np.exp(-r)
    third = r * r / 3
    return (1 + r + third) * decay, third * (1 + r) * decay


def _matern_in_place(squared_distance: FloatArray, length: float) -> FloatArray:
    """Matern 5/2 kernel without the derivative. It overwrites the distances."""
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
