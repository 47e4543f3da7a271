"""Chains of blocks from the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._frames._missing import Missing, missing_values
from fgp_sklearn.architectures._frames._plan import MARK, STAGE, FramePlan
from fgp_sklearn.architectures._frames._table import (
    Column,
    check_one_kind,
    is_numeral,
    read_column,
    row_names,
)
from fgp_sklearn.architectures._messages import named, shown, with_nearest
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.architectures._texts._chains import chain_columns
from fgp_sklearn.operations._part import PART_MARK

BLOCK = "block"  # operation of a block without a name
DEPTH = "depth"  # usual name of the choice that is a number of blocks
_DEEPEST = 10_000
_MOST_NODES = 200_000_000

Categories = dict[str, tuple[str, ...]]


def stage_mark(number: float) -> str:
    """Beginning of the names of operations of a stage."""
    return f"{STAGE}{number:g}{PART_MARK}"


class _Choice(NamedTuple):
    """Columns of one choice: one per stage, None for a stage without it; or one that all stages share."""

    name: str
    columns: list[Column | None]

    def numbers(self, n: int) -> NDArray[np.float64]:
        """Numbers of shape (n, n_columns)."""
        absent = np.full(n, np.nan)
        own = [absent if c is None or c.numbers is None else c.numbers for c in self.columns]
        return np.stack(own, axis=1)

    def texts(self, n: int) -> NDArray[np.object_]:
        """Texts of shape (n, n_columns), None where there is none."""
        texts = np.full((n, len(self.columns)), None, dtype=object)
        for position, column in enumerate(self.columns):
            if column is not None and column.texts is not None:
                texts[:, position] = column.texts
        return texts

    def has_text(self) -> bool:
        """Whether the choice is one of categories. A column without values fits both."""
        present = [c for c in self.columns if c is not None and not c.is_missing.all()]
        check_one_kind(present)
        return bool(present) and present[0].texts is not None


class FrameReading(NamedTuple):
    """What a table says.

    Parameters
    ----------
    columns : ArchitectureColumns
        One chain per row.
    categories : dict of str to tuple of str
        Categories of each choice of text, sorted.
    missing : tuple of Missing
        Columns that lack values where stages have blocks.
    """

    columns: ArchitectureColumns
    categories: Categories
    missing: tuple[Missing, ...]


def read_table(
    X: Any,
    plan: FramePlan,
    depth: str | None,
    op: str,
    *,
    stage_ops: bool,
    categories: Mapping[str, Sequence[str]] | None = None,
) -> FrameReading:
    """Read one chain per row.

    Parameters
    ----------
    X : table
        A table.
    plan : FramePlan
        The columns of each stage.
    depth : str or None
        The choice that is a number of blocks.
    op : str
        The choice that is the operation of blocks.
    stage_ops : bool
        Whether names of operations begin with the stage.
    categories : mapping of str to sequence of str, optional
        Known categories of each choice of text. By default those that occur.

    Returns
    -------
    FrameReading
        The chains, and the categories.
    """
    choices = _choices(X, plan)
    n = _length(choices)
    if depth not in (None, DEPTH) and depth not in choices:
        problem = f"no choice has the name depth={depth!r}"
        raise ArchitectureError(with_nearest(problem, depth, "choices", choices))
    special = {name: choices.pop(name, None) for name in (depth, op) if name is not None}
    depths = _depths(special.get(depth or ""), _present(choices, special, plan, n))
    missing = missing_values(*_by_stage(choices | special, plan), depths, (depth, op))
    ops = _operations(special[op], depths)
    if stage_ops:
        ops = np.array([stage_mark(number) for number in range(1, ops.shape[1] + 1)], dtype=object) + ops
    found: Categories = {}
    numbers = {STAGE: np.tile(np.arange(1.0, len(plan.stages) + 1), (n, 1))}
    shared: dict[str, NDArray[np.float64]] = {}
    for choice in choices.values():
        own = shared if choice.name in plan.shared else numbers
        known = None if categories is None else tuple(categories.get(choice.name, ()))
        if choice.has_text() or known:
            found[choice.name] = _categories(choice, n, known)
            own.update(_one_hot(choice, n, found[choice.name]))
        else:
            own[choice.name] = choice.numbers(n)
    return FrameReading(_chains(depths, ops, numbers, shared, row_names(X)), found, missing)


def _choices(X: Any, plan: FramePlan) -> dict[str, _Choice]:
    names = dict.fromkeys(chain.from_iterable(plan.stages))
    choices = {
        name: _Choice(name, [read_column(X, stage[name]) if name in stage else None for stage in plan.stages])
        for name in names
    }
    return choices | {name: _Choice(name, [read_column(X, name)]) for name in plan.shared}


def _by_stage(
    choices: Mapping[str, _Choice | None], plan: FramePlan
) -> tuple[list[dict[str, Column]], list[Column]]:
    """Columns of each stage by choice, and those of the whole architecture."""
    stages: list[dict[str, Column]] = [{} for _ in plan.stages]
    shared = []
    for name, choice in choices.items():
        for stage, column in enumerate(choice.columns if choice is not None else ()):
            if column is not None and name in plan.shared:
                shared.append(column)
            elif column is not None:
                stages[stage][name] = column
    return stages, shared


def _length(choices: Mapping[str, _Choice]) -> int:
    lengths = {len(c.is_missing) for choice in choices.values() for c in choice.columns if c is not None}
    if len(lengths) != 1:
        raise ArchitectureError(f"columns differ in length: {named(sorted(lengths))}")
    if not lengths - {0}:
        raise ArchitectureError(
            "Found array with 0 sample(s): there are no architectures, while a minimum of 1 is required"
        )
    return lengths.pop()


def _present(
    choices: Mapping[str, _Choice], special: Mapping[str, _Choice | None], plan: FramePlan, n: int
) -> NDArray[np.bool_]:
    """Whether any choice of a stage has a value."""
    present = np.zeros((n, len(plan.stages)), dtype=np.bool_)
    for choice in [*choices.values(), *special.values()]:
        if choice is not None and choice.name not in plan.shared:
            for stage, column in enumerate(choice.columns):
                if column is not None:
                    present[:, stage] |= ~column.is_missing
    return present


def _depths(choice: _Choice | None, present: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of blocks of each stage: as the choice says, else 1 if the stage has any value."""
    if choice is None:
        return present.astype(np.int64)
    if choice.has_text():
        columns = [column for column in choice.columns if column is not None]
        texts = {
            (row, column.name): text
            for column in columns
            for row, text in enumerate(column.texts or ())
            if text is not None
        }
        row, name = min(texts, key=lambda place: is_numeral(texts[place]))
        raise ArchitectureError(
            f"{shown(choice.name)} is a number of blocks, but column {shown(name)} has the text "
            f"{shown(texts[row, name])}; give an integer",
            row,
        )
    numbers = choice.numbers(len(present))
    filled = np.where(np.isnan(numbers), present, numbers)
    wrong = (filled < 0) | (filled != np.floor(filled)) | (filled > _DEEPEST)
    if wrong.any():
        row, stage = np.argwhere(wrong)[0].tolist()
        raise ArchitectureError(
            f"choice {shown(choice.name)} of stage {stage + 1} has {filled[row, stage]:g} blocks; give an "
            f"integer from 0 to {_DEEPEST:,}, or name the choice that is a number of blocks with depth=",
            row,
        )
    if filled.sum() > _MOST_NODES:
        raise ArchitectureError(f"there are {filled.sum():,.0f} blocks; at most {_MOST_NODES:,} are read")
    return filled.astype(np.int64)


def _operations(choice: _Choice | None, depths: NDArray[np.int64]) -> NDArray[np.object_]:
    """Operation of the blocks of each stage."""
    ops = np.full(depths.shape, BLOCK, dtype=object)
    if choice is None:
        return ops
    if choice.has_text():
        texts = choice.texts(len(depths))
    else:
        numbers = choice.numbers(len(depths))
        texts = np.array(
            [[None if value != value else f"{value:.15g}" for value in row] for row in numbers.tolist()],
            dtype=object,
        ).reshape(numbers.shape)
    return np.where(texts == None, ops, texts)  # noqa: E711  # elementwise


def _categories(choice: _Choice, n: int, known: tuple[str, ...] | None) -> tuple[str, ...]:
    texts = choice.texts(n)
    if not choice.has_text() and known and not all(c is None or c.is_missing.all() for c in choice.columns):
        raise ArchitectureError(
            f"choice {shown(choice.name)} has numbers; it had the categories {named(known)}"
        )
    found = sorted({text for text in texts.ravel().tolist() if text is not None})
    if known is None:
        return tuple(found)
    unknown = [text for text in found if text not in known]
    if unknown:
        row = int(np.argwhere(texts == unknown[0])[0, 0])
        raise ArchitectureError(
            f"choice {shown(choice.name)} has the unknown category {shown(unknown[0])}; known are "
            f"{named(known) or 'numbers'}. Fit on rows that have it",
            row,
        )
    return known


def _one_hot(choice: _Choice, n: int, categories: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """One attribute per category: 1 or 0, NaN where the choice has no value."""
    texts = choice.texts(n)
    missing = texts == None  # noqa: E711  # elementwise
    return {
        f"{choice.name}{MARK}{category}": np.where(missing, np.nan, (texts == category).astype(np.float64))
        for category in categories
    }


def _chains(
    depths: NDArray[np.int64],
    ops: NDArray[np.object_],
    numbers: Mapping[str, NDArray[np.float64]],
    shared: Mapping[str, NDArray[np.float64]],
    names_of_rows: list[str] | None,
) -> ArchitectureColumns:
    """Chains of the blocks of all stages, from numbers per stage and numbers per row."""
    cell = np.repeat(np.arange(depths.size), depths.ravel())  # row and stage of each block
    sizes = depths.sum(axis=1) + 2
    starts = offsets(sizes)
    is_block = np.ones(int(starts[-1]), dtype=np.bool_)
    is_block[starts[:-1]] = is_block[starts[1:] - 1] = False
    names = np.full(len(is_block), "output", dtype=object)
    names[starts[:-1]] = "input"
    names[is_block] = ops.ravel()[cell]
    attributes = {}
    for name, own in [*numbers.items(), *shared.items()]:
        column = np.full(len(is_block), np.nan)
        column[is_block] = np.broadcast_to(own, depths.shape).ravel()[cell]
        if name in shared:
            column[starts[:-1]] = own[:, 0]
        attributes[name] = column
    return chain_columns(names.tolist(), sizes, attributes, names_of_rows)
