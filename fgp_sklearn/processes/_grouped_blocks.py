"""GroupedBlocks: columns about operations and attributes, as blocks of a kernel."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import PersistenceError, Storable
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.preprocessing._attribute_groups import GROUPS, AttributeGroups

FloatArray = NDArray[np.float64]
_SUMS = "sums", "products", "whole"

Simplification = tuple[frozenset[str], frozenset[str]]


class GroupedBlocks(Storable):
    """Columns of `AttributeGroups`, each group divided by the square root of its number of columns.

    All groups have distances of about the same size then. Nothing is cut, since a Gaussian process selects
    what its labels can tell, and scales come from the whole pool.

    Parameters
    ----------
    simplification : tuple of frozenset or None
        Null operations and identity operations that are removed before columns are computed, as are nodes
        without effect; None to read architectures as given.
    additive : bool, default=False
        Whether only sums over all nodes have a smooth kernel beside the linear one, as costs do not depend on
        which layers stand together. Otherwise all blocks have both.
    groups : AttributeGroups, optional
        Columns that are fitted already, to architectures that were simplified in the same way.
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "simplification": tuple[frozenset[str], frozenset[str]] | None,
        "additive": bool,
        "_groups": AttributeGroups,
    }
    _groups: AttributeGroups

    def __init__(
        self,
        simplification: Simplification | None,
        *,
        additive: bool = False,
        groups: AttributeGroups | None = None,
    ) -> None:
        self.simplification = simplification
        self.additive = additive
        if groups is not None:
            self._groups = groups

    def _check_stored(self) -> None:
        if not self.is_fitted:
            raise PersistenceError("grouped blocks are not fitted")

    @property
    def is_fitted(self) -> bool:
        """Whether columns and scales are known."""
        return "_groups" in vars(self)

    def fit(self, pool: ArchitectureBatch) -> Self:
        """Learn the columns and their scales from a pool.

        Parameters
        ----------
        pool : ArchitectureBatch
            Architectures with canonical names of operations.

        Returns
        -------
        GroupedBlocks
            The fitted blocks.
        """
        self._groups = AttributeGroups().fit(self._simplified(pool))
        return self

    @property
    def widths(self) -> list[int]:
        """Number of columns of each block."""
        return [len(names) for names in self._groups.names() if names] or [1]

    @property
    def smooth(self) -> list[bool]:
        """Whether each block has a smooth kernel."""
        named = zip(GROUPS, self._groups.names(), strict=False)  # some pools have fewer groups
        return [not self.additive or group in _SUMS for group, names in named if names] or [True]

    def transform(self, batch: ArchitectureBatch) -> list[FloatArray]:
        """Blocks of architectures.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures with canonical names of operations.

        Returns
        -------
        list of ndarray of float64 of shape (n_architectures, n_columns)
            One array per group that varies over the pool; a constant if none does.
        """
        groups = self._groups.transform(self._simplified(batch))
        varying = [np.divide(group, np.sqrt(group.shape[1]), order="C") for group in groups if group.shape[1]]
        return varying or [np.zeros((len(batch), 1))]

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        if self.simplification is None:
            return batch
        null_ops, identity_ops = self.simplification
        return functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops)
