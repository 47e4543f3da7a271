"""NAS-Bench-201 and the topology space of NATS-Bench: official texts, and indices in two orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._texts._items import integers, text_of
from fgp_sklearn.architectures._texts._layout import Layout
from fgp_sklearn.architectures._texts._text_form import TextForm

NASBENCH201_OPS = ("avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect")
NASBENCH201_EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))

# NASLib lists edges in the order 01, 02, 03, 12, 13, 23.
NASLIB_EDGE_ORDER = (0, 1, 3, 2, 4, 5)
_OFFICIAL_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
_NASLIB_OPS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")

_TEXT = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"
_PATTERN = re.compile(re.escape(_TEXT).replace(r"\{\}", r"([\w.-]{1,60})"), re.ASCII)


def nasbench201_graph() -> NDArray[np.int64]:
    """Edges between the operations of a cell: one node per edge of the cell, in the official order."""
    last = len(NASBENCH201_EDGES) + 1
    edges = []
    for node, (source, target) in enumerate(NASBENCH201_EDGES, start=1):
        edges += [(0, node)] if source == 0 else []
        edges += [(node, last)] if target == 3 else []
        edges += [
            (node, other) for other, (start, _) in enumerate(NASBENCH201_EDGES, start=1) if target == start
        ]
    return np.array(sorted(edges), dtype=np.int64).T


LAYOUT = Layout(nasbench201_graph(), len(NASBENCH201_EDGES), NASBENCH201_OPS)


def is_nasbench201_text(item: Any) -> bool:
    """Whether an item is meant as a text of NAS-Bench-201."""
    return isinstance(item, str) and item.lstrip()[:1] == "|"


def _read_texts(items: Sequence[Any]) -> ArchitectureColumns:
    position = {op: i for i, op in enumerate(NASBENCH201_OPS)}
    texts = [text_of(item, index, f"a text such as {_example()}") for index, item in enumerate(items)]
    choices = []
    for index, text in enumerate(texts):
        found = _PATTERN.fullmatch(text)
        if found is None:
            raise ArchitectureError(f"its text is {shown(text)}; expected a text such as {_example()}", index)
        try:
            choices.append([position[op] for op in found.groups()])
        except KeyError as unknown:
            raise ArchitectureError(
                f"its text has the operation {shown(unknown.args[0])}; NAS-Bench-201 has "
                f"{named(NASBENCH201_OPS)}",
                index,
            ) from None
    return LAYOUT.read(choices, texts)


def _write_texts(columns: ArchitectureColumns) -> list[str | None]:
    chosen = LAYOUT.choices(columns)
    return [None if row is None else _TEXT.format(*(NASBENCH201_OPS[i] for i in row)) for row in chosen]


def _example() -> str:
    return f"'{_TEXT.format(*(['none'] * 6))}'"


def indexed_cells(name: str, one: str, layout: Layout, ops: Sequence[str], order: Sequence[int]) -> TextForm:
    """Form of cells given by one index of an operation per edge.

    Parameters
    ----------
    name, one : str
        See `TextForm`.
    layout : Layout
        The cells.
    ops : sequence of str
        Operations in the order that the indices count.
    order : sequence of int
        Position of each listed edge in the layout.

    Returns
    -------
    TextForm
        The form.
    """
    table = np.array([layout.ops.index(op) for op in ops])
    wanted = f"{len(order)} integers, one per edge"
    read = partial(_read_indices, layout=layout, table=table, order=list(order), wanted=wanted)
    write: Callable[[ArchitectureColumns], list[Any]] = partial(
        _write_indices, layout=layout, table=table, order=list(order)
    )
    return TextForm(name, one, read, write)


def _read_indices(
    items: Sequence[Any], layout: Layout, table: NDArray[np.int64], order: list[int], wanted: str
) -> ArchitectureColumns:
    rows = [integers(item, i, wanted, len(order), len(table) - 1) for i, item in enumerate(items)]
    indices = np.array(rows, dtype=np.int64).reshape(-1, len(order))
    choices = np.zeros_like(indices)
    choices[:, order] = table[indices]
    return layout.read(choices)


def _write_indices(
    columns: ArchitectureColumns, layout: Layout, table: NDArray[np.int64], order: list[int]
) -> list[tuple[int, ...] | None]:
    inverse = np.argsort(table)
    chosen = layout.choices(columns)
    return [None if row is None else tuple(int(inverse[row[edge]]) for edge in order) for row in chosen]


NASBENCH201_FORMS = (
    TextForm(
        "nasbench201",
        f"text of NAS-Bench-201, as {_example()}",
        _read_texts,
        _write_texts,
        is_nasbench201_text,
    ),
    indexed_cells(
        "nasbench201-official",
        "indices of NAS-Bench-201 that count none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3 on "
        "the edges 01, 02, 12, 03, 13, 23",
        LAYOUT,
        _OFFICIAL_OPS,
        range(len(NASBENCH201_EDGES)),
    ),
    indexed_cells(
        "nasbench201-naslib",
        "indices of NAS-Bench-201 that count skip_connect, none, nor_conv_3x3, nor_conv_1x1, avg_pool_3x3 on "
        "the edges 01, 02, 03, 12, 13, 23",
        LAYOUT,
        _NASLIB_OPS,
        NASLIB_EDGE_ORDER,
    ),
)
