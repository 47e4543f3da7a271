"""read_table: architectures and metrics from a CSV, JSON lines or Parquet file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from fgp_sklearn.architectures._messages import named
from fgp_sklearn.datasets._table_architectures import Found, architectures_of
from fgp_sklearn.datasets._table_file import TableFile, read_table_file
from fgp_sklearn.datasets._table_metrics import metrics_of
from fgp_sklearn.datasets._table_values import FloatArray, is_absent

_LONGEST_NAME = 200


def read_table(
    path: str | PathLike[str],
    *,
    column: str | None = None,
    form: str | None = None,
    stages: Any = None,
    shared: Sequence[str] = (),
    depth: str | None = "depth",
    metrics: Sequence[str] | None = None,
    target: str | Sequence[str] | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    r"""Read architectures and their metrics from a CSV, JSON lines or Parquet file.

    The table has one row per architecture: a column with a text of it, or one column per choice, beside
    columns with metrics. Cells without a value are NaN, so architectures without a label may be in the same
    table.

    What is what is found out as follows, and `columns` and `DESCR` of the result say it. The architectures
    are in the column with texts in a form that cannot be mistaken (see
    :func:`~fgp_sklearn.architectures.from_text`), otherwise in columns named as ``stage1_kernel``. All
    other columns of numbers are metrics, except one that only counts the rows. The first other column of
    text without repetitions has the names of the architectures. Pairs in JSON lines may have numbers at their
    operations, as in ``{"op": "conv", "kernel": 5}``. All of them become attributes of nodes.

    Parameters
    ----------
    path : str or path-like
        The file. CSV has the names of columns in the first line; the delimiter is a comma, a semicolon or a
        tab. JSON lines has one object per line. Parquet is read by pyarrow, polars or pandas.
    column : str, optional
        Column with the architectures.
    form : str, optional
        Form of the architectures, as in ``from_text``. Needed if it could be mistaken; the error lists those
        that would fit.
    stages : str, list or dict, optional
        Columns of the choices of each stage, as in :func:`~fgp_sklearn.architectures.from_frame`.
    shared : list of str, default=()
        Columns that describe whole architectures, as in ``from_frame``.
    depth : str or None, default="depth"
        The choice that is the number of blocks of its stage, as in ``from_frame``.
    metrics : list of str, optional
        Columns with metrics. By default all columns of numbers that are nothing else.
    target : str or list of str, optional
        Metric or metrics to predict. By default all metrics; if there is one, the target has one dimension.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether to return the target as a pandas Series or DataFrame, and to set `frame`.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ArchitectureBatch
            The architectures in the order of the rows.
        target : ndarray of float64 of shape (n,) or (n, n_targets)
            NaN where there is no label.
        target_names : list of str
            Names of the target columns.
        metrics : dict of str to ndarray of shape (n,)
            All metrics.
        names : list of str
            Name of each architecture: of the column with names, its text, or its line.
        lines : list of int
            Line of each architecture in the file, counted from 1; in Parquet the row.
        forms : tuple of str
            Forms of the texts.
        columns : dict of str to list of str
            Columns by what they were taken for: ``"architecture"``, ``"metrics"``, ``"names"``, ``"other"``.
        frame : DataFrame or None
            All columns. None unless ``as_frame=True``.
        filename : str
            The file.
        DESCR : str
            What was read.

    (data, target) : tuple if ``return_X_y=True``
        The first two attributes.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed. The message gives file and line.
    DataFileError
        If the file is malformed, if a metric has a value that is no number, or if it cannot be told which
        columns hold the architectures. The message gives file and line, or the columns.
    ImportError
        If the file is Parquet and no library that reads it is installed, or pandas for ``as_frame=True``.
    OSError
        If the file cannot be read.
    ValueError
        If parameters contradict each other, or there is no form of this name.

    Warns
    -----
    UserWarning
        If columns are not read, or names of columns need a look; see ``from_frame``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from fgp_sklearn.datasets import nasbench201_space, read_table
    >>> cells = nasbench201_space().names[:3]
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "cells.csv")
    ...     _ = file.write_text(f"arch,accuracy\n{cells[0]},91.5\n{cells[1]},\n{cells[2]},90.25\n")
    ...     table = read_table(file)
    >>> table.data
    ArchitectureBatch(n_architectures=3, n_nodes=24, n_edges=30, n_ops=5)
    >>> table.target
    array([91.5 ,   nan, 90.25])
    >>> table.columns
    {'architecture': ['arch'], 'metrics': ['accuracy'], 'names': [], 'other': []}
    """
    table = read_table_file(path)
    found = architectures_of(table, column, form, stages, shared, depth)
    wanted = [] if target is None else [target] if isinstance(target, str) else list(target)
    values, counting = metrics_of(table, found.columns, metrics, wanted)
    columns = _columns(table, found, list(values), counting)
    bunch = Bunch(
        data=found.data,
        target=_target(values, target, len(found.data)),
        target_names=wanted or list(values),
        metrics=values,
        names=_names(table, found, columns["names"]),
        lines=table.lines,
        forms=found.forms,
        columns=columns,
        frame=None,
        filename=str(table.path),
        DESCR=_description(table, found, columns),
    )
    if as_frame:
        import pandas as pd  # not at the top: pandas is not a dependency

        bunch.frame = pd.DataFrame({**table.columns, **values})
        bunch.target = bunch.frame[target if isinstance(target, str) else bunch.target_names]
    return (bunch.data, bunch.target) if return_X_y else bunch


def _columns(table: TableFile, found: Found, metrics: list[str], counting: list[str]) -> dict[str, list[str]]:
    """Columns by what they are taken for, with a warning of those that are not read."""
    rest = [name for name in table.columns if name not in (*found.columns, *metrics)]
    texts = [name for name in rest if name not in counting]
    named_by = [name for name in texts if _are_names(table.columns[name])][:1] or counting[:1]
    other = [name for name in rest if name not in (*named_by, *counting) and name]
    if other:
        warnings.warn(
            f"{table.path}: columns are not read: {named(other)}. Remove them, or say what they are with "
            "metrics= or shared=",
            UserWarning,
            stacklevel=3,
        )
    return {
        "architecture": list(found.columns),
        "metrics": metrics,
        "names": named_by,
        "other": [*other, *(name for name in counting if name not in named_by)],
    }


def _are_names(values: Sequence[Any]) -> bool:
    return all(isinstance(v, str) and not is_absent(v) and len(v) <= _LONGEST_NAME for v in values) and len(
        set(values)
    ) == len(values)


def _names(table: TableFile, found: Found, named_by: Sequence[str]) -> list[str]:
    if named_by:
        return [str(value).strip() for value in table.columns[named_by[0]]]
    if found.data.names is not None:
        return [str(name) for name in found.data.names]
    return [f"{table.unit} {line}" for line in table.lines]


def _target(values: dict[str, FloatArray], target: str | Sequence[str] | None, n: int) -> FloatArray:
    if isinstance(target, str):
        return values[target]
    columns = [values[name] for name in (values if target is None else target)]
    if target is None and len(columns) == 1:
        return columns[0]
    return np.stack(columns, axis=1) if columns else np.empty((n, 0))


def _description(table: TableFile, found: Found, columns: dict[str, list[str]]) -> str:
    source = f"in the form {named(found.forms)}" if found.forms else "from choices"
    parts = [f"{table.path}: {len(found.data):,} architectures, {source}"]
    parts += [f"{what}: {named(names)}" for what, names in columns.items() if names]
    return ". ".join(parts)
