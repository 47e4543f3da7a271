"""Columns of a table from any library, as lists of Python values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, no_column, shown

_MISSING_TYPES = ("NAType", "NaTType")
_LIBRARIES = "a pandas or polars DataFrame, a pyarrow Table or a dictionary of columns"


def is_table(X: Any) -> bool:
    """Whether an object is a table with named columns, and no single column of architectures."""
    names = _names(X)
    if names is None:
        return False
    if len(names) != 1:
        return True
    values = column_values(X, names[0])
    first = next((value for value in values if not is_missing(value)), 0)
    return isinstance(first, (Real, str)) and not isinstance(first, type)


def _names(X: Any) -> list[Any] | None:
    if isinstance(X, Mapping):
        columns = list(X.values())
        return list(X) if all(hasattr(column, "__len__") for column in columns) else None
    found = getattr(X, "column_names", None)
    found = getattr(X, "columns", None) if found is None else found
    if found is None or callable(found) or isinstance(X, type) or not hasattr(X, "__getitem__"):
        return None
    return list(found)


def table_names(X: Any) -> list[str]:
    """Names of the columns of a table, without those that are no text."""
    names = _names(X)
    if names is None:
        raise ArchitectureError(f"expected {_LIBRARIES}, got {type(X).__name__}")
    if len(set(map(str, names))) < len(names):
        raise ArchitectureError("the frame has two columns of the same name; rename one")
    texts = [name for name in names if isinstance(name, str)]
    if names and not texts:
        raise ArchitectureError(
            f"the columns have names that are no text: {named(names)}; name them as 'stage2_kernel', or "
            "convert the names: frame.columns = frame.columns.map(str)"
        )
    return texts


def row_names(X: Any) -> list[str] | None:
    """Index of a pandas DataFrame as text; None if it counts the rows from 0, or there is none."""
    index = getattr(X, "index", None)
    if index is None or callable(index) or not hasattr(X, "iloc"):
        return None
    if all(getattr(index, name, None) == end for name, end in (("start", 0), ("step", 1))):
        return None
    return list(map(str, index))


def column_values(X: Any, name: Any) -> list[Any] | NDArray[np.float64]:
    """Values of a column: an array if the library knows that all are numbers."""
    column = X[name]
    array = column.to_numpy() if hasattr(column, "to_numpy") else column
    if isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind in "biuf":
        return array.astype(np.float64)
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            values = getattr(column, method)()
            return values if isinstance(values, list) else [values]  # an array without axes has one value
    return list(column)


def is_missing(value: Any) -> bool:
    """Whether a value stands for a missing one: None, NaN, or what pandas has for it."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, (float, np.floating)) and value != value


class Column(NamedTuple):
    """A column of a table.

    Parameters
    ----------
    name : str
        Its name.
    numbers : ndarray of float64 of shape (n,) or None
        Its numbers, NaN where one is missing; None if it has text.
    texts : list of str or None
        Its texts, None where one is missing; None if it has numbers.
    """

    name: str
    numbers: NDArray[np.float64] | None
    texts: list[str | None] | None

    @property
    def values(self) -> list[Any]:
        """Its numbers or its texts."""
        return list(self.texts or ()) if self.numbers is None else self.numbers.tolist()

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        """Whether each value is missing."""
        if self.numbers is not None:
            return np.isnan(self.numbers)
        return np.array([text is None for text in self.texts or ()], dtype=np.bool_)


def read_column(X: Any, name: str) -> Column:
    """Read a column of numbers or of text.

    Parameters
    ----------
    X : table
        A table.
    name : str
        Name of a column.

    Returns
    -------
    Column
        Truth values are the numbers 0 and 1. A column without any value has numbers.
    """
    try:
        raw = column_values(X, name)
    except KeyError:
        raise ArchitectureError(no_column([name], table_names(X))) from None
    array = raw if isinstance(raw, np.ndarray) else None
    if array is not None and np.isfinite(array[~np.isnan(array)]).all():
        return Column(name, array, None)
    values = [None if is_missing(value) else value for value in raw]
    kinds = {isinstance(value, str) for value in values if value is not None}
    if kinds == {True}:
        return Column(name, None, [None if value is None else str.__str__(value) for value in values])
    if len(kinds) > 1:
        raise _mixed(name, values)
    for row, value in enumerate(values):
        if value is not None and not _is_number(value):
            raise ArchitectureError(
                f"column {shown(name)} has {shown(value)}; give finite numbers or text", row
            )
    return Column(name, np.array([np.nan if value is None else float(value) for value in values]), None)


def _mixed(name: str, values: list[Any]) -> ArchitectureError:
    """The error of a column of texts and other values, which names the first of those that are fewer."""
    texts = [row for row, value in enumerate(values) if isinstance(value, str)]
    others = [row for row, value in enumerate(values) if not (value is None or isinstance(value, str))]
    if len(texts) > len(others):
        return ArchitectureError(
            f"column {shown(name)} has {shown(values[others[0]])}, and mostly text elsewhere; give text, "
            "or None",
            others[0],
        )
    return no_number(name, values[texts[0]], texts[0])


def no_number(name: str, value: str, row: int) -> ArchitectureError:
    """The error of a text among numbers."""
    return ArchitectureError(
        f"column {shown(name)} has {shown(value)}, and mostly numbers elsewhere; give a finite number, "
        "or None",
        row,
    )


def check_one_kind(columns: Sequence[Column]) -> None:
    """Refuse columns of one choice of which some have numbers and others text.

    A library that reads files gives a column text if one of its values is no number. The error names this
    value.

    Parameters
    ----------
    columns : sequence of Column
        Columns that have values.
    """
    texts = [column for column in columns if column.texts is not None]
    numbers = [column for column in columns if column.texts is None]
    if not texts or not numbers:
        return
    for column in texts:
        values = {row: text for row, text in enumerate(column.texts or ()) if text is not None}
        wrong = [row for row, text in values.items() if not is_numeral(text)]
        if 0 < len(wrong) < len(values) - len(wrong):
            raise no_number(column.name, values[wrong[0]], wrong[0])
    odd, others, kind = (
        (texts, numbers, "numbers") if len(texts) <= len(numbers) else (numbers, texts, "text")
    )
    row = int(np.argmin(odd[0].is_missing))
    value = odd[0].values[row]
    raise ArchitectureError(
        f"column {shown(odd[0].name)} has {shown(value)}, but the same choice has {kind} in "
        f"{named([column.name for column in others], at_most=3)}; give all of them numbers, or all text",
        row,
    )


def is_numeral(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return bool(np.isfinite(float(text)))
    except (ValueError, OverflowError):
        return False


def _is_number(value: Any) -> bool:
    if not isinstance(value, (Real, np.bool_)):
        return False
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:
        return False
