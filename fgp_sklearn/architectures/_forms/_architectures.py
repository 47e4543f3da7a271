"""Reader of Architecture objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._matrices import read_matrices
from fgp_sklearn.architectures._node_attributes import NodeAttributes


def is_architecture(item: Any) -> bool:
    """Whether an item of a sequence is an `Architecture`."""
    return isinstance(item, Architecture)


def read_architectures(items: Sequence[Architecture], attributes: NodeAttributes) -> ArchitectureColumns:
    """Read a sequence of `Architecture` objects, whose adjacencies count parallel edges.

    Parameters
    ----------
    items : sequence of Architecture
        Architectures with names and attributes.
    attributes : NodeAttributes
        Not used; the objects have fields instead.

    Returns
    -------
    ArchitectureColumns
        The architectures in the given order.
    """
    return read_matrices(
        [one.adjacency for one in items],
        [one.ops for one in items],
        [one.name for one in items],
        [one.attributes for one in items],
        may_count=True,
    )
