"""Advice on the names of columns, which decide what the architectures of a table have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._frames._plan import FramePlan
from fgp_sklearn.architectures._frames._table import read_column
from fgp_sklearn.architectures._frames._unread import Values, split_unread
from fgp_sklearn.architectures._messages import named, shown

_DEPTH_NAMES = re.compile(
    r"((n|num|number|number.of)[_. -]?)?(layers?|blocks?|cells?|repeats?|repetitions?|depths?)|n|d",
    re.IGNORECASE,
)
_MOST_BLOCKS = 100  # a larger number is a width or a resolution
_NUMBER = re.compile(r"\d+")
_ALIKE = 0.8  # similarity of names of which one may be mistyped
_SHOWN = 3  # choices of which a message tells the stages


class Advice(NamedTuple):
    """What should be warned of before the columns of a plan are read.

    Parameters
    ----------
    mistyped : dict of str to str
        Columns that are not read and have nearly the name of a column of a stage, and that name.
    shared : list of str
        Columns that are not read and may be choices of whole architectures.
    labels : str
        Which others are not read, and why they are hardly such choices.
    partial : str or None
        Which choices only some stages have.
    depth : str or None
        The choice that reads as a number of blocks, though it is not read as one.
    """

    mistyped: dict[str, str]
    shared: list[str]
    labels: str
    partial: str | None
    depth: str | None


def advice_of(X: Any, plan: FramePlan, depth: str | None, op_attr: str) -> Advice:
    """Find choices whose names differ between stages, and a number of blocks with another name.

    Parameters
    ----------
    X : table
        A table.
    plan : FramePlan
        The columns of each stage.
    depth, op_attr : str or None, str
        See `from_frame`.

    Returns
    -------
    Advice
        Problems without a cure, for a caller that knows its own words.
    """
    choices = {name: _columns(plan, name) for stage in plan.stages for name in stage}
    typos = mistyped(plan)
    shared, labels = split_unread({name: _values(X, name) for name in plan.ignored if name not in typos})
    has_names = plan.is_by_choice or plan.apart  # columns apart explain why other stages lack a choice
    partial = None if has_names else _partial(choices, len(plan.stages), {depth, op_attr})
    if depth is None or depth in choices:
        return Advice(typos, shared, labels, partial, None)
    everywhere = [name for name, own in choices.items() if len(own) == len(plan.stages) and name != op_attr]
    counts = (name for name in everywhere if _DEPTH_NAMES.fullmatch(name) and _is_count(X, choices[name]))
    return Advice(typos, shared, labels, partial, next(counts, None))


def mistyped(plan: FramePlan) -> dict[str, str]:
    """Columns that are not read and have nearly the name of a column of a stage.

    Parameters
    ----------
    plan : FramePlan
        The columns of each stage.

    Returns
    -------
    dict of str to str
        For each such column the name that may be meant.
    """
    read = [column for stage in plan.stages for column in stage.values()]
    numbers = {name: number[0] for name in plan.ignored if (number := _NUMBER.search(name))}
    near = {name: get_close_matches(name, read, n=1, cutoff=_ALIKE) for name in numbers}
    return {name: _NUMBER.sub(numbers[name], found[0], count=1) for name, found in near.items() if found}


def _values(X: Any, name: str) -> Values | None:
    try:
        column = read_column(X, name)
    except ArchitectureError:
        return None
    return column.texts if column.numbers is None else column.numbers


def _columns(plan: FramePlan, name: str) -> list[str]:
    return [stage[name] for stage in plan.stages if name in stage]


def _partial(choices: dict[str, list[str]], n_stages: int, spared: set[str | None]) -> str | None:
    """Which choices only some stages have; an absent depth or operation has a meaning."""
    partial = [name for name, own in choices.items() if len(own) < n_stages and name not in spared]
    if not partial:
        return None
    meant = {name: _alike(name, choices) for name in partial}
    listed = [name for name in partial if name not in meant.values()]
    listed.sort(key=lambda name: (meant[name] is None, len(choices[name])))  # likely mistakes first
    told = "; ".join(_told(name, choices[name], n_stages, meant[name]) for name in listed[:_SHOWN])
    more = len(listed) - _SHOWN
    return told if more <= 0 else f"{told}; and so are {more:,} others"


def _told(name: str, own: Sequence[str], n_stages: int, meant: str | None) -> str:
    column = f"column{'s' * (len(own) > 1)} {named(own, at_most=2)}"
    question = "" if meant is None else f"; did you mean {shown(meant)}?"
    return f"{shown(name)} ({column}) is a choice of {len(own)} of {n_stages} stages only{question}"


def _alike(name: str, choices: dict[str, list[str]]) -> str | None:
    """A choice with a similar name that more stages have."""
    more = [other for other, own in choices.items() if len(own) > len(choices[name])]
    return next(iter(get_close_matches(name, more, n=1, cutoff=0.7)), None)


def _is_count(X: Any, columns: Sequence[str]) -> bool:
    """Whether columns hold numbers of blocks: small integers that differ."""
    found = [read_column(X, column).numbers for column in columns]
    numbers = [own[~np.isnan(own)] for own in found if own is not None]
    if len(numbers) < len(found) or not all(map(len, numbers)):
        return False
    joined = np.concatenate(numbers)
    return bool((joined == np.floor(joined)).all() and joined.min() >= 0 and joined.max() <= _MOST_BLOCKS)
