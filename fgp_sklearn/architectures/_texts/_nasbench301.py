"""NAS-Bench-301: compact pairs of cells, as NASLib has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._items import integers, listed, plain
from fgp_sklearn.architectures._texts._text_form import TextForm
from fgp_sklearn.architectures._texts._two_cells import INPUTS, Cell, cells_of, read_cells

_OPS = (
    *("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5"),
    *("dil_conv_3x3", "dil_conv_5x5"),
)
_N_OPS = 8
_CONCAT = [2, 3, 4, 5]
_WANTED = "two cells of eight pairs (input, index of an operation)"


def is_compact(item: Any) -> bool:
    """Whether an item is a pair of cells of pairs, and so no pair of an adjacency and operations."""
    return (
        isinstance(item, (tuple, list))
        and len(item) == 2
        and all(isinstance(cell, (tuple, list)) and len(cell) == _N_OPS for cell in item)
        and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for cell in item for pair in cell)
    )


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    return read_cells([_cells(item, index) for index, item in enumerate(items)])


def _cells(item: Any, index: int) -> list[Cell]:
    cells = listed(plain(item, index, _WANTED))
    if cells is None or len(cells) != 2:
        raise ArchitectureError(f"it is {shown(item)}; expected {_WANTED}", index)
    return [_cell(cell, index) for cell in cells]


def _cell(cell: Any, index: int) -> Cell:
    pairs = listed(cell)
    if pairs is None or len(pairs) != _N_OPS:
        raise ArchitectureError(f"it has the cell {shown(cell)}; expected {_WANTED}", index)
    ops, inputs = [], []
    for position, pair in enumerate(pairs):
        state = len(INPUTS) + position // 2
        source, op = integers(pair, index, _WANTED, 2, largest=len(_OPS) - 1)
        if source >= state:
            raise ArchitectureError(
                f"it has the pair {shown(pair)} for state {state}, which can read 0 to {state - 1}", index
            )
        ops.append(_OPS[op])
        inputs.append(source)
    return Cell(ops, inputs, _CONCAT)


def _write(columns: ArchitectureColumns) -> list[Any]:
    return [None if cells is None else _compact(cells) for cells in cells_of(columns)]


def _compact(cells: Sequence[Cell]) -> tuple[Any, ...] | None:
    if any(len(cell.ops) != _N_OPS or not {*cell.ops} <= {*_OPS} for cell in cells):
        return None
    return tuple(
        tuple((source, _OPS.index(op)) for op, source in zip(cell.ops, cell.inputs, strict=True))
        for cell in cells
    )


NASBENCH301_FORMS = (
    TextForm(
        "nasbench301",
        "two cells of NAS-Bench-301 with indices in NASLib's order: max_pool_3x3, avg_pool_3x3, skip_connect"
        ", sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5",
        _read,
        _write,
    ),
)
