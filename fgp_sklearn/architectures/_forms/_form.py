"""Form: one row of the table of accepted forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._node_attributes import NodeAttributes


@dataclass(frozen=True, slots=True)
class Form:
    """A form in which users give architectures.

    Parameters
    ----------
    one : str
        What messages call one architecture in this form.
    several : str
        What messages call several.
    accepts : callable
        Whether an item of a sequence has this form. The first form in the table that accepts an item
        reads it.
    is_lone : callable
        Whether the whole input is one architecture in this form, where a sequence is expected.
    read : callable
        Reads a sequence of items of this form, in the given order. The index of an error is the position
        in this sequence.
    """

    one: str
    several: str
    accepts: Callable[[Any], bool]
    is_lone: Callable[[Any], bool]
    read: Callable[[Sequence[Any], NodeAttributes], ArchitectureColumns]
