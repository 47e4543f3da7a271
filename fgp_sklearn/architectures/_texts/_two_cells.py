"""Networks of two cells, a normal one and one that reduces resolution: what DARTS and NAS-Bench-301 share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.architectures._ops import code_ops
from fgp_sklearn.operations._part import PART_MARK

PARTS = ("normal", "reduce")
INPUTS = ("c_k-2", "c_k-1")
_OUTPUT = "output"


class Cell(NamedTuple):
    """A cell of states. States 0 and 1 are its inputs, and two operations are summed into each further one.

    Parameters
    ----------
    ops : list of str
        Operations, two per state.
    inputs : list of int
        State that each operation reads, which comes before its own.
    concat : list of int
        States that the output joins, sorted.
    """

    ops: list[str]
    inputs: list[int]
    concat: list[int]


class _Edges(NamedTuple):
    source: list[int]
    target: list[int]


def read_cells(architectures: Sequence[Sequence[Cell]]) -> ArchitectureColumns:
    """Columns of networks of two cells each, as `join_parts` joins them."""
    ops: list[str] = []
    edges = _Edges([], [])
    sizes, edge_counts = [], []
    for cells in architectures:
        n_ops, n_edges = len(ops), len(edges.source)
        for part, cell in zip(PARTS, cells, strict=True):
            _add(part, cell, ops, edges, first=len(ops) - n_ops)
        sizes.append(len(ops) - n_ops)
        edge_counts.append(len(edges.source) - n_edges)
    node_ptr = offsets(np.array(sizes))
    vocabulary, codes = code_ops(ops, node_ptr)
    return checked_columns(
        ops=codes,
        edges=np.array([edges.source, edges.target], dtype=np.int64),
        node_ptr=node_ptr,
        edge_ptr=offsets(np.array(edge_counts)),
        vocabulary=vocabulary,
    )


def _add(part: str, cell: Cell, ops: list[str], edges: _Edges, first: int) -> None:
    """Add the nodes of a cell: its inputs, its operations and its output."""
    output = first + len(INPUTS) + len(cell.ops)
    for node, state in enumerate(cell.inputs, start=first + len(INPUTS)):
        for source in _nodes_of(state):
            edges.source.append(first + source)
            edges.target.append(node)
    for state in cell.concat:
        for source in _nodes_of(state):
            edges.source.append(first + source)
            edges.target.append(output)
    ops.extend(f"{part}{PART_MARK}{op}" for op in [*INPUTS, *cell.ops, _OUTPUT])


def _nodes_of(state: int) -> tuple[int, ...]:
    """Nodes of a cell that make up a state."""
    return (state,) if state < len(INPUTS) else (2 * state - 2, 2 * state - 1)


def cells_of(columns: ArchitectureColumns) -> list[list[Cell] | None]:
    """The two cells of each architecture; None where its nodes are no such cells."""
    names = np.array(columns.vocabulary, dtype=object)[columns.ops].tolist()
    networks: list[list[Cell] | None] = []
    for index in range(len(columns)):
        ops = names[columns.node_ptr[index] : columns.node_ptr[index + 1]]
        edges = columns.edges[:, columns.edge_ptr[index] : columns.edge_ptr[index + 1]]
        sources: list[list[int]] = [[] for _ in ops]
        for source, target in edges.T.tolist():
            sources[target].append(source)
        end = sum(op.startswith(f"{PARTS[0]}{PART_MARK}") for op in ops)
        cells = [
            _cell_of(PARTS[0], ops[:end], sources[:end], 0),
            _cell_of(PARTS[1], ops[end:], sources[end:], end),
        ]
        networks.append([cell for cell in cells if cell is not None] if None not in cells else None)
    return networks


def _cell_of(part: str, ops: Sequence[str], sources: Sequence[Sequence[int]], first: int) -> Cell | None:
    mark = f"{part}{PART_MARK}"
    bare = [op.removeprefix(mark) for op in ops[len(INPUTS) : -1]]
    if not bare or len(bare) % 2 or not all(op.startswith(mark) for op in ops):
        return None
    state_of = {node: state for state in range(len(INPUTS) + len(bare) // 2) for node in _nodes_of(state)}
    read = [sorted({state_of.get(node - first, -1) for node in own}) for own in sources[len(INPUTS) :]]
    if any(len(own) != 1 for own in read[:-1]) or any(-1 in own for own in read) or not read[-1]:
        return None
    return Cell(bare, [own[0] for own in read[:-1]], read[-1])
