"""Whether a value is of a kind that a type annotation tells, all the way down."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin


def conforms(value: Any, kind: Any) -> bool:
    """Tell whether a value is of a kind.

    Parameters
    ----------
    value : object
        Any value.
    kind : type or annotation
        A class, `Any`, None, ``tuple[str, ...]``, ``tuple[A, B]``, ``list[A]``, ``dict[A, B]``, or a
        union of these. As for type checkers an int is a float; other than for them, a bool is no int.

    Returns
    -------
    bool
        Whether it is.
    """
    if kind is Any:
        return True
    if kind is None:
        return value is None
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(conforms(value, part) for part in parts)
    if origin is None:
        if kind in (int, float):
            return isinstance(value, (int, kind)) and not isinstance(value, bool)
        return isinstance(value, kind)
    if not isinstance(value, origin):
        return False
    if origin is dict:
        return all(conforms(k, parts[0]) and conforms(v, parts[1]) for k, v in value.items())
    if origin is tuple and parts[-1] is not Ellipsis:
        return len(value) == len(parts) and all(map(conforms, value, parts))
    return all(conforms(part, parts[0]) for part in value)
