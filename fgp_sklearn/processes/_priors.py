"""Priors: what a Gaussian process assumes of its hyper-parameters."""

from __future__ import annotations

from typing import NamedTuple


class Priors(NamedTuple):
    """Log-normal priors of hyper-parameters. Without them, a few dozen labels would select a single block.

    Parameters
    ----------
    weight_spread, length_spread, noise_spread : float
        Standard deviations of the logarithms.
    noise : float
        Median of the variance of the noise. Medians of weights are equal and sum to 1; those of lengths are
        1.
    """

    weight_spread: float = 0.7
    length_spread: float = 0.7
    noise_spread: float = 1.0
    noise: float = 0.2


NARROW = Priors()
SOME_LINEAR = Priors(weight_spread=3.0)  # a linear kernel may explain everything
GROUPED = Priors(weight_spread=2.0, length_spread=1.0, noise_spread=2.0, noise=0.1)
