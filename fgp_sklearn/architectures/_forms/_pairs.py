"""Reader of (adjacency, ops) pairs."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._matrices import depth, read_matrices
from fgp_sklearn.architectures._node_attributes import NodeAttributes
from fgp_sklearn.architectures._texts._nasbench301 import is_compact


def is_pair(item: Any) -> bool:
    """Whether an item of a sequence is meant as a pair."""
    return isinstance(item, (tuple, list)) and len(item) == 2 and not is_compact(item)


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
        What to read of operations that are mappings.

    Returns
    -------
    ArchitectureColumns
        The architectures in the given order.
    """
    adjacencies, ops = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return read_matrices(adjacencies, ops, may_count=False, wanted=attributes)


def write_pair(
    architecture: Architecture, known: Container[tuple[str, str]] = ()
) -> tuple[NDArray[Any], list[Any]]:
    """Write one pair; see `ArchitectureBatch.to_pairs`. `known` is that of its batch; see `known_of`."""
    if architecture.attributes is None:
        return architecture.adjacency, list(architecture.ops)
    nodes: list[dict[str, Any]] = [{"op": op} for op in architecture.ops]
    for name, column in architecture.attributes.items():
        for node, number in zip(nodes, column.tolist(), strict=True):
            if number == number:  # NaN: the node has no such attribute
                node[name] = number
            elif (name, node["op"]) in known:
                node[name] = None
    return architecture.adjacency, nodes
