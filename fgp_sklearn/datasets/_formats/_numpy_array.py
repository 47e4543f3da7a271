"""NumpyArray: stands for an array of numbers in a pickle."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._numpy_type import NumpyType


class NumpyArray:
    """An array.

    Attributes
    ----------
    values : ndarray
        The numbers, flat.
    """

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: NDArray[Any] = np.empty(0)

    @classmethod
    def of(cls, arguments: tuple[Any, ...]) -> NumpyArray:
        """An empty array."""
        return cls()

    @classmethod
    def of_buffer(cls, arguments: tuple[Any, ...]) -> NumpyArray:
        """An array as protocol 5 writes it: bytes, type, shape and order."""
        payload, kind, shape, _ = arguments
        found = cls()
        found.build((1, shape, kind, False, payload))
        return found

    def build(self, state: Any) -> None:
        """Set the numbers from the state of an array."""
        if type(state) is not tuple or len(state) != 5:
            raise DataFileError("the pickle holds a malformed array")
        _, shape, kind, _, payload = state
        sized = type(shape) is tuple and len(shape) <= 8 and all(type(n) is int and n >= 0 for n in shape)
        if not sized or type(kind) is not NumpyType or type(payload) is not bytes:
            raise DataFileError("the pickle holds an array of something else than numbers")
        self.values = kind.numbers(payload, prod(shape))
