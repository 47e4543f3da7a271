"""Items of published forms as plain values, and the errors that they cause."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._texts._literal import LiteralProblem, parsed

_MOST_BLOCKS = 10_000  # of one architecture


def plain(item: Any, index: int, wanted: str) -> Any:
    """The value of a text, the lists of an array, and anything else unchanged."""
    if isinstance(item, str):
        try:
            return parsed(item)
        except LiteralProblem as problem:
            raise ArchitectureError(
                f"its text is {shown(item)}, but {problem}; expected {wanted}", index
            ) from None
    return item.tolist() if hasattr(item, "tolist") and hasattr(item, "shape") else item


def text_of(item: Any, index: int, wanted: str) -> str:
    """The item, which must be text, without white space around it."""
    if not isinstance(item, str):
        raise ArchitectureError(f"it is {type(item).__name__}; expected {wanted}", index)
    return str.__str__(item).strip()


def listed(values: Any) -> list[Any] | None:
    """The values of a list, a tuple, a range or an array; None for anything else."""
    values = values.tolist() if hasattr(values, "tolist") and hasattr(values, "shape") else values
    return list(values[: _MOST_BLOCKS + 1]) if isinstance(values, (list, tuple, range)) else None


def is_count(value: Any) -> bool:
    """Whether a value is an integer, a bool apart."""
    return type(value) is int or (isinstance(value, Integral) and not isinstance(value, bool))


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, a bool apart."""
    if type(value) is float:  # checks of abstract classes take most of the time of long lists
        return math.isfinite(value)
    if type(value) is not int and (not isinstance(value, Real) or isinstance(value, bool)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def integers(item: Any, index: int, wanted: str, n: int, largest: int, smallest: int = 0) -> list[int]:
    """A sequence of `n` integers from `smallest` to `largest`."""
    values = listed(plain(item, index, wanted))
    if values is None or len(values) != n:
        raise ArchitectureError(f"it is {shown(item)}; expected {wanted}", index)
    for value in values:
        if not is_count(value) or not smallest <= value <= largest:
            raise ArchitectureError(
                f"it has the index {shown(value)}; expected {wanted}, each from {smallest} to {largest}",
                index,
            )
    return [int(value) for value in values]


def fields(item: Any, index: int, wanted: str, required: Sequence[str], others: Sequence[str] = ()) -> Any:
    """A mapping with the required keys, and no keys but these and others."""
    mapping = plain(item, index, wanted)
    if not isinstance(mapping, Mapping):
        raise ArchitectureError(f"it is {shown(item)}; expected {wanted}", index)
    lacking = [key for key in required if key not in mapping]
    if lacking:
        raise ArchitectureError(f"it lacks {named(lacking)}; expected {wanted}", index)
    unknown = [key for key in mapping if key not in required and key not in others]
    if unknown:
        raise ArchitectureError(
            f"it has {named(unknown)}, which this form does not know; leave it out. Expected {wanted}", index
        )
    return mapping


def numbers(mapping: Mapping[Any, Any], key: str, index: int) -> list[float]:
    """A list of finite numbers under a key."""
    values = listed(mapping[key])
    if values is None or not values or len(values) > _MOST_BLOCKS or not all(map(is_number, values)):
        raise ArchitectureError(
            f"its {shown(key)} is {shown(mapping[key])}; give a list of 1 to {_MOST_BLOCKS:,} numbers", index
        )
    return [float(value) for value in values]


def number(mapping: Mapping[Any, Any], key: str, index: int) -> float:
    """A finite number under a key."""
    if not is_number(mapping[key]):
        raise ArchitectureError(f"its {shown(key)} is {shown(mapping[key])}; give one number", index)
    return float(mapping[key])


def count(mapping: Mapping[Any, Any], key: str, index: int) -> int:
    """An integer of at least 1 under a key."""
    value = mapping[key]
    if not is_count(value) or not 1 <= value <= _MOST_BLOCKS:
        raise ArchitectureError(
            f"its {shown(key)} is {shown(value)}; give an integer from 1 to {_MOST_BLOCKS:,}", index
        )
    return int(value)


def whole(value: float) -> int | float:
    """The number as an integer where it is one."""
    return int(value) if value == int(value) else value
