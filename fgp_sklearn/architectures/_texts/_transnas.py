"""TransNAS-Bench-101: codes of cells and of networks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._chains import Node, chain_nodes, read_chains
from fgp_sklearn.architectures._texts._items import integers, listed, plain
from fgp_sklearn.architectures._texts._layout import Layout
from fgp_sklearn.architectures._texts._nasbench201 import nasbench201_graph
from fgp_sklearn.architectures._texts._text_form import TextForm

_CELL_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
_MODULES = ("keep", "double_channels", "stride2", "stride2_double_channels")
_CODE = "64-41414-{}_{}{}_{}{}{}"
_CELL = re.compile(r"64-41414-([0-3])_([0-3])([0-3])_([0-3])([0-3])([0-3])")
_NETWORK = re.compile(r"64-([1-4]{4,6})-basic")
_LAYOUT = Layout(nasbench201_graph(), 6, _CELL_OPS)


def _is_cell(item: Any) -> bool:
    return isinstance(item, str) and item.strip().startswith("64-41414-") and not _is_network(item)


def _is_network(item: Any) -> bool:
    return isinstance(item, str) and item.strip().startswith("64-") and item.strip().endswith("-basic")


def _read_cells(items: Sequence[Any]) -> ArchitectureColumns:
    choices = [_digits(item, index) for index, item in enumerate(items)]
    return _LAYOUT.read(choices, [_CODE.format(*row) for row in choices])


def _digits(item: Any, index: int) -> list[int]:
    wanted = "a code such as '64-41414-1_02_333', or its six digits from 0 to 3"
    if not _is_cell(item):
        return integers(item, index, wanted, _LAYOUT.n_slots, len(_CELL_OPS) - 1)
    found = _CELL.fullmatch(item.strip())
    if found is None:
        raise ArchitectureError(f"its text is {shown(item)}; expected {wanted}", index)
    return [int(digit) for digit in found.groups()]


def _write_cells(columns: ArchitectureColumns) -> list[str | None]:
    chosen = _LAYOUT.choices(columns)
    return [None if row is None else _CODE.format(*row) for row in chosen]


def _read_networks(items: Sequence[Any]) -> ArchitectureColumns:
    modules = [_modules(item, index) for index, item in enumerate(items)]
    chains: list[list[Node]] = [
        [("input", {}), *((_MODULES[code - 1], {}) for code in own), ("output", {})] for own in modules
    ]
    return read_chains(chains, [_code(own) for own in modules])


def _modules(item: Any, index: int) -> list[int]:
    wanted = "a code such as '64-1234-basic', or its 4 to 6 digits from 1 to 4"
    if _is_network(item):
        found = _NETWORK.fullmatch(item.strip())
        if found is None:
            raise ArchitectureError(f"its text is {shown(item)}; expected {wanted}", index)
        return [int(digit) for digit in found[1]]
    values = listed(plain(item, index, wanted))
    while (
        values and len(values) <= 6 and isinstance(values[-1], (int, np.integer)) and not values[-1]
    ):  # NASLib fills shorter networks up
        values.pop()
    if values is None or not 4 <= len(values) <= 6:
        raise ArchitectureError(f"it is {shown(item)}; expected {wanted}", index)
    return integers(values, index, wanted, len(values), largest=4, smallest=1)


def _write_networks(columns: ArchitectureColumns) -> list[str | None]:
    code = {op: digit for digit, op in enumerate(_MODULES, start=1)}
    texts: list[str | None] = []
    for nodes in chain_nodes(columns):
        modules = [code.get(op, 0) for op, _ in nodes[1:-1]]
        texts.append(_code(modules) if 4 <= len(modules) <= 6 and all(modules) else None)
    return texts


def _code(modules: Sequence[int]) -> str:
    return f"64-{''.join(map(str, modules))}-basic"


TRANSNAS_FORMS = (
    TextForm(
        "transnas-micro",
        "code of a cell of TransNAS-Bench-101, as '64-41414-1_02_333', or its digits",
        _read_cells,
        _write_cells,
        _is_cell,
    ),
    TextForm(
        "transnas-macro",
        "code of a network of TransNAS-Bench-101, as '64-1234-basic', or its digits",
        _read_networks,
        _write_networks,
        _is_network,
    ),
)
