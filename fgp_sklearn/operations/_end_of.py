"""end_of: names that mean an input or an output of an architecture."""

from __future__ import annotations

from typing import Literal

from fgp_sklearn.operations._library import described

End = Literal["input", "output"]


def end_of(op: str) -> End | None:
    """Which end of an architecture an operation is: its input, its output, or neither.

    Parameters
    ----------
    op : str
        Name of an operation. Case, underscores, hyphens, braces and white space are ignored.

    Returns
    -------
    {"input", "output"} or None
        The role, or None if the operation has another one.

    Examples
    --------
    >>> from fgp_sklearn.operations._end_of import end_of
    >>> end_of("Input"), end_of("c_{k-2}"), end_of("OUT"), end_of("conv3x3")
    ('input', 'input', 'output', None)
    """
    role = described(op).role
    return role if role in ("input", "output") else None
