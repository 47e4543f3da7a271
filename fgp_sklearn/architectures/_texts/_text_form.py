"""TextForm: one row of the table of published forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns


def never(item: Any) -> bool:
    """False for any item: the form cannot be told without its name."""
    return False


@dataclass(frozen=True, slots=True)
class TextForm:
    """A form in which a benchmark or a search space writes architectures: text, numbers or a dictionary.

    Parameters
    ----------
    name : str
        Name that `from_text` and `to_text` take.
    one : str
        What messages call one architecture in this form, with an example.
    read : callable
        Reads a sequence of items. Any malformed item raises an `ArchitectureError` with its position.
    write : callable
        Writes one item per architecture, or None for one that the form cannot hold. The caller reads the
        items again and compares, so that a writer need not check what it does not look at.
    is_certain : callable
        Whether an item has this form and cannot have another one. `as_batch` then reads it without a name.
    """

    name: str
    one: str
    read: Callable[[Sequence[Any]], ArchitectureColumns]
    write: Callable[[ArchitectureColumns], list[Any]]
    is_certain: Callable[[Any], bool] = never
