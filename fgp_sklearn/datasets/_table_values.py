"""Numbers in the cells of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._frames._table import is_missing

FloatArray = NDArray[np.float64]

_MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "null", "none", "<na>"})
_TRUTH = {"true": 1.0, "false": 0.0}
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+", re.ASCII)


def is_absent(value: Any) -> bool:
    """Whether a cell has no value."""
    return value.strip().lower() in _MISSING if isinstance(value, str) else is_missing(value)


def numbers_of(values: Sequence[Any], has_decimal_comma: bool) -> tuple[FloatArray, list[int]]:
    """Numbers of a column.

    Parameters
    ----------
    values : sequence
        Its cells.
    has_decimal_comma : bool
        Whether ``"93,5"`` is a number.

    Returns
    -------
    numbers : ndarray of float64 of shape (n,)
        NaN where there is none.
    wrong : list of int
        Rows that have a value that is no finite number.
    """
    numbers = np.full(len(values), np.nan)
    wrong = []
    for row, value in enumerate(values):
        if is_absent(value):
            continue
        numbers[row] = _number(value, has_decimal_comma)
        if not np.isfinite(numbers[row]):
            numbers[row] = np.nan
            wrong.append(row)
    return numbers, wrong


def _number(value: Any, has_decimal_comma: bool) -> float:
    """A number; NaN for anything else."""
    if isinstance(value, str):
        text = value.strip().lower()
        if has_decimal_comma and _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(",", ".")
        value = _TRUTH.get(text, text)
        if "_" in text or not text.isascii():  # which Python reads as digits
            return np.nan
    elif not isinstance(value, (Real, Decimal, np.bool_)):
        return np.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return np.nan
