"""FramePlan: which columns of a table make up which stage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, nearest, no_column, shown

STAGE = "stage"  # attribute with the number of the stage
MARK = "="  # between a choice and one of its categories, as in "activation=relu"
_FOUND = re.compile(r"(?P<word>[^\W\d_]+)[_. -]?(?P<number>\d{1,9})[_. -](?P<attribute>.+)", re.DOTALL)
#: How to name the choices of stages if names of columns do not tell them.
CHOICES_OF_STAGES = (
    "A choice has one name in all stages: stages=[{'kernel': 'k1', 'depth': 'd1'}, {'kernel': 'k2', 'depth': "
    "'d2'}]. In lists it is the name without its last number, stages=[['k1', 'd1'], ['k2', 'd2']], and "
    "depth='d' says which choice is the number of blocks"
)
_TRAILING = re.compile(r"[_. -]?\d+$")


@dataclass(frozen=True, slots=True)
class FramePlan:
    """Columns of each stage.

    Parameters
    ----------
    stages : tuple of dict of str to str
        For each stage the column of each attribute.
    shared : tuple of str
        Columns that describe the whole architecture.
    ignored : tuple of str
        Columns that were not asked for by name and are not read.
    is_by_choice : bool
        Whether a user has named the choices of each stage.
    apart : tuple of str
        Columns of stages beside a gap in the numbers of stages.
    """

    stages: tuple[dict[str, str], ...]
    shared: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    is_by_choice: bool = False
    apart: tuple[str, ...] = ()


def plan_of(columns: Sequence[str], stages: Any, shared: Any) -> FramePlan:
    """Find the columns of each stage.

    Parameters
    ----------
    columns : sequence of str
        Columns of the table.
    stages, shared : object
        See `from_frame`.

    Returns
    -------
    FramePlan
        The columns to read.
    """
    own = _listed("shared", shared)
    if stages is None or isinstance(stages, str):
        found = _by_number(columns, stages, own)
        used = {column for stage in found for column in stage.values()}
        ignored = tuple(column for column in columns if column not in used and column not in own)
        apart = columns_apart(column for stage in found for column in stage.values())
        return _checked(FramePlan(found, own, ignored, apart=apart), columns)
    given = list(stages.values()) if isinstance(stages, Mapping) else stages
    if not isinstance(given, (list, tuple)) or not given:
        raise ArchitectureError(
            "stages must be a list with the columns of each stage, the word before their numbers, or None, "
            f"got {shown(stages)}"
        )
    found = tuple(_stage(stage, n) for n, stage in enumerate(given, 1))
    is_by_choice = all(isinstance(stage, Mapping) for stage in given)
    return _checked(FramePlan(found, own, is_by_choice=is_by_choice), columns)


def _by_number(
    columns: Sequence[str], word: str | None, shared: tuple[str, ...]
) -> tuple[dict[str, str], ...]:
    """Stages of columns such as ``stage2_kernel``."""
    stages: dict[int, dict[str, str]] = {}
    words: dict[str, list[str]] = {}
    for column in columns:
        match = _FOUND.fullmatch(column)
        if match is None or column in shared or word not in (None, match["word"]):
            continue
        words.setdefault(match["word"], []).append(column)
        stage = stages.setdefault(int(match["number"]), {})
        if match["attribute"] in stage:
            raise ArchitectureError(
                f"columns {shown(stage[match['attribute']])} and {shown(column)} mean the same; rename one"
            )
        stage[match["attribute"]] = column
    if not stages:
        raise ArchitectureError(
            f"no column is named as {(word or 'stage') + '2_kernel'!r}; columns are {named(columns)}. Rename "
            f"them, or give the columns of each stage. {CHOICES_OF_STAGES}"
        )
    if len(words) > 1:
        raise ArchitectureError(_several_words(words))
    return tuple(stages[number] for number in sorted(stages))


def _several_words(words: Mapping[str, Sequence[str]]) -> str:
    """Problem of columns that begin with several words, of which a rare one may be mistyped."""
    usual, *rare = sorted(words, key=lambda word: (-len(words[word]), word))
    mistyped = next(
        (word for word in rare if len(words[word]) < len(words[usual]) and nearest(word, [usual])), None
    )
    hint = (
        ""
        if mistyped is None
        else f"did you mean {usual!r} in {named(words[mistyped], at_most=3)}? Otherwise "
    )
    return (
        f"columns with numbers begin with several words, {named(sorted(words))}; {hint}say which "
        f"numbers stages: stages={usual!r}"
    )


def columns_apart(columns: Iterable[str]) -> tuple[str, ...]:
    """Columns whose stages stand beside a gap in the numbers: all outside of the longest run of numbers.

    Parameters
    ----------
    columns : iterable of str
        Columns such as ``stage2_kernel`` with one word before their numbers.

    Returns
    -------
    tuple of str
        None of them if no two stages follow each other.

    Examples
    --------
    >>> from fgp_sklearn.architectures._frames._plan import columns_apart
    >>> columns_apart(["stage1_kernel", "stage2_kernel", "stage33_kernel"])
    ('stage33_kernel',)
    """
    number_of = {column: int(match["number"]) for column in columns if (match := _FOUND.fullmatch(column))}
    runs: list[list[int]] = []
    for number in sorted(set(number_of.values())):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    longest = max(runs, key=len, default=[])
    if len(longest) < 2:
        return ()
    return tuple(column for column, number in number_of.items() if number not in longest)


def _stage(stage: Any, number: int) -> dict[str, str]:
    """Column of each attribute of a stage, which is given by a mapping or by its columns."""
    if isinstance(stage, Mapping):
        own = dict(stage)
    else:
        listed = _listed(f"stage {number}", stage)
        own = {_attribute(column): column for column in listed}
        if len(own) < len(listed):
            raise ArchitectureError(
                f"columns {named(listed)} of stage {number} differ in numbers only; name the attribute of "
                "each: {'kernel': 'column', ...}"
            )
    if not own or not all(isinstance(name, str) and name for pair in own.items() for name in pair):
        raise ArchitectureError(f"stage {number} must name columns, got {shown(stage)}")
    return own


def _attribute(column: str) -> str:
    """Attribute that a column means: its name without the number of the stage."""
    match = _FOUND.fullmatch(column)
    return match["attribute"] if match is not None else _TRAILING.sub("", column) or column


def _listed(what: str, columns: Any) -> tuple[str, ...]:
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        raise ArchitectureError(f"{what} must be a list of columns, got {shown(columns)}; wrap it: [column]")
    listed = tuple(columns)
    if not all(isinstance(column, str) for column in listed) or len(set(listed)) < len(listed):
        raise ArchitectureError(f"{what} must be different names of columns, got {named(listed)}")
    return listed


def _checked(plan: FramePlan, columns: Sequence[str]) -> FramePlan:
    uses = [*plan.shared, *(column for stage in plan.stages for column in stage.values())]
    lacking = [column for column in uses if column not in set(columns)]
    if lacking:
        raise ArchitectureError(no_column(lacking, columns))
    attributes = {attribute for stage in plan.stages for attribute in stage}
    twice = sorted(attributes & set(plan.shared))
    if twice:
        raise ArchitectureError(f"{named(twice)} is a choice of stages and shared; rename the column")
    if STAGE in attributes | set(plan.shared):
        raise ArchitectureError(f"{STAGE!r} is the attribute with the number of the stage; rename the column")
    return plan
