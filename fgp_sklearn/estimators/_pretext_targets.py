"""What pre-training has an encoder tell: columns to reconstruct, and columns to rank by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_union

from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._validation import as_reals
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.estimators._flow_features import pretext_features
from fgp_sklearn.preprocessing import StageEncoding
from fgp_sklearn.preprocessing._base import column_statistics

FloatArray = NDArray[np.float64]

_FLOW_COMPONENTS = 16


def default_surrogate(of_chains: bool) -> Any:
    """The pretext of `FGPEncoder` where none is given.

    Parameters
    ----------
    of_chains : bool
        Whether the pool consists of plain chains.

    Returns
    -------
    FeatureUnion
        Flows, path sums and path statistics; of chains, the operation of each stage too.
    """
    stages = [StageEncoding()] if of_chains else []
    return make_union(*pretext_features(_FLOW_COMPONENTS), *stages)


def read_proxies(proxies: Any, batch: ArchitectureBatch) -> FloatArray:
    """Proxies of shape (n_architectures, n_proxies), NaN where unknown."""
    if proxies is None:
        return np.empty((len(batch), 0))
    values = as_reals(proxies(batch) if callable(proxies) else proxies, "proxies")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != len(batch):
        raise ValueError(
            f"proxies have shape {values.shape}; give one row for each of the {len(batch)} architectures of "
            "the pool"
        )
    if np.isinf(values).any():
        index = int(np.argmax(np.isinf(values).any(axis=1)))
        raise ValueError(f"proxies of architecture {index} hold infinity; use NaN where a proxy is unknown")
    unknown = np.isnan(values).all(axis=0)
    if unknown.any():
        raise ValueError(f"proxy {int(np.argmax(unknown))} is NaN for every architecture; leave it out")
    return values


def standardised(columns: FloatArray) -> FloatArray:
    """Columns with mean 0 and standard deviation 1; constant ones are dropped."""
    _, spread = column_statistics(columns)
    varied = np.isfinite(spread)
    brought: FloatArray = (columns[:, varied] - columns[:, varied].mean(axis=0)) / spread[varied]
    return brought


def mean_by_group(values: FloatArray, group: NDArray[np.int64], n_groups: int) -> FloatArray:
    """Mean of the known values of each group; NaN where none is."""
    known = np.isfinite(values)
    totals = np.zeros((n_groups, values.shape[1]))
    counts = np.zeros((n_groups, values.shape[1]))
    np.add.at(totals, group, np.where(known, values, 0.0))
    np.add.at(counts, group, known)
    with np.errstate(invalid="ignore"):
        means: FloatArray = totals / counts
    return means


def seed_open(transformer: Any, seed: int) -> None:
    """Give a seed of its own to each nested random_state that is None."""
    params = transformer.get_params(deep=True)
    names = sorted(n for n, v in params.items() if v is None and n.rpartition("__")[2] == "random_state")
    if names:
        transformer.set_params(**dict(zip(names, draw_seeds(seed, len(names)), strict=True)))
