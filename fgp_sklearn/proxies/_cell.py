"""Cell: one architecture, validated and ordered for a builder of networks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
from torch import Tensor

from fgp_sklearn.architectures import Architecture, ArchitectureError, UnknownOperationError
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.operations._end_of import End, end_of


@dataclass(frozen=True, slots=True)
class Cell:
    """An architecture with one input and one output.

    Parameters
    ----------
    ops : tuple of str
        Operation of each node.
    senders : tuple of tuple of (int, float)
        Predecessors of each node, with the number of parallel edges from each.
    source, sink : int
        The nodes of input and output.
    order : tuple of int
        All other nodes in topological order; ties are broken by number.
    """

    ops: tuple[str, ...]
    senders: tuple[tuple[tuple[int, float], ...], ...]
    source: int
    sink: int
    order: tuple[int, ...]

    def arriving(self, states: Mapping[int, Tensor], node: int) -> Tensor:
        """Sum of the predecessors' states, weighted by edge multiplicity; zeros if there are none."""
        parts = [
            states[sender] if count == 1 else count * states[sender] for sender, count in self.senders[node]
        ]
        if not parts:
            return 0.0 * states[self.source]
        return sum(parts[1:], start=parts[0])


def read_cell(architecture: Architecture, known_ops: Collection[str]) -> Cell:
    """Validate an architecture and sort its nodes topologically.

    Parameters
    ----------
    architecture : Architecture
        One source that is an input, one sink that is an output, and nodes with known operations.
    known_ops : collection of str
        Operations that the builder supports.

    Returns
    -------
    Cell
        Validated cell.

    Raises
    ------
    ArchitectureError
        If there is not exactly one input and one output, an edge enters the input, or an edge leaves the
        output.
    UnknownOperationError
        If the builder does not support an operation.
    """
    ops = tuple(architecture.ops)
    for op in ops:
        if op not in known_ops and end_of(op) is None:
            raise UnknownOperationError(
                f"the builder does not support operation {shown(op)}; it supports "
                f"{named(sorted(known_ops))}. Rename the operation, or write a builder for it"
            )
    matrix = np.asarray(architecture.adjacency)
    source, sink = _the_one(ops, "input"), _the_one(ops, "output")
    if matrix[:, source].any() or matrix[sink].any():
        raise ArchitectureError("an edge enters the input or leaves the output; remove the edge")
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(ops)))
    graph.add_edges_from((int(sender), int(node)) for sender, node in np.argwhere(matrix))
    return Cell(
        ops=ops,
        senders=tuple(
            tuple((int(sender), float(column[sender])) for sender in np.flatnonzero(column))
            for column in matrix.T
        ),
        source=source,
        sink=sink,
        order=tuple(
            node for node in nx.lexicographical_topological_sort(graph) if node not in (source, sink)
        ),
    )


def _the_one(ops: tuple[str, ...], role: End) -> int:
    nodes = [node for node, op in enumerate(ops) if end_of(op) == role]
    if len(nodes) != 1:
        raise ArchitectureError(f"it has {len(nodes)} {role} nodes; a cell must have exactly one")
    return nodes[0]
