"""AttributeGroups: columns about operations and attributes, in groups, standardised over a pool."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from fgp_sklearn._storage import Array, PersistenceError, Storable
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.operations._part import split_part
from fgp_sklearn.preprocessing._attribute_statistics import AttributeStatistics
from fgp_sklearn.preprocessing._base import column_statistics
from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes
from fgp_sklearn.preprocessing._running_totals import RunningTotals
from fgp_sklearn.preprocessing._soft_stage_encoding import SoftStageEncoding

FloatArray = NDArray[np.float64]

#: Names of the groups, in their order.
GROUPS = ("sums", "products", "running totals", "soft stages", "choices", "whole")
_CHOICES, _WHOLE = GROUPS.index("choices"), GROUPS.index("whole")
_SAME = 1 - 1e-9  # correlation of columns that tell the same


class AttributeGroups(Storable):
    """Sums, sums of products, running totals, soft stages and choices of operations and attributes.

    Columns have mean 0 and standard deviation 1 over the pool. Columns that are constant there are left out.
    There are no principal components, so nothing that a column knows is lost.

    A choice is an attribute whose value all nodes of an operation share within each architecture, such as the
    kernel of a stage whose block is repeated. Its sum is the choice times the number of blocks, so the choice
    itself is a further column, unless a sum tells it already.

    Operations of different parts or stages are different operations. If there are some, the last group has
    sums, means and products of attributes over all parts.

    Examples
    --------
    >>> from fgp_sklearn.architectures import ArchitectureBatch
    >>> from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
    >>> pool = ArchitectureBatch.from_arrays(
    ...     [[0, 1], [0, 0]], [[0, 1], [1, 1]], ["a", "b"], attributes={"width": [[2, 4], [4, 8]]})
    >>> [group.shape for group in AttributeGroups().fit(pool).transform(pool)]
    [(2, 4), (2, 2), (2, 6), (2, 5), (2, 0)]
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "_transformers": list[BaseEstimator],
        "_kept": list[Array(None, dtype="i")],  # type: ignore[misc]  # not a type, but a kind
        "_means": list[Array(None)],  # type: ignore[misc]
        "_spreads": list[Array(None)],  # type: ignore[misc]
    }

    def _check_stored(self) -> None:
        columns = zip(self._transformers, self._kept, self._means, self._spreads, strict=True)
        for transformer, kept, mean, spread in columns:
            width = len(transformer.get_feature_names_out())
            if len(kept) and not 0 <= kept.min() <= kept.max() < width:
                raise PersistenceError(f"a group keeps columns outside of 0 .. {width - 1}")
            if not len(kept) == len(mean) == len(spread) or not (spread > 0).all():
                raise PersistenceError("a group and the scale of its columns do not belong together")

    def fit(self, pool: ArchitectureBatch) -> Self:
        """Learn operations, attributes and the scale of each column from a pool."""
        self._transformers = [
            AttributeStatistics((0, 1), means=False),
            AttributeStatistics((2, 2)),
            RunningTotals(),
            SoftStageEncoding(),
            AttributeStatistics((1, 1)),
            *([AttributeStatistics((1, 2))] if any(split_part(op)[0] for op in pool.used_ops()) else []),
        ]
        self._kept, self._means, self._spreads = [], [], []
        for group, transformer in enumerate(self._transformers):
            read = _read(group, pool)
            mean, spread = column_statistics(transformer.fit(read).transform(read))
            kept = np.flatnonzero(np.isfinite(spread))
            self._kept.append(kept)
            self._means.append(mean[kept])
            self._spreads.append(spread[kept])
        self._leave_choices(pool)
        return self

    def _leave_choices(self, pool: ArchitectureBatch) -> None:
        """Leave only choices in their group, without those that a sum tells."""
        shared = np.flatnonzero(KindsWithAttributes.of(pool).shared(pool))
        new = np.isin(self._kept[_CHOICES], 2 * shared + 1)  # each sum is followed by its mean
        if new.any():
            sums, means = self._columns(0, pool), self._columns(_CHOICES, pool)
            new &= (np.abs(means.T @ sums) < _SAME * len(pool)).all(axis=1)
        self._kept[_CHOICES] = self._kept[_CHOICES][new]
        self._means[_CHOICES] = self._means[_CHOICES][new]
        self._spreads[_CHOICES] = self._spreads[_CHOICES][new]

    def transform(self, batch: ArchitectureBatch) -> list[FloatArray]:
        """Columns of each group.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures with operations and attributes of the pool.

        Returns
        -------
        list of ndarray of float64 of shape (n_architectures, n_columns)
            One array per group; none for "whole" if the pool has no parts.
        """
        return [self._columns(group, batch) for group in range(len(self._transformers))]

    def _columns(self, group: int, batch: ArchitectureBatch) -> FloatArray:
        found: FloatArray = self._transformers[group].transform(_read(group, batch))[:, self._kept[group]]
        return (found - self._means[group]) / self._spreads[group]

    def names(self) -> list[list[str]]:
        """Names of the columns of each group."""
        named = zip(self._transformers, self._kept, strict=True)
        return [t.get_feature_names_out()[kept].tolist() for t, kept in named]


def _read(group: int, batch: ArchitectureBatch) -> ArchitectureBatch:
    """What a group reads: the architectures, or operations without their parts."""
    return batch if group != _WHOLE else batch.renamed([split_part(op)[1] for op in batch.vocabulary])
