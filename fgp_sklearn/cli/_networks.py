"""ONNX files as input of the command, with labels from a table that names the files."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import from_onnx
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.cli._options import ONNX, Reading
from fgp_sklearn.datasets import DataFileError
from fgp_sklearn.datasets._table_file import TableFile, read_table_file
from fgp_sklearn.datasets._table_metrics import metrics_of

FloatArray = NDArray[np.float64]


def read_networks(reading: Reading) -> Any:
    """Read ONNX files; see `read` for what is returned."""
    from sklearn.utils import Bunch

    data = from_onnx([*reading.files], dims=_dims(reading.dims), verbose=sys.stderr.isatty())
    names = list(map(str, () if data.names is None else data.names))
    metrics = {} if reading.labels is None else _labels(reading, names)
    return Bunch(
        data=data,
        metrics=metrics,
        wanted=next(iter(metrics), None),
        names=names,
        lines=None,
        has_choices=False,
        forms=("ONNX",),
        columns={},
        filename=", ".join(map(str, reading.files[:3])) + (", ..." if len(reading.files) > 3 else ""),
    )


def _dims(given: Sequence[str]) -> dict[str, int]:
    """Sizes by name, from texts such as ``height=224``."""
    dims = {}
    for text in given:
        name, _, size = text.rpartition("=")
        if not name or not size.isdecimal():
            raise ValueError(f"--dim must be NAME=SIZE, as height=224, got {shown(text)}")
        dims[name] = int(size)
    return dims


def _labels(reading: Reading, names: list[str]) -> dict[str, FloatArray]:
    """Labels of the networks: of all columns of numbers in a table, or of one after a colon."""
    path, column = reading.labels_table
    if not Path(path).is_file():
        raise DataFileError(
            f"there is no file {reading.labels}; --labels of ONNX files is a table with their names"
        )
    table = read_table_file(path)
    keys = {name: [_key(value) for value in values] for name, values in table.columns.items()}
    known = set(names)
    key = max(keys, key=lambda name: sum(value in known for value in keys[name]))
    row_of = _rows(table, keys[key], known, key)
    values, _ = metrics_of(table, [key], [column] if column else None, [column] if column else [])
    if len(values) > 1:
        raise DataFileError(f"{path}: columns {named(values)} may be labels; name one as {path}:COLUMN")
    rows = np.array([row_of.get(name, -1) for name in names])
    return {name: np.where(rows < 0, np.nan, own[rows]) for name, own in values.items()}


def _key(value: Any) -> str:
    """Name of a model from the name of its file, with or without folder and suffix."""
    name = Path(str(value).strip()).name
    return name[: -len(ONNX)] if name.lower().endswith(ONNX) else name


def _rows(table: TableFile, keys: list[str], known: set[str], column: str) -> dict[str, int]:
    """Row of each network that has one."""
    row_of: dict[str, int] = {}
    unknown = []
    for row, key in enumerate(keys):
        if key in row_of:
            raise DataFileError(f"{table.place(row)}: {shown(key)} is there already")
        if key in known:
            row_of[key] = row
        else:
            unknown.append(key)
    if not row_of:
        raise DataFileError(
            f"{table.path}: no column has names of the models, such as {named(sorted(known), 2)}"
        )
    if unknown:
        warnings.warn(
            f"{table.path}: no model has the name {named(unknown)} in column {shown(column)}; their labels "
            "are not read",
            UserWarning,
            stacklevel=2,
        )
    return row_of
