"""NumpyType: stands for a dtype in a pickle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.datasets._data_file_error import DataFileError

_CODES = ("b1", *(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)), "f2", "f4", "f8")
_ORDERS = ("<", ">", "|", "=")


class NumpyType:
    """A type of numbers, and how they are stored.

    Parameters
    ----------
    code : str
        Code of the type, such as ``"f8"``.
    """

    __slots__ = ("_code", "_order")

    def __init__(self, code: str) -> None:
        self._code = code
        self._order = "<"

    @classmethod
    def of(cls, arguments: tuple[Any, ...]) -> NumpyType:
        """The type that `numpy.dtype` makes from arguments; only numbers are allowed."""
        code = arguments[0]
        if code not in _CODES:
            text = f"{code!r:.80}" if type(code) is str else f"a {type(code).__name__}"
            raise DataFileError(f"the pickle holds values of dtype {text}; expected numbers")
        return cls(code)

    def build(self, state: Any) -> None:
        """Set the order of bytes from the state of a dtype."""
        if type(state) is not tuple or len(state) < 2 or state[1] not in _ORDERS:
            raise DataFileError("the pickle holds a malformed dtype")
        self._order = state[1]

    def numbers(self, payload: bytes, n: int) -> NDArray[Any]:
        """Numbers stored in bytes, which must be exactly `n`."""
        dtype = np.dtype(self._order + self._code)
        if n * dtype.itemsize != len(payload):
            raise DataFileError(f"the pickle holds {len(payload):,} bytes for {n:,} numbers of {dtype}")
        return np.frombuffer(payload, dtype=dtype)
