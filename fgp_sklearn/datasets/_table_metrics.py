"""metrics_of: which columns of a table have metrics, and their numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from fgp_sklearn.architectures._messages import no_column, shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._table_file import TableFile
from fgp_sklearn.datasets._table_values import FloatArray, numbers_of

_INDEX = frozenset({"", "unnamed: 0", "index", "idx", "id"})


def metrics_of(
    table: TableFile, used: Collection[str], metrics: Sequence[str] | None, wanted: Sequence[str]
) -> tuple[dict[str, FloatArray], list[str]]:
    """Metrics in the columns of a table.

    Parameters
    ----------
    table : TableFile
        The table.
    used : collection of str
        Columns that hold something else.
    metrics : sequence of str or None
        Columns with metrics; None for those that have numbers.
    wanted : sequence of str
        Columns that must have numbers.

    Returns
    -------
    values : dict of str to ndarray of float64 of shape (n,)
        Numbers of each metric, NaN where there is none.
    counting : list of str
        Columns that only count the rows.
    """
    asked = list(dict.fromkeys([*(metrics or ()), *wanted]))
    lacking = [name for name in asked if name not in table.columns]
    if lacking:
        raise DataFileError(f"{table.place()}: {no_column(lacking, table.columns)}")
    values: dict[str, FloatArray] = {}
    counting = []
    for name in table.columns:
        if name not in asked and (name in used or metrics is not None):
            continue
        numbers, wrong = numbers_of(table.columns[name], table.has_decimal_comma)
        n_numbers = len(numbers) - int(np.isnan(numbers).sum())
        if name not in asked and (n_numbers < len(wrong) or (wrong and not n_numbers)):
            continue
        if wrong:
            raise DataFileError(
                f"{table.place(wrong[0])}: column {shown(name)} has {shown(table.columns[name][wrong[0]])}; "
                "give a finite number, or leave the field empty"
                + ("" if name in asked else ". If it is no metric, name those that are with metrics=")
            )
        if name not in asked and _counts_rows(name, numbers):
            counting.append(name)
        elif name:
            values[name] = numbers
    return values, counting


def _counts_rows(name: str, numbers: FloatArray) -> bool:
    """Whether a column numbers the rows, as an index that pandas has written."""
    if name.lower() in _INDEX:
        return bool((numbers == np.floor(numbers)).all() and len(np.unique(numbers)) == len(numbers))
    return len(numbers) > 2 and numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all())
