"""Architectures in a table: which columns hold them, and what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch, from_text
from fgp_sklearn.architectures._forms._texts import certain_form, fitting_forms
from fgp_sklearn.architectures._frames._advice import mistyped
from fgp_sklearn.architectures._frames._plan import FramePlan, columns_apart, plan_of
from fgp_sklearn.architectures._frames._read import read_table
from fgp_sklearn.architectures._from_frame import warn_of_columns, warn_of_values
from fgp_sklearn.architectures._messages import named, no_column, shown
from fgp_sklearn.architectures._node_attributes import NodeAttributes
from fgp_sklearn.architectures._read_sequence import read_any
from fgp_sklearn.architectures._texts import TEXT_FORMS
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._table_file import TableFile
from fgp_sklearn.datasets._table_values import is_absent, numbers_of

Result = TypeVar("Result")

_TRIED = 20  # cells by which a column is recognised
_SHORT = re.compile(r"\A[^\W\d_]{1,12}[_. -]?\d|\d\Z")  # such as s1k and k1
_NUMBERED = re.compile(r"([^\W\d_]+)[_. -]?(\d{1,9})[_. -].")


class Found(NamedTuple):
    """Architectures of a table.

    Parameters
    ----------
    data : ArchitectureBatch
        One architecture per row.
    columns : tuple of str
        The columns that hold them.
    forms : tuple of str
        Names of the forms of texts; none for graphs and for one column per choice.
    """

    data: ArchitectureBatch
    columns: tuple[str, ...]
    forms: tuple[str, ...]


def architectures_of(
    table: TableFile, column: str | None, form: str | None, stages: Any, shared: Any, depth: str | None
) -> Found:
    """Read the architectures of a table; see `read_table`."""
    header = next((name for name in table.columns if certain_form(name) is not None), None)
    if header is not None:
        raise DataFileError(
            f"{table.place()}: the first line has the architecture {shown(header)}; put a line with names of "
            "columns above it, as arch,accuracy"
        )
    if stages is not None:
        if column is not None or form is not None:
            raise ValueError("give stages= for one column per choice, or column= and form=, not both")
        return _by_choices(table, plan_of(list(table.columns), stages, shared), depth)
    if column is None:
        column = _text_column(table, form)
    elif column not in table.columns:
        raise DataFileError(f"{table.place()}: {no_column([column], table.columns)}")
    if column is not None:
        return _by_text(table, column, form)
    return _by_choices(table, _plan_found(table, shared), depth)


def _text_column(table: TableFile, form: str | None) -> str | None:
    """The column of architectures; None if only columns of choices may hold them."""
    texts = [name for name in table.columns if not _is_numeric(table, name)]
    if form is not None:
        holding = _holding(table, table.columns, lambda cell: form in fitting_forms(cell))
        holding = holding or (texts if len(texts) == 1 else [])
    else:
        holding = _holding(table, texts, _is_readable)
    if len(holding) > 1:
        raise DataFileError(
            f"{table.place()}: several columns hold architectures, {named(holding)}; name one: column="
            f"{holding[0]!r}"
        )
    if holding:
        return holding[0]
    if form is not None:
        raise DataFileError(
            f"{table.place()}: no column has architectures in the form {form!r}; name one with column=. "
            f"Columns are {named(table.columns)}"
        )
    for name in _holding(table, texts, lambda cell: bool(fitting_forms(cell))):
        forms = fitting_forms(next(cell for cell in _cells(table, name) if fitting_forms(cell)))
        raise DataFileError(
            f"{table.place()}: column {shown(name)} could have the form {named(forms)}; name it: form="
            f"{forms[0]!r}"
        )
    return None


def _is_numeric(table: TableFile, name: str) -> bool:
    return not numbers_of(list(_cells(table, name)), table.has_decimal_comma)[1]


def _cells(table: TableFile, name: str) -> Iterable[Any]:
    """The first cells of a column that have a value."""
    return islice((cell for cell in table.columns[name] if not is_absent(cell)), _TRIED)


def _holding(table: TableFile, names: Iterable[str], fits: Callable[[Any], bool]) -> list[str]:
    return [name for name in names if any(map(fits, _cells(table, name)))]


def _is_readable(cell: Any) -> bool:
    if isinstance(cell, str) or certain_form(cell) is not None:
        return certain_form(cell) is not None
    try:
        as_batch([cell], attributes=())
    except (ValueError, TypeError):
        return False
    return True


def _by_text(table: TableFile, column: str, form: str | None) -> Found:
    cells = table.columns[column]
    absent = next((row for row, cell in enumerate(cells) if is_absent(cell)), None)
    if absent is not None:
        raise DataFileError(f"{table.place(absent)}: there is no architecture in column {shown(column)}")
    forms = {form} if form is not None else {found.name for found in map(certain_form, cells) if found}
    if not forms and isinstance(cells[0], str) and not fitting_forms(cells[0]):
        raise DataFileError(
            f"{table.place(0)}: {shown(cells[0])} in column {shown(column)} has none of the forms that are "
            f"known: {named(TEXT_FORMS, at_most=len(TEXT_FORMS))}"
        )
    if len(forms) == 1 and (form is not None or all(isinstance(cell, str) for cell in cells)):
        (form,) = forms
        data = _placed(table, lambda: from_text(cells, form=form))
    else:
        data = _placed(table, lambda: _with_numbers(cells))
    return Found(data, (column,), tuple(sorted(forms)))


def _with_numbers(cells: Sequence[Any]) -> ArchitectureBatch:
    """Architectures with all numbers that operations give in mappings."""
    wanted = NodeAttributes("op", None)
    data = read_any(cells, wanted)
    return as_batch(cells, attributes=[*data.attribute_names, *wanted.found]) if wanted.found else data


def _placed(table: TableFile, read: Callable[[], Result]) -> Result:
    """What `read` returns; its errors name the line."""
    try:
        return read()
    except ArchitectureError as error:
        raise type(error)(f"{table.place(error.index)}: {error.problem}") from None


def _plan_found(table: TableFile, shared: Any) -> FramePlan:
    """Columns of choices by their names, such as ``stage2_kernel``: two stages or more without a gap."""
    columns = list(table.columns)
    numbers: dict[str, set[int]] = {}
    for match in map(_NUMBERED.match, columns):
        if match is not None:
            numbers.setdefault(match[1], set()).add(int(match[2]))
    words = [word for word, own in numbers.items() if len(own) > 1 and max(own) - min(own) < len(own)]
    if len(words) == 1:
        return plan_of(columns, words[0], shared)
    if words:
        raise DataFileError(
            f"{table.place()}: columns with numbers begin with {named(words)}; say which number stages: "
            f"stages={words[0]!r}"
        )
    apart = [name for word in numbers for name in columns_apart(_with_word(columns, word))]
    if apart:
        raise DataFileError(
            f"{table.place()}: columns {named(apart)} stand beside a gap in the numbers of stages. Rename "
            "them if a number is mistyped, or give the columns of each stage with stages="
        )
    raise DataFileError(
        f"{table.place()}: no column holds architectures in a form that is known, and none are named as "
        f"'stage1_kernel', 'stage2_kernel'. Columns are {named(columns)}. {_cure(table)}"
    )


def _with_word(columns: Sequence[str], word: str) -> Iterator[str]:
    return (name for name in columns if (match := _NUMBERED.match(name)) and match[1] == word)


def _cure(table: TableFile) -> str:
    """What to do about a table without architectures that are recognised."""
    choices = [name for name in table.columns if _SHORT.search(name) and _is_numeric(table, name)]
    if len(choices) > 1 or all(_is_numeric(table, name) for name in table.columns):
        return (
            "If each choice has a column, rename the columns as 'stage1_kernel' and 'stage1_depth' (the "
            "number of blocks), or name them with stages="
        )
    return "Name the column and its form with column= and form=, or the columns of each stage with stages="


def _by_choices(table: TableFile, plan: FramePlan, depth: str | None) -> Found:
    used = [*(column for stage in plan.stages for column in stage.values()), *plan.shared]
    frame = {name: _choices(table, name) for name in used}
    _placed(table, lambda: warn_of_columns(frame, replace(plan, ignored=tuple(mistyped(plan))), depth, "op"))
    reading = _placed(table, lambda: read_table(frame, plan, depth, "op", stage_ops=True))
    warn_of_values(reading, plan, depth, table.place)
    return Found(ArchitectureBatch.from_valid_columns(**vars(reading.columns)), tuple(used), ())


def _choices(table: TableFile, name: str) -> list[Any]:
    """Numbers of a column if it has nothing else, otherwise its texts; None where a cell has no value."""
    cells = table.columns[name]
    numbers, wrong = numbers_of(cells, table.has_decimal_comma)
    if 0 < len(wrong) < np.isfinite(numbers).sum():
        raise DataFileError(
            f"{table.place(wrong[0])}: column {shown(name)} has {shown(cells[wrong[0]])}, and mostly numbers "
            "elsewhere; give a finite number, or leave the field empty"
        )
    values = cells if wrong else numbers.tolist()
    return [None if is_absent(value) else value for value in values]
