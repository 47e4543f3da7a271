"""Whether a value is of a kind that a type annotation tells, all the way down."""

from __future__ import annotations

import math
import types
from typing import Any, Union, get_args, get_origin

import numpy as np

Sizes = dict[str, int]

MAX_COUNT = 10**7


class Array:
    """The kind of an array of numbers: its shape, and whether all of them are finite.

    Parameters
    ----------
    *shape : str, int or None
        Length of each axis. A string stands for the integer or the sequence of that name beside the
        array, or else for one length wherever it occurs. None is any length.
    dtype : str, default="f"
        Kinds of dtype that are right, as in ``numpy.dtype.kind``.
    infinite : bool, default=False
        Whether infinity is right; NaN never is.
    largest : float, default=1e100
        Bound on what is finite, far from where sums of products overflow.
    optional : bool, default=False
        Whether None is right too.

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
        """Whether a value is such an array; notes lengths that were not known before."""
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
    """The kind of a number in an interval, never NaN; an integer where both ends are.

    Parameters
    ----------
    low, high : int or float
        The ends, which are in it.
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
    """The kind of a tuple of text that names nothing twice."""

    def __repr__(self) -> str:
        return "a tuple of different names"

    def holds(self, value: Any) -> bool:
        """Whether a value is such a tuple."""
        return conforms(value, tuple[str, ...]) and len(set(value)) == len(value)


class OneOf:
    """The kind of a text that is one of a few.

    Parameters
    ----------
    *texts : str
        Those.
    """

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def __repr__(self) -> str:
        return f"one of {', '.join(map(repr, self.texts))}"

    def holds(self, value: Any) -> bool:
        """Whether a value is one of them."""
        return isinstance(value, str) and value in self.texts


NAMES = Names()

#: How many of something that no array in the file bounds.
COUNT = Number(0, MAX_COUNT)
SEED = Number(0, 2**32 - 1)
REAL = Number()
POSITIVE = Number(1e-100, 1e100)


def conforms(value: Any, kind: Any, sizes: Sizes | None = None) -> bool:
    """Tell whether a value is of a kind.

    Parameters
    ----------
    value : object
        Any value.
    kind : type or annotation
        A class, `Any`, None, an `Array`, a `Number`, `Names`, `OneOf`, ``tuple[str, ...]``,
        ``tuple[A, B]``, ``list[A]``, ``dict[A, B]``, or a union of these. As for type checkers an int
        is a float; other than for them, a bool is no int.
    sizes : dict of str to int, optional
        Lengths that shapes of arrays refer to; new ones are added.

    Returns
    -------
    bool
        Whether it is.
    """
    sizes = {} if sizes is None else sizes
    if isinstance(kind, Array):
        return kind.holds(value, sizes)
    if isinstance(kind, (Names, Number, OneOf)):
        return kind.holds(value)
    if kind is Any:
        return True
    if kind in (None, types.NoneType):
        return value is None
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(conforms(value, part, sizes) for part in parts)
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
