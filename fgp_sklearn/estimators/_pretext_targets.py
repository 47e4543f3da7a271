"""Pretext: the targets of pre-training and their loss."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import make_union

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._validation import HasMethods
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.estimators._pretext_loss import PretextLoss
from fgp_sklearn.estimators._pretext_part import PretextPart
from fgp_sklearn.nn import ColumnwiseLoss, PairwiseHingeLoss, SquaredErrorLoss
from fgp_sklearn.preprocessing import AttributeStatistics, SoftStageEncoding, StageEncoding
from fgp_sklearn.preprocessing._base import column_statistics
from fgp_sklearn.preprocessing._column_moments import ColumnMoments
from fgp_sklearn.processes._flow_features import pretext_features

FloatArray = NDArray[np.float64]
Targets = NDArray[np.float32]

_FLOW_COMPONENTS = 16
_ALL_AT_ONCE = 2**15  # architectures: 140 MB of float64 for each copy of the default surrogate's columns
_ROWS_AT_ONCE = 2**12
_ATTRIBUTE_SHARE = 2.0  # weight of the columns about attributes, relative to that of the surrogate


class Pretext(NamedTuple):
    """Distinct functional graphs, their targets, the loss of these, and the fitted surrogate."""

    pool: ArchitectureBatch
    targets: Targets
    loss: PretextLoss
    surrogate: Any


def pretext_parts(
    surrogate: Any,
    proxies: FloatArray,
    weights: tuple[float, float],
    *,
    of_chains: bool,
    has_attributes: bool,
) -> list[PretextPart]:
    """What an encoder learns, in the order of the columns of the targets.

    Parameters
    ----------
    surrogate : transformer or None
        Surrogate of the user. None is the default, to which a part about attributes belongs.
    proxies : ndarray of float64 of shape (n_architectures, n_proxies)
        Proxies.
    weights : tuple of two float
        Weights of the surrogate and of the proxies.
    of_chains : bool
        Whether the pool consists of plain chains.
    has_attributes : bool
        Whether nodes of the pool have attributes.

    Returns
    -------
    list of PretextPart
        The surrogate first.
    """
    if len(proxies) > 1 and proxies.size and (np.nanmin(proxies, axis=0) == np.nanmax(proxies, axis=0)).all():
        warnings.warn(
            "proxies have no effect, since they are the same for all architectures", UserWarning, stacklevel=2
        )
    of_surrogate, of_proxies = weights
    given = default_surrogate(of_chains) if surrogate is None else surrogate
    parts = [
        PretextPart("surrogate", given, SquaredErrorLoss(), of_surrogate),
        PretextPart("proxies", proxies, ColumnwiseLoss(PairwiseHingeLoss()), of_proxies),
    ]
    if surrogate is None and has_attributes:
        weight = _ATTRIBUTE_SHARE * of_surrogate
        parts.append(PretextPart("attributes", attribute_columns(), SquaredErrorLoss(), weight))
    return parts


def make_pretext(
    parts: Sequence[PretextPart], functional: ArchitectureBatch, seed: int, max_pool: int | None = None
) -> Pretext:
    """Make the targets of pre-training.

    Parameters
    ----------
    parts : sequence of PretextPart
        Parts in the order of their columns. The first one has a transformer, the surrogate. Others may have
        transformers or numbers. Transformers are cloned.
    functional : ArchitectureBatch
        Functional graphs of the pool.
    seed : int
        Seed of the surrogate, wherever its own `random_state` is None, and of the draw of graphs.
    max_pool : int, optional
        Largest number of distinct graphs. If there are more, this many are drawn at random.

    Returns
    -------
    Pretext
        The targets and their loss.

    Raises
    ------
    ValueError
        If there is nothing to learn.
    """
    if not any(part.counts for part in parts):
        raise ValueError(
            "there is nothing to learn: surrogate_weight is 0 and no proxies have a weight; give proxies "
            "with a proxy_weight above 0, or a surrogate_weight above 0"
        )
    positions, inverse = distinct(functional)
    kept = _drawn(len(positions), max_pool, seed)
    pool = functional.take(positions[kept])
    surrogate = clone(parts[0].columns)
    set_open_seeds(surrogate, seed)
    given = [_columns_of(part, pool, inverse, kept) for part in parts[1:]]
    targets, n_surrogate = pretext_targets(surrogate, pool, np.hstack(given))
    if not targets.shape[1]:
        raise ValueError(
            f"the surrogate is constant over the pool (n_samples = {len(functional)}) and there are no "
            "proxies, so there is nothing to learn; pre-train on architectures that differ"
        )
    widths = [n_surrogate, *(values.shape[1] for values in given)]
    return Pretext(pool, targets, PretextLoss(zip(parts, widths, strict=True)), surrogate)


def _drawn(n: int, at_most: int | None, seed: int) -> NDArray[np.int64]:
    """Positions of the graphs to learn from, in their order."""
    if at_most is None or n <= at_most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, at_most, replace=False))


def _columns_of(
    part: PretextPart, pool: ArchitectureBatch, inverse: NDArray[np.int64], kept: NDArray[np.int64]
) -> FloatArray:
    """Targets of a part that is not the surrogate: one row per graph of the pool."""
    if isinstance(part.columns, np.ndarray):
        return mean_by_group(part.columns, inverse, int(inverse.max()) + 1)[kept]
    return pretext_targets(clone(part.columns), pool, np.empty((len(pool), 0)))[0].astype(np.float64)


def default_surrogate(of_chains: bool) -> Any:
    """Default surrogate of `FGPEncoder`.

    Parameters
    ----------
    of_chains : bool
        Whether the pool consists of plain chains.

    Returns
    -------
    FeatureUnion
        Flows, path sums and path statistics, and for chains the operation of each stage.
    """
    stages = [StageEncoding()] if of_chains else []
    return make_union(*pretext_features(_FLOW_COMPONENTS), *stages)


def attribute_columns() -> Any:
    """What an encoder learns about attributes beside the default surrogate.

    Returns
    -------
    FeatureUnion
        Counts, sums, means and sums of products over the whole architecture, and near the input, in the
        middle and near the output.
    """
    return make_union(AttributeStatistics(), SoftStageEncoding())


def read_proxies(proxies: Any, batch: ArchitectureBatch) -> FloatArray:
    """Proxies of shape (n_architectures, n_proxies), NaN where unknown."""
    if proxies is None:
        return np.empty((len(batch), 0))
    if hasattr(proxies, "fit_transform"):
        proxies = clone(proxies).fit_transform
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


def pretext_targets(surrogate: Any, pool: ArchitectureBatch, given: FloatArray) -> tuple[Targets, int]:
    """Targets of pre-training for each architecture of a pool.

    Parameters
    ----------
    surrogate : transformer
        It is fitted here. If it has a `transform`, a pool of more than 32,768 architectures is transformed
        in parts, so that no more memory is needed than for the result. Means and standard deviations then
        differ by rounding.
    pool : ArchitectureBatch
        ``n`` architectures.
    given : ndarray of float64 of shape (n, n_given)
        Columns of the other parts; they follow those of the surrogate.

    Returns
    -------
    targets : ndarray of float32 of shape (n, n_surrogate + n_given)
        Columns of the surrogate with mean 0 and standard deviation 1, constant ones dropped, and `given`.
    n_surrogate : int
        Number of columns of the surrogate.

    Raises
    ------
    ValueError
        If a standardised value of the surrogate is too large for float32.
    """
    if len(pool) > _ALL_AT_ONCE and HasMethods(["fit", "transform"]).is_satisfied_by(surrogate):
        return _in_parts(surrogate, pool, given)
    columns = np.asarray(surrogate.fit_transform(pool), dtype=np.float64)
    _, spread = column_statistics(columns)
    varied = np.isfinite(spread)
    reconstructed = (columns[:, varied] - columns[:, varied].mean(axis=0)) / spread[varied]
    return np.hstack([reconstructed, given]).astype(np.float32), reconstructed.shape[1]


def _in_parts(surrogate: Any, pool: ArchitectureBatch, given: FloatArray) -> tuple[Targets, int]:
    """Standardise part after part by the statistics of the first part, and correct the whole at the end."""
    surrogate.fit(pool)
    n, n_parts = len(pool), -(-len(pool) // _ROWS_AT_ONCE)
    moments = ColumnMoments()
    for part in range(n_parts):
        rows = np.arange(part, n, n_parts)  # every part is as mixed as the pool
        columns = np.asarray(surrogate.transform(pool.take(rows)), dtype=np.float64)
        if part == 0:
            centre, unit = column_statistics(columns)
            unit[~np.isfinite(unit)] = 1.0
            table = np.empty((n, columns.shape[1] + given.shape[1]), dtype=np.float32)
        moments.add(columns)
        columns = (columns - centre) / unit
        with np.errstate(over="ignore"):
            table[rows, : columns.shape[1]] = columns
    mean, spread = moments.statistics()
    varied = np.flatnonzero(np.isfinite(spread))
    factor, shift = unit[varied] / spread[varied], (centre - mean)[varied] / spread[varied]
    return _finished(table, varied, factor, shift, given), len(varied)


def _finished(
    table: Targets, varied: NDArray[np.int64], factor: FloatArray, shift: FloatArray, given: FloatArray
) -> Targets:
    """Scale and shift some columns, and append others, in the memory of the table."""
    n, width = len(table), len(varied) + given.shape[1]
    targets = table.reshape(-1)[: n * width].reshape(n, width)  # a shorter row ends before the next is read
    for start in range(0, n, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        columns = table[rows, varied] * factor + shift
        unfit = ~np.isfinite(columns)
        if unfit.any():
            raise ValueError(
                f"column {varied[np.argmax(unfit.any(axis=0))]} of the surrogate has a value that is too "
                "large for float32 beside the others; give a surrogate that takes logarithms, or clips"
            )
        targets[rows] = np.hstack([columns, given[rows]])
    return targets


def mean_by_group(values: FloatArray, group: NDArray[np.int64], n_groups: int) -> FloatArray:
    """Mean of the known values of each group; NaN for a group without any."""
    known = np.isfinite(values)
    totals = np.zeros((n_groups, values.shape[1]))
    counts = np.zeros((n_groups, values.shape[1]))
    np.add.at(totals, group, np.where(known, values, 0.0))
    np.add.at(counts, group, known)
    with np.errstate(invalid="ignore"):
        means: FloatArray = totals / counts
    return means


def set_open_seeds(transformer: Any, seed: int) -> None:
    """Set each nested random_state that is None to a seed of its own."""
    params = transformer.get_params(deep=True)
    names = sorted(n for n, v in params.items() if v is None and n.rpartition("__")[2] == "random_state")
    if names:
        transformer.set_params(**dict(zip(names, draw_seeds(seed, len(names)), strict=True)))
