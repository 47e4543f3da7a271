"""Architecture: one architecture as an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fgp_sklearn.architectures._architecture_columns import same_attributes
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._matrices import read_matrices
from fgp_sklearn.architectures._messages import named, shown

_MOST_OPS = 8  # that a repr shows


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Architecture:
    """One architecture, as indexing a batch with an integer returns it.

    Parameters
    ----------
    adjacency : ndarray of shape (n_nodes, n_nodes)
        Entry ``[i, j]`` counts the parallel edges from node ``i`` to node ``j``: 0 or 1 in most search
        spaces, and larger numbers where identities were contracted. `as_batch` reads the same matrix types
        as in a pair. In a pair, however, entries must be 0 or 1.
    ops : tuple of str
        Operation of each node.
    name : str, default=""
        Name of the architecture.
    attributes : mapping of str to array-like of shape (n_nodes,), optional
        Numbers that describe each node in addition to its operation, such as ``{"kernel": [...]}``. NaN
        where a node has none. Values beyond 1e30 in absolute value are errors.

    Examples
    --------
    >>> from fgp_sklearn.architectures import Architecture, as_batch
    >>> double_edge = Architecture([[0, 2], [0, 0]], ("input", "output"))
    >>> as_batch([double_edge]).multiplicity
    array([2.])
    """

    adjacency: Any
    ops: tuple[str, ...]
    name: str = ""
    attributes: Any = None

    def __repr__(self) -> str:
        parts = []
        if isinstance(self.ops, (tuple, list)):  # nothing is checked before a reader does
            parts += [f"n_nodes={len(self.ops)}", f"ops=[{named(self.ops, at_most=_MOST_OPS)}]"]
        if str(self.name):
            parts.append(f"name={shown(self.name)}")
        if isinstance(self.attributes, Mapping) and self.attributes:
            parts.append(f"attributes={shown(list(self.attributes))}")
        return f"Architecture({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Architecture):
            return NotImplemented
        return (
            tuple(self.ops) == tuple(other.ops)
            and np.array_equal(self.adjacency, other.adjacency)
            and same_attributes(self.attributes, other.attributes)
        )

    def __hash__(self) -> int:
        try:
            matrix = np.asarray(self.adjacency)
        except ValueError as error:
            raise TypeError("an Architecture whose adjacency is not a matrix is unhashable") from error
        if matrix.dtype.kind not in "biuf":
            raise TypeError(f"an Architecture whose adjacency holds {matrix.dtype} is unhashable")
        positive_zeros = matrix.astype(np.float64) + 0.0  # -0.0 equals 0.0
        return hash((tuple(self.ops), positive_zeros.tobytes()))

    def _repr_html_(self) -> str | None:
        from fgp_sklearn.architectures._html import batch_html  # for notebooks only

        try:
            columns = read_matrices(
                [self.adjacency], [self.ops], [self.name], [self.attributes], may_count=True
            )
        except ArchitectureError:  # malformed; a notebook then shows the repr
            return None
        return batch_html(columns)
