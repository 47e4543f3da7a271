"""Reader of (adjacency, ops) pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._forms._form import NodeAttributes
from fgp_sklearn.architectures._matrices import depth, read_matrices


def is_pair(item: Any) -> bool:
    """Whether an item of a sequence is meant as a pair."""
    return isinstance(item, (tuple, list)) and len(item) == 2


def is_lone_pair(X: Any) -> bool:
    """Whether `X` is one pair and not a sequence of two architectures."""
    return is_pair(X) and depth(X[0]) == 2 and depth(X[1]) == 1


def read_pairs(pairs: Sequence[Any], attributes: NodeAttributes) -> ArchitectureColumns:
    """Read a sequence of pairs of an adjacency with entries 0 and 1, and operations.

    Parameters
    ----------
    pairs : sequence of (adjacency, ops) pairs
        See `as_batch`.
    attributes : NodeAttributes
        Not used; pairs have no attributes.

    Returns
    -------
    ArchitectureColumns
        The architectures in the given order.
    """
    return read_matrices([pair[0] for pair in pairs], [pair[1] for pair in pairs], may_count=False)
