"""Columns of a table from chains."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._frames._plan import STAGE
from fgp_sklearn.architectures._frames._read import BLOCK, stage_mark
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._chains import Node, chain_nodes

Value = float | str | None
Table = dict[str, list[Any]]
_TAKEN = {"op": "operation of blocks", "depth": "number of blocks"}
_MOST_STAGES = 10_000


class _Stage(NamedTuple):
    """Equal blocks: their number, and the operation and the attributes of each."""

    depth: int
    op: str
    attributes: dict[str, float]


def written_columns(columns: ArchitectureColumns) -> Table:
    """Columns by name, one value per architecture; see `to_frame`."""
    chains = [_blocks(nodes, index) for index, nodes in enumerate(_checked_chains(columns))]
    shared = _shared(columns, chains)
    stages = _stages(chains, shared)
    n_stages = max((max(own, default=0) for own in stages), default=0)
    choices = sorted({name for own in stages for stage in own.values() for name in stage.attributes})
    has_ops = any(stage.op != BLOCK for own in stages for stage in own.values())
    bare = not has_ops and any(not stage.attributes for own in stages for stage in own.values())
    has_depths = bare or any(stage.depth != 1 for own in stages for stage in own.values())
    _check_names(choices, shared, n_stages)
    table: Table = {}
    for number in range(1, n_stages + 1):
        group = [own.get(number) for own in stages]
        word = f"stage{number}_"
        if has_ops:
            table[f"{word}op"] = [None if stage is None else stage.op for stage in group]
        if has_depths:
            table[f"{word}depth"] = [None if stage is None else stage.depth for stage in group]
        for name in choices:
            table[word + name] = [None if stage is None else stage.attributes.get(name) for stage in group]
    for name in shared:
        table[name] = [first.get(name) for first, _ in chains]
    return {name: _tidy(values) for name, values in table.items()}


def _check_names(choices: Sequence[str], shared: Sequence[str], n_stages: int) -> None:
    if not n_stages:
        raise ArchitectureError("no architecture has blocks between its input and its output")
    for name in _TAKEN:
        if name in choices or name in shared:
            raise ArchitectureError(
                f"the attribute {name!r} is also what a table calls the {_TAKEN[name]}; give it another name"
            )


def _checked_chains(columns: ArchitectureColumns) -> list[list[Node]]:
    """Nodes of each architecture, which must be a chain in the order of its nodes."""
    line = columns.edges[1] - columns.edges[0] == 1
    owner = np.repeat(np.arange(len(columns)), columns.n_edges)
    wrong = columns.n_edges != columns.n_nodes - 1
    wrong[owner[~line]] = True
    if columns.multiplicity is not None:
        wrong[owner[columns.multiplicity != 1]] = True
    if wrong.any():
        raise ArchitectureError(
            "it is no chain of nodes in the order of its edges, and a table cannot hold other graphs; use "
            "to_networkx or to_pairs",
            int(np.argmax(wrong)),
        )
    return chain_nodes(columns)


def _blocks(nodes: Sequence[Node], index: int) -> tuple[dict[str, float], Sequence[Node]]:
    """Attributes of the input, and the blocks."""
    if len(nodes) < 2 or nodes[0][0] != "input" or nodes[-1][0] != "output" or nodes[-1][1]:
        raise ArchitectureError(
            "it is no chain from 'input' to 'output' whose output has no attributes", index
        )
    return nodes[0][1], nodes[1:-1]


def _shared(
    columns: ArchitectureColumns, chains: Sequence[tuple[dict[str, float], Sequence[Node]]]
) -> list[str]:
    """Attributes that inputs have. All blocks must have the same values."""
    names = sorted({name for first, _ in chains for name in first})
    for index, (first, blocks) in enumerate(chains):
        for name in names:
            if any(own.get(name) != first.get(name) for _, own in blocks):
                raise ArchitectureError(
                    f"its input and its blocks differ in {shown(name)}, and a table has one column for it; "
                    "leave it out with as_batch(X, attributes=[...])",
                    index,
                )
    return names


def _stages(
    chains: Sequence[tuple[dict[str, float], Sequence[Node]]], shared: Sequence[str]
) -> list[dict[int, _Stage]]:
    """Stages of each architecture by number; one per block unless all have stages of equal blocks."""
    marked = all(op.startswith(stage_mark(own.get(STAGE, 0.0))) for _, blocks in chains for op, own in blocks)
    grouped = [_grouped(blocks, shared, marked) for _, blocks in chains]
    if all(own is not None for own in grouped):
        return [own for own in grouped if own is not None]
    if any(STAGE in own for _, blocks in chains for _, own in blocks):
        raise ArchitectureError(
            f"the attribute {STAGE!r} does not number stages of equal blocks; leave it out with "
            "as_batch(X, attributes=[...])"
        )
    return [
        {number: _Stage(1, op, _without(own, shared)) for number, (op, own) in enumerate(blocks, 1)}
        for _, blocks in chains
    ]


def _grouped(blocks: Sequence[Node], shared: Sequence[str], marked: bool) -> dict[int, _Stage] | None:
    """Stages by their numbers; None if the blocks have no numbers of stages, or differ within one."""
    stages: dict[int, _Stage] = {}
    last = 0
    for op, own in blocks:
        number = own.get(STAGE, 0.0)
        if not max(last, 1) <= number <= _MOST_STAGES or number != int(number):
            return None
        last = int(number)
        bare = op.removeprefix(stage_mark(last)) if marked else op
        stage = _Stage(1, bare, _without(own, [*shared, STAGE]))
        before = stages.get(last)
        if before is not None and before[1:] != stage[1:]:
            return None
        stages[last] = stage if before is None else before._replace(depth=before.depth + 1)
    return stages


def _without(attributes: dict[str, float], names: Sequence[str]) -> dict[str, float]:
    return {name: value for name, value in attributes.items() if name not in names}


def _tidy(values: list[Any]) -> list[Any]:
    """Integers in place of floats where all values are integers."""
    numbers = [value for value in values if value is not None]
    if numbers and all(not isinstance(v, str) and v == int(v) for v in numbers):
        return [None if value is None else int(value) for value in values]
    return values


def library_table(table: Table, library: str) -> Any:
    """The table in a library."""
    if library == "dict":
        return table
    if library in ("pandas", "polars"):
        return import_module(library).DataFrame(table)
    raise ValueError(f"library must be 'pandas', 'polars' or 'dict', got {shown(library)}")
