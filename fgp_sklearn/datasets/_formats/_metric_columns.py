"""MetricColumns: metrics of architectures, collected row by row."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._left_out import LEFT_OUT
from fgp_sklearn.datasets._formats._numpy_array import NumpyArray

_MOST_ENTRIES = 2**25  # 256 MiB


class MetricColumns:
    """Metrics, one column each, NaN where a row has none."""

    def __init__(self) -> None:
        self._columns: dict[str, array[float]] = {}
        self._n_rows = 0

    def add(self, row: Mapping[str, float]) -> None:
        """Add a row.

        Parameters
        ----------
        row : mapping of str to float
            Metrics of the next architecture.

        Raises
        ------
        DataFileError
            If rows have so many different metrics that the table would not fit into memory.
        """
        n_columns = len(self._columns.keys() | row.keys())
        if (self._n_rows + 1) * n_columns > _MOST_ENTRIES:
            raise DataFileError(f"it has {n_columns:,} different metrics, more than any benchmark")
        for name, value in row.items():
            column = self._columns.setdefault(name, array("d"))
            column.extend(repeat(math.nan, self._n_rows - len(column)))
            column.append(value)
        self._n_rows += 1

    def finish(self) -> dict[str, NDArray[np.float64]]:
        """The columns, in the order in which they first occurred."""
        for column in self._columns.values():
            column.extend(repeat(math.nan, self._n_rows - len(column)))
        return {name: np.array(column) for name, column in self._columns.items()}


def number(value: Any, name: str) -> float:
    """A metric as a float; NaN if it is missing or not finite.

    Parameters
    ----------
    value : object
        Value from a file.
    name : str
        What it is, for the error message.

    Returns
    -------
    float
        A finite number or NaN.

    Raises
    ------
    DataFileError
        If the value is no number.
    """
    if value is None or value is LEFT_OUT:
        return math.nan
    if type(value) not in (int, float):
        raise DataFileError(f"{name} is {shown(value)}; expected a number")
    try:
        found = float(value)
    except OverflowError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def numbers(values: Any, name: str) -> NDArray[np.float64]:
    """A list or an array of numbers, as `number` reads each of them."""
    if type(values) is NumpyArray:
        found = values.values.astype(np.float64)
        return np.where(np.isfinite(found), found, np.nan)
    if type(values) is not list and type(values) is not tuple:
        raise DataFileError(f"{name} is {shown(values)}; expected a list of numbers")
    return np.array([number(value, name) for value in values], dtype=np.float64)


def mean(values: Iterable[float]) -> float:
    """Mean of the numbers that are not NaN; NaN if there is none."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def deviation(values: Iterable[float]) -> float:
    """Standard deviation of the numbers that are not NaN; NaN if there are fewer than two."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return math.nan
    middle = mean(known)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in known) / (len(known) - 1))
