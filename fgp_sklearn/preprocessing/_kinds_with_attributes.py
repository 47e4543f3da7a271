"""KindsWithAttributes: which operations a pool has, and which attributes their nodes have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import NAMES, Array, Storable
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._node_attributes import check_same

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KindsWithAttributes(Storable):
    """Codes the nodes of architectures by the operations and attributes of a pool.

    Parameters
    ----------
    ops : tuple of str
        Operations of the pool, sorted.
    names : tuple of str
        Attributes of the pool, sorted.
    present : ndarray of bool of shape (n_ops, n_attributes)
        Whether any node with the operation has the attribute.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes
    >>> pool = as_batch([([[0, 1], [0, 0]], ["input", {"op": "conv", "kernel": 3}])], attributes=["kernel"])
    >>> KindsWithAttributes.of(pool).pairs()
    [(0, 0)]
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "ops": NAMES,
        "names": NAMES,
        "present": Array("ops", "names", dtype="b"),
    }

    ops: tuple[str, ...]
    names: tuple[str, ...]
    present: NDArray[np.bool_]

    @classmethod
    def of(cls, pool: ArchitectureBatch) -> Self:
        """Learn from a pool."""
        ops = pool.used_ops()
        present = np.zeros((len(ops), len(pool.attribute_names)), dtype=bool)
        codes = pool.recode(ops).ops
        for at, column in enumerate(pool.attributes.values()):
            present[codes[~np.isnan(column)], at] = True
        return cls(ops, pool.attribute_names, present)

    def coded(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """The batch in codes of these operations.

        Raises
        ------
        ArchitectureError
            If an operation or the attributes differ from those of the pool.
        """
        check_same(batch, self.names)
        return batch.recode(self.ops)

    def pairs(self) -> list[tuple[int, int]]:
        """Operations and attributes that occur together, in order."""
        return [(int(op), int(at)) for op, at in np.argwhere(self.present)]

    def shared(self, batch: ArchitectureBatch) -> NDArray[np.bool_]:
        """Whether all nodes of an operation have one value of an attribute within each architecture.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures with operations and attributes of the pool.

        Returns
        -------
        ndarray of bool of shape (n_pairs,)
            The answer for each of `pairs`.
        """
        batch = self.coded(batch)
        columns = list(batch.attributes.values())
        answers = []
        for op, at in self.pairs():
            nodes = np.flatnonzero((batch.ops == op) & ~np.isnan(columns[at]))
            owner, value = batch.node_owner[nodes], columns[at][nodes]
            answers.append(bool(((value[1:] == value[:-1]) | (owner[1:] != owner[:-1])).all()))
        return np.array(answers, dtype=np.bool_)

    def sums(self, batch: ArchitectureBatch, values: FloatArray) -> FloatArray:
        """Sum of a number of each node over the nodes of each operation.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures in codes of these operations.
        values : ndarray of float64 of shape (total_nodes,)
            The numbers.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_ops)
            The sums.
        """
        n_ops = len(self.ops)
        cell = batch.node_owner * n_ops + batch.ops
        sums = np.bincount(cell, weights=values, minlength=len(batch) * n_ops)
        return sums.astype(np.float64, copy=False).reshape(-1, n_ops)
