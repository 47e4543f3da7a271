"""AttributeScale: attributes with mean 0 and standard deviation 1 over a pool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import NAMES, Array, PersistenceError, Storable
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._node_attributes import check_same

FloatArray = NDArray[np.float64]
FARTHEST = 1e4  # standard deviations from the mean; networks square such numbers in single precision


@dataclass(frozen=True, eq=False)
class AttributeScale(Storable):
    """Standardises attributes by the nodes of a pool that have them.

    Parameters
    ----------
    names : tuple of str
        Attributes of the pool, sorted.
    centre, spread : ndarray of float64 of shape (n_attributes,)
        Mean and standard deviation of each attribute. The spread of a constant attribute is 1.

    Examples
    --------
    >>> from fgp_sklearn.architectures import ArchitectureBatch
    >>> from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
    >>> pool = ArchitectureBatch.from_arrays(
    ...     [[0, 1], [0, 0]], [[0, 0], [0, 0]], ["conv"], attributes={"kernel": [[3, 3], [5, 5]]})
    >>> AttributeScale.of(pool).applied_to(pool).attributes["kernel"]
    array([-1., -1.,  1.,  1.])
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "names": NAMES,
        "centre": Array("names"),
        "spread": Array("names"),
    }

    names: tuple[str, ...] = ()
    centre: FloatArray = field(default_factory=lambda: np.zeros(0))
    spread: FloatArray = field(default_factory=lambda: np.ones(0))

    @classmethod
    def of(cls, pool: ArchitectureBatch) -> Self:
        """Learn the scale of each attribute of a pool."""
        columns = [column[~np.isnan(column)] for column in pool.attributes.values()]
        centre = np.array([column.mean() if len(column) else 0.0 for column in columns])
        spread = np.array([column.std() if len(column) else 0.0 for column in columns])
        constant = spread <= 1e-9 * np.abs(centre)
        return cls(pool.attribute_names, centre, np.where(constant, 1.0, spread))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AttributeScale):
            return NotImplemented
        return (
            self.names == other.names
            and np.array_equal(self.centre, other.centre)
            and np.array_equal(self.spread, other.spread)
        )

    def __hash__(self) -> int:
        return hash(self.names)

    def _check_stored(self) -> None:
        if not (self.spread > 0).all():
            raise PersistenceError("the spread of an attribute is not positive")

    def check(self, batch: ArchitectureBatch) -> None:
        """Raise an error if a batch has other attributes than the pool."""
        check_same(batch, self.names)

    def applied_to(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """The batch with standardised attributes between -1e4 and 1e4, NaN where a node has none."""
        self.check(batch)
        if batch.attribute_values is None:
            return batch
        scaled = (batch.attribute_values - self.centre) / self.spread
        scaled = np.clip(scaled, -FARTHEST, FARTHEST)
        return batch.with_columns(attribute_values=scaled)
