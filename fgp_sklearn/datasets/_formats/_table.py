"""Table: a dictionary of a pickle."""

from __future__ import annotations

from typing import Any


class Table(dict[Any, Any]):
    """A dictionary that a pickle holds.

    Attributes
    ----------
    left_out : float
        Sum of the numbers that were read and not kept.
    """

    __slots__ = ("left_out",)

    def __init__(self) -> None:
        super().__init__()
        self.left_out = 0.0
