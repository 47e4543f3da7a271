"""PretextPart: targets of pre-training that share a loss and a weight."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from torch import nn


class PretextPart(NamedTuple):
    """Targets of pre-training that share a loss and a weight.

    Parameters
    ----------
    name : str
        Name of the part.
    columns : transformer or ndarray of float64 of shape (n_architectures, n_columns)
        The targets. A transformer is fitted to the distinct graphs of the pool, and its columns are
        standardised; the first part has one. Numbers are averaged over equal graphs; NaN is unknown.
    loss : nn.Module
        Loss of outputs and targets, both of shape (n, n_columns).
    weight : float
        Weight of the loss.
    """

    name: str
    columns: Any
    loss: nn.Module
    weight: float

    @property
    def counts(self) -> bool:
        """Whether the part can contribute to the loss."""
        return bool(self.weight) and not (isinstance(self.columns, np.ndarray) and not self.columns.size)
