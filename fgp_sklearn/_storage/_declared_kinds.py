"""Kinds of values that classes declare for a file, and whether a value conforms to a kind."""

from __future__ import annotations

import math
import types
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

Sizes = dict[str, int]

MAX_COUNT = 10**7


class Array:
    """Kind of arrays of numbers: their shape, dtype and range.

    Parameters
    ----------
    *shape : str, int or None
        Length of each axis. A string refers to the integer or the length of the sequence of that name among
        the other attributes; otherwise it is one length wherever it occurs. None is any length.
    dtype : str, default="f"
        Allowed kinds of dtype, as in ``numpy.dtype.kind``.
    infinite : bool, default=False
        Whether infinity is allowed. NaN never is.
    largest : float, default=1e100
        Bound on finite values. By default sums of products do not overflow.
    optional : bool, default=False
        Whether None is allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn._storage import Array, conforms
    >>> conforms(np.zeros((3, 3)), Array("n", "n")), conforms(np.zeros((2, 3)), Array("n", "n"))
    (True, False)
    """

    def __init__(
        self,
        *shape: str | int | None,
        dtype: str = "f",
        infinite: bool = False,
        largest: float = 1e100,
        optional: bool = False,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.infinite = infinite
        self.largest = largest
        self.optional = optional

    def __repr__(self) -> str:
        lengths = ", ".join("any" if length is None else str(length) for length in self.shape)
        finite = "" if "f" not in self.dtype else ", without NaN" if self.infinite else ", finite"
        return f"an array of kind {self.dtype!r} and shape ({lengths}){finite}"

    def holds(self, value: Any, sizes: Sizes) -> bool:
        """Whether a value is such an array. Lengths that were unknown are added to `sizes`."""
        if value is None:
            return self.optional
        if not isinstance(value, np.ndarray) or value.dtype.kind not in self.dtype:
            return False
        if value.ndim != len(self.shape):
            return False
        for length, found in zip(self.shape, value.shape, strict=True):
            wanted = sizes.setdefault(length, found) if isinstance(length, str) else length
            if wanted not in (None, found):
                return False
        if value.dtype.kind != "f":
            return True
        right = np.abs(value) <= self.largest
        return bool((right | np.isinf(value) if self.infinite else right).all())


class Number:
    """Kind of numbers in an interval, without NaN. If both ends are integers, the number must be one too.

    Parameters
    ----------
    low, high : int or float
        The ends, which are included.
    """

    def __init__(self, low: float = -1e100, high: float = 1e100) -> None:
        self.low = low
        self.high = high

    def __repr__(self) -> str:
        return f"a number from {self.low} to {self.high}"

    def holds(self, value: Any) -> bool:
        """Whether a value is such a number."""
        kinds = int if isinstance(self.low, int) and isinstance(self.high, int) else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            return False
        return bool(self.low <= value <= self.high) and not math.isnan(value)


class Names:
    """Kind of tuples of distinct strings."""

    def __repr__(self) -> str:
        return "a tuple of different names"

    def holds(self, value: Any) -> bool:
        """Whether a value is such a tuple."""
        return conforms(value, tuple[str, ...]) and len(set(value)) == len(value)


NAMES = Names()

#: A number that the arrays of a file do not bound.
COUNT = Number(0, MAX_COUNT)
SEED = Number(0, 2**32 - 1)
REAL = Number()
POSITIVE = Number(1e-100, 1e100)


def conforms(value: Any, kind: Any, sizes: Sizes | None = None) -> bool:
    """Whether a value is of a kind.

    Parameters
    ----------
    value : object
        Any value.
    kind : type or annotation
        A class, `Any`, None, an `Array`, a `Number`, `Names`, a ``Literal`` of strings, ``tuple[str, ...]``,
        ``tuple[A, B]``, ``list[A]``, ``dict[A, B]``, or a union of these. An int is a float, as for type
        checkers. A bool is not an int.
    sizes : dict of str to int, optional
        Lengths that shapes of arrays refer to. New lengths are added.

    Returns
    -------
    bool
        Whether it is.
    """
    sizes = {} if sizes is None else sizes
    if isinstance(kind, Array):
        return kind.holds(value, sizes)
    if isinstance(kind, (Names, Number)):
        return kind.holds(value)
    if kind is Any:
        return True
    if kind in (None, types.NoneType):
        return value is None
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(conforms(value, part, sizes) for part in parts)
    if origin is Literal:
        return isinstance(value, str) and value in parts
    if origin is None:
        if kind in (int, float):
            return isinstance(value, (int, kind)) and not isinstance(value, bool)
        return isinstance(value, kind)
    if not isinstance(value, origin):
        return False
    if origin is dict:
        return all(conforms(k, parts[0], sizes) and conforms(v, parts[1], sizes) for k, v in value.items())
    if origin is tuple and parts[-1] is not Ellipsis:
        return len(value) == len(parts) and all(
            conforms(v, part, sizes) for v, part in zip(value, parts, strict=True)
        )
    return all(conforms(part, parts[0], sizes) for part in value)
