"""DARTS: genotypes as named tuples, dictionaries or texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._items import fields, is_count, listed
from fgp_sklearn.architectures._texts._text_form import TextForm
from fgp_sklearn.architectures._texts._two_cells import INPUTS, PARTS, Cell, cells_of, read_cells
from fgp_sklearn.operations._part import PART_MARK

_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
_MOST_OPS = 200
_WANTED = (
    "a genotype with the fields normal, normal_concat, reduce and reduce_concat, as a named tuple, a "
    "dictionary or a text 'Genotype(normal=[('skip_connect', 0), ...], ...)'"
)


def _is_genotype(item: Any) -> bool:
    if isinstance(item, str):
        return item.lstrip().startswith("Genotype(")
    return (isinstance(item, Mapping) and {*_FIELDS} == {*item}) or _is_named_tuple(item)


def _is_named_tuple(item: Any) -> bool:
    return isinstance(item, tuple) and set(getattr(item, "_fields", ())) == {*_FIELDS}


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    return read_cells([_cells(item, index) for index, item in enumerate(items)])


def _cells(item: Any, index: int) -> list[Cell]:
    given = {name: getattr(item, name) for name in _FIELDS} if _is_named_tuple(item) else item
    genotype = fields(given, index, _WANTED, _FIELDS)
    return [_cell(part, genotype[part], genotype[f"{part}_concat"], index) for part in PARTS]


def _cell(part: str, pairs: Any, concat: Any, index: int) -> Cell:
    entries = listed(pairs)
    if entries is None or not entries or len(entries) % 2 or len(entries) > _MOST_OPS:
        raise ArchitectureError(
            f"its {part} cell is {shown(pairs)}; give two pairs (operation, input) per state", index
        )
    ops, inputs = [], []
    for position, entry in enumerate(entries):
        pair = listed(entry)
        state = len(INPUTS) + position // 2
        if pair is None or len(pair) != 2 or not _is_op(pair[0]) or not is_count(pair[1]):
            raise ArchitectureError(
                f"its {part} cell has {shown(entry)}; give pairs (operation, input) such as "
                "('skip_connect', 0)",
                index,
            )
        if not 0 <= pair[1] < state:
            raise ArchitectureError(
                f"its {part} cell has {shown(entry)} for state {state}, which can read 0 to {state - 1}",
                index,
            )
        ops.append(str.__str__(pair[0]))
        inputs.append(int(pair[1]))
    return Cell(ops, inputs, _concat(part, concat, len(INPUTS) + len(ops) // 2, index))


def _is_op(name: Any) -> bool:
    return isinstance(name, str) and bool(name.strip()) and not set(name) & {"'", '"', "\\", "\n", PART_MARK}


def _concat(part: str, concat: Any, n_states: int, index: int) -> list[int]:
    states = listed(concat)
    inside = states is not None and all(is_count(state) and 0 <= state < n_states for state in states)
    if not states or not inside or len(set(states)) != len(states):
        raise ArchitectureError(
            f"its {part}_concat is {shown(concat)}; give different states from 0 to {n_states - 1}", index
        )
    return sorted(int(state) for state in states)


def _write(columns: ArchitectureColumns) -> list[str | None]:
    return [None if cells is None else _text(cells) for cells in cells_of(columns)]


def _text(cells: Sequence[Cell]) -> str:
    parts = []
    for part, cell in zip(PARTS, cells, strict=True):
        # repr would escape characters such as a no-break space, and escapes are not read.
        pairs = ", ".join(f"('{op}', {state})" for op, state in zip(cell.ops, cell.inputs, strict=True))
        first, last = cell.concat[0], cell.concat[-1]
        is_range = len(cell.concat) == last - first + 1
        concat = f"range({first}, {last + 1})" if is_range else str(cell.concat)
        parts.append(f"{part}=[{pairs}], {part}_concat={concat}")
    return f"Genotype({', '.join(parts)})"


DARTS_FORMS = (
    TextForm("darts", "genotype of DARTS, as 'Genotype(normal=...)'", _read, _write, _is_genotype),
)
