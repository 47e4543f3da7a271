"""LEFT_OUT: stands for values that are not read."""

from __future__ import annotations

from typing import Final


class _LeftOut:
    __slots__ = ()

    def __repr__(self) -> str:
        return "a value that is not read"


LEFT_OUT: Final = _LeftOut()
