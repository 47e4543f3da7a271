"""Columns that a search is told beside values: their names, limits and directions, and rows of mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from fgp_sklearn.architectures._messages import shown

SUCCEEDS = "training succeeds"  # name of the column of successes
_TAKEN = ("", "self", "architectures", "values", "value", "epochs", SUCCEEDS)
_DIRECTIONS = ("maximize", "minimize")

Limits = tuple[float | None, float | None]


def limits_of(limits: Limits) -> tuple[float, float]:
    """Smallest and largest allowed value, infinite where there is none."""
    low, high = limits
    return -np.inf if low is None else low, np.inf if high is None else high


def check_columns(objectives: Any, constraints: Any, costs: Any) -> None:
    """Raise an error if objectives, constraints or costs are malformed.

    Parameters
    ----------
    objectives, constraints, costs : mapping or None
        Parameters of a search.

    Raises
    ------
    TypeError
        If one is no mapping, or a cost is no function.
    ValueError
        If a name is taken, or a direction or limits are malformed.
    """
    for what, given, example in (
        ("objectives", objectives, "{'latency': 'minimize'}"),
        ("constraints", constraints, "{'latency': (None, 20.0)}"),
        ("costs", costs, "{'latency': function}"),
    ):
        if not (given is None or isinstance(given, Mapping)):
            raise TypeError(f"{what} is {shown(given)}; pass a mapping, such as {example}")
        for name in given or ():
            if not isinstance(name, str) or name in _TAKEN:
                raise ValueError(f"no column can have the name {shown(name)}; rename it in {what}")
    if len(objectives or ()) > 1:
        raise ValueError(f"there are {len(objectives)} further objectives; pass one at most")
    for name, direction in (objectives or {}).items():
        if direction not in _DIRECTIONS:
            raise ValueError(
                f"the direction of {shown(name)} is {shown(direction)}; pass 'maximize' or 'minimize'"
            )
    for name, limits in (constraints or {}).items():
        if not _are_limits(limits):
            raise ValueError(
                f"constraint {shown(name)} is {shown(limits)}; pass (smallest, largest), two numbers in this "
                "order, or None for one of them"
            )
    for name, cost in (costs or {}).items():
        if not callable(cost):
            raise TypeError(
                f"the cost {shown(name)} is {shown(cost)}; pass a function from a batch to one number per "
                "architecture"
            )


def check_names(told: Iterable[str], wanted: Iterable[str], costs: Iterable[str], all_failed: bool) -> None:
    """Raise an error if a column that is told is unknown, or one is missing.

    Parameters
    ----------
    told, wanted, costs : iterable of str
        Names that are told, those that should be, and those that are computed.
    all_failed : bool
        Whether all trainings failed, so that columns may be missing.

    Raises
    ------
    ValueError
        If names are unknown or missing.
    """
    told, wanted = list(told), list(wanted)
    for name in told:
        if name in wanted:
            continue
        if name in costs:
            raise ValueError(f"column {shown(name)} is computed by costs; do not tell it")
        raise ValueError(f"unknown column {shown(name)}; declare it in constraints= or objectives=")
    for name in wanted:
        if name not in told and not all_failed:
            raise ValueError(f"column {shown(name)} is missing; tell one number, or None, per architecture")


def rows_apart(
    values: Any, columns: Mapping[str, Any], wanted: Iterable[str]
) -> tuple[Any, Mapping[str, Any]]:
    """Values and columns, from what may be a mapping per architecture.

    Parameters
    ----------
    values : array-like, mapping or None
        Values, or mappings with the key ``"value"`` and those of columns.
    columns : mapping of str to array-like
        Columns that are told apart from the values.
    wanted : iterable of str
        Keys that a mapping has beside ``"value"`` if its training succeeded.

    Returns
    -------
    values : array-like or None
        One value per architecture.
    columns : mapping of str to array-like
        All columns.

    Raises
    ------
    ValueError
        If a key is missing.
    """
    listed = [values] if isinstance(values, Mapping) else values
    if not isinstance(listed, list | tuple) or not any(isinstance(value, Mapping) for value in listed):
        return values, columns
    rows = [value if isinstance(value, Mapping) else {"value": value} for value in listed]
    for index, row in enumerate(rows):
        for name in ("value", *(wanted if row.get("value") is not None else ())):
            if name not in row and name not in columns:
                raise ValueError(
                    f"missing key {shown(name)} in the result of architecture {index}, {shown(row)}; return "
                    "it, or None if it is unknown"
                )
    names = dict.fromkeys(name for row in rows for name in row if name != "value")
    found = {name: [row.get(name) for row in rows] for name in names}
    return [row["value"] for row in rows], {**columns, **found}


def _are_limits(limits: Any) -> bool:
    if not isinstance(limits, list | tuple) or len(limits) != 2:
        return False
    numbers = [limit for limit in limits if limit is not None]
    if not all(isinstance(limit, Real) and not np.isnan(float(limit)) for limit in numbers):
        return False
    low, high = limits_of((limits[0], limits[1]))
    return low <= high
