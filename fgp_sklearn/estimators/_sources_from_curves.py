"""sources_from_curves: what partial trainings tell about the end of training."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from fgp_sklearn.architectures import as_batch
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.estimators._architecture_regressor import ArchitectureRegressor
from fgp_sklearn.estimators._flow_gaussian_process_regressor import FlowGaussianProcessRegressor

FloatArray = NDArray[np.float64]

_FEWEST = 2


def sources_from_curves(
    X: Any,
    curves: ArrayLike,
    *,
    regressor: ArchitectureRegressor | None = None,
    op_attr: Hashable = "op",
    attributes: Sequence[str] | None = None,
) -> list[ArchitectureRegressor]:
    """Learn accuracies after few epochs, to be a source for accuracies after all epochs.

    Many architectures trained for few epochs tell much of what a full training would tell, at a small part of
    its cost. A regressor learns each column of a table of learning curves. The regressor of a column has that
    of the column before it as its source, so it learns how their ranking changes. Choose a few columns, such
    as those after 5, 20 and 50 epochs: time grows with the square of their number.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Architectures with partial trainings.
    curves : array-like of shape (n_architectures, n_fidelities)
        Values after more and more epochs, without those after all epochs. NaN where an architecture was not
        trained so far, or where the value is not known.
    regressor : FlowGaussianProcessRegressor or FGPRegressor, optional
        Regressor of which a clone learns each column. By default
        ``FlowGaussianProcessRegressor(random_state=0)``. Its own `sources` are those of the first column.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    Returns
    -------
    list of ArchitectureRegressor
        One fitted regressor, of the last column, for the parameter `sources`.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed.
    TypeError
        If `regressor` has no sources.
    ValueError
        If the table has not one row per architecture, a column has fewer than two values or is constant, or
        a value is infinite.

    References
    ----------
    Kennedy, O'Hagan, "Predicting the output from a complex computer code when fast approximations are
    available", 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn import FlowGaussianProcessRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.estimators import sources_from_curves
    >>> cells = nasbench201_space()[::40]
    >>> quality = np.array([sum("3x3" in op for op in ops) for _, ops in cells.to_pairs()])
    >>> after_12_epochs = quality + np.random.default_rng(0).normal(size=len(cells))
    >>> sources = sources_from_curves(cells[:100], after_12_epochs[:100, None])
    >>> process = FlowGaussianProcessRegressor(sources=sources, random_state=0)
    >>> process.fit(cells[:10], quality[:10]).predict(cells).shape
    (391,)
    """
    batch = as_batch(X, op_attr=op_attr, attributes=attributes)
    values = _checked(curves, len(batch))
    usual = FlowGaussianProcessRegressor(random_state=0) if regressor is None else regressor
    if not isinstance(usual, ArchitectureRegressor):
        raise TypeError(
            "regressor must be a FlowGaussianProcessRegressor or an FGPRegressor, which have sources, "
            f"got {shown(regressor)}"
        )
    sources = list(usual.sources or ())
    for column in values.T:
        known = np.flatnonzero(~np.isnan(column))
        learner = clone(usual).set_params(sources=sources or None)
        sources = [learner.fit(batch.take(known), column[known])]
    return sources


def _checked(curves: ArrayLike, n: int) -> FloatArray:
    values = np.asarray(curves, dtype=np.float64)
    if values.ndim != 2 or len(values) != n or not values.shape[1]:
        raise ValueError(
            f"curves must have shape ({n:,}, n_fidelities), one row per architecture, got {values.shape}"
        )
    if np.isinf(values).any():
        raise ValueError("curves contain infinity; give NaN where a value is not known")
    for column, counted in enumerate((~np.isnan(values)).sum(axis=0)):
        if counted >= _FEWEST and np.nanmin(values[:, column]) == np.nanmax(values[:, column]):
            raise ValueError(f"column {column} of curves is constant; leave it out")
        if counted < _FEWEST:
            raise ValueError(
                f"column {column} of curves has {counted} values; give at least {_FEWEST}, or leave it out"
            )
    return values
