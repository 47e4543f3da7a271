"""Priors: what a Gaussian process assumes of its hyper-parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class SourcePriors(NamedTuple):
    """Priors where predictors that were fitted elsewhere are sources.

    Parameters
    ----------
    slope : float
        Expected slope on the mean of the standardised scores of the sources.
    weight, weight_spread : float
        Median of the variance of each linear kernel on their scores, and standard deviation of its logarithm.
    total, total_spread : float
        Median of the sum of the weights of all other kernels, and standard deviation of its logarithm. What
        sources explain is not left to them.
    """

    slope: float = 0.7
    weight: float = 0.2
    weight_spread: float = 1.0
    total: float = 1.0
    total_spread: float = 1.0


#: Costs on other devices tell more than accuracies in other spaces do.
SOURCES_OF_COSTS = SourcePriors(weight=1.0, weight_spread=2.0, total=float(np.exp(-2.0)), total_spread=3.0)


class Priors(NamedTuple):
    """Log-normal priors of hyper-parameters. Without them, a few dozen labels would select a single block.

    Parameters
    ----------
    weight_spread, length_spread, noise_spread : float
        Standard deviations of the logarithms.
    noise : float
        Median of the variance of the noise. Medians of weights are equal and sum to 1; those of lengths are
        1.
    sources : SourcePriors
        Priors if some blocks hold scores of sources.
    """

    weight_spread: float = 0.7
    length_spread: float = 0.7
    noise_spread: float = 1.0
    noise: float = 0.2
    sources: SourcePriors = SourcePriors()

    def of_blocks(self, n_blocks: int, n_sources: int) -> HyperPrior:
        """Prior of the logarithms of weights, lengths and noise.

        Parameters
        ----------
        n_blocks : int
            Number of all blocks.
        n_sources : int
            Number of blocks at the end that hold scores of sources.

        Returns
        -------
        HyperPrior
            The prior.
        """
        n_others, of_sources = n_blocks - n_sources, self.sources
        total, total_spread = (of_sources.total, of_sources.total_spread) if n_sources else (1.0, 0.0)
        centres = (
            np.full(n_others, np.log(total) - np.log(n_others)),
            np.full(n_sources, np.log(of_sources.weight)),
        )
        spreads = np.full(n_others, self.weight_spread), np.full(n_sources, of_sources.weight_spread)
        return HyperPrior(
            np.r_[*centres, np.zeros(n_blocks), np.log(self.noise)],
            np.r_[*spreads, np.full(n_blocks, self.length_spread), self.noise_spread],
            n_others,
            total_spread,
        )


class HyperPrior(NamedTuple):
    """Normal prior of logarithms of hyper-parameters, the first of which share a factor.

    Parameters
    ----------
    centre, spread : ndarray of shape (n_parameters,)
        Means and standard deviations.
    n_shared : int
        Number of parameters at the beginning to which a common normal variable is added.
    shared_spread : float
        Its standard deviation.
    """

    centre: FloatArray
    spread: FloatArray
    n_shared: int
    shared_spread: float

    def penalty(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Negative logarithm of the density up to a constant, and its gradient.

        The common variable is integrated out (matrix inversion lemma).
        """
        away = (theta - self.centre) / self.spread
        value, gradient = 0.5 * float(away @ away), away / self.spread
        if self.shared_spread:
            precision = self.spread[: self.n_shared] ** -2
            pull = gradient[: self.n_shared].sum() / (precision.sum() + self.shared_spread**-2)
            value -= 0.5 * pull * float(gradient[: self.n_shared].sum())
            gradient[: self.n_shared] -= pull * precision
        return value, gradient


NARROW = Priors()
SOME_LINEAR = Priors(weight_spread=3.0)  # a linear kernel may explain everything
GROUPED = Priors(weight_spread=2.0, length_spread=1.0, noise_spread=2.0, noise=0.1)
