"""AttributesAtDepths: attributes of the nodes at each depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import NAMES, Array, PersistenceError, Storable
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._node_attributes import check_same
from fgp_sklearn.preprocessing._part_encoding import TABLE, check_table, positions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AttributesAtDepths(Storable):
    """Mean of each attribute over the nodes at each depth.

    Parameters
    ----------
    names : tuple of str
        Attributes of the pool, sorted.
    parts : ndarray of int64 of shape (n_parts,)
        Depth times the number of attributes plus the position of an attribute, sorted.
    missing : ndarray of float64 of shape (n_parts,)
        Means over the pool.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.preprocessing._attributes_at_depths import AttributesAtDepths
    >>> pool = as_batch([([[0, 1], [0, 0]], ["input", {"op": "conv", "kernel": 3}])], attributes=["kernel"])
    >>> AttributesAtDepths.of(pool).means(pool)
    array([[3.]])
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "names": NAMES,
        "parts": TABLE,
        "missing": Array(None),
    }

    names: tuple[str, ...] = ()
    parts: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    missing: FloatArray = field(default_factory=lambda: np.zeros(0))

    def _check_stored(self) -> None:
        check_table(self.parts, len(self.names) << 31)
        if len(self.parts) != len(self.missing):
            raise PersistenceError("depths of attributes and their means do not belong together")

    @classmethod
    def of(cls, pool: ArchitectureBatch, max_parts: int | None = None) -> Self:
        """Learn which attributes occur at which depth, those of most architectures first."""
        names = pool.attribute_names
        if not names:
            return cls()
        part, _, _ = _occurrences(pool)
        every = cls(names, np.unique(part), np.zeros(len(np.unique(part))))
        found = every._found(pool)
        there = ~np.isnan(found)
        frequency = there.sum(axis=0)
        kept = np.sort(np.argsort(-frequency, kind="stable")[:max_parts])
        means = np.where(there, found, 0.0).sum(axis=0) / frequency
        return cls(names, every.parts[kept], means[kept])

    def means(self, batch: ArchitectureBatch) -> FloatArray:
        """Attributes at the depths of the pool.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures with the attributes of the pool.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_parts)
            Means; the mean of the pool where no node at a depth has an attribute.
        """
        check_same(batch, self.names)
        if not len(self.parts):
            return np.zeros((len(batch), 0))
        found = self._found(batch)
        return np.where(np.isnan(found), self.missing, found)

    def _found(self, batch: ArchitectureBatch) -> FloatArray:
        """Means, NaN where no node has an attribute."""
        part, owner, values = _occurrences(batch)
        column = positions(self.parts, part)
        known = column >= 0
        shape = len(batch), len(self.parts)
        cell = owner[known] * shape[1] + column[known]
        count = np.bincount(cell, minlength=shape[0] * shape[1])
        total = np.bincount(cell, weights=values[known], minlength=shape[0] * shape[1])
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(shape)


def _occurrences(batch: ArchitectureBatch) -> tuple[IntArray, IntArray, FloatArray]:
    """For each attribute of each node that has it: part, architecture and value."""
    assert batch.attribute_values is not None
    node, at = np.nonzero(~np.isnan(batch.attribute_values))
    part = batch.generation[node] * len(batch.attribute_names) + at
    return part, batch.node_owner[node], batch.attribute_values[node, at]
