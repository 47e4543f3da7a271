"""NAS-Bench-101: an upper triangular matrix and the operations of its vertices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._matrices import read_matrices
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._texts._items import integers, is_count, listed, plain
from fgp_sklearn.architectures._texts._text_form import TextForm

NASBENCH101_OPS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
_NASLIB_OPS = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
_KEYS = ("module_adjacency", "module_operations")
_MOST_VERTICES = 7
_WANTED = (
    "a dictionary with 'module_adjacency' and 'module_operations', or a pair of a matrix and operations, "
    "which may be texts such as ('0100100...', 'input,conv3x3-bn-relu,...,output')"
)


def _is_module(item: Any) -> bool:
    return isinstance(item, Mapping) and set(_KEYS) <= set(item)


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    modules = [_module(item, index) for index, item in enumerate(items)]
    return read_matrices([matrix for matrix, _ in modules], [ops for _, ops in modules], may_count=False)


def _module(item: Any, index: int) -> tuple[Any, list[str]]:
    value = plain(item, index, _WANTED)
    if _is_module(value):
        matrix, ops = value[_KEYS[0]], value[_KEYS[1]]
    elif isinstance(value, (list, tuple)) and len(value) == 2:
        matrix, ops = value
    else:
        raise ArchitectureError(f"it is {shown(item)}; expected {_WANTED}", index)
    names = _ops(ops, index)
    return _matrix(matrix, len(names), index), names


def _ops(ops: Any, index: int) -> list[str]:
    names = ops.split(",") if isinstance(ops, str) else listed(ops)
    if names is None or not 2 <= len(names) <= _MOST_VERTICES:
        raise ArchitectureError(
            f"its operations are {shown(ops)}; give those of 2 to {_MOST_VERTICES} vertices", index
        )
    if names[0] != "input" or names[-1] != "output":
        raise ArchitectureError(
            f"its operations are {shown(ops)}; the first must be 'input' and the last 'output'", index
        )
    for name in names[1:-1]:
        if name not in NASBENCH101_OPS:
            raise ArchitectureError(
                f"it has the operation {shown(name)}; NAS-Bench-101 has {named(NASBENCH101_OPS)}", index
            )
    return [str(name) for name in names]


def _matrix(matrix: Any, n: int, index: int) -> Any:
    if isinstance(matrix, str):
        if len(matrix) != n * n or set(matrix) - {"0", "1"}:
            raise ArchitectureError(
                f"its matrix is {shown(matrix)}; give {n * n} digits 0 and 1, row by row", index
            )
        matrix = [[int(digit) for digit in matrix[row : row + n]] for row in range(0, n * n, n)]
    rows = listed(matrix)
    lists = [listed(row) for row in rows] if rows is not None and len(rows) == n else []
    if len(lists) != n or not all(row is not None and len(row) == n and _are_bits(row) for row in lists):
        raise ArchitectureError(f"its matrix is {shown(matrix)}; give {n} rows of {n} entries 0 and 1", index)
    array = np.array(lists, dtype=np.int8)
    if np.tril(array).any():
        raise ArchitectureError("its matrix is not upper triangular; number vertices along the edges", index)
    return array


def _are_bits(row: Sequence[Any]) -> bool:
    return all((is_count(entry) or isinstance(entry, (bool, np.bool_))) and entry in (0, 1) for entry in row)


def _write(columns: ArchitectureColumns) -> list[dict[str, Any] | None]:
    ops = np.array(columns.vocabulary, dtype=object)[columns.ops]
    modules: list[dict[str, Any] | None] = []
    for index, n in enumerate(columns.n_nodes.tolist()):
        names = ops[columns.node_ptr[index] : columns.node_ptr[index + 1]].tolist()
        source, target = columns.edges[:, columns.edge_ptr[index] : columns.edge_ptr[index + 1]]
        ends = (names[0], names[-1]) == ("input", "output")
        if not (2 <= n <= _MOST_VERTICES and ends and set(names[1:-1]) <= {*NASBENCH101_OPS}):
            modules.append(None)
            continue
        matrix = np.zeros((n, n), dtype=np.int8)
        matrix[source, target] = 1
        upper = bool((source < target).all())
        modules.append({_KEYS[0]: matrix.tolist(), _KEYS[1]: names} if upper else None)
    return modules


def _read_tuples(items: Sequence[Any]) -> ArchitectureColumns:
    modules = [_module_of(item, index) for index, item in enumerate(items)]
    return read_matrices([matrix for matrix, _ in modules], [ops for _, ops in modules], may_count=False)


def _module_of(item: Any, index: int) -> tuple[Any, list[str]]:
    wanted = "a tuple of n * n entries of a matrix and n indices of operations"
    values = listed(plain(item, index, wanted))
    n = next(
        (n for n in range(2, _MOST_VERTICES + 1) if values is not None and len(values) == n * n + n), None
    )
    if values is None or n is None:
        raise ArchitectureError(f"it is {shown(item)}; expected {wanted}", index)
    codes = integers(values[-n:], index, wanted, n, len(_NASLIB_OPS) - 1)
    names = _ops([_NASLIB_OPS[code] for code in codes], index)
    return _matrix([values[row : row + n] for row in range(0, n * n, n)], n, index), names


def _write_tuples(columns: ArchitectureColumns) -> list[tuple[int, ...] | None]:
    return [
        None
        if module is None
        else (*chain.from_iterable(module[_KEYS[0]]), *map(_NASLIB_OPS.index, module[_KEYS[1]]))
        for module in _write(columns)
    ]


NASBENCH101_FORMS = (
    TextForm("nasbench101", "matrix and operations of NAS-Bench-101", _read, _write, _is_module),
    TextForm(
        "nasbench101-naslib",
        "entries of a matrix and indices of NAS-Bench-101 that count input, output, maxpool3x3, "
        "conv1x1-bn-relu, conv3x3-bn-relu",
        _read_tuples,
        _write_tuples,
    ),
)
