"""Input of the command: a table or networks in files, and which column has the labels."""

from __future__ import annotations

import shlex
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._frames._unread import split_unread
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.cli._networks import read_networks
from fgp_sklearn.cli._options import Reading
from fgp_sklearn.cli._screen import step
from fgp_sklearn.datasets import DataFileError, read_table

FloatArray = NDArray[np.float64]

_MOST_OPTIONS = 5  # in a message


class Labels(NamedTuple):
    """A column of labels.

    Parameters
    ----------
    name : str
        Name of the column.
    values : ndarray of float64 of shape (n,)
        NaN where there is no label.
    known : ndarray of bool of shape (n,)
        Whether there is one.
    """

    name: str
    values: FloatArray
    known: NDArray[np.bool_]

    @classmethod
    def none(cls, data: Any) -> Labels:
        """No label for any architecture."""
        return cls("prediction", np.full(len(data), np.nan), np.zeros(len(data), dtype=np.bool_))


def read(reading: Reading) -> Any:
    """Architectures of a table or of ONNX files, and their labels.

    Parameters
    ----------
    reading : Reading
        What to read.

    Returns
    -------
    Bunch
        See `read_table`. `lines` is None if there are none. `wanted` is the metric to predict, if a user has
        named it.
    """
    if reading.is_of_networks:
        return read_networks(reading)
    file, *others = reading.files
    if others:
        raise DataFileError(
            f"give one table, or ONNX files only; there are {named(map(str, reading.files))}. Architectures "
            "with and without labels belong in one table: leave the labels of those without empty"
        )
    with step(f"reading {file.name}"):
        table = read_table(
            file,
            column=reading.column,
            form=reading.form,
            shared=tuple(reading.shared),
            depth=reading.depth or "depth",
            target=reading.labels,
        )
    table.wanted = reading.labels
    table.has_choices = len(table.columns["architecture"]) > 1
    for option, given in (("shared", reading.shared), ("depth", reading.depth)):
        if given and not table.has_choices:
            raise DataFileError(f"{table.filename}: --{option} belongs to tables with one column per choice")
    unread = [name for name in _filled(table) if name != table.wanted]
    if table.has_choices and table.wanted is not None and unread:
        choices, labels = split_unread({name: table.metrics[name] for name in unread})
        options = " ".join(f"--shared {shlex.quote(name)}" for name in choices[:_MOST_OPTIONS])
        warnings.warn(
            f"{table.filename}: columns are not read: {named(unread)}. For choices of whole architectures "
            f"give {options or '--shared COLUMN'}.{labels}",
            UserWarning,
            stacklevel=2,
        )
    return table


def found_labels(table: Any) -> Labels:
    """The labels of a table if a user has named them or one column only may hold them; otherwise none."""
    filled = _filled(table)
    if table.wanted is not None or len(filled) == 1:
        return labels_of(table, at_least=0)
    if filled:
        warnings.warn(
            f"{table.filename}: columns {named(filled)} may be labels and are not read; name one with "
            "--labels",
            UserWarning,
            stacklevel=2,
        )
    return Labels.none(table.data)


def _filled(table: Any) -> list[str]:
    """Columns that may have labels."""
    return [name for name, values in table.metrics.items() if not np.isnan(values).all()]


def labels_of(table: Any, *, at_least: int, folds: int | None = None) -> Labels:
    """The labels of a table.

    Parameters
    ----------
    table : Bunch
        What `read` returned.
    at_least : int
        Number of labels that are needed.
    folds : int or None
        Number of folds, two labels for each of which are needed.

    Returns
    -------
    Labels
        The labels.

    Raises
    ------
    DataFileError
        If there are too few labels, or none or several columns that may hold them.
    """
    name = table.wanted
    if name is None:
        filled = _filled(table)
        if len(filled) != 1:
            choices = ", and those that are choices with --shared" if table.has_choices else ""
            raise DataFileError(
                f"{table.filename}: columns {named(filled)} may be labels; name one with --labels{choices}"
                if filled
                else f"{table.filename}: no column has labels. `fgp-sklearn suggest` says which "
                "architectures to train first"
            )
        name = filled[0]
    values = table.metrics[name]
    known = ~np.isnan(values)
    if known.sum() < at_least:
        fewer = int(known.sum()) // 2
        cure = (
            "" if folds is None or fewer < 2 else f" for {folds} folds; give --folds {fewer}, or label more"
        )
        raise DataFileError(
            f"{table.filename}: column {shown(name)} has {_counted(known.sum())}, and at least {at_least} "
            f"are needed{cure}; `fgp-sklearn suggest` says which architectures to train first"
        )
    return Labels(name, values, known)


def _counted(n: int) -> str:
    return "1 label" if n == 1 else f"{n} labels"


def place_of(table: Any, row: int) -> dict[str, int]:
    """The line of an architecture, if it has one."""
    return {} if table.lines is None else {"line": table.lines[row]}
