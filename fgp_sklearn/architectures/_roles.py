"""Roles of operations: which names mean an input or an output."""

from __future__ import annotations

import re
from typing import Literal

Role = Literal["input", "output"]

_NAMES: dict[Role, tuple[str, ...]] = {
    "input": ("input", "in", "c_k-1", "c_k-2"),
    "output": ("output", "out"),
}
_IGNORED = re.compile(r"[\s_{}-]+")


def role_of(op: str) -> Role | None:
    """Tell whether an operation is an input or an output of an architecture.

    Parameters
    ----------
    op : str
        Name of an operation. Upper and lower case are the same; underscores, hyphens, braces and white
        space do not count.

    Returns
    -------
    {"input", "output"} or None
        Its role, if it has one of the two.

    Examples
    --------
    >>> from fgp_sklearn.architectures._roles import role_of
    >>> role_of("Input"), role_of("c_{k-2}"), role_of("OUT"), role_of("conv3x3")
    ('input', 'input', 'output', None)
    """
    return _ROLE_OF.get(_spelled_plainly(op))


def _spelled_plainly(name: str) -> str:
    return _IGNORED.sub("", name).casefold()


_ROLE_OF: dict[str, Role] = {_spelled_plainly(name): role for role, names in _NAMES.items() for name in names}
