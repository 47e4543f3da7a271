"""Items of several forms, read form by form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._joined import joined

AnyForm = TypeVar("AnyForm")


def read_grouped(
    items: Sequence[Any],
    groups: Sequence[tuple[AnyForm, NDArray[np.int64]]],
    read: Callable[[AnyForm, Sequence[Any]], ArchitectureColumns],
) -> ArchitectureColumns:
    """Read the items of each form together, and restore their order.

    Parameters
    ----------
    items : sequence
        Architectures in several forms.
    groups : list of (form, ndarray of int)
        The forms that occur, and the positions of their items.
    read : callable
        Reads items of a form.

    Returns
    -------
    ArchitectureColumns
        The architectures in the order of the items. The index of an error is a position in `items`.
    """
    if len(groups) == 1:
        return read(groups[0][0], items)
    parts = []
    for form, positions in groups:
        with _errors_at(positions):
            parts.append(read(form, [items[i] for i in positions.tolist()]))
    positions = np.concatenate([positions for _, positions in groups])
    with _errors_at(positions):
        together = joined(parts)
    return together.take(np.argsort(positions)).recode(together.used_ops())


@contextmanager
def _errors_at(positions: NDArray[np.int64]) -> Iterator[None]:
    """Make the index of an error the position in the whole sequence."""
    try:
        yield
    except ArchitectureError as error:
        if error.index is None:
            raise
        raise type(error)(error.problem, int(positions[error.index])) from error.__cause__
