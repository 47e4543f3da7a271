"""Roles of operations: names that mean an input or an output of an architecture."""

from __future__ import annotations

import re
from typing import Literal

from fgp_sklearn.architectures._ops import without_part

Role = Literal["input", "output"]

_NAMES: dict[Role, tuple[str, ...]] = {
    "input": ("input", "in", "c_k-1", "c_k-2"),
    "output": ("output", "out"),
}
_IGNORED = re.compile(r"[\s_{}-]+")


def role_of(op: str) -> Role | None:
    """Role of an operation: input of an architecture, output, or neither.

    Parameters
    ----------
    op : str
        Name of an operation. Case, underscores, hyphens, braces and white space are ignored, and so is the
        name of a part before a slash.

    Returns
    -------
    {"input", "output"} or None
        The role, or None if the operation is neither.

    Examples
    --------
    >>> from fgp_sklearn.architectures._roles import role_of
    >>> role_of("Input"), role_of("c_{k-2}"), role_of("normal/OUT"), role_of("conv3x3")
    ('input', 'input', 'output', None)
    """
    return _ROLE_OF.get(_spelled_plainly(without_part(op)))


def _spelled_plainly(name: str) -> str:
    return _IGNORED.sub("", name).casefold()


_ROLE_OF: dict[str, Role] = {_spelled_plainly(name): role for role, names in _NAMES.items() for name in names}
