"""Values that are missing where a stage has blocks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._frames._plan import MARK
from fgp_sklearn.architectures._frames._table import Column
from fgp_sklearn.architectures._messages import shown

_SHOWN = 3  # columns
_OFTEN = 0.1  # share of blocks without a text from which its absence is a category


class Missing(NamedTuple):
    """Values that a column should have.

    Parameters
    ----------
    column : str
        Name of the column.
    rows : ndarray of int
        The rows without a value.
    """

    column: str
    rows: NDArray[np.int64]


def missing_values(
    stages: Sequence[Mapping[str, Column]],
    shared: Sequence[Column],
    depths: NDArray[np.int64],
    certain: tuple[str | None, ...],
) -> tuple[Missing, ...]:
    """Find values that are missing by mistake.

    A column without any value, and a row whose stage has no blocks, lack nothing. Neither does a choice that
    another one rules out, such as the kernel of blocks that pool: no row with the same value of the other
    choice has it.

    Parameters
    ----------
    stages : sequence of dict of str to Column
        The column of each choice of each stage.
    shared : sequence of Column
        Columns of the whole architecture.
    depths : ndarray of int of shape (n, n_stages)
        Number of blocks of each stage.
    certain : tuple of str or None
        The choices that are the number and the operation of blocks. One row is enough for them to rule out
        another choice. Nothing rules out the first.

    Returns
    -------
    tuple of Missing
        The columns with such values.
    """
    groups = [(depths[:, stage] > 0, columns) for stage, columns in enumerate(stages)]
    groups.append((np.ones(len(depths), dtype=np.bool_), {column.name: column for column in shared}))
    return tuple(
        Missing(columns[name].name, np.flatnonzero(lacking))
        for has_block, columns in groups
        for name, lacking in _lacking(has_block, columns, shared, certain)
    )


def _lacking(
    has_block: NDArray[np.bool_],
    columns: Mapping[str, Column],
    shared: Sequence[Column],
    certain: tuple[str | None, ...],
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The choices of a group that lack values, and where."""
    for name, column in columns.items():
        lacking = has_block & column.is_missing
        if not lacking.any() or column.is_missing.all():
            continue
        others = [(other in certain, own) for other, own in columns.items() if other != name]
        others += [(False, own) for own in shared if own is not column]
        absent = np.zeros_like(lacking)
        depth = columns.get(certain[0] or "", column)
        if depth is not column:  # it says how many blocks may lack the choice
            absent |= depth.is_missing
        for is_certain, other in others if name != certain[0] else ():
            absent |= _ruled_out(lacking, has_block, other, is_certain)
        lacking &= ~absent
        is_text = column.texts is not None or MARK in name
        if lacking.any() and not (is_text and lacking.sum() > _OFTEN * has_block.sum()):
            yield name, lacking


def _ruled_out(
    lacking: NDArray[np.bool_], has_block: NDArray[np.bool_], other: Column, is_certain: bool
) -> NDArray[np.bool_]:
    """Rows whose value of another choice goes with no value in all rows that have it."""
    known = has_block & ~other.is_missing
    values = other.numbers if other.numbers is not None else np.array(other.texts, dtype=object)
    code: dict[object, int] = {}
    codes = np.array([code.setdefault(value, len(code)) for value in values[known].tolist()], dtype=np.int64)
    totals = np.bincount(codes)
    is_out = (np.bincount(codes, lacking[known]) == totals) & (
        totals >= (1 if is_certain or other.texts is not None else 2)
    )
    ruled_out = np.zeros(len(lacking), dtype=np.bool_)
    ruled_out[known] = is_out[codes]
    return ruled_out


def warn_of_missing(missing: Sequence[Missing], depths: Sequence[str], place: Callable[[int], str]) -> None:
    """Warn of values that are missing by mistake.

    Parameters
    ----------
    missing : sequence of Missing
        What `missing_values` found.
    depths : sequence of str
        Columns that are the number of blocks of a stage.
    place : callable
        Text about a row.
    """
    if not missing:
        return
    listed = sorted(missing, key=lambda own: own.column not in depths)
    told = "; ".join(
        f"column {shown(own.column)} has {len(own.rows):,} of them, the first at {place(int(own.rows[0]))}"
        for own in listed[:_SHOWN]
    )
    more = "" if len(listed) <= _SHOWN else f"; and {len(listed) - _SHOWN:,} more such columns"
    as_one = " A missing number of blocks is read as 1." if listed[0].column in depths else ""
    warnings.warn(
        f"values are missing where architectures have blocks: {told}{more}.{as_one} Fill them in, or leave "
        "out these rows. If a choice may be absent, write this as 'off' among texts or 0 among numbers",
        UserWarning,
        stacklevel=4,
    )
