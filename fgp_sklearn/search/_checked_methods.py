"""Methods of search spaces with checked arguments and results, so that spaces of users may be short."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import shown

Method = Callable[..., Any]


def checked(name: str, method: Method) -> Method:
    """A method of a search space that checks what it is given, and reads what it returns.

    Parameters
    ----------
    name : str
        Name of the method. Methods that a `SearchSpace` does not define are returned as they are.
    method : callable
        The method as its class defines it.

    Returns
    -------
    callable
        The method with the same documentation. It takes architectures in any form, and returns an
        ArchitectureBatch or an array of bool, of the right length.
    """
    check = _CHECKS.get(name)
    return method if check is None else wraps(method)(check(method))


def _sample(method: Method) -> Method:
    def sample(self: Any, n: int, *args: Any, **kwargs: Any) -> ArchitectureBatch:
        check_scalar(n, "n", Integral, min_val=0)
        n_drawn = max(int(n), 1)  # no architectures are the first none of one
        drawn = _batch(self, method, method(self, n_drawn, *args, **kwargs), n_drawn)
        return drawn if n else drawn.take(np.zeros(0, dtype=np.int64))

    return sample


def _mutate(method: Method) -> Method:
    def mutate(self: Any, X: Any, *args: Any, **kwargs: Any) -> ArchitectureBatch:
        batch: ArchitectureBatch = self.read(X)
        return _batch(self, method, method(self, batch, *args, **kwargs), len(batch)) if len(batch) else batch

    return mutate


def _crossover(method: Method) -> Method:
    def crossover(self: Any, first: Any, second: Any, *args: Any, **kwargs: Any) -> ArchitectureBatch:
        one: ArchitectureBatch = self.read(first)
        other: ArchitectureBatch = self.read(second)
        if not len(one) and not len(other):
            return one
        return _batch(self, method, method(self, one, other, *args, **kwargs), len(one))

    return crossover


def _enumerate(method: Method) -> Method:
    def enumerate(self: Any) -> ArchitectureBatch:
        return _batch(self, method, method(self))

    return enumerate


def _contains(method: Method) -> Method:
    def contains(self: Any, X: Any) -> NDArray[np.bool_]:
        batch = self.read(X)
        if not len(batch):
            return np.zeros(0, dtype=bool)
        found = method(self, batch)
        try:
            inside = np.asarray(found)
        except ValueError:  # rows of different lengths
            inside = np.zeros(0)
        if inside.shape != (len(batch),) or inside.dtype.kind not in "biu":
            raise TypeError(
                f"{_of(self, method)} returned {shown(found)} for {len(batch):,} architectures; return one "
                "bool for each, in an array or a list"
            )
        return inside.astype(bool, copy=False)

    return contains


_CHECKS: dict[str, Callable[[Method], Method]] = {
    "sample": _sample,
    "mutate": _mutate,
    "crossover": _crossover,
    "enumerate": _enumerate,
    "contains": _contains,
}


def _batch(space: Any, method: Method, returned: Any, n: int | None = None) -> ArchitectureBatch:
    """Read the architectures that a method returned."""
    try:
        batch: ArchitectureBatch = space.read(returned)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{_of(space, method)} returned {shown(returned)}, which as_batch cannot read ({error}); return "
            "an ArchitectureBatch, or a list of what as_batch reads"
        ) from error
    if n is not None and len(batch) != n:
        raise ValueError(f"{_of(space, method)} returned {len(batch):,} architectures instead of {n:,}")
    return batch


def _of(space: Any, method: Method) -> str:
    return f"{type(space).__name__}.{method.__name__}"
