"""Kind: one row of the table of operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fgp_sklearn.operations._operation import Role


@dataclass(frozen=True)
class Kind:
    """A kind of operation, and the names that it has in search spaces and libraries.

    Parameters
    ----------
    name : str
        Name of the kind.
    role : {"null", "identity", "input", "output", "compute"}
        Role of its operations.
    spellings : mapping of str to tuple of str
        Names without numbers. Names in one tuple mean the same operation, whose canonical name is the key.
        If the operation has a kernel and no other number, ``#`` in the key is replaced by it.
    number : str, optional
        Attribute that a number right after such a name means, as in ``"mb6"``. By default there is none, and
        ``"input1"`` is not an input.

    Examples
    --------
    >>> from fgp_sklearn.operations._kind import Kind
    >>> Kind("sep_conv", "compute", {"sep_conv_#x#": ("SepConv",)}, number="kernel").role
    'compute'
    """

    name: str
    role: Role
    spellings: Mapping[str, tuple[str, ...]]
    number: str | None = None
